import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { END_AT, endRecord, newSlotFile } from "../store/slots.ts";
import { errorOf } from "../store/testkit/errorOf.ts";
import { checkStateFile, StateFileError, stateInFile } from "./stateFile.ts";

const stored = (name: string) => new Uint8Array(readFileSync(new URL(`testdata/2026-11-28/${name}`, import.meta.url)));

function reasonFor(bytes: Uint8Array): string {
  try {
    checkStateFile(bytes);
    return "taken";
  } catch (error) {
    if (!(error instanceof StateFileError)) throw error;
    return error.reason;
  }
}

/** As swtpm 0.7 to 0.10 write tpm2-00.permall: the first bytes of one, of 1315. */
const swtpm = new Uint8Array(1315);
swtpm.set([2, 1, 0, 10, 0, 0, 0, 0, 5, 0x23, 0, 1]);

it.each([
  ["taken", stored("full.state")],
  ["taken", stored("libtpms-0.9.suspended.state")],
  ["volatile", stored("full.volatile")],
  ["sealed", stored("encrypted/tpm2.state")],
  ["sealed", new TextEncoder().encode("TABTPMSF and so on")],
  ["variables", new TextEncoder().encode("TABTPMV\u0001")],
  ["swtpm", swtpm],
  ["other", swtpm.subarray(1)],
  ["other", swtpm.subarray(0, 1000)],
  ["empty", new Uint8Array()],
  ["other", new TextEncoder().encode("-----BEGIN CERTIFICATE-----")],
  ["cut", stored("full.state").subarray(0, 12)],
  ["cut", stored("full.state").subarray(0, 1000)],
])("a file is %s", (reason, bytes) => {
  expect(reasonFor(bytes)).toBe(reason);
});

describe("a file of two slots", () => {
  const sha256 = (parts: readonly Uint8Array[]) => {
    const hash = createHash("sha256");
    for (const part of parts) hash.update(part);
    return hash.digest();
  };
  const state = stored("full.state");
  const file = (content: Uint8Array) => newSlotFile(5, content, 1 << 17, sha256);
  const changed = (at: number) => {
    const bytes = file(state);
    bytes.set(endRecord([5, 0], sha256), END_AT);
    bytes[at] = (bytes[at] as number) ^ 1;
    return bytes;
  };

  it("has the state of its last commit, as a file that is the state has it", async () => {
    expect(await stateInFile(file(state))).toEqual(state);
    expect(await stateInFile(state)).toBe(state);
  });

  it.each([
    ["sealed", file(stored("encrypted/tpm2.state"))],
    ["cut", changed(12_288 + 100)],
    ["cut", changed(9)],
    ["cut", file(state).subarray(0, 13_000)],
    ["empty", new Uint8Array()],
    ["other", new TextEncoder().encode("TABTPM and so on")],
  ])("is %s", async (reason, bytes) => {
    expect(await errorOf(stateInFile(bytes))).toMatchObject({ name: "StateFileError", reason });
  });

  it("of a newer version says so", async () => {
    const bytes = file(state);
    bytes[11] = 2;
    bytes.set(sha256([bytes.subarray(0, 16)]), 16);
    expect(await errorOf(stateInFile(bytes))).toMatchObject({ name: "TpmStateError", reason: "newer" });
  });
});

test("any bytes are taken or refused with a reason, and only what begins as a state is taken", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      if (reasonFor(bytes) === "taken") expect(String.fromCharCode(...bytes.subarray(0, 8))).toBe("TABTPM20");
    }),
  );
});
