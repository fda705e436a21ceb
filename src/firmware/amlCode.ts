/**
 * The second part of the AML encoder (aml.ts): methods, what they are made of, and the memory that they work on.
 * [ACPI 6.5, section 20.2.5]
 */
import { concat } from "../engine/bytes.ts";
import { type Aml, EXTENDED_PREFIX, integer, nameString, withLength } from "./aml.ts";

const METHOD_OP = 0x14;
const LOCAL0_OP = 0x60;
const ARG0_OP = 0x68;
const STORE_OP = 0x70;
const ADD_OP = 0x72;
const AND_OP = 0x7b;
const DEREF_OF_OP = 0x83;
const INDEX_OP = 0x88;
const LNOT_OP = 0x92;
const LEQUAL_OP = 0x93;
const LLESS_OP = 0x95;
const IF_OP = 0xa0;
const RETURN_OP = 0xa4;
/** Behind the extended prefix. */
const OPERATION_REGION_OP = 0x80;
const FIELD_OP = 0x81;
/** Where a result has no other target than the term that it is part of. */
const NOWHERE = Uint8Array.of(0x00);

const SERIALIZED = 1 << 3;
const SYSTEM_MEMORY = 0x00;
const LOCALS = 8;
const ARGUMENTS = 7;

/** How wide the accesses to a field are. */
export const ANY_ACCESS = 0;
export const BYTE_ACCESS = 1;

/** `Method (path, argumentCount, Serialized) { ... }`; 0 to 7 arguments. */
export function method(path: string, argumentCount: number, ...terms: Aml[]): Aml {
  checkIndex("argument count", argumentCount, ARGUMENTS + 1);
  return withLength([METHOD_OP], concat(nameString(path), Uint8Array.of(argumentCount | SERIALIZED), ...terms));
}

/** `OperationRegion (path, SystemMemory, address, size)`; inside of a method the address may be computed. */
export function memoryRegion(path: string, address: Aml, size: number): Aml {
  return concat(
    Uint8Array.of(EXTENDED_PREFIX, OPERATION_REGION_OP),
    nameString(path),
    Uint8Array.of(SYSTEM_MEMORY),
    address,
    integer(size),
  );
}

/** `Field (region, access, NoLock, Preserve) { name, bits, ... }`: the fields lie one behind the other. */
export function fields(region: string, access: number, units: readonly (readonly [name: string, bits: number])[]): Aml {
  const list = units.flatMap(([unit, bits]) => [nameString(unit), fieldLength(bits)]);
  return withLength([EXTENDED_PREFIX, FIELD_OP], concat(nameString(region), Uint8Array.of(access), ...list));
}

/** An object by its name, or the call of a method with its arguments. */
export function call(path: string, ...parameters: Aml[]): Aml {
  return concat(nameString(path), ...parameters);
}

/** `Arg0` to `Arg6`. */
export function argument(index: number): Aml {
  checkIndex("argument", index, ARGUMENTS);
  return Uint8Array.of(ARG0_OP + index);
}

/** `Local0` to `Local7`. */
export function local(index: number): Aml {
  checkIndex("local", index, LOCALS);
  return Uint8Array.of(LOCAL0_OP + index);
}

/** `If (condition) { ... }`. */
export function ifThen(condition: Aml, ...terms: Aml[]): Aml {
  return withLength([IF_OP], concat(condition, ...terms));
}

/** `Return (value)`. */
export function returns(value: Aml): Aml {
  return concat(Uint8Array.of(RETURN_OP), value);
}

/** `Store (value, target)`. */
export function store(value: Aml, target: Aml): Aml {
  return concat(Uint8Array.of(STORE_OP), value, target);
}

/** `a == b`. */
export function equals(a: Aml, b: Aml): Aml {
  return concat(Uint8Array.of(LEQUAL_OP), a, b);
}

/** `a >= b`, which AML says as "not less". */
export function isAtLeast(a: Aml, b: Aml): Aml {
  return concat(Uint8Array.of(LNOT_OP, LLESS_OP), a, b);
}

/** `a + b`. */
export function add(a: Aml, b: Aml): Aml {
  return concat(Uint8Array.of(ADD_OP), a, b, NOWHERE);
}

/** `a & b`. */
export function and(a: Aml, b: Aml): Aml {
  return concat(Uint8Array.of(AND_OP), a, b, NOWHERE);
}

/** `list [index]`: a place to store to; its value is `derefOf` of it. */
export function element(list: Aml, index: Aml): Aml {
  return concat(Uint8Array.of(INDEX_OP), list, index, NOWHERE);
}

/** `DerefOf (reference)`. */
export function derefOf(reference: Aml): Aml {
  return concat(Uint8Array.of(DEREF_OF_OP), reference);
}

/** PkgLength in front of nothing: it says how many bits a field has. */
function fieldLength(bits: number): Uint8Array {
  if (!Number.isInteger(bits) || bits < 1 || bits > 0x3f)
    throw new RangeError(`An AML field has 1 to 63 bits here, not ${bits}`);
  return Uint8Array.of(bits);
}

function checkIndex(what: string, index: number, count: number): void {
  if (!Number.isInteger(index) || index < 0 || index >= count) {
    throw new RangeError(`AML ${what} ${index} is not in 0..${count - 1}`);
  }
}
