// policyDigest := H(policyDigest || commandCode || ...), the step of every policy command (Part 1, 19.7).
import { bytesOf2B, put16, put32 } from "./bytes";
import { hashFinal, hashStart, hashUpdate, hashUpdate2B } from "./digest";
import { digestSizeOf } from "./hash";
import { scratchMark, scratchRelease, scratchTake } from "./memory";
import { AUTH_HASH, POLICY_DIGEST } from "./session";

/** Starts the step in `state` (HASH_STATE_ROOM bytes); the command adds its own values and calls finishPolicy. */
export function startPolicy(session: usize, code: u32, state: usize): void {
  hashStart(load<u16>(session, AUTH_HASH), state);
  hashUpdate2B(state, session + POLICY_DIGEST);
  addNumber(state, code);
}

/** Adds a UINT32 in wire form. */
export function addNumber(state: usize, value: u32): void {
  const mark = scratchMark();
  const wire = scratchTake(4);
  put32(wire, value);
  hashUpdate(state, wire, 4);
  scratchRelease(mark);
}

export function finishPolicy(session: usize, state: usize): void {
  const digest = session + POLICY_DIGEST;
  put16(digest, digestSizeOf(load<u16>(session, AUTH_HASH)));
  hashFinal(state, bytesOf2B(digest));
}
