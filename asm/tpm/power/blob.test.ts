import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { firstVersion, HEAD, nvRun, sealedBlob as sealed } from "../../testkit/blobs.ts";
import { command, concat, hex, password, sized, TestTpm, u16, u32 } from "../../testkit/harness.ts";
import { CC, RH, rc } from "../../testkit/names.ts";
import { defineSpace, nvWrite, OPEN, undefineSpace } from "../../testkit/nv.ts";

const LOADED = 0;
const DAMAGED = 1;
const NEWER = 2;
const TOO_LARGE = 3;

function changed(): TestTpm {
  const tpm = TestTpm.started();
  tpm.run(command(CC.HierarchyChangeAuth, [RH.OWNER], [sized([1, 2, 3])], [password()]));
  tpm.run(command(CC.HierarchyChangeAuth, [RH.LOCKOUT], [sized([4])], [password()]));
  return tpm;
}

/** The NV store takes four chunks and a bit. */
function withLargeStore(): TestTpm {
  const tpm = changed();
  for (let i = 0; i < 5; i++) {
    const [handle, size] = [0x01000000 + i, 1500 + 100 * i];
    expect(tpm.run(defineSpace({ handle, attributes: OPEN, size }, [], RH.OWNER, [1, 2, 3])).rc).toBe(0);
    expect(
      tpm.run(
        nvWrite(
          handle,
          handle,
          new Uint8Array(1000).map((_, at) => at + i),
        ),
      ).rc,
    ).toBe(0);
  }
  return tpm;
}

