/** The layout of a file with two slots, and what is read of one that a power cut, a disk or somebody has changed. */
import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  BLOCK,
  capacityFor,
  END_AT,
  endRecord,
  isSlotFile,
  NewerSlotsError,
  newSlotFile,
  readSlotFile,
  type SlotFileContent,
  type SlotIndex,
  type SlotNumbers,
  slotAt,
  slotBytes,
} from "./slots.ts";
import { SECTOR } from "./testkit/disk.ts";

const sha256 = (parts: readonly Uint8Array[]) => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
};
const CAPACITY = 4 * BLOCK;
/** A content whose every octet says which commit it is of. */
const contentOf = (number: number, size: number) => new Uint8Array(size).fill(number);
const read = (bytes: Uint8Array) => readSlotFile(bytes, sha256);
const withBytes = (file: Uint8Array, at: number, bytes: Uint8Array) => {
  const changed = file.slice();
  changed.set(bytes, at);
  return changed;
};

/** A file after the commits 1 (first slot) and 2 (second slot). */
function twoCommits(size: number, end: SlotNumbers | null = null): Uint8Array {
  let file = newSlotFile(1, contentOf(1, size), CAPACITY, sha256);
  file = withBytes(file, slotAt(1, CAPACITY), slotBytes(1, 2, contentOf(2, size), 0, sha256));
  return end ? withBytes(file, END_AT, endRecord(end, sha256)) : file;
}

/** Which commit is found, whole; 0 for none. */
async function commitIn(file: Uint8Array, size: number): Promise<number> {
  const { newest } = await read(file);
  if (newest === null) return 0;
  expect(Buffer.compare(newest.content, contentOf(newest.number, size))).toBe(0);
  return newest.number;
}

/** The sectors of a write that change something. */
function changedSectors(before: Uint8Array, after: Uint8Array): number[] {
  const changed: number[] = [];
  for (let at = 0; at < after.length; at += SECTOR) {
    if (Buffer.compare(before.subarray(at, at + SECTOR), after.subarray(at, at + SECTOR)) !== 0) changed.push(at);
  }
  return changed;
}

describe("the layout", () => {
  it("is this, octet for octet", () => {
    const content = contentOf(9, 100);
    const file = newSlotFile(7, content, CAPACITY, sha256);
    const head = Buffer.alloc(16);
    head.write("TABTPMFS");
    head.writeUInt32BE(1, 8);
    head.writeUInt32BE(CAPACITY, 12);
    const slot = Buffer.alloc(24);
    slot.write("TABTPMFC");
    slot.writeUInt32BE(0, 8);
    slot.writeUInt32BE(100, 12);
    slot.writeBigUInt64BE(7n, 16);
    const expected = Buffer.alloc(16384 + CAPACITY * 2);
    head.copy(expected, 0);
    createHash("sha256").update(head).digest().copy(expected, 16);
    slot.copy(expected, 8192);
    createHash("sha256")
      .update(slot)
      .update(content)
      .digest()
      .copy(expected, 8192 + 24);
    expected.set(content, 12288);
    expect(Buffer.compare(file, expected)).toBe(0);
    expect(slotAt(1, CAPACITY)).toBe(12288 + CAPACITY);

    const end = Buffer.alloc(24);
    end.write("TABTPMFE");
    end.writeBigUInt64BE(7n, 8);
    end.writeBigUInt64BE(2n ** 40n, 16);
    const record = Buffer.concat([end, createHash("sha256").update(end).digest(), Buffer.alloc(4096 - 56)]);
    expect(Buffer.compare(endRecord([7, 2 ** 40], sha256), record)).toBe(0);
  });

  it("has each head in blocks of its own, whatever the capacity", () => {
    fc.assert(
      fc.property(fc.nat(3_000_000), (size) => {
        const capacity = capacityFor(size);
        expect(capacity).toBeGreaterThanOrEqual(2 * size);
        for (const at of [END_AT, slotAt(0, capacity), slotAt(1, capacity)]) expect(at % BLOCK).toBe(0);
      }),
    );
  });

  it("gives back what was put in, the last commit first", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 9000 }),
        fc.uint8Array({ maxLength: 9000 }),
        fc.integer({ min: 1, max: 2 ** 50 }),
        fc.boolean(),
        async (first, second, number, isClosed) => {
          const capacity = capacityFor(Math.max(first.length, second.length));
          let file = newSlotFile(number, first, capacity, sha256);
          expect(isSlotFile(file)).toBe(true);
          expect(await read(file)).toMatchObject({ newest: { index: 0, number, content: first }, problem: null });
          file = withBytes(file, slotAt(1, capacity), slotBytes(1, number + 1, second, 0, sha256));
          if (isClosed) file = withBytes(file, END_AT, endRecord([number, number + 1], sha256));
          expect(await read(file)).toEqual({
            capacity,
            numbers: [number, number + 1],
            newest: { index: 1, number: number + 1, content: second },
            isClean: isClosed,
            problem: null,
          } satisfies SlotFileContent);
        },
      ),
    );
  });

  it("leaves nothing of a longer content behind a shorter one", () => {
    const bytes = slotBytes(0, 3, contentOf(3, 10), 5000, sha256);
    expect(bytes.length).toBe(BLOCK + 2 * BLOCK);
    expect(bytes.subarray(BLOCK + 10).every((byte) => byte === 0)).toBe(true);
  });

  it("of a later version is not taken for damage", async () => {
    const fields = newSlotFile(1, contentOf(1, 1), CAPACITY, sha256).slice(0, 16);
    fields[11] = 2;
    const file = withBytes(twoCommits(5), 0, Uint8Array.from([...fields, ...sha256([fields])]));
    await expect(read(file)).rejects.toBeInstanceOf(NewerSlotsError);
  });
});

