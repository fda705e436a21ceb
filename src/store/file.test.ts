import { mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FileStore } from "./file.ts";
import { ownIdentity } from "./processIdentity.ts";
import { Seal, sealedFor } from "./seal.ts";
import { StoreError, StoreFencedError, StoreLockedError } from "./store.ts";
import { Disk, type DiskProcess, type SystemCall } from "./testkit/disk.ts";
import { errorOf } from "./testkit/errorOf.ts";

const bytes = (...values: number[]) => Uint8Array.from(values);

const STATE = "/tpm/tpm2.state";
const open = async (fs: DiskProcess, seal?: Seal): Promise<FileStore> => {
  const store = new FileStore({ dir: "/tpm", fs, seal });
  await store.open();
  return store;
};
/** What the file holds, as it is stored, and whoever wrote it. */
const stored = (disk: Disk) => new FileStore({ dir: "/tpm", fs: disk.process() }).exportBlob();
const silent = (disk: Disk) => new FileStore({ dir: "/tpm", fs: disk.process(), onNotice: () => {} });
/** What is in the folder besides the lock. */
const names = (disk: Disk) => disk.list("/tpm").filter((name) => !/^tpm2\.lock\.\d+$/.test(name));
/** The process that had the lock is no more: on the disk that is how it looks after its end. */
function forgetLock(disk: Disk): void {
  for (const name of disk.list("/tpm")) if (name.startsWith("tpm2.lock.")) disk.remove(`/tpm/${name}`);
}

describe("FileStore: the blob", () => {
  it("finds nothing in a new folder, and the last commit after reopening", async () => {
    const disk = new Disk();
    const store = new FileStore({ dir: "/tpm", fs: disk.process() });
    expect(await store.open()).toBeNull();
    await store.commit(bytes(1));
    const blob = bytes(2, 3);
    await store.commit(blob);
    await store.close();
    const again = new FileStore({ dir: "/tpm", fs: disk.process() });
    expect(await again.open()).toEqual(bytes(2, 3));
    expect(await again.exportBlob()).toEqual(bytes(2, 3));
  });

  it("makes its file as any is made, and from then on costs a write and a flush", async () => {
    const fs = new Disk("/tpm").process();
    const store = await open(fs);
    const callsOf = async (commit: Promise<void>) => {
      fs.calls.length = 0;
      await commit;
      return fs.calls.flatMap(({ name, path }) =>
        /sync|rename|write/.test(name) ? `${name} ${path.replace(/[0-9a-f]{16}/, "X")}` : [],
      );
    };
    expect(await callsOf(store.commit(bytes(1)))).toEqual([
      "write /tpm/tpm2.state.X.tmp",
      "sync /tpm/tpm2.state.X.tmp",
      `rename ${STATE}`,
      "sync /tpm",
    ]);
    for (let i = 2; i < 5; i++) {
      expect(await callsOf(store.commit(bytes(i)))).toEqual([`write ${STATE}`, `datasync ${STATE}`]);
    }
  });

  it("removes at its start what crashes left beside the state and the volatile state, and nothing else", async () => {
    const disk = new Disk("/tpm");
    const left = ["tpm2.state.0123456789abcdef.tmp", "tpm2.volatile.0123456789abcdef.tmp", "tpm2.volatile.tmp"];
    const kept = ["letter.0123456789abcdef.tmp", "tpm2.state", "tpm2.state.kept-1", "tpm2.volatile"];
    for (const name of [...left, ...kept]) disk.write(`/tpm/${name}`, bytes(1, 2));
    expect(await new FileStore({ dir: "/tpm", fs: disk.process() }).open()).toEqual(bytes(1, 2));
    expect(names(disk)).toEqual(kept);
  });

  it("is encrypted by its seal; one that is not is refused, unless it is to be adopted, which happens once and at once", async () => {
    const disk = new Disk("/tpm");
    await (await open(disk.process())).commit(bytes(1, 2, 3));
    forgetLock(disk);
    const seal = new Seal(new Uint8Array(16), "file");
    const sealed = new FileStore({ dir: "/tpm", fs: disk.process(), seal });
    const refused = await errorOf<StoreError>(sealed.open());
    expect([refused.code, refused.message]).toEqual(["permission", expect.stringContaining("is not encrypted")]);
    expect(await stored(disk)).toEqual(bytes(1, 2, 3));

    disk.write("/tpm/tpm2.volatile", bytes(7, 8, 9));
    const adopting = new FileStore({ dir: "/tpm", fs: disk.process(), seal, adopts: true });
    expect(new Uint8Array((await adopting.open()) as Uint8Array)).toEqual(bytes(1, 2, 3));
    await adopting.close();
    expect(new Uint8Array(seal.open((await stored(disk)) as Uint8Array))).toEqual(bytes(1, 2, 3));
    expect(new Uint8Array(seal.open(disk.read("/tpm/tpm2.volatile") as Uint8Array))).toEqual(bytes(7, 8, 9));
    const again = await errorOf<StoreError>(adopting.open());
    expect([again.code, again.message]).toEqual(["permission", expect.stringContaining("leave adopt out")]);
    // What somebody puts in its place is no longer taken.
    const whole = disk.read(STATE) as Uint8Array;
    disk.write(STATE, bytes(1, 2, 3));
    expect(await errorOf(sealed.open())).toBeInstanceOf(StoreError);
    disk.write(STATE, whole);

    await sealed.open();
    await sealed.commit(bytes(4, 5, 6));
    await sealed.close();
    const last = disk.read(STATE) as Uint8Array;
    expect(await sealed.exportBlob()).toEqual(await stored(disk));
    expect(new Uint8Array((await sealed.open()) as Uint8Array)).toEqual(bytes(4, 5, 6));
    await sealed.close();
    for (const [other, words] of [
      [undefined, "tpm2.state is encrypted: it needs the key"],
      [new Seal(new Uint8Array(32), "file"), "another key"],
    ] as const) {
      const error = await errorOf<StoreError>(open(disk.process(), other));
      expect([error.code, error.message]).toEqual(["permission", expect.stringContaining(words)]);
    }
    expect(disk.read(STATE)).toEqual(last);
    // Whoever was refused holds no lock.
    await open(disk.process(), seal);
  });
});

