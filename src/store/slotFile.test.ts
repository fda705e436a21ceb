/** Commits to a file of two slots on a disk that loses its power and fails; what is deleted, and how a process ends. */
import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FileStore } from "./file.ts";
import { BLOCK, slotAt } from "./slots.ts";
import { StoreError } from "./store.ts";
import { Disk, type DiskProcess } from "./testkit/disk.ts";
import { errorOf } from "./testkit/errorOf.ts";
import { blobOf, bytes, content, forgetLock, open, STATE, withCommits } from "./testkit/slotBench.ts";

function flip(file: Uint8Array, at: number): void {
  file[at] = (file[at] as number) ^ 1;
}

/** Which it is; null for none. */
function inWords(blob: Uint8Array | null): string | null {
  if (blob === null) return null;
  const [number = 0] = blob;
  expect(Buffer.compare(blob, blobOf(number, blob.length - 1))).toBe(0);
  return `commit ${number} of ${blob.length} octets`;
}

type Step =
  | { do: "commit"; size: number; erases: boolean; fails: number | null }
  | { do: "close" }
  | { do: "kill" | "cut"; at: number; size: number; erases: boolean };

/** Sizes from a few sectors to what needs a larger file. */
const size = fc.oneof(
  { weight: 4, arbitrary: fc.nat(3000) },
  { weight: 1, arbitrary: fc.integer({ min: 10_000, max: 20_000 }) },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("commit" as const),
      size,
      erases: fc.boolean(),
      fails: fc.option(fc.nat(12)),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("close" as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom("kill" as const, "cut" as const),
      at: fc.nat(16),
      size,
      erases: fc.boolean(),
    }),
  },
);
describe("a file of two slots", () => {
  it("has the last acknowledged blob or the one in flight, through any crashes, failures, ends and sizes", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 12 }),
        fc.infiniteStream(fc.nat(1023)),
        async (steps, choice) => {
          const disk = new Disk("/tpm");
          let failing = Number.POSITIVE_INFINITY;
          let dying = Number.POSITIVE_INFINITY;
          let fs!: DiskProcess;
          let store!: FileStore;
          /** What may be found: what was acknowledged last, and what was tried since. */
          let possible: (string | null)[] = [null];
          const start = async () => {
            forgetLock(disk);
            [failing, dying] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
            fs = disk.process({
              fault: ({ index }) => (index === failing ? "EIO" : index === dying ? "kill" : undefined),
            });
            const opened = await open(fs);
            store = opened.store;
            expect(store.damage).toBeNull();
            expect(possible).toContain(inWords(opened.blob));
            // What somebody was told of is on the disk.
            possible = [inWords(opened.blob)];
          };
          await start();
          for (const [i, each] of steps.entries()) {
            if (each.do === "close") {
              await store.close();
              disk.powerCut((n) => (choice.next().value as number) % n);
              await start();
              continue;
            }
            const blob = blobOf(i + 1, each.size);
            const tried = inWords(blob);
            if (each.do === "commit") {
              failing = each.fails === null ? Number.POSITIVE_INFINITY : fs.calls.length + each.fails;
              const hasFailed = await store.commit(blob, { erases: each.erases }).then(
                () => false,
                (error: unknown) => error instanceof StoreError,
              );
              failing = Number.POSITIVE_INFINITY;
              possible = hasFailed ? [...possible, tried] : [tried];
              continue;
            }
            dying = fs.calls.length + each.at;
            const end = store.commit(blob, { erases: each.erases }).then(
              () => true,
              () => false,
            );
            const isDone = await Promise.race([end, fs.died.then(() => false)]);
            possible = isDone && !fs.isDead ? [tried] : [...possible, tried];
            // A process that is killed leaves the page cache; without power there is none.
            if (each.do === "cut") disk.powerCut((n) => (choice.next().value as number) % n);
            await start();
          }
          disk.powerCut((n) => (choice.next().value as number) % n);
          await start();
        },
      ),
      { numRuns: 150 },
    );
  });

  it("is never written where the last acknowledged commit lies, before the next one is flushed elsewhere", async () => {
    const commit = fc.record({ size, erases: fc.boolean(), fails: fc.option(fc.nat(8)) });
    await fc.assert(
      fc.asyncProperty(fc.array(commit, { minLength: 1, maxLength: 8 }), async (commits) => {
        const disk = new Disk("/tpm");
        let acknowledged = -1;
        let before: Uint8Array = new Uint8Array();
        let failing = Number.POSITIVE_INFINITY;
        /** Until a later one is flushed, each of a process's calls finds it whole. */
        let isNewer = false;
        const touched: string[] = [];
        const watch = (name: string) => {
          if (acknowledged < 0 || isNewer) return;
          const now = disk.read(STATE) as Uint8Array;
          if (Buffer.compare(now.subarray(acknowledged, acknowledged + before.length), before) !== 0)
            touched.push(name);
          if (name === "datasync" || name === "rename") isNewer = true;
        };
        const fs = disk.process({
          fault: ({ index, name }) => {
            watch(name);
            return index === failing ? "EIO" : undefined;
          },
        });
        const { store } = await open(fs);
        for (const [i, { size, erases, fails }] of commits.entries()) {
          isNewer = false;
          failing = fails === null ? Number.POSITIVE_INFINITY : fs.calls.length + fails;
          await store.commit(blobOf(i + 1, size), { erases }).catch(() => {});
          failing = Number.POSITIVE_INFINITY;
          if (disk.read(STATE) === null) continue;
          const { newest, capacity } = await content(disk);
          acknowledged = slotAt(newest?.index ?? 0, capacity);
          before = (disk.read(STATE) as Uint8Array).slice(acknowledged, acknowledged + BLOCK + capacity);
        }
        expect(touched).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it("after a commit that failed gets the next one into the same slot, with a higher number", async () => {
    for (const failing of ["write", "datasync"]) {
      const disk = new Disk("/tpm");
      let left = 0;
      const { store } = await open(
        disk.process({ fault: ({ name }) => (name === failing && left-- > 0 ? "EIO" : undefined) }),
      );
      await store.commit(blobOf(1, 600));
      await store.commit(blobOf(2, 600));
      const before = await content(disk);
      expect(before.numbers).toEqual([1, 2]);
      left = 1;
      await errorOf(store.commit(blobOf(3, 600)));
      expect((await content(disk)).numbers).toEqual([0, 2]);
      await store.commit(blobOf(4, 600));
      expect((await content(disk)).numbers).toEqual([4, 2]);
    }
  });

  it("takes as many writes as the system makes of one", async () => {
    const disk = new Disk("/tpm");
    const { store } = await open(disk.process({ mostBytes: 1000 }));
    for (let i = 1; i < 5; i++) {
      await store.commit(blobOf(i, 5000));
      expect((await content(disk)).newest?.content).toEqual(blobOf(i, 5000));
    }
  });

  it("goes into a larger file when it has to, and on in that", async () => {
    const disk = await withCommits(3, true);
    const fs = disk.process();
    const { store } = await open(fs);
    const { capacity } = await content(disk);
    const first = disk.find(STATE);
    await store.commit(blobOf(4, capacity - 1));
    expect(disk.find(STATE)).toBe(first);
    await store.commit(blobOf(5, capacity));
    expect(disk.find(STATE)).not.toBe(first);
    const grown = disk.find(STATE);
    await store.commit(blobOf(6, capacity));
    expect(disk.find(STATE)).toBe(grown);
    expect(inWords((await content(disk)).newest?.content ?? null)).toBe(inWords(blobOf(6, capacity)));
    await store.close();
    expect(fs.openHandles).toBe(0);
  });

  it.each([3, 4])(
    "whose disk is full goes on where no room is needed, and keeps its state where it is (%i)",
    async (n) => {
      const disk = await withCommits(n, true);
      let isFull = true;
      // What is there may be written again.
      const fs = disk.process({
        fault: ({ name, flags, path }) =>
          isFull && ((name === "write" && path !== STATE) || (flags & 0o100) !== 0) && !path.includes("lock")
            ? "ENOSPC"
            : undefined,
      });
      const { store } = await open(fs);
      await store.commit(blobOf(10, 700));
      const error = await errorOf<StoreError>(store.commit(blobOf(11, 100_000)));
      expect(error.code).toBe("full");
      expect(await store.exportBlob()).toEqual(blobOf(10, 700));
      isFull = false;
      await store.commit(blobOf(12, 100_000));
      expect(await store.exportBlob()).toEqual(blobOf(12, 100_000));
    },
  );
});

describe("what is deleted", () => {
  const SECRET = Buffer.from("the seed of an endorsement hierarchy");
  const secret = (size: number) => Buffer.concat([new Uint8Array(size).fill(1), SECRET, new Uint8Array(size).fill(2)]);
  const holdsSecret = (disk: Disk) => [...disk.files()].some(([, data]) => Buffer.from(data).includes(SECRET));

  it("is in neither slot when the commit is acknowledged, whatever was in them", async () => {
    for (const sizes of [[500], [500, 6000], [6000, 500], [500, 500, 6000, 500]]) {
      const disk = new Disk("/tpm");
      const { store } = await open(disk.process());
      for (const size of sizes) await store.commit(secret(size));
      expect(holdsSecret(disk)).toBe(true);
      await store.commit(bytes(1, 2, 3), { erases: true });
      expect(holdsSecret(disk)).toBe(false);
      const { numbers, newest } = await content(disk);
      expect([Math.abs(numbers[0] - numbers[1]), newest?.content]).toEqual([1, bytes(1, 2, 3)]);
    }
  });

  it("is overwritten in a file that is replaced, of earlier versions or too small", async () => {
    for (const isOld of [true, false]) {
      const disk = new Disk("/tpm");
      if (isOld) disk.write(STATE, secret(500));
      const { store } = await open(disk.process());
      if (!isOld) await store.commit(secret(500));
      const replaced = disk.find(STATE) as { synced: Uint8Array };
      await store.commit(blobOf(1, isOld ? 3 : 50_000), { erases: true });
      expect(disk.find(STATE)).not.toBe(replaced);
      expect([replaced.synced.length > 0, replaced.synced.every((byte) => byte === 0)]).toEqual([true, true]);
    }
  });

  it("is overwritten by the first commit after a crash between the two writes that were to erase it", async () => {
    const setUp = async () => {
      const disk = new Disk("/tpm");
      let dying = Number.POSITIVE_INFINITY;
      const fs = disk.process({ fault: ({ index }) => (index === dying ? "kill" : undefined) });
      const { store } = await open(fs);
      await store.commit(secret(500));
      await store.commit(secret(600));
      return { disk, fs, store, dieAt: (at: number) => (dying = fs.calls.length + at) };
    };
    let halves = 0;
    for (let at = 0; ; at++) {
      const { disk, fs, store, dieAt } = await setUp();
      dieAt(at);
      await Promise.race([store.commit(bytes(9), { erases: true }).catch(() => {}), fs.died]);
      if (!fs.isDead) break;
      forgetLock(disk);
      const next = await open(disk.process());
      if (Buffer.compare(next.blob as Uint8Array, bytes(9)) !== 0) continue;
      halves++;
      const file = disk.find(STATE) as { synced: Uint8Array };
      await next.store.commit(bytes(10));
      expect(holdsSecret(disk)).toBe(false);
      expect(Buffer.from(file.synced).includes(SECRET)).toBe(false);
    }
    expect(halves).toBeGreaterThan(0);
  });

  it("comes back where the commit failed: at any call, the answer and the disk agree", async () => {
    const setUp = async () => {
      const disk = new Disk("/tpm");
      let failing = Number.POSITIVE_INFINITY;
      const fs = disk.process({ fault: ({ index }) => (index === failing ? "EIO" : undefined) });
      const { store } = await open(fs);
      await store.commit(secret(500));
      await store.commit(secret(600));
      return { disk, fs, store, failAt: (at: number) => (failing = fs.calls.length + at) };
    };
    for (let at = 0; at < 30; at++) {
      const { disk, fs, store, failAt } = await setUp();
      const begun = fs.calls.length;
      failAt(at);
      const hasFailed = await store.commit(bytes(9), { erases: true }).then(
        () => false,
        () => true,
      );
      const call = fs.calls[begun + at];
      if (!call) return expect(at).toBeGreaterThan(4);
      if (hasFailed) expect([call.name, await store.exportBlob()]).toEqual([call.name, Uint8Array.from(secret(600))]);
      else expect([call.name, holdsSecret(disk)]).toEqual([call.name, false]);
    }
    expect.unreachable();
  });
});

describe("the end of a process", () => {
  it("in good order is recorded, and found; then there is nothing to say and the file goes on", async () => {
    const disk = await withCommits(5, true);
    expect((await content(disk)).isClean).toBe(true);
    const file = disk.find(STATE);
    const { store, notices, blob } = await open(disk.process());
    expect([blob, notices]).toEqual([blobOf(5, 600), []]);
    await store.commit(blobOf(6, 600));
    expect(disk.find(STATE)).toBe(file);
  });

  it("by a crash in a commit is said, with what the TPM goes on with, and the file is made anew", async () => {
    const disk = await withCommits(5, false);
    const { newest, capacity } = await content(disk);
    const file = disk.read(STATE) as Uint8Array;
    flip(file, slotAt(newest?.index === 0 ? 1 : 0, capacity) + BLOCK);
    const before = disk.find(STATE);
    const { store, notices, blob } = await open(disk.process());
    expect(blob).toEqual(blobOf(5, 600));
    expect(notices).toEqual([
      `${STATE}: the other slot is not whole, as after a crash in the middle of a commit; the TPM goes on with commit 5, the last one that is whole`,
    ]);
    await store.commit(blobOf(6, 600));
    expect(disk.find(STATE)).not.toBe(before);
    await store.close();
    expect((await open(disk.process())).notices).toEqual([]);
  });

  it("in good order, and a bad slot after it: no older state, but damage, which is kept", async () => {
    const disk = await withCommits(5, true);
    const { newest, capacity } = await content(disk);
    const file = disk.read(STATE) as Uint8Array;
    flip(file, slotAt(newest?.index ?? 0, capacity) + BLOCK + 3);
    const { store, blob } = await open(disk.process());
    expect(store.damage).toBe(
      `is damaged: of ${STATE}, the slot of commit 5, the last before a clean end, is not whole`,
    );
    expect(blob).toEqual(file.slice(0, BLOCK));
    expect(await store.exportBlob()).toEqual(file);
    const kept = (await store.archive()) as string;
    expect(disk.read(kept)).toEqual(file);
    expect(store.damage).toBeNull();
    await store.commit(bytes(1));
    expect(await store.exportBlob()).toEqual(bytes(1));
  });

  it("of which the record can't be written is one without it", async () => {
    const disk = new Disk("/tpm");
    let isFailing = false;
    const { store } = await open(
      disk.process({
        fault: ({ name, path }) => (isFailing && name === "lstat" && path === STATE ? "EIO" : undefined),
      }),
    );
    await store.commit(bytes(1));
    isFailing = true;
    await store.close();
    expect((await content(disk)).isClean).toBe(false);
    expect((await open(disk.process())).blob).toEqual(bytes(1));
  });

  it("of a newer version's file is refused, and the file left as it is", async () => {
    const disk = await withCommits(2, true);
    const file = disk.read(STATE) as Uint8Array;
    file[11] = 2;
    file.set(createHash("sha256").update(file.subarray(0, 16)).digest(), 16);
    const error = await errorOf<StoreError>(open(disk.process()));
    expect([error.code, error.message]).toEqual([
      "unavailable",
      `${STATE}: It was written by a newer tabtpm; update tabtpm. It was left as it is.`,
    ]);
    expect(disk.read(STATE)).toBe(file);
  });
});

describe("durability none", () => {
  it("of the process before: what a durable one gives is on the disk, and so is what it commits", async () => {
    for (const commits of [0, 1, 2]) {
      const disk = new Disk("/tpm");
      const first = await open(disk.process(), { durability: "none" });
      for (let i = 1; i < 4; i++) await first.store.commit(blobOf(i, 600));
      await first.store.close();
      const { store, blob } = await open(disk.process());
      expect(blob).toEqual(blobOf(3, 600));
      for (let i = 4; i < 4 + commits; i++) await store.commit(blobOf(i, 600));
      // Of whatever was not flushed, the older state.
      disk.powerCut(() => 0);
      forgetLock(disk);
      const { blob: found, notices } = await open(disk.process());
      expect([found, notices]).toEqual([blobOf(3 + commits, 600), []]);
    }
  });

  it("flushes nothing, and survives the end of its process all the same", async () => {
    for (let at = 0; ; at++) {
      const disk = new Disk("/tpm");
      let dying = Number.POSITIVE_INFINITY;
      const fs = disk.process({ fault: ({ index }) => (index === dying ? "kill" : undefined) });
      const { store } = await open(fs, { durability: "none" });
      for (let i = 1; i < 4; i++) await store.commit(blobOf(i, 600));
      const begun = fs.calls.length;
      dying = begun + at;
      const isDone = await Promise.race([
        store.commit(blobOf(4, 600), { erases: true }).then(
          () => true,
          () => false,
        ),
        fs.died.then(() => false),
      ]);
      expect(fs.calls.filter(({ name }) => name.endsWith("sync"))).toEqual([]);
      forgetLock(disk);
      const { blob } = await open(disk.process(), { durability: "none" });
      expect(isDone ? [blobOf(4, 600)] : [blobOf(3, 600), blobOf(4, 600)]).toContainEqual(blob);
      if (!fs.calls[begun + at]) break;
    }
  });
});
