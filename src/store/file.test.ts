import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import * as promises from "node:fs/promises";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { FileStore } from "./file.ts";
import { abandonFileLock, type FileSystem } from "./fileLock.ts";
import { ownIdentity } from "./processIdentity.ts";
import { StoreError, StoreFencedError, StoreLockedError } from "./store.ts";
import { bundleForNode } from "./testing/bundle.ts";

let root: string;
let dir: string;
let child: string;
let folders = 0;
const children: ChildProcess[] = [];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "tabtpm-file-"));
  child = await bundleForNode(new URL("./testing/fileStoreChild.ts", import.meta.url), join(root, "bundle"));
});
beforeEach(() => {
  dir = join(root, `tpm-${++folders}`, "deep");
});
afterEach(() => {
  for (const process of children.splice(0)) process.kill("SIGKILL");
});
afterAll(() => rm(root, { recursive: true, force: true }));

const bytes = (...values: number[]) => Uint8Array.from(values);
const errorOf = (promise: Promise<unknown>) =>
  promise.then(
    () => {
      throw new Error("expected a rejection");
    },
    (error: unknown) => error as StoreError,
  );

function start(...args: string[]): { process: ChildProcess; lines: AsyncIterator<string> } {
  const process = spawn(globalThis.process.execPath, [child, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  children.push(process);
  return { process, lines: createInterface({ input: process.stdout! })[Symbol.asyncIterator]() };
}

const failure = (code: string) => Object.assign(new Error(`${code}: injected`), { code });

/** The real file system, with `overrides` in the place of some calls. */
const fsWith = (overrides: Partial<Record<keyof FileSystem, unknown>>) =>
  ({ ...promises, ...overrides }) as unknown as FileSystem;

async function writeLock(number: number, changes: Record<string, unknown>): Promise<void> {
  await promises.mkdir(dir, { recursive: true });
  await writeFile(join(dir, `tpm2.lock.${number}`), JSON.stringify({ ...ownIdentity(), released: false, ...changes }));
}

describe("FileStore: the blob", () => {
  it("finds nothing in a new folder, and the last commit after reopening", async () => {
    const store = new FileStore({ dir });
    expect(await store.open()).toBeNull();
    await store.commit(bytes(1));
    await store.commit(bytes(2, 3));
    await store.close();
    const again = new FileStore({ dir });
    expect(await again.open()).toEqual(bytes(2, 3));
    await again.close();
  });

  it("keeps any blob unchanged", async () => {
    const store = new FileStore({ dir });
    await store.open();
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 5000 }), async (blob) => {
        await store.commit(blob);
        expect(await store.exportBlob()).toEqual(blob);
      }),
      { numRuns: 20 },
    );
    await store.close();
  });

  it("lets nobody else read the state", async () => {
    const store = new FileStore({ dir });
    await store.open();
    await store.commit(bytes(1));
    expect((await stat(join(dir, "tpm2.state"))).mode & 0o777).toBe(0o600);
    expect((await stat(dir)).mode & 0o777).toBe(0o700);
    await store.close();
  });

  it("syncs the file before the rename and the folder after it", async () => {
    const log: string[] = [];
    const fs = fsWith({
      open: async (path: string, flags: string, mode?: number) => {
        const file = await promises.open(path, flags, mode);
        const what = path === dir ? "folder" : "file";
        return {
          writeFile: (data: Uint8Array) => file.writeFile(data),
          sync: () => {
            log.push(`sync ${what}`);
            return file.sync();
          },
          close: () => file.close(),
        };
      },
      rename: (from: string, to: string) => {
        log.push("rename");
        return promises.rename(from, to);
      },
    });
    const store = new FileStore({ dir, fs });
    await store.open();
    log.length = 0;
    await store.commit(bytes(1));
    expect(log).toEqual(["sync file", "rename", "sync folder"]);
    await store.close();
  });

  it("removes what a crash in the middle of a commit left", async () => {
    const store = new FileStore({ dir });
    await store.open();
    await store.commit(bytes(1));
    await store.close();
    await writeFile(join(dir, "tpm2.state.0123.tmp"), "half a blob");
    expect(await store.open()).toEqual(bytes(1));
    expect((await readdir(dir)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
    await store.close();
  });

  it("sets a blob aside without deleting it", async () => {
    const store = new FileStore({ dir });
    await store.open();
    expect(await store.archive()).toBeNull();
    await store.commit(bytes(1, 2));
    const kept = await store.archive();
    expect(new Uint8Array(await readFile(kept as string))).toEqual(bytes(1, 2));
    expect(await store.exportBlob()).toBeNull();
    await store.close();
  });
});

