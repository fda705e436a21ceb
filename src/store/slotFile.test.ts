/** Commits to a file of two slots on a disk that loses its power, fails, and is written by others. */
import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FileStore, type FileStoreOptions } from "./file.ts";
import { EMPTY } from "./fileSystem.ts";
import { Seal } from "./seal.ts";
import { sha256 } from "./slotFile.ts";
import { BLOCK, END_AT, endRecord, isSlotFile, readSlotFile, slotAt, slotBytes } from "./slots.ts";
import { StoreError } from "./store.ts";
import { Disk, type DiskProcess } from "./testkit/disk.ts";
import { errorOf } from "./testkit/errorOf.ts";
import { faultsOf } from "./testkit/faults.ts";

const STATE = "/tpm/tpm2.state";
const bytes = (...values: number[]) => Uint8Array.from(values);
/** A blob that shows which commit it is and whether it is whole. */
const blobOf = (number: number, size: number) => new Uint8Array(size + 1).fill(number);

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

/** The process that had the lock is no more. */
function forgetLock(disk: Disk): void {
  for (const name of disk.list("/tpm")) if (name.startsWith("tpm2.lock.")) disk.remove(`/tpm/${name}`);
}

async function open(fs: DiskProcess, options: Partial<FileStoreOptions> = {}, takeOver = false) {
  const notices: string[] = [];
  const store = new FileStore({ dir: "/tpm", fs, onNotice: (text) => notices.push(text), ...options });
  return { store, notices, blob: await store.open({ takeOver }) };
}

const content = async (disk: Disk) => readSlotFile(disk.read(STATE) as Uint8Array, sha256);

