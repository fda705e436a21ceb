import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { command, password, sized, TestTpm, u8, u16, u32, u64 } from "./harness.ts";
import { ALG, CC, RH, rc } from "./names.ts";
import { defineSpace, NV, nvWrite, OPEN, pin } from "./nv.ts";
import { isUseOnRecord } from "./readings.ts";
import { readTranscript } from "./transcript.ts";

const SEED = 20260101;
/** After so many commands a new TPM takes over. */
const RENEWAL = 500;
const corpus = readTranscript().map(({ command }) => Uint8Array.from(Buffer.from(command, "hex")));
const codeOf = (bytes: Uint8Array) => Buffer.from(bytes).readUInt32BE(6);
const codes = [...new Set(corpus.map(codeOf))];
/** A command of the record, each code as often as the others, however often it is on record. */
const recorded = fc
  .constantFrom(...codes.map((code) => corpus.filter((bytes) => codeOf(bytes) === code)))
  .chain((commands) => fc.constantFrom(...commands));

/** Interesting values for a handle, a size or a parameter. */
const number = fc.oneof(
  fc.constantFrom(0, 1, 2, 8, 9, 16, 24, 64, 65, 0xff, 0xffff, 0x7fffffff, 0xffffffff),
  fc.constantFrom(
    ...Object.values(RH),
    ...Object.values(ALG),
    0x80000000,
    0x80000002,
    0x02000000,
    0x03000001,
    0x40000009,
    0x01000000,
    0x01000001,
    0x01000180,
  ),
  fc.nat(0xffffffff),
);
const pieces = fc.array(
  fc.oneof(
    number.map((n) => u32(n)),
    number.map((n) => u16(n & 0xffff)),
    number.map((n) => u8(n & 0xff)),
    fc.uint8Array({ maxLength: 80 }).map((bytes) => sized(bytes)),
    fc.bigInt({ min: 0n, max: 0xffffffffffffffffn }).map((n) => u64(n)),
  ),
  { maxLength: 6 },
);
/** A command of the right form with arbitrary handles, sessions and parameters. */
const formed = fc
  .tuple(
    fc.constantFrom(...codes),
    fc.array(number, { maxLength: 3 }),
    pieces,
    fc.option(
      fc.array(
        fc.record({
          handle: fc.constantFrom(0x40000009, 0x02000000, 0x03000001, 0x03000002),
          attributes: fc.constantFrom(0, 1, 0x21, 0x41, 0x61, 0x81, 0x83, 0x85, 0xff),
          nonce: fc.constantFrom(new Uint8Array(0), new Uint8Array(16)),
          auth: fc.constantFrom(new Uint8Array(0), new Uint8Array(32)),
        }),
        { minLength: 1, maxLength: 3 },
      ),
      { nil: undefined },
    ),
  )
  .map(([code, handles, parameters, sessions]) => command(code, handles, parameters, sessions));
/** A command of the record, with some bytes changed, and its size field right or not. */
const mutated = fc
  .tuple(recorded, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }), fc.nat(3))
  .map(([bytes, changes, cut]) => {
    const copy = bytes.slice(0, Math.max(0, bytes.length - (cut === 3 ? 1 : 0)));
    for (const [at, value] of changes) if (copy.length > 0) copy[at % copy.length] = value;
    if (cut !== 0 && copy.length >= 6) copy.set(u32(copy.length), 2);
    return copy;
  });
const anything = fc.uint8Array({ maxLength: 200 });
/** Commands in the order of the record: the later ones find the keys and sessions that the earlier ones left. */
const stretch = fc
  .tuple(
    fc.nat(corpus.length - 1),
    fc.integer({ min: 2, max: 12 }),
    fc.option(fc.tuple(fc.nat(), fc.nat(), fc.nat(255))),
  )
  .map(([first, length, change]) => {
    const commands = corpus.slice(first, first + length).map((bytes) => bytes.slice());
    const changed = change && commands[change[0] % commands.length];
    if (changed) changed[change[1] % changed.length] = change[2];
    return commands;
  });
const single = fc.oneof(formed, mutated, anything).map((bytes) => [bytes]);

