import type { Locality } from "../engine/backend.ts";
import { COMPLETION, type CycleState, EXECUTION, IDLE, RECEPTION } from "./commandCycle.ts";
import type { ActiveLocality } from "./localities.ts";
import {
  ACCESS_BEEN_SEIZED,
  ACCESS_REQUEST_USE,
  FIFO_SIZE,
  HARDWARE_LOCALITY,
  LOCALITY_COUNT,
  NO_LOCALITY,
} from "./registers.ts";

const VERSION = 1;
const SCALARS = 5;
const PER_LOCALITY = 3;

/** The registers and FIFOs between two commands. */
export interface TisRegisters {
  active: ActiveLocality;
  state: CycleState;
  selfTestDone: boolean;
  interfaceLocked: boolean;
  /** Bytes of the response already read. */
  responsePosition: number;
  /** Per locality: REQUEST_USE and BEEN_SEIZED. */
  access: number[];
  intEnable: number[];
  intStatus: number[];
  /** The bytes received so far. */
  command: Uint8Array;
  response: Uint8Array;
}

/** Arrays, numbers and typed arrays only: what an emulator's snapshot can hold. */
export type TisSavedState = [version: number, numbers: number[], command: Uint8Array, response: Uint8Array];

/** A saved state is not one, is damaged, or comes from a newer version. */
export class TisStateError extends Error {
  override name = "TisStateError";
}

export function packState(registers: TisRegisters): TisSavedState {
  const numbers = [
    registers.active,
    registers.state,
    Number(registers.selfTestDone),
    Number(registers.interfaceLocked),
    registers.responsePosition,
  ];
  for (let locality = 0; locality < LOCALITY_COUNT; locality++) {
    numbers.push(registers.access[locality]!, registers.intEnable[locality]!, registers.intStatus[locality]!);
  }
  return [VERSION, numbers, registers.command, registers.response];
}

/** @throws TisStateError before anything is changed. */
export function unpackState(saved: unknown): TisRegisters {
  if (!Array.isArray(saved)) throw new TisStateError("The saved TIS state is not an array.");
  const [version, numbers, command, response] = saved as unknown[];
  if (version !== VERSION) {
    throw new TisStateError(
      `The saved TIS state has version ${String(version)}; this device reads version ${VERSION}.`,
    );
  }
  if (!Array.isArray(numbers) || numbers.length !== SCALARS + PER_LOCALITY * LOCALITY_COUNT) {
    throw new TisStateError("The saved TIS state has the wrong number of registers.");
  }
  const [active, state, selfTestDone, interfaceLocked, responsePosition] = numbers as unknown[];
  check("active locality", active, (n) => n === NO_LOCALITY || (n >= 0 && n < HARDWARE_LOCALITY));
  check("state", state, (n) => n >= IDLE && n <= COMPLETION && n !== EXECUTION);
  check("state without a locality", state, (n) => active !== NO_LOCALITY || n === IDLE);
  check("selfTestDone", selfTestDone, (n) => n <= 1);
  check("interface lock", interfaceLocked, (n) => n <= 1);
  checkBytes("command", command, (n) => (state === RECEPTION ? n > 0 && n <= FIFO_SIZE : n === 0));
  checkBytes("response", response, (n) => (state === COMPLETION ? n > 0 && n <= FIFO_SIZE : n === 0));
  check("position in the response", responsePosition, (n) => n <= response.length);

  const registers: TisRegisters = {
    active: active as Locality | typeof NO_LOCALITY,
    state: state as CycleState,
    selfTestDone: selfTestDone === 1,
    interfaceLocked: interfaceLocked === 1,
    responsePosition,
    access: [],
    intEnable: [],
    intStatus: [],
    command,
    response,
  };
  for (let locality = 0; locality < LOCALITY_COUNT; locality++) {
    const [access, enable, status] = (numbers as unknown[]).slice(SCALARS + PER_LOCALITY * locality);
    check(`TPM_ACCESS_${locality}`, access, (n) => isAccess(n, locality, active));
    check(`TPM_INT_ENABLE_${locality}`, enable, () => true);
    check(`TPM_INT_STATUS_${locality}`, status, () => true);
    registers.access.push(access);
    registers.intEnable.push(enable);
    registers.intStatus.push(status);
  }
  return registers;
}

/** A request waits only while another locality is active; the hardware's locality asks for nothing. */
function isAccess(flags: number, locality: number, active: number): boolean {
  if (locality === HARDWARE_LOCALITY) return flags === 0;
  if ((flags & ~(ACCESS_BEEN_SEIZED | ACCESS_REQUEST_USE)) !== 0) return false;
  return (flags & ACCESS_REQUEST_USE) === 0 || (active !== NO_LOCALITY && active !== locality);
}

function check(what: string, value: unknown, valid: (n: number) => boolean): asserts value is number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff && valid(value))
    return;
  throw new TisStateError(`The saved TIS state is damaged: ${what} is ${String(value)}.`);
}

function checkBytes(what: string, value: unknown, valid: (n: number) => boolean): asserts value is Uint8Array {
  if (value instanceof Uint8Array && valid(value.length)) return;
  const found = value instanceof Uint8Array ? `${value.length} bytes` : typeof value;
  throw new TisStateError(`The saved TIS state is damaged: ${what} is ${found}.`);
}
