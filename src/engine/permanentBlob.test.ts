import { readFileSync } from "node:fs";
import { assert, nat, property } from "fast-check";
import { expect, test } from "vitest";
import { changedEntries, isSamePermanent } from "./permanentBlob.ts";

/** Of a TPM with four persistent objects and three NV Indices: see testdata/README.md. */
const stateOf = (folder: string) =>
  new Uint8Array(readFileSync(new URL(`./testdata/${folder}/full.state`, import.meta.url)));
const state = stateOf("2026-11-chunks");
const nvSize = new DataView(state.buffer, state.byteOffset).getUint32(16);
/** As asm/tpm/power/blob.ts wrote version 2 when this was checked in. */
const BY_ITSELF = [26, 27, 32, 33, 34, 35, ...Array.from({ length: 32 }, (_, i) => 76 + i)];

test("two states are the same but for Clock, timers, failedTries and the use of lockoutAuth, and for the integrity value", () => {
  assert(
    property(nat(state.length - 1), (at) => {
      if (at >= 8 && at < 12) return;
      const other = Uint8Array.from(state);
      other[at]! ^= 1;
      expect(isSamePermanent(state, other)).toBe(BY_ITSELF.includes(at) || at >= state.length - 32);
    }),
    { numRuns: 2000 },
  );
  expect(isSamePermanent(state, state.slice(0, -1))).toBe(false);
});

test("what is in NV is told apart by its handle", () => {
  expect(changedEntries(state, state)).toEqual([]);
  const start = state.length - 32 - nvSize;
  const handle = new DataView(state.buffer, state.byteOffset).getUint32(start);
  const other = Uint8Array.from(state);
  other[start + 8]! ^= 1;
  expect(changedEntries(state, other)).toEqual([{ handle, change: "changed" }]);
});

test("a state of another version is refused", () => {
  const old = stateOf("2026-11");
  expect(() => isSamePermanent(state, old)).toThrow("version 1, not 2 or 3");
});