/** The disk has the state of these commits in its slots, and the process was ended in good order, or not. */
async function withCommits(count: number, isClosed: boolean): Promise<Disk> {
  const disk = new Disk("/tpm");
  const { store } = await open(disk.process());
  for (let i = 1; i <= count; i++) await store.commit(blobOf(i, 600));
  if (isClosed) await store.close();
  forgetLock(disk);
  return disk;
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

describe("what others do to the file", () => {
  it("earlier versions' is read as it is, and converted by the first commit", async () => {
    const disk = new Disk("/tpm");
    disk.write(STATE, bytes(1, 2, 3));
    const first = await open(disk.process());
    expect(first.blob).toEqual(bytes(1, 2, 3));
    await first.store.close();
    expect(disk.read(STATE)).toEqual(bytes(1, 2, 3));
    const { store } = await open(disk.process());
    await store.commit(bytes(4));
    expect(isSlotFile(disk.read(STATE) as Uint8Array)).toBe(true);
    expect(await store.exportBlob()).toEqual(bytes(4));
  });

  it("a conversion that is killed or fails at any call leaves the state, or the new one", async () => {
    for (const fault of ["kill", "EIO"] as const) {
      const setUp = () => {
        const disk = new Disk("/tpm");
        disk.write(STATE, bytes(1, 2, 3));
        return disk;
      };
      const work = async (fs: DiskProcess) => (await open(fs)).store.commit(bytes(4));
      for await (const { disk } of faultsOf(fault, setUp, work)) {
        forgetLock(disk);
        const { store, blob } = await open(disk.process());
        expect([bytes(1, 2, 3), bytes(4)]).toContainEqual(blob);
        await store.close();
      }
    }
  });

  it("what is left of a new file that fails at any call stays that, whatever the power cuts", async () => {
    for (const isOld of [true, false]) {
      const setUp = () => {
        const disk = new Disk("/tpm");
        if (isOld) disk.write(STATE, bytes(1, 2, 3));
        return disk;
      };
      const work = async (fs: DiskProcess) => (await open(fs)).store.commit(bytes(4));
      for (const newest of [0, 1]) {
        for await (const { disk, call, error } of faultsOf("EIO", setUp, work)) {
          if (error === undefined) continue;
          const read = () => new FileStore({ dir: "/tpm", fs: disk.process() }).exportBlob();
          expect([call.name, await read()]).toEqual([call.name, isOld ? bytes(1, 2, 3) : null]);
          disk.powerCut((n) => newest * (n - 1));
          expect([call.name, await read()]).toEqual([call.name, isOld ? bytes(1, 2, 3) : null]);
        }
      }
    }
  });

  it("a link to it, or another file in its place: what was there is not written, and the commit is", async () => {
    const disk = await withCommits(3, true);
    const fs = disk.process();
    const { store } = await open(fs);
    await store.commit(blobOf(4, 600));
    await fs.link(STATE, "/tpm/copy");
    const copy = disk.read("/tpm/copy");
    await store.commit(blobOf(5, 600));
    expect(disk.read("/tpm/copy")).toBe(copy);
    expect((await content(disk)).newest?.content).toEqual(blobOf(5, 600));
    await store.commit(blobOf(6, 600));
    await fs.rename("/tpm/copy", STATE);
    await store.commit(blobOf(7, 600));
    expect((await content(disk)).newest?.content).toEqual(blobOf(7, 600));
    await fs.unlink(STATE);
    await store.commit(blobOf(8, 600));
    expect((await content(disk)).newest?.content).toEqual(blobOf(8, 600));
  });

  it("whose lock was taken over is another one: what the old owner still writes is in nobody's file", async () => {
    const disk = await withCommits(3, true);
    const old = disk.find(STATE);
    const { store } = await open(disk.process(), {}, true);
    await store.commit(blobOf(4, 600));
    expect(disk.find(STATE)).not.toBe(old);
  });

  it("a reader beside the one who writes finds a whole state, the last or the one before", async () => {
    const disk = await withCommits(4, true);
    const writer = await open(disk.process());
    for (let i = 5; i < 9; i++) {
      const commit = writer.store.commit(blobOf(i, 600));
      const seen = await new FileStore({ dir: "/tpm", fs: disk.process() }).exportBlob();
      expect([blobOf(i - 1, 600), blobOf(i, 600)]).toContainEqual(seen);
      await commit;
    }
  });
});

describe("what others do in the file", () => {
  it.each([
    ["truncates it", async () => new Uint8Array()],
    ["copies a file of earlier versions over it", async () => bytes(1, 2, 3)],
    [
      "copies one with larger slots over it",
      async () => {
        const disk = new Disk("/tpm");
        const { store } = await open(disk.process());
        for (let i = 0; i < 9; i++) await store.commit(blobOf(99, 60_000));
        await store.close();
        return disk.read(STATE) as Uint8Array;
      },
    ],
  ])("who %s while a process has it: the next commit is found all the same", async (_, other) => {
    for (const isFirst of [true, false]) {
      const disk = await withCommits(3, true);
      const fs = disk.process();
      const { store } = await open(fs);
      if (!isFirst) await store.commit(blobOf(4, 600));
      const file = await fs.open(STATE, EMPTY);
      await file.writeFile(await other());
      await file.close();
      await store.commit(blobOf(5, 600));
      await store.close();
      const { blob, notices } = await open(disk.process());
      expect([blob, notices]).toEqual([blobOf(5, 600), []]);
    }
  });

  it("who gives it another owner or mode: it has the mode that was asked for from the next commit on", async () => {
    const disk = await withCommits(3, true);
    expect(disk.mode(STATE)).toBe(0o600);
    const { store } = await open(disk.process(), { mode: 0o640 });
    await store.commit(blobOf(4, 600));
    expect(disk.mode(STATE)).toBe(0o640);
    await store.close();
    forgetLock(disk);
    // Somebody else's, which this process may write and no more.
    const fs = disk.process({ fault: ({ name, path }) => (name === "chmod" && path === STATE ? "EPERM" : undefined) });
    const other = await open(fs, { mode: 0o600 });
    await other.store.commit(blobOf(5, 600));
    expect([disk.mode(STATE), (await content(disk)).newest?.content]).toEqual([0o600, blobOf(5, 600)]);
    await other.store.close();
    expect(fs.openHandles).toBe(0);
  });

  it("who gives it the last number that there is: the commits after it are found, and have lower ones", async () => {
    const disk = await withCommits(2, true);
    const file = disk.read(STATE) as Uint8Array;
    const { capacity } = await content(disk);
    file.set(slotBytes(1, Number.MAX_SAFE_INTEGER, blobOf(2, 600), 0, sha256), slotAt(1, capacity));
    file.set(endRecord([1, Number.MAX_SAFE_INTEGER], sha256), END_AT);
    const { store, blob } = await open(disk.process());
    expect(blob).toEqual(blobOf(2, 600));
    for (let i = 3; i < 6; i++) {
      await store.commit(blobOf(i, 600));
      expect((await content(disk)).newest?.content).toEqual(blobOf(i, 600));
    }
    await store.close();
    expect((await open(disk.process())).blob).toEqual(blobOf(5, 600));
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
