import { HEADER_SIZE } from "../spec/header.ts";
import { BUFFER_SIZE } from "./registers.ts";

const VERSION = 1;

/** The registers and the buffer between two commands. */
export interface CrbRegisters {
  assigned: boolean;
  idle: boolean;
  cancel: boolean;
  interfaceLocked: boolean;
  /** Bytes of the response in the buffer; 0 when there is none. */
  responseSize: number;
  buffer: Uint8Array;
}

/** Arrays, numbers and typed arrays only: what an emulator's snapshot can hold. */
export type CrbSavedState = [version: number, numbers: number[], buffer: Uint8Array];

/** A saved state is not one, is damaged, or comes from a newer version. */
export class CrbStateError extends Error {
  override name = "CrbStateError";
}

const FLAGS = ["assigned", "idle", "cancel", "interfaceLocked"] as const;

export function packState(registers: CrbRegisters): CrbSavedState {
  return [VERSION, [...FLAGS.map((flag) => Number(registers[flag])), registers.responseSize], registers.buffer];
}

/** @throws CrbStateError before anything is changed. */
export function unpackState(saved: unknown): CrbRegisters {
  if (!Array.isArray(saved)) throw new CrbStateError("The saved CRB state is not an array.");
  const [version, numbers, buffer] = saved as unknown[];
  if (version !== VERSION) {
    throw new CrbStateError(
      `The saved CRB state has version ${String(version)}; this device reads version ${VERSION}.`,
    );
  }
  if (!Array.isArray(numbers) || numbers.length !== FLAGS.length + 1) {
    throw new CrbStateError("The saved CRB state has the wrong number of registers.");
  }
  const damaged = (what: string, value: unknown) =>
    new CrbStateError(`The saved CRB state is damaged: ${what} is ${String(value)}.`);
  const flags = FLAGS.map((name, index) => {
    const value: unknown = numbers[index];
    if (value !== 0 && value !== 1) throw damaged(name, value);
    return [name, value === 1];
  });
  const responseSize: unknown = numbers[FLAGS.length];
  const isSize = (size: unknown): size is number =>
    Number.isInteger(size) && (size === 0 || ((size as number) >= HEADER_SIZE && (size as number) <= BUFFER_SIZE));
  if (!isSize(responseSize)) throw damaged("the response's size", responseSize);
  if (!(buffer instanceof Uint8Array)) throw damaged("the buffer", typeof buffer);
  if (buffer.length !== BUFFER_SIZE) throw damaged("the buffer", `${buffer.length} bytes`);
  return { ...(Object.fromEntries(flags) as Record<(typeof FLAGS)[number], boolean>), responseSize, buffer };
}