describe("FileStore: failures", () => {
  it.each([
    ["EACCES", "permission"],
    ["EROFS", "read-only"],
    ["ENOSPC", "full"],
    ["EIO", "io"],
  ])("keeps the old blob on %s at any step of a commit, and recovers", async (code, expected) => {
    let failing = "";
    const fail = (step: string) => {
      if (failing === step) throw failure(code);
    };
    const fs = fsWith({
      open: async (path: string, flags: string, mode?: number) => {
        fail("open");
        const isFolder = path === dir;
        const file = await promises.open(path, flags, mode);
        return {
          writeFile: async (data: Uint8Array) => {
            if (failing === "write") await file.writeFile(data.subarray(0, 1));
            fail("write");
            await file.writeFile(data);
          },
          sync: async () => {
            fail(isFolder ? "sync folder" : "sync");
            await file.sync();
          },
          close: () => file.close(),
        };
      },
      rename: async (from: string, to: string) => {
        fail("rename");
        await promises.rename(from, to);
      },
    });
    const store = new FileStore({ dir, fs });
    await store.open();
    for (const step of ["open", "write", "sync", "rename", "sync folder"]) {
      await store.commit(bytes(1, 1));
      failing = step;
      const error = await errorOf(store.commit(bytes(2, 2)));
      failing = "";
      expect([step, error.constructor, error.code]).toEqual([step, StoreError, expected]);
      expect(error.message).toContain(code);
      expect(error.message).toContain("tpm2.state");
      expect(await store.exportBlob()).toEqual(bytes(1, 1));
      expect((await readdir(dir)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
    }
    await store.commit(bytes(3));
    await store.close();
  });

  it("says that the path is not a folder", async () => {
    await promises.mkdir(join(dir, ".."), { recursive: true });
    await writeFile(dir, "a file");
    const itself = await errorOf(new FileStore({ dir }).open());
    const below = await errorOf(new FileStore({ dir: join(dir, "x") }).open());
    for (const error of [itself, below]) {
      expect(error.code).toBe("unavailable");
      expect(error.message).toContain("choose a folder");
    }
  });

  it("says that the folder is gone, and lets go of it", async () => {
    const store = new FileStore({ dir });
    await store.open();
    await rm(dir, { recursive: true });
    expect((await errorOf(store.commit(bytes(1)))).code).toBe("unavailable");
    await store.close();
  });

  it("refuses to commit when it is not open", async () => {
    expect((await errorOf(new FileStore({ dir }).commit(bytes(1)))).code).toBe("closed");
  });
});

describe("FileStore: the lock", () => {
  it("is refused while this process has it, and free after closing", async () => {
    const first = new FileStore({ dir });
    await first.open();
    const error = (await errorOf(new FileStore({ dir }).open())) as StoreLockedError;
    expect(error).toBeInstanceOf(StoreLockedError);
    expect(error.holder).toContain(String(process.pid));
    await first.commit(bytes(1));
    await first.close();
    const second = new FileStore({ dir });
    expect(await second.open()).toEqual(bytes(1));
    await second.close();
  });

  it("of a live process is never taken over, and the error names the pid", async () => {
    const owner = start("commit-forever", dir);
    expect((await owner.lines.next()).value).toBe("open");
    for (const takeOver of [false, true]) {
      const error = (await errorOf(new FileStore({ dir }).open({ takeOver }))) as StoreLockedError;
      expect(error).toBeInstanceOf(StoreLockedError);
      expect(error.holder).toBe(`process ${owner.process.pid}`);
      expect(error.message).toContain(dir);
    }
  });

  it("of a dead process is taken over", async () => {
    const owner = start("commit-forever", dir);
    expect((await owner.lines.next()).value).toBe("open");
    owner.process.kill("SIGKILL");
    await once(owner.process, "exit");
    const store = new FileStore({ dir });
    await store.open();
    await store.close();
  });

  it.runIf(process.platform === "linux")("is free when its pid was given to another process", async () => {
    await writeLock(1, { startTime: "1" });
    const store = new FileStore({ dir });
    await store.open();
    await store.close();
  });

  it.runIf(process.platform === "linux")("is free when it was taken before the last boot", async () => {
    await writeLock(1, { bootId: "another boot" });
    const store = new FileStore({ dir });
    await store.open();
    await store.close();
  });

  it("of another host is taken over only on request, which fences the old owner", async () => {
    const old = new FileStore({ dir });
    await old.open();
    await old.commit(bytes(1));
    await writeLock(1, { host: `not-${hostname()}`, bootId: null });
    const refused = (await errorOf(new FileStore({ dir }).open())) as StoreLockedError;
    expect(refused.holder).toContain(`not-${hostname()}`);
    const successor = new FileStore({ dir });
    expect(await successor.open({ takeOver: true })).toEqual(bytes(1));
    expect(await errorOf(old.commit(bytes(2)))).toBeInstanceOf(StoreFencedError);
    await old.close();
    await successor.commit(bytes(3));
    expect(await errorOf(new FileStore({ dir }).open())).toBeInstanceOf(StoreLockedError);
    await successor.close();
  });

  it("that a power cut left torn is taken over", async () => {
    await promises.mkdir(dir, { recursive: true });
    await writeFile(join(dir, "tpm2.lock.4"), "");
    const store = new FileStore({ dir });
    await store.open();
    expect((await readdir(dir)).filter((name) => name.startsWith("tpm2.lock"))).toEqual(["tpm2.lock.5"]);
    await store.close();
  });

  it("is given back on a full disk, too", async () => {
    let isFull = false;
    const fs = fsWith({
      open: (path: string, flags: string, mode?: number) =>
        isFull ? Promise.reject(failure("ENOSPC")) : promises.open(path, flags, mode),
    });
    const store = new FileStore({ dir, fs });
    await store.open();
    isFull = true;
    await store.close();
    isFull = false;
    await store.open();
    await store.close();
  });

  it("works where hard links don't", async () => {
    const fs = fsWith({ link: () => Promise.reject(failure("EPERM")) });
    const first = new FileStore({ dir, fs });
    await first.open();
    expect(await errorOf(new FileStore({ dir, fs }).open())).toBeInstanceOf(StoreLockedError);
    await first.close();
    await new FileStore({ dir, fs }).open();
  });

  it("of a worker thread that died is given back by its process", async () => {
    await writeLock(1, { threadId: 77 });
    await abandonFileLock(promises, dir, 76);
    expect(await errorOf(new FileStore({ dir }).open())).toBeInstanceOf(StoreLockedError);
    await abandonFileLock(promises, dir, 77);
    const store = new FileStore({ dir });
    await store.open();
    await store.close();
  });

  it("goes to one of the processes that race for a dead one's, and to no other", async () => {
    for (let round = 0; round < 3; round++) {
      await writeLock(round * 10 + 1, { startTime: "1", pid: 2 ** 22 - 1 });
      const claimants = Array.from({ length: 5 }, () => start("claim", dir));
      for (const { process } of claimants) process.stdin!.write("go\n");
      const results = await Promise.all(claimants.map(async ({ lines }) => (await lines.next()).value as string));
      expect(results.sort()).toEqual([...Array<string>(4).fill("StoreLockedError"), "won"]);
      for (const { process } of claimants) process.stdin!.write("end\n");
      await Promise.all(claimants.map(({ process }) => once(process, "exit")));
    }
  });
});

describe("FileStore: a process killed at a random moment", () => {
  it("leaves the last acknowledged blob or the one in flight", async () => {
    let next = 0;
    let last = -1;
    for (let round = 0; round < 12; round++) {
      const owner = start("commit-forever", dir, String(next));
      expect((await owner.lines.next()).value).toBe("open");
      const exited = once(owner.process, "exit");
      setTimeout(() => owner.process.kill("SIGKILL"), Math.random() * 60);
      for (let line = await owner.lines.next(); !line.done; line = await owner.lines.next()) last = Number(line.value);
      await exited;
      const store = new FileStore({ dir });
      const blob = await store.open();
      const found = blob === null ? -1 : new DataView(blob.buffer).getUint32(0);
      expect([last, last + 1]).toContain(found);
      if (blob) {
        expect(blob.length).toBe(4096 + (found % 7) * 1000);
        expect(blob.subarray(4).every((byte) => byte === (found & 0xff))).toBe(true);
      }
      expect((await readdir(dir)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
      await store.close();
      last = found;
      next = found + 1;
    }
    expect(next).toBeGreaterThan(0);
  });
});
