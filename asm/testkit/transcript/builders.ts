/** How the steps of the transcript are written, and the commands that many of them use. */

import { command, concat, password, sized, u8, u16, u32 } from "../harness.ts";
import { CC } from "../names.ts";

export interface Step {
  name: string;
  command: Uint8Array;
  locality: number;
  /** The bytes of the response that do not depend on random numbers or on the vendor. */
  from: number;
  to: number;
  /** Where the specification demands another answer than libtpms gives: ours, and the clause. */
  differs?: { response: string; clause: string };
}

export const steps: Step[] = [];
export function add(name: string, bytes: Uint8Array, options: Partial<Omit<Step, "name" | "command">> = {}): void {
  steps.push({ name, command: bytes, locality: 0, from: 0, to: Number.POSITIVE_INFINITY, ...options });
}

export const none: Uint8Array = new Uint8Array(0);
export const n16 = new Uint8Array(16).fill(1);
export const n20 = new Uint8Array(20).fill(2);
export const n32 = new Uint8Array(32).fill(3);
/** TPMT_SYM_DEF of no algorithm. */
export const NUL = u16(0x10);
/** TPMT_HA */
export const sha256 = concat(u16(0x000b), n32);

export type Selections = [algorithm: number, pcrs: number[], size?: number][];

/** TPML_PCR_SELECTION */
export function selection(...selections: Selections): Uint8Array {
  const entries = selections.map(([algorithm, pcrs, size = 3]) => {
    const bits = new Array<number>(size).fill(0);
    for (const pcr of pcrs) bits[pcr >> 3] = (bits[pcr >> 3] ?? 0) | (1 << (pcr & 7));
    return concat(u16(algorithm), u8(size), bits);
  });
  return concat(u32(selections.length), ...entries);
}

/** TPM2_StartAuthSession */
export function start(
  key: number,
  bind: number,
  nonce: Uint8Array,
  salt: Uint8Array,
  type: number,
  symmetric: Uint8Array,
  hash: number,
): Uint8Array {
  return command(CC.StartAuthSession, [key, bind], [sized(nonce), sized(salt), u8(type), symmetric, u16(hash)]);
}
export const extend = (pcr: number, ...digests: Uint8Array[]) =>
  command(CC.PCR_Extend, [pcr], [u32(digests.length), ...digests], [password()]);
export const read = (...selections: Selections) => command(CC.PCR_Read, [], [selection(...selections)]);
export const getCapability = (capability: number, property: number, count: number) =>
  command(CC.GetCapability, [], [u32(capability), u32(property), u32(count)]);
export const flush = (handle: number) => command(CC.FlushContext, [], [u32(handle)]);