describe("a commit that the power cut", () => {
  // Ended in good order before, or not: the record says nothing of the commit in flight.
  const before: [string, SlotNumbers | null][] = [
    ["of a file that never ended in good order", null],
    ["of one that did", [1, 2]],
  ];
  describe.each(before)("%s", (_name, end) => {
    it.each([1, 3, 6])("leaves the commit before it or itself, whichever of its sectors are there (%i)", async (n) => {
      const size = n * SECTOR;
      const file = twoCommits(size, end);
      const after = withBytes(file, slotAt(0, CAPACITY), slotBytes(0, 3, contentOf(3, size), size, sha256));
      const sectors = changedSectors(file, after);
      expect(sectors).toHaveLength(n + 1);
      for (let subset = 0; subset < 2 ** sectors.length; subset++) {
        const torn = file.slice();
        for (const [i, at] of sectors.entries()) {
          if ((subset >> i) & 1) torn.set(after.subarray(at, at + SECTOR), at);
        }
        const isWhole = subset === 2 ** sectors.length - 1;
        expect([subset, await commitIn(torn, size)]).toEqual([subset, isWhole ? 3 : 2]);
        const { problem } = await read(torn);
        // Nothing of it is there, or all: then there is nothing to say.
        expect([subset, problem === null]).toEqual([subset, isWhole || subset === 0]);
      }
    });

    it("leaves one of them, torn at whatever octet of its head's sector, and whatever is behind", async () => {
      const size = 700;
      const file = twoCommits(size, end);
      const at = slotAt(0, CAPACITY);
      const write = slotBytes(0, 3, contentOf(3, size), size, sha256);
      const after = withBytes(file, at, write);
      const garbage = Uint8Array.from({ length: SECTOR }, (_, i) => (i * 37 + 11) & 0xff);
      // Behind its fields there are zeros, before and after.
      const octets = [...Array(60).keys(), 100, SECTOR - 1, SECTOR];
      for (const octet of octets) {
        const head = (left: Uint8Array, right: Uint8Array) =>
          Buffer.concat([left.subarray(0, octet), right.subarray(octet, SECTOR)]);
        const [old, now] = [file.slice(at, at + SECTOR), write.subarray(0, SECTOR)];
        for (const torn of [head(now, old), head(old, now), head(now, garbage), head(garbage, now)]) {
          const isNow = Buffer.compare(torn.subarray(0, 56), now.subarray(0, 56)) === 0;
          expect([octet, await commitIn(withBytes(after, at, torn), size)]).toEqual([octet, isNow ? 3 : 2]);
          // The head is there before the content, or without it.
          expect([octet, await commitIn(withBytes(file, at, torn), size)]).not.toEqual([octet, 3]);
        }
      }
    });

    it("and two of them without a flush between, in any mixture: never the one before the last", async () => {
      const size = 3 * SECTOR;
      const file = twoCommits(size, end);
      const at = slotAt(0, CAPACITY);
      const [third, fourth] = [3, 4].map((number) =>
        withBytes(file, at, slotBytes(0, number, contentOf(number, size), size, sha256)),
      ) as [Uint8Array, Uint8Array];
      const sectors = changedSectors(file, third);
      for (let mixture = 0; mixture < 3 ** sectors.length; mixture++) {
        const torn = file.slice();
        const from = sectors.map((_, i) => Math.floor(mixture / 3 ** i) % 3);
        for (const [i, at] of sectors.entries()) {
          torn.set(([file, third, fourth][from[i] as number] as Uint8Array).subarray(at, at + SECTOR), at);
        }
        const whole = from.every((which) => which === 1) ? 3 : from.every((which) => which === 2) ? 4 : 2;
        expect([from, await commitIn(torn, size)]).toEqual([from, whole]);
      }
    });
  });

  it("while a clean end was recorded, torn at whatever octet, loses nothing", async () => {
    const file = twoCommits(300, [1, 0]);
    const record = endRecord([1, 2], sha256);
    for (let octet = 0; octet <= 64; octet++) {
      const old = file.slice(END_AT, END_AT + BLOCK);
      for (const [left, right] of [
        [record, old],
        [old, record],
      ] as const) {
        const torn = Buffer.concat([left.subarray(0, octet), right.subarray(octet)]);
        const found = await read(withBytes(file, END_AT, torn));
        expect([octet, found.newest?.number, found.problem]).toEqual([octet, 2, null]);
      }
    }
  });
});