describe("the permanent state as a blob", () => {
  it("opens with magic, version and sizes, and ends with a SHA-256 over fields and digests of the NV store", () => {
    for (const tpm of [new TestTpm(), changed(), withLargeStore()]) {
      const blob = tpm.save();
      expect(Buffer.from(blob.subarray(0, 8)).toString()).toBe("TABTPM20");
      const view = new DataView(blob.buffer);
      expect([view.getUint32(8), view.getUint32(12)]).toEqual([2, blob.length]);
      expect(sealed(blob)).toEqual(blob);
    }
  });

  it("of version 1 loads as that of version 2 does, and any octet that is changed in it is found", () => {
    const tpm = withLargeStore();
    tpm.shutdown(1);
    const blob = tpm.save();
    const old = firstVersion(blob);
    expect(old.length).toBe(blob.length);
    const other = new TestTpm();
    expect(other.load(old)).toBe(LOADED);
    expect(hex(other.save())).toBe(hex(blob));
    fc.assert(
      fc.property(fc.nat(old.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const bad = old.slice();
        bad[at] = (bad[at] as number) ^ flip;
        expect(other.load(bad)).toBe(DAMAGED);
      }),
      { numRuns: 500 },
    );
    expect(hex(other.save())).toBe(hex(blob));
  });

  it("that was refused leaves the TPM's own as it was, digests of its NV store among it", () => {
    const tpm = withLargeStore();
    const blob = tpm.save();
    // The handle of its first entry.
    const at = blob.length - 32 - nvRun(blob).length;
    const bad = blob.slice().fill(0xff, at, at + 4);
    expect(tpm.load(bad)).toBe(DAMAGED);
    expect(hex(tpm.save())).toBe(hex(blob));
    expect(tpm.load(sealed(bad))).toBe(DAMAGED);
    expect(hex(tpm.save())).toBe(hex(blob));
  });

  it("takes the digests of chunks with it that the NV store has no more", () => {
    const tpm = withLargeStore();
    const run = nvRun(tpm.save());
    const digests = Array.from({ length: Math.ceil(run.length / 2048) }, (_, i) =>
      createHash("sha256")
        .update(run.subarray(2048 * i, 2048 * (i + 1)))
        .digest(),
    );
    const found = () => digests.filter((digest) => Buffer.from(tpm.core.memory.buffer).includes(digest)).length;
    expect([digests.length, found()]).toEqual([5, 5]);
    for (const i of [4, 3, 2, 1, 0]) expect(tpm.run(undefineSpace(RH.OWNER, 0x01000000 + i, [1, 2, 3])).rc).toBe(0);
    expect([nvRun(tpm.save()).length, found()]).toEqual([0, 0]);
  });

  it("is not the blob that has the same chunks in another order, or another size of its NV store", () => {
    const tpm = withLargeStore();
    const blob = tpm.save();
    const end = blob.length - 32;
    const from = end - nvRun(blob).length;
    const swapped = blob.slice();
    swapped.set(blob.subarray(from, from + 2048), from + 2048);
    swapped.set(blob.subarray(from + 2048, from + 4096), from);
    expect(tpm.load(swapped)).toBe(DAMAGED);
    expect(tpm.load(sealed(swapped))).toBe(DAMAGED);
    for (const size of [
      0,
      1,
      end - from - 1,
      end - from + 1,
      end - HEAD,
      end - HEAD + 1,
      end,
      0x7fffffff,
      0xffffffff,
    ]) {
      const other = blob.slice();
      other.set(u32(size), 16);
      expect(tpm.load(other)).toBe(DAMAGED);
      expect(tpm.load(sealed(other))).toBe(DAMAGED);
    }
    expect(tpm.load(blob)).toBe(LOADED);
  });

  it("what is loaded is saved again byte for byte, with and without a saved state", () => {
    for (const shutdown of [undefined, 0, 1]) {
      const tpm = changed();
      if (shutdown !== undefined) expect(tpm.shutdown(shutdown).rc).toBe(0);
      const blob = tpm.save();
      const other = new TestTpm({ blob, seed: "another" });
      expect(hex(other.save())).toBe(hex(blob));
      expect(blob.length < 2500).toBe(shutdown !== 1);
    }
  });

  it("keeps authorization values and the profile", () => {
    const tpm = TestTpm.started({ profile: 1 });
    tpm.run(command(CC.HierarchyChangeAuth, [RH.OWNER], [sized([1, 2, 3])], [password()]));
    const again = TestTpm.started({ blob: tpm.save() });
    expect(again.core.profile()).toBe(1);
    expect(again.run(command(CC.HierarchyChangeAuth, [RH.OWNER], [sized([])], [password()])).rc).toBe(
      rc("TPM_RC_BAD_AUTH", { session: 1 }),
    );
    expect(again.run(command(CC.HierarchyChangeAuth, [RH.OWNER], [sized([])], [password([1, 2, 3])])).rc).toBe(0);
  });

  it("has no hash algorithm that its profile does not have", () => {
    const tpm = TestTpm.started();
    const policy = command(CC.SetPrimaryPolicy, [RH.OWNER], [sized(new Uint8Array(32)), u16(0x0012)], [password()]);
    expect(tpm.run(policy).rc).toBe(0);
    const blob = tpm.save();
    expect(new TestTpm().load(blob)).toBe(LOADED);
    const other = blob.slice();
    new DataView(other.buffer).setUint32(HEAD, 1);
    expect(new TestTpm().load(sealed(other))).toBe(DAMAGED);
    const without = new TestTpm().save();
    new DataView(without.buffer).setUint32(HEAD, 1);
    expect(new TestTpm().load(sealed(without))).toBe(LOADED);
  });

  it("any byte that is changed, added or missing is found", () => {
    const tpm = changed();
    const blob = tpm.save();
    const before = tpm.stateHash();
    fc.assert(
      fc.property(fc.nat(blob.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const bad = blob.slice();
        bad[at] = (bad[at] ?? 0) ^ flip;
        expect(tpm.load(bad)).toBe(DAMAGED);
      }),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(fc.nat(blob.length - 1), (size) => {
        expect(tpm.load(blob.subarray(0, size))).toBe(DAMAGED);
      }),
      { numRuns: 200 },
    );
    expect(tpm.load(concat(blob, [0]))).toBe(DAMAGED);
    expect(tpm.stateHash()).toBe(before);
    expect(tpm.load(blob)).toBe(LOADED);
  });

  it("a blob with a right integrity value is refused, or is the one that is saved again", () => {
    const tpm = changed();
    tpm.shutdown(1);
    const blob = tpm.save();
    let loaded = 0;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 16, max: blob.length - 33 }), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        (changes) => {
          const bad = blob.slice();
          for (const [at, value] of changes) bad[at] = value;
          const candidate = sealed(bad);
          const before = tpm.stateHash();
          const status = tpm.load(candidate);
          if (status === LOADED) {
            loaded++;
            expect(hex(tpm.save())).toBe(hex(candidate));
          } else {
            expect(status).toBe(DAMAGED);
            expect(tpm.stateHash()).toBe(before);
          }
        },
      ),
      { numRuns: 1000 },
    );
    expect(loaded).toBeGreaterThan(100);
  });

  it("arbitrary bytes never trap and never load", () => {
    const tpm = new TestTpm();
    const blob = tpm.save();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), fc.boolean(), (bytes, withHead) => {
        const candidate = withHead
          ? sealed(concat(blob.subarray(0, 12), u32(48 + bytes.length), bytes, new Uint8Array(32)))
          : bytes;
        expect(tpm.load(candidate)).toBe(DAMAGED);
      }),
      { numRuns: 1000 },
    );
  });

  it("a newer version is told from a damaged one", () => {
    const tpm = new TestTpm();
    const blob = tpm.save();
    const newer = blob.slice();
    newer.set(u32(4), 8);
    expect(tpm.load(newer)).toBe(DAMAGED);
    expect(tpm.load(sealed(newer))).toBe(NEWER);
    const older = blob.slice();
    older.set(u32(0), 8);
    expect(tpm.load(sealed(older))).toBe(DAMAGED);
  });

  it("a size beyond the transfer area is too large", () => {
    const tpm = new TestTpm();
    expect(tpm.core.loadState(tpm.core.stateCapacity() + 1)).toBe(TOO_LARGE);
    expect(tpm.core.loadState(0xffffffff)).toBe(TOO_LARGE);
  });

  it("TPM2_Startup works after any blob that loads", () => {
    const base = changed();
    base.shutdown(1);
    const blob = base.save();
    // What is refused is refused by one TPM for all of them.
    const probe = new TestTpm();
    fc.assert(
      fc.property(fc.integer({ min: 16, max: blob.length - 33 }), fc.nat(255), (at, value) => {
        const bad = blob.slice();
        bad[at] = value;
        if (probe.load(sealed(bad)) !== LOADED) return;
        const tpm = new TestTpm({ blob: sealed(bad) });
        expect(tpm.startup(0).rc).toBe(0);
        expect(tpm.run(command(CC.GetRandom, [], [u16(8)])).rc).toBe(0);
        // The changed byte may say that this session is saved: TPM Restart keeps it.
        expect([0, rc("TPM_RC_HANDLE", { parameter: 1 })]).toContain(
          tpm.run(command(CC.FlushContext, [], [u32(0x02000000)])).rc,
        );
      }),
      { numRuns: 300 },
    );
  });
});
