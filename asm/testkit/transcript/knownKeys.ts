/** Keys that the tests know whole, for steps of the transcript, and what of the answers by them is compared. */
import { text } from "../harness.ts";
import { RH } from "../names.ts";
import { loadExternal } from "../objects.ts";
import { HASHES, hash } from "../signatures.ts";
import { add, flush } from "./builders.ts";

export const KEY = 0x80000000;
export const OTHER = 0x80000001;
export const ALGORITHMS = Object.keys(HASHES).map(Number);
/** Only the response code: what follows is random, and so is its size. */
export const RC = { from: 6, to: 10 };
/** The head of a signature of a fixed size: with sigAlg, hash and the size of its first value. */
export const SIGNATURE = { to: 20 };
/** Sizes of the response, of the parameters and of the attestation. */
export const ATTEST_HEAD = { to: 16 };
export const digestOf = (algorithm: number) => hash(algorithm, text("what is signed"));

export interface Key {
  area: Uint8Array;
  sensitive: Uint8Array;
}
export const external = ({ area, sensitive: s }: Key) => loadExternal(area, RH.NULL, s);
export const publicOnly = ({ area }: Key, hierarchy: number = RH.OWNER) => loadExternal(area, hierarchy);
export function withKey(name: string, load: Uint8Array, steps: () => void, options: { to?: number } = {}): void {
  add(`load ${name}`, load, options);
  steps();
  add(`flush ${name}`, flush(KEY));
}
