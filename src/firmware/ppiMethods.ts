/**
 * What of the TPM's ACPI device works on the page of physical presence (src/ppi): `_DSM` with the functions of the TCG Physical
 * Presence Interface 1.30 and the one of the Platform Reset Attack Mitigation, as QEMU's. It differs from QEMU's in two
 * places: a request is withdrawn before its parameter is written, and written as the last of it, so that one that is cut short is none;
 * and a UUID that it does not know has an answer, as ACPI wants it (section 9.1.1).
 */
import {
  PPI_BASE_ADDRESS,
  PPI_FUNC_BLOCKED,
  PPI_FUNC_MASK,
  PPI_FUNC_NOT_IMPLEMENTED,
  PPI_IN,
  PPI_MEMORY_OVERWRITE,
  PPI_NEXT_STEP,
} from "../ppi/registers.ts";
import { type Aml, buffer, integer, name, packageOf, string, toUuid } from "./aml.ts";
import {
  ANY_ACCESS,
  add,
  and,
  argument,
  BYTE_ACCESS,
  call,
  derefOf,
  element,
  equals,
  fields,
  ifThen,
  isAtLeast,
  local,
  memoryRegion,
  method,
  returns,
  store,
} from "./amlCode.ts";

const PHYSICAL_PRESENCE = "3DDDFAA6-361B-4EB4-A424-8D10089D1653";
const MEMORY_OVERWRITE = "376054ED-CC13-4675-901C-4756D7F2D45D";
/** The functions 0 to 8, a bit for each. */
const PRESENCE_FUNCTIONS = Uint8Array.of(0xff, 0x01);
const OVERWRITE_FUNCTIONS = Uint8Array.of(0x03);
const NOTHING = buffer(Uint8Array.of(0));

const OPERATIONS = 0x100;

/** Results of functions 2 and 7. */
const DONE = integer(0);
const NOT_IMPLEMENTED = integer(1);
const BLOCKED = integer(3);
/** Of function 4: a request is carried out after a reboot. */
const REBOOT = integer(2);
/** Of function 6: the firmware's language is not the operating system's to choose. */
const NO_LANGUAGES = integer(3);

const [UUID, REVISION, FUNCTION, PARAMETERS] = [0, 1, 2, 3].map(argument) as [Aml, Aml, Aml, Aml];
const [OPERATION, FLAGS, PARAMETER] = [0, 1, 2].map(local) as [Aml, Aml, Aml];
const [REQUEST, REQUEST_PARAMETER] = [call("PPRQ"), call("PPRM")];
const [TWO, THREE] = [call("TPM2"), call("TPM3")];

/** Regions, methods and packages for the scope of the TPM's device. */
export function physicalPresenceTerms(): Aml[] {
  return [
    memoryRegion("TPP2", integer(PPI_BASE_ADDRESS + PPI_IN), PPI_NEXT_STEP + 1 - PPI_IN),
    fields("TPP2", ANY_ACCESS, [
      ["PPIN", 8],
      ["PPIP", 32],
      ["PPRP", 32],
      ["PPRQ", 32],
      ["PPRM", 32],
      ["LPPR", 32],
    ]),
    memoryRegion("TPP3", integer(PPI_BASE_ADDRESS + PPI_MEMORY_OVERWRITE), 1),
    fields("TPP3", BYTE_ACCESS, [["MOVV", 8]]),
    operationFlags(),
    // Objects with a name of their own, because Windows loses packages that a method makes.
    name("TPM2", packageOf(integer(0), integer(0))),
    name("TPM3", packageOf(integer(0), integer(0), integer(0))),
    method(
      "_DSM",
      4,
      ifThen(equals(UUID, toUuid(PHYSICAL_PRESENCE)), ...presenceFunctions(), returns(NOTHING)),
      ifThen(equals(UUID, toUuid(MEMORY_OVERWRITE)), ...overwriteFunctions()),
      returns(NOTHING),
    ),
  ];
}

/** TPFN (operation): what the firmware has written about it; a region of its own each time, for Windows's sake. */
function operationFlags(): Aml {
  const operation = argument(0);
  return method(
    "TPFN",
    1,
    ifThen(isAtLeast(operation, integer(OPERATIONS)), returns(integer(0))),
    memoryRegion("TPP1", add(integer(PPI_BASE_ADDRESS), operation), 1),
    fields("TPP1", BYTE_ACCESS, [["TPPF", 8]]),
    returns(call("TPPF")),
  );
}

/** [PPI 1.30, section 2.1] */
function presenceFunctions(): Aml[] {
  return [
    on(0, returns(buffer(PRESENCE_FUNCTIONS))),
    // Version of the interface.
    on(1, returns(string("1.3"))),
    // Submit an operation.
    on(2, ...lookUp(), ...refuse(PPI_FUNC_NOT_IMPLEMENTED, NOT_IMPLEMENTED), ...request(integer(0)), returns(DONE)),
    // The pending operation, with its parameter from revision 2 on.
    on(
      3,
      ifThen(equals(REVISION, integer(1)), put(REQUEST, TWO, 1), returns(TWO)),
      ifThen(equals(REVISION, integer(2)), put(REQUEST, THREE, 1), put(REQUEST_PARAMETER, THREE, 2), returns(THREE)),
    ),
    on(4, returns(REBOOT)),
    // The last operation and what has become of it.
    on(5, put(call("LPPR"), THREE, 1), put(call("PPRP"), THREE, 2), returns(THREE)),
    on(6, returns(NO_LANGUAGES)),
    // Submit an operation, with a parameter from revision 2 on.
    on(
      7,
      ...lookUp(),
      ...refuse(PPI_FUNC_NOT_IMPLEMENTED, NOT_IMPLEMENTED),
      ...refuse(PPI_FUNC_BLOCKED, BLOCKED),
      ifThen(equals(REVISION, integer(1)), ...request(integer(0))),
      ifThen(
        equals(REVISION, integer(2)),
        // Before anything is written: a caller without one fails here.
        store(derefOf(element(PARAMETERS, integer(1))), PARAMETER),
        ...request(PARAMETER),
      ),
      returns(DONE),
    ),
    // Whether an operation is allowed, and whether a user is asked.
    on(8, ...lookUp(), returns(and(FLAGS, integer(PPI_FUNC_MASK)))),
  ];
}

/** [TCG Platform Reset Attack Mitigation 1.10, section 6] */
function overwriteFunctions(): Aml[] {
  return [
    on(0, returns(buffer(OVERWRITE_FUNCTIONS))),
    on(1, store(derefOf(element(PARAMETERS, integer(0))), OPERATION), store(OPERATION, call("MOVV")), returns(DONE)),
  ];
}

function on(functionIndex: number, ...terms: Aml[]): Aml {
  return ifThen(equals(FUNCTION, integer(functionIndex)), ...terms);
}

/** The operation in the first parameter, and its flags. */
function lookUp(): Aml[] {
  return [store(derefOf(element(PARAMETERS, integer(0))), OPERATION), store(call("TPFN", OPERATION), FLAGS)];
}

function refuse(flags: number, result: Aml): Aml[] {
  return [ifThen(equals(and(FLAGS, integer(PPI_FUNC_MASK)), integer(flags)), returns(result))];
}

function request(parameter: Aml): Aml[] {
  return [store(integer(0), REQUEST), store(parameter, REQUEST_PARAMETER), store(OPERATION, REQUEST)];
}

function put(value: Aml, list: Aml, index: number): Aml {
  return store(value, element(list, integer(index)));
}