it("an adoption that is killed at any system call can be done again, or is done", async () => {
  const seal = new Seal(new Uint8Array(16), "file");
  for (let at = 0; ; at++) {
    const disk = new Disk("/tpm");
    disk.write(STATE, bytes(1, 2, 3));
    disk.write("/tpm/tpm2.volatile", bytes(7, 8, 9));
    const fs = disk.process({ fault: ({ index }) => (index === at ? "kill" : undefined) });
    const store = (adopts: boolean, on: DiskProcess) => new FileStore({ dir: "/tpm", fs: on, seal, adopts });
    await Promise.race([store(true, fs).open(), fs.died]);
    const isDone = sealedFor((await stored(disk)) as Uint8Array) !== undefined;
    forgetLock(disk);
    expect(new Uint8Array((await store(!isDone, disk.process()).open()) as Uint8Array)).toEqual(bytes(1, 2, 3));
    expect(sealedFor(disk.read("/tpm/tpm2.volatile") as Uint8Array)).toBe("file");
    if (!fs.calls[at]) break;
  }
});

describe("FileStore: failures", () => {
  it.each([
    ["EACCES", "permission"],
    ["EROFS", "read-only"],
    ["ENOSPC", "full"],
    ["EIO", "io"],
    ["ESTALE", "io"],
  ])("keeps the old blob on %s at any call of a commit, and recovers", async (code, expected) => {
    for (let at = 0; ; at++) {
      const disk = new Disk("/tpm");
      let begun = Number.POSITIVE_INFINITY;
      const fs = disk.process({ fault: ({ index }) => (index === begun + at ? code : undefined) });
      const store = await open(fs);
      await store.commit(bytes(1, 1));
      begun = fs.calls.length;
      const outcome = await store.commit(bytes(2, 2)).catch((error: unknown) => error as StoreError);
      const call = fs.calls[begun + at];
      if (!call) break;
      if (outcome === undefined) {
        // What is not to be seen under the name is no longer written in place.
        expect([call.name, await stored(disk)]).toEqual(["lstat", bytes(2, 2)]);
        continue;
      }
      expect([call, outcome]).toEqual([call, expect.any(StoreError)]);
      expect([call, (outcome as StoreError).code]).toEqual([call, expected]);
      expect((outcome as StoreError).message).toMatch(new RegExp(`tpm2\\.state.*${code}`));
      expect([call, await stored(disk)]).toEqual([call, bytes(1, 1)]);
      expect([call, names(disk)]).toEqual([call, ["tpm2.state"]]);
      await store.commit(bytes(3));
      expect(await stored(disk)).toEqual(bytes(3));
      await store.close();
      expect(fs.openHandles).toBe(0);
    }
  });

  it("has no blob when the first commit fails, not one that nobody was told of", async () => {
    const disk = new Disk("/tpm");
    let isFailing = false;
    const fault = ({ name, path }: SystemCall) => (isFailing && name === "sync" && path === "/tpm" ? "EIO" : undefined);
    const store = await open(disk.process({ fault }));
    isFailing = true;
    await errorOf<StoreError>(store.commit(bytes(1)));
    expect(names(disk)).toEqual([]);
  });

  it("has the last acknowledged blob, or the one in flight, after a power cut at any call", async () => {
    const commits = fc.array(fc.record({ size: fc.nat(40), fails: fc.option(fc.nat(14)) }), { maxLength: 4 });
    const choices = fc.infiniteStream(fc.nat(5));
    await fc.assert(
      fc.asyncProperty(commits, fc.nat(16), choices, async (before, dies, choice) => {
        const disk = new Disk("/tpm");
        let failing = Number.POSITIVE_INFINITY;
        let dying = Number.POSITIVE_INFINITY;
        const fs = disk.process({
          fault: ({ index }) => (index === failing ? "EIO" : index === dying ? "kill" : undefined),
        });
        const store = await open(fs);
        let possible: (Uint8Array | null)[] = [null];
        for (const [i, { size, fails }] of before.entries()) {
          const blob = new Uint8Array(size + 1).fill(i + 1);
          failing = fails === null ? Number.POSITIVE_INFINITY : fs.calls.length + fails;
          const failed = await store.commit(blob).then(
            () => false,
            () => true,
          );
          possible = failed ? [...possible, blob] : [blob];
        }
        failing = Number.POSITIVE_INFINITY;
        dying = fs.calls.length + dies;
        const last = new Uint8Array(30).fill(9);
        const isDone = await Promise.race([store.commit(last).then(() => true), fs.died.then(() => false)]);
        possible = isDone ? [last] : [...possible, last];
        disk.powerCut((n) => (choice.next().value as number) % n);
        forgetLock(disk);
        expect(possible).toContainEqual(await silent(disk).open());
        expect(names(disk).filter((name) => name !== "tpm2.state")).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it("says that the folder is gone, and lets go of it", async () => {
    const disk = new Disk("/tpm");
    const store = await open(disk.process());
    disk.remove("/tpm");
    const error = await errorOf<StoreError>(store.commit(bytes(1)));
    expect([error.code, error.message]).toEqual(["unavailable", expect.stringContaining("or not any more")]);
    await store.close();
  });

  it("refuses to commit and to archive when it is not open", async () => {
    const store = new FileStore({ dir: "/tpm", fs: new Disk("/tpm").process() });
    expect((await errorOf<StoreError>(store.commit(bytes(1)))).code).toBe("closed");
    expect((await errorOf<StoreError>(store.archive())).code).toBe("closed");
  });

  it("follows no link in the place of the state", async () => {
    const disk = new Disk("/tpm");
    disk.write("/victim", bytes(1));
    disk.symlink("/victim", STATE);
    for (const work of [open(disk.process()), new FileStore({ dir: "/tpm", fs: disk.process() }).exportBlob()]) {
      const error = await errorOf<StoreError>(work);
      expect([error.code, error.message]).toEqual(["unavailable", expect.stringContaining("is a symbolic link")]);
    }
    disk.remove(STATE);
    const store = await open(disk.process());
    // Planted while it runs: put out of the way.
    disk.symlink("/victim", STATE);
    await store.commit(bytes(2));
    expect([disk.read("/victim"), await stored(disk)]).toEqual([bytes(1), bytes(2)]);
    expect(disk.find(STATE)?.kind).toBe("file");
  });
});

describe("FileStore: setting a blob aside", () => {
  const KEPT = /^\/tpm\/(tpm2\.state\.kept-\d{4}-\d\d-\d\dT\d\d\.\d\d\.\d\d\.\d{3}Z-[0-9a-f]{4})$/;

  it("keeps it as it is stored, under a name that no open reads, for ever", async () => {
    const disk = new Disk("/tpm");
    const seal = new Seal(new Uint8Array(16), "file");
    const store = await open(disk.process(), seal);
    expect(await store.archive()).toBeNull();
    await store.commit(bytes(1, 2));
    const before = disk.read(STATE);
    const kept = (await store.archive()) as string;
    expect(kept).toMatch(KEPT);
    expect(disk.read(kept)).toEqual(before);
    expect(await store.exportBlob()).toBeNull();
    expect(await store.archive()).toBeNull();
    await store.close();
    expect(await store.open()).toBeNull();
    await store.commit(bytes(3));
    const second = (await store.archive()) as string;
    expect(second).not.toBe(kept);
    await store.close();
    expect(await store.open()).toBeNull();
    expect(names(disk).map((name) => `/tpm/${name}`)).toEqual([kept, second].sort());
    expect(disk.read(kept)).toEqual(before);
  });

  it.each([undefined, new Seal(new Uint8Array(16), "file")])(
    "keeps a copy of it, which another open takes in its place",
    async (seal) => {
      const disk = new Disk("/tpm");
      const store = await open(disk.process(), seal);
      expect(await store.keepCopy()).toBeNull();
      await store.commit(bytes(1, 2));
      const kept = (await store.keepCopy()) as string;
      expect(kept).toMatch(KEPT);
      await store.commit(bytes(3));
      const second = (await store.keepCopy()) as string;
      await store.close();
      expect(names(disk).map((name) => `/tpm/${name}`)).toEqual([STATE, kept, second].sort());
      expect(Uint8Array.from((await store.open())!)).toEqual(bytes(3));
      await store.close();
      expect((await errorOf<StoreError>(store.keepCopy())).code).toBe("closed");
      // Whoever wants it back moves it.
      await disk.process().rename(kept, STATE);
      expect(Uint8Array.from((await store.open())!)).toEqual(bytes(1, 2));
    },
  );

  it("keeps no half of a copy where the disk fails, and goes on with what it had", async () => {
    for (const code of ["EIO", "ENOSPC"]) {
      const disk = new Disk("/tpm");
      let begun = false;
      const store = await open(disk.process({ fault: ({ name }) => (begun && name === "write" ? code : undefined) }));
      await store.commit(bytes(1));
      begun = true;
      expect((await errorOf<StoreError>(store.keepCopy())).message).toContain("Keeping a copy of the TPM's state");
      expect(names(disk).map((name) => `/tpm/${name}`)).toEqual([STATE]);
      begun = false;
      await store.commit(bytes(2));
      expect(await store.keepCopy()).not.toBeNull();
    }
  });

  it("is durable: a power cut brings it back to neither name wrongly", async () => {
    for (const [fault, expected] of [
      [undefined, "kept"],
      ["EIO", "state"],
    ] as const) {
      const disk = new Disk("/tpm");
      let begun = false;
      const fs = disk.process({
        fault: ({ name, path }) => (begun && name === "sync" && path === "/tpm" ? fault : undefined),
      });
      const store = await open(fs);
      await store.commit(bytes(1, 2));
      const before = disk.read(STATE);
      begun = true;
      const kept = await store.archive().catch((error: unknown) => {
        expect(error).toMatchObject({ code: "io", message: expect.stringContaining("Setting the TPM's state aside") });
        return STATE;
      });
      expect(kept === STATE ? "state" : "kept").toBe(expected);
      expect(names(disk).map((name) => `/tpm/${name}`)).toEqual([kept]);
      disk.powerCut(() => 0);
      forgetLock(disk);
      expect(names(disk).map((name) => `/tpm/${name}`)).toEqual([kept]);
      expect(disk.read(kept as string)).toEqual(before);
    }
  });

  it("is not undone by a commit that fails", async () => {
    const disk = new Disk("/tpm");
    let isFailing = false;
    const fault = ({ name, path }: SystemCall) => (isFailing && name === "sync" && path === "/tpm" ? "EIO" : undefined);
    const store = await open(disk.process({ fault }));
    await store.commit(bytes(1));
    await store.archive();
    isFailing = true;
    await errorOf<StoreError>(store.commit(bytes(2)));
    expect(await store.exportBlob()).toBeNull();
  });

  it("needs the lock", async () => {
    const disk = new Disk("/tpm");
    const store = await open(disk.process());
    await store.commit(bytes(1));
    disk.write("/tpm/tpm2.lock.9", new TextEncoder().encode(JSON.stringify({ ...ownIdentity(), released: false })));
    expect(await errorOf<StoreError>(store.archive())).toBeInstanceOf(StoreFencedError);
    expect(await stored(disk)).toEqual(bytes(1));
  });
});

describe("FileStore on a real disk", () => {
  let root: string;
  let dir: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "tabtpm-file-"));
    dir = join(root, "tpm", "deep");
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  async function writeLock(number: number, changes: Record<string, unknown>): Promise<void> {
    await mkdir(dir, { recursive: true });
    await writeFile(
      join(dir, `tpm2.lock.${number}`),
      JSON.stringify({ ...ownIdentity(), released: false, ...changes }),
    );
  }

  it("keeps any blob unchanged, for its owner's eyes only", async () => {
    const store = new FileStore({ dir });
    await store.open();
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 5000 }), async (blob) => {
        await store.commit(blob);
        expect(await store.exportBlob()).toEqual(blob);
      }),
      { numRuns: 20 },
    );
    expect((await stat(join(dir, "tpm2.state"))).mode & 0o777).toBe(0o600);
    expect((await stat(dir)).mode & 0o777).toBe(0o700);
    const kept = await store.archive();
    expect((await readdir(dir)).map((name) => join(dir, name))).toContain(kept);
    await store.close();
    expect(await store.open()).toBeNull();
    await store.close();
  });

  it("says that the path is not a folder", async () => {
    await mkdir(join(dir, ".."), { recursive: true });
    await writeFile(dir, "a file");
    const itself = await errorOf<StoreError>(new FileStore({ dir }).open());
    const below = await errorOf<StoreError>(new FileStore({ dir: join(dir, "x") }).open());
    for (const error of [itself, below]) {
      expect(error.code).toBe("unavailable");
      expect(error.message).toContain("choose a folder");
    }
  });

  it("goes by a link in the place of the folder", async () => {
    await mkdir(dir, { recursive: true });
    await symlink(dir, join(root, "linked"));
    const store = new FileStore({ dir: join(root, "linked") });
    await store.open();
    await store.commit(bytes(1));
    await store.close();
    expect(await new FileStore({ dir }).exportBlob()).toEqual(bytes(1));
  });

  it("is refused while this process has it, and free after closing", async () => {
    const first = new FileStore({ dir });
    await first.open();
    const error = (await errorOf<StoreError>(new FileStore({ dir }).open())) as StoreLockedError;
    expect(error).toBeInstanceOf(StoreLockedError);
    expect(error.holder).toContain(String(process.pid));
    await first.commit(bytes(1));
    await first.close();
    const second = new FileStore({ dir });
    expect(await second.open()).toEqual(bytes(1));
    await second.close();
  });

  it.runIf(process.platform === "linux").each([{ startTime: "1" }, { bootId: "another boot" }])(
    "is free when its holder was %j",
    async (changes) => {
      await writeLock(1, changes);
      const store = new FileStore({ dir });
      expect(await store.open()).toBeNull();
      await store.close();
    },
  );

  it("of another host is taken over only on request, which fences the old owner", async () => {
    const old = new FileStore({ dir });
    await old.open();
    await old.commit(bytes(1));
    await writeLock(1, { host: `not-${hostname()}`, bootId: null });
    const refused = (await errorOf<StoreError>(new FileStore({ dir }).open())) as StoreLockedError;
    expect(refused.holder).toContain(`not-${hostname()}`);
    const successor = new FileStore({ dir });
    expect(await successor.open({ takeOver: true })).toEqual(bytes(1));
    expect(await errorOf<StoreError>(old.commit(bytes(2)))).toBeInstanceOf(StoreFencedError);
    await old.close();
    await successor.commit(bytes(3));
    expect(await errorOf<StoreError>(new FileStore({ dir }).open())).toBeInstanceOf(StoreLockedError);
    await successor.close();
  });

  it("of another host is not taken over by who can't open what it locks", async () => {
    const old = new FileStore({ dir, seal: new Seal(new Uint8Array(16), "file") });
    await old.open();
    await old.commit(bytes(1));
    await writeLock(1, { host: `not-${hostname()}`, bootId: null });
    for (const [seal, reason] of [
      [new Seal(new Uint8Array(32), "file"), "wrong-key"],
      [undefined, "missing"],
    ] as const) {
      expect(await errorOf(new FileStore({ dir, seal }).open({ takeOver: true }))).toMatchObject({ reason });
      expect(await errorOf<StoreError>(new FileStore({ dir }).open())).toBeInstanceOf(StoreLockedError);
    }
    const successor = new FileStore({ dir, seal: new Seal(new Uint8Array(16), "file") });
    expect(new Uint8Array((await successor.open({ takeOver: true }))!)).toEqual(bytes(1));
    await successor.close();
    await old.close();
  });
});