describe("damage", () => {
  const size = 900;
  const slotOctets = [...Array(56).keys(), BLOCK, BLOCK + 1, BLOCK + size - 1];
  const flipped = (file: Uint8Array, at: number) =>
    withBytes(file, at, Uint8Array.of((file[at] as number) ^ (1 << (at & 7))));

  it("of the last commit's slot after a clean end is never answered with the older state", async () => {
    const file = twoCommits(size, [1, 2]);
    for (const octet of slotOctets) {
      const { newest, problem, isClean } = await read(flipped(file, slotAt(1, CAPACITY) + octet));
      expect([octet, newest, isClean]).toEqual([octet, null, false]);
      expect(problem).toBe("the slot of commit 2, the last before a clean end, is not whole");
    }
  });

  it("of the other slot is said, and the state is the last one", async () => {
    const file = twoCommits(size, [1, 2]);
    for (const octet of slotOctets) {
      const { newest, problem, isClean } = await read(flipped(file, slotAt(0, CAPACITY) + octet));
      expect([octet, newest?.number, isClean]).toEqual([octet, 2, false]);
      expect(problem).toContain("the other slot is not whole");
    }
    const emptied = withBytes(file, slotAt(0, CAPACITY), new Uint8Array(BLOCK));
    expect((await read(emptied)).problem).toContain("the other slot is not whole");
  });

  it("of both slots, or of the file's head, is damage in any case", async () => {
    const file = twoCommits(size);
    const both = flipped(flipped(file, slotAt(0, CAPACITY) + 60 + BLOCK), slotAt(1, CAPACITY) + 20);
    expect(await read(both)).toMatchObject({ newest: null, problem: "neither of its slots is whole" });
    for (let octet = 8; octet < 48; octet++) {
      expect(await read(flipped(file, octet))).toMatchObject({ newest: null, problem: "its head is damaged" });
    }
    const same = withBytes(file, slotAt(0, CAPACITY), slotBytes(0, 2, contentOf(1, size), size, sha256));
    expect(await read(same)).toMatchObject({ newest: null, problem: "both slots have the number 2" });
  });

  it("is a slot in the place of the other, and a part of the file that is missing", async () => {
    const file = twoCommits(size, [1, 2]);
    const [first, second] = ([0, 1] as SlotIndex[]).map((index) =>
      file.slice(slotAt(index, CAPACITY), slotAt(index, CAPACITY) + BLOCK + CAPACITY),
    ) as [Uint8Array, Uint8Array];
    const swapped = withBytes(withBytes(file, slotAt(0, CAPACITY), second), slotAt(1, CAPACITY), first);
    expect((await read(swapped)).newest).toBeNull();
    for (let left = 8; left < file.length; left += 97) {
      const { newest } = await read(file.subarray(0, left));
      const isThere = left >= slotAt(1, CAPACITY) + BLOCK + size;
      expect([left, newest?.number]).toEqual([left, isThere ? 2 : undefined]);
    }
  });

  it("of any kind gives a commit that was made, or none", async () => {
    const file = twoCommits(size, [1, 2]);
    const change = fc.record({ at: fc.nat(file.length - 1), bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 5 }), async (changes) => {
        let changed = file;
        for (const { at, bytes } of changes) changed = withBytes(changed, at, bytes.subarray(0, file.length - at));
        if (!isSlotFile(changed)) return;
        const number = await commitIn(changed, size).catch((error: unknown) => {
          expect(error).toBeInstanceOf(NewerSlotsError);
          return 0;
        });
        expect([0, 1, 2]).toContain(number);
      }),
      { numRuns: 300 },
    );
  });
});
