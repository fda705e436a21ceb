/** A file of two slots that is encrypted. */
import { describe, expect, it } from "vitest";
import { Seal } from "./seal.ts";
import { sha256 } from "./slotFile.ts";
import { BLOCK, END_AT, endRecord, isSlotFile, slotAt } from "./slots.ts";
import type { StoreError } from "./store.ts";
import { Disk } from "./testkit/disk.ts";
import { errorOf } from "./testkit/errorOf.ts";
import { blobOf, bytes, content, forgetLock, open, STATE } from "./testkit/slotBench.ts";

describe("encrypted slots", () => {
  const seal = new Seal(new Uint8Array(32).fill(7), "file");

  it("are bound to their slot and their number: neither moved nor renumbered are they taken", async () => {
    const disk = new Disk("/tpm");
    const { store } = await open(disk.process(), { seal });
    await store.commit(bytes(1));
    await store.commit(bytes(2));
    await store.close();
    const file = (disk.read(STATE) as Uint8Array).slice();
    const { capacity } = await content(disk);
    /** The older state again, where the number is a higher one, or where the last one lies. */
    const forged = (index: 0 | 1, number: number) => {
      const changed = file.slice();
      const older = file.subarray(slotAt(0, capacity), slotAt(1, capacity));
      changed.set(older, slotAt(index, capacity));
      const at = slotAt(index, capacity);
      const fields = new DataView(changed.buffer, at, 24);
      fields.setUint32(8, index);
      fields.setBigUint64(16, BigInt(number));
      const content = changed.subarray(at + BLOCK, at + BLOCK + fields.getUint32(12));
      changed.set(sha256([changed.subarray(at, at + 24), content]), at + 24);
      changed.set(endRecord(index === 0 ? [number, 2] : [1, number], sha256), END_AT);
      return changed;
    };
    for (const [index, number] of [
      [0, 9],
      [1, 2],
      [1, 9],
    ] as const) {
      disk.write(STATE, forged(index, number));
      expect((await content(disk)).newest).toMatchObject({ index, number });
      const error = await errorOf<StoreError>(open(disk.process(), { seal }));
      expect([error.code, error.message]).toEqual(["permission", expect.stringContaining("another key, or damaged")]);
    }
    disk.write(STATE, file);
    expect(Buffer.from((await open(disk.process(), { seal })).blob as Uint8Array)).toEqual(Buffer.of(2));
  });

  it.each([true, false])(
    "that an earlier version has encrypted as a whole, told to adopt them, are found (%s)",
    async (isSealed) => {
      const disk = new Disk("/tpm");
      const { store } = await open(disk.process(), isSealed ? { seal } : {});
      for (let i = 1; i < 4; i++) await store.commit(blobOf(i, 600));
      await store.close();
      disk.write(STATE, seal.seal(disk.read(STATE) as Uint8Array));
      const next = await open(disk.process(), { seal });
      expect(Buffer.compare(next.blob as Uint8Array, blobOf(3, 600))).toBe(0);
      await next.store.commit(blobOf(4, 600));
      await next.store.close();
      expect(isSlotFile(disk.read(STATE) as Uint8Array)).toBe(true);
      expect(Buffer.compare((await open(disk.process(), { seal })).blob as Uint8Array, blobOf(4, 600))).toBe(0);
      disk.write(STATE, new Seal(new Uint8Array(32).fill(8), "file").seal(disk.read(STATE) as Uint8Array));
      forgetLock(disk);
      expect((await errorOf<StoreError>(open(disk.process(), { seal }))).code).toBe("permission");
    },
  );

  it("what is sealed for a slot opens alone, and as a file of earlier versions", async () => {
    const sealed = seal.seal(bytes(5), { index: 1, number: 7 });
    expect(Buffer.from(seal.open(sealed))).toEqual(Buffer.of(5));
    expect(() => seal.open(sealed, { index: 0, number: 7 })).toThrow("another key");
    expect(() => seal.open(seal.seal(bytes(5)), { index: 0, number: 7 })).toThrow("another key");
    expect(() => new Seal(new Uint8Array(16), "migration").seal(bytes(5), { index: 1, number: 7 })).toThrow(RangeError);
    const disk = new Disk("/tpm");
    disk.write(STATE, sealed);
    expect(Buffer.from((await open(disk.process(), { seal })).blob as Uint8Array)).toEqual(Buffer.of(5));
  });
});