/** With NV Indices of every type, two of them orderly, where the commands of the record look for them. */
function withIndices(): TestTpm {
  const tpm = TestTpm.started();
  const types = [0, NV.COUNTER | NV.ORDERLY, NV.BITS, NV.EXTEND | NV.ORDERLY, 0];
  for (const [i, type] of types.entries()) {
    const size = type & NV.EXTEND ? 32 : 8;
    expect(tpm.run(defineSpace({ handle: 0x01000000 + i, attributes: OPEN | type, size })).rc).toBe(0);
  }
  for (const type of [NV.PIN_FAIL, NV.PIN_PASS]) {
    const attributes = type | (OPEN & ~NV.AUTHWRITE);
    expect(tpm.run(defineSpace({ handle: 0x01000100 + type, attributes, size: 8 })).rc).toBe(0);
    expect(tpm.run(nvWrite(RH.OWNER, 0x01000100 + type, pin(0, 100))).rc).toBe(0);
  }
  return tpm;
}

/** A wrong authValue that is protected, or that of a PIN index, is counted. */
const COUNTED = [rc("TPM_RC_AUTH_FAIL", { session: 1 }), rc("TPM_RC_BAD_AUTH", { session: 1 })];

describe("arbitrary commands", () => {
  it("get a well-formed answer, never a trap; one that fails leaves the state as it was", () => {
    let tpm = withIndices();
    let { buffer } = tpm.core.memory;
    let [runs, succeeded] = [0, 0];
    /** After a command that changed nothing. */
    let known: string | undefined;
    const check = (bytes: Uint8Array, locality: number) => {
      const before = known ?? tpm.stateHash();
      const wasInUse = isUseOnRecord(tpm);
      const response = tpm.run(bytes, locality);
      const { size, rc: code } = response;
      // Thousands of these: what is as it should be costs no expect.
      const isSound = size === response.bytes.length && size <= 4096 && tpm.core.failureMode() === 0;
      if (!isSound || tpm.core.memory.buffer !== buffer)
        expect.fail(`response of ${size} octets, or not from this memory`);
      known = undefined;
      if (code === 0) {
        succeeded++;
        return;
      }
      if (size !== 10) expect(size).toBe(10);
      // The first use of a protected authValue goes on record, whatever becomes of its command.
      if (COUNTED.includes(code) || (!wasInUse && isUseOnRecord(tpm))) return;
      known = tpm.stateHash();
      expect(known).toBe(before);
    };
    fc.assert(
      fc.property(
        fc.oneof({ arbitrary: single, weight: 4 }, { arbitrary: stretch, weight: 1 }),
        fc.oneof(fc.constant(0), fc.nat(4)),
        fc.nat(50),
        (commands, locality, wait) => {
          // Hierarchies that were disabled and authValues that were changed would let fewer and fewer commands through.
          if (++runs % RENEWAL === 0) {
            tpm = withIndices();
            buffer = tpm.core.memory.buffer;
            known = undefined;
          }
          tpm.now += wait;
          for (const bytes of commands) check(bytes, locality);
        },
      ),
      { numRuns: 1_500, seed: SEED },
    );
    expect(succeeded).toBeGreaterThan(300);
  });

  it("with a store that fails now and then: TPM_RC_NV_UNAVAILABLE, and nothing is lost or half done", () => {
    let tpm = withIndices();
    let runs = 0;
    fc.assert(
      fc.property(mutated, fc.boolean(), (bytes, fails) => {
        if (++runs % RENEWAL === 0) tpm = withIndices();
        tpm.storeFails = fails;
        const before = tpm.stateHash();
        const response = tpm.run(bytes);
        if (response.rc === rc("TPM_RC_NV_UNAVAILABLE")) {
          expect(fails).toBe(true);
          expect(tpm.stateHash()).toBe(before);
        }
        tpm.storeFails = false;
        // A command that changes nothing brings the store up to date with what is in memory.
        if (tpm.stored) expect(tpm.core.commitPending()).toBe(0);
      }),
      { numRuns: 1_500, seed: SEED },
    );
    expect(tpm.run(command(CC.Clear, [RH.PLATFORM], [], [password()])).rc).not.toBe(rc("TPM_RC_NV_UNAVAILABLE"));
  });
});
