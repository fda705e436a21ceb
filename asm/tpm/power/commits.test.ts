// A commit copies and hashes of the NV store what changed. Another TPM, made anew for each command from the blob that was
// stored last, does all of the work again: both have the same NV store then, and the blob is right to node:crypto.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nvRun, sealedBlob } from "../../testkit/blobs.ts";
import { command, hex, password, TestTpm } from "../../testkit/harness.ts";
import { CC, RH, rc } from "../../testkit/names.ts";
import { defineSpace, NV, nvWrite, OPEN, undefineSpace } from "../../testkit/nv.ts";
import { commandOf, type Operation, operations, powerCommands } from "../../testkit/nvModel.ts";
import { evictControl, keyedHash, runCreatePrimary, SEALED, sensitive } from "../../testkit/objects.ts";

const NV_UNAVAILABLE = rc("TPM_RC_NV_UNAVAILABLE");
const PERSISTENT = 0x81000001;
const run = (tpm: TestTpm) => hex(nvRun(tpm.save()));

/** Indices of up to 1,600 octets behind those of the operations, and among them small ones. */
function withLargeStore(): TestTpm {
  const tpm = TestTpm.started();
  for (let i = 0; i < 12; i++) {
    const [handle, size] = [0x01800000 + i, i % 2 ? 16 : 1400 + i];
    expect(tpm.run(defineSpace({ handle, attributes: OPEN, size })).rc).toBe(0);
    expect(tpm.run(nvWrite(handle, handle, new Uint8Array(16).fill(i))).rc).toBe(0);
  }
  const { handle } = runCreatePrimary(tpm, keyedHash(SEALED), RH.OWNER, sensitive([], [1, 2, 3]));
  expect(handle).toBe(0x80000000);
  return tpm;
}

type Step = { bytes: Uint8Array; storeFails: boolean } | { cycle: Extract<Operation, { kind: "power" }>["cycle"] };

const ofOperation = (operation: Operation): Step =>
  operation.kind === "power" ? { cycle: operation.cycle } : { bytes: commandOf(operation), storeFails: false };

const large = fc.nat(11).map((i) => 0x01800000 + i);
/** What changes the store in its middle, moves all of it, or touches many chunks. */
const others: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.tuple(large, fc.nat(1600), fc.uint8Array({ maxLength: 40 })).map(([i, at, data]) => nvWrite(i, i, data, at)),
  large.map((i) => undefineSpace(RH.OWNER, i)),
  fc
    .tuple(large, fc.nat(1700))
    .map(([handle, size]) => defineSpace({ handle, attributes: OPEN | NV.CLEAR_STCLEAR, size })),
  fc.constantFrom(evictControl(0x80000000, PERSISTENT), evictControl(PERSISTENT, PERSISTENT)),
  fc.constant(command(CC.Clear, [RH.LOCKOUT], [], [password()])),
);

const steps: fc.Arbitrary<Step[]> = fc
  .tuple(
    operations(["crash", "reset", "restart", "resume"], 25),
    fc.array(others, { minLength: 25, maxLength: 25 }),
    fc.array(fc.nat(3), { minLength: 50, maxLength: 50 }),
  )
  .map(([list, more, fails]) =>
    [...list.map(ofOperation), ...more.map((bytes): Step => ({ bytes, storeFails: false }))]
      .map((step, i) => ({
        step: "bytes" in step ? { ...step, storeFails: fails[i] === 0 } : step,
        order: (i * 17) % 50,
      }))
      .sort((a, b) => a.order - b.order)
      .map(({ step }) => step),
  );

function play(list: Step[]): void {
  let tpm = withLargeStore();
  for (const step of list) {
    if ("cycle" in step) {
      const { before, after } = powerCommands(step.cycle);
      if (before) expect(tpm.run(before).rc).toBe(0);
      tpm = tpm.powerCycle();
      expect(tpm.run(after).rc).toBe(0);
      continue;
    }
    const [before, hash] = [tpm.save(), tpm.stateHash()];
    const anew = TestTpm.resumed(before, tpm.saveVolatile(), { now: tpm.now });
    tpm.storeFails = step.storeFails;
    const answer = tpm.run(step.bytes).rc;
    tpm.storeFails = false;
    const after = tpm.save();
    expect(hex(sealedBlob(after))).toBe(hex(after));
    if (answer === NV_UNAVAILABLE) {
      expect([hex(nvRun(after)), tpm.stateHash()]).toEqual([hex(nvRun(before)), hash]);
    } else {
      expect(anew.run(step.bytes).rc).toBe(answer);
      expect(hex(nvRun(after))).toBe(run(anew));
    }
  }
  if (tpm.stored) expect(hex(new TestTpm({ blob: tpm.stored }).save())).toBe(hex(tpm.stored));
}

describe("the NV store after any commands, refused commits and power cycles", () => {
  it("is what a TPM makes of it that copies and hashes all of it", () => {
    fc.assert(fc.property(steps, play), { numRuns: 12 });
  });

  it("is full, and its last chunk is right too", () => {
    const tpm = TestTpm.started();
    const define = (handle: number, size: number) => tpm.run(defineSpace({ handle, attributes: OPEN, size })).rc;
    let handle = 0x01000000;
    for (const size of [2048, 512, 64, 1]) while (define(handle, size) === 0) handle++;
    const blob = tpm.save();
    expect(nvRun(blob).length).toBeGreaterThan(180_000);
    expect(hex(sealedBlob(blob))).toBe(hex(blob));
    tpm.storeFails = true;
    for (const each of [0x01000000, handle - 1]) {
      expect(tpm.run(undefineSpace(RH.OWNER, each)).rc).toBe(NV_UNAVAILABLE);
      expect(hex(tpm.save())).toBe(hex(blob));
    }
  });

  it("is refused when any octet of the blob is another one, and the TPM stays as it was", () => {
    const blob = withLargeStore().save();
    const other = new TestTpm();
    const before = [other.stateHash(), hex(other.save())];
    const accepted = Array.from(blob.keys()).filter((at) => {
      const bad = blob.slice();
      bad[at] = (bad[at] as number) ^ (1 << (at % 8));
      return other.load(bad) !== 1;
    });
    expect(accepted).toEqual([]);
    expect([other.stateHash(), hex(other.save())]).toEqual(before);
  });
});
