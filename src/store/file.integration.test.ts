/** File stores in processes of their own: killed in the middle of commits, or racing for the lock. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { FileStore } from "./file.ts";
import { ownIdentity } from "./processIdentity.ts";
import { StoreLockedError } from "./store.ts";
import { bundleForNode } from "./testkit/bundle.ts";

let root: string;
let dir: string;
let child: string;
let folders = 0;
const children: ChildProcess[] = [];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "tabtpm-file-"));
  child = await bundleForNode(new URL("./testkit/fileStoreChild.ts", import.meta.url), join(root, "bundle"));
});
beforeEach(async () => {
  dir = join(root, `tpm-${++folders}`);
  await mkdir(dir);
});
afterEach(() => {
  for (const process of children.splice(0)) process.kill("SIGKILL");
});
afterAll(() => rm(root, { recursive: true, force: true }));

function start(...args: string[]): { process: ChildProcess; lines: AsyncIterator<string> } {
  const process = spawn(globalThis.process.execPath, [child, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  children.push(process);
  return { process, lines: createInterface({ input: process.stdout! })[Symbol.asyncIterator]() };
}

describe("the lock of a file store", () => {
  it("of a live process is never taken over, and the error names the pid", async () => {
    const owner = start("commit-forever", dir);
    expect((await owner.lines.next()).value).toBe("open");
    for (const takeOver of [false, true]) {
      const error = await new FileStore({ dir })
        .open({ takeOver })
        .catch((error: unknown) => error as StoreLockedError);
      expect(error).toBeInstanceOf(StoreLockedError);
      expect(error).toMatchObject({
        holder: `process ${owner.process.pid}`,
        message: expect.stringContaining(dir),
      });
    }
  });

  it("of a dead process is taken over", async () => {
    const owner = start("commit-forever", dir);
    expect((await owner.lines.next()).value).toBe("open");
    owner.process.kill("SIGKILL");
    await once(owner.process, "exit");
    const store = new FileStore({ dir });
    expect(await store.open()).not.toBeUndefined();
    await store.close();
  });

  it("goes to one of the processes that race for a dead one's, and to no other", async () => {
    for (let round = 0; round < 3; round++) {
      const dead = { ...ownIdentity(), startTime: "1", pid: 2 ** 22 - 1, released: false };
      await writeFile(join(dir, `tpm2.lock.${round * 10 + 1}`), JSON.stringify(dead));
      const claimants = Array.from({ length: 5 }, () => start("claim", dir));
      for (const { process } of claimants) process.stdin!.write("go\n");
      const results = await Promise.all(claimants.map(async ({ lines }) => (await lines.next()).value as string));
      expect(results.sort()).toEqual([...Array<string>(4).fill("StoreLockedError"), "won"]);
      for (const { process } of claimants) process.stdin!.write("end\n");
      await Promise.all(claimants.map(({ process }) => once(process, "exit")));
    }
  });
});

describe("a file store whose process is killed at a random moment", () => {
  it("has the last acknowledged blob or the one in flight", async () => {
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
