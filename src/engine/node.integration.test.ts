/** The real core in this thread and in a real worker thread: the same must come of it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { FaultyStore } from "../store/faulty.ts";
import { MemoryMedium, MemoryStore } from "../store/memory.ts";
import { StoreLockedError } from "../store/store.ts";
import { bundleForNode } from "../store/testkit/bundle.ts";
import type { InlineTpm, Tpm, TpmOptions } from "./api.ts";
import { createTpmOn, type Platform } from "./create.ts";
import { nodePlatform, startNodeWorker } from "./node.ts";
import type { WorkerChannel } from "./protocol.ts";
import {
  changeOwnerAuth,
  getRandom,
  readClock,
  resetCount,
  responseCode,
  setActTimeout,
  shutdown,
  startup,
} from "./testkit/commands.ts";

let root: string;
let platform: Platform;
/** To the worker that was started last. */
let channel: WorkerChannel;
let folders = 0;
const open: Tpm[] = [];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "tabtpm-engine-"));
  const worker = pathToFileURL(await bundleForNode(new URL("./workerNode.ts", import.meta.url), root));
  platform = {
    ...nodePlatform,
    startWorker: (store) => {
      channel = startNodeWorker(worker, store);
      return channel;
    },
  };
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((tpm) => tpm.close()));
});
afterAll(() => rm(root, { recursive: true, force: true }));

function start(options: TpmOptions): Tpm {
  const tpm = createTpmOn(platform, options);
  open.push(tpm);
  return tpm;
}
const folder = () => join(root, `tpm-${++folders}`);
const rc = async (tpm: Tpm, command: Uint8Array) => responseCode(await tpm.execute(command));
const secret = (text: string) => new TextEncoder().encode(text);

describe.each(["inline", "worker"] as const)("TPM 2.0, %s", (thread) => {
  it.each(["file", "memory"] as const)("starts, and works in a %s store", async (kind) => {
    const tpm = start({ thread, store: kind === "file" ? { kind, dir: folder() } : { kind } });
    await tpm.ready;
    expect(tpm.state()).toMatchObject({ power: "off", profile: "full", store: kind, failureMode: false });
    await tpm.powerOn();
    expect(await rc(tpm, getRandom(8))).toBe(0x100);
    expect(await rc(tpm, startup())).toBe(0);
    const random = await tpm.execute(getRandom(16));
    expect(random.length).toBe(28);
    expect(tpm.state().stateSize).toBeGreaterThan(200);
  });

  it("tells that a countdown timer ran out, and that the signal is gone, without being asked", async () => {
    const tpm = start({ thread, store: { kind: "memory" } });
    await tpm.powerOn();
    expect(await rc(tpm, startup())).toBe(0);
    const signals: number[] = [];
    const signaled = new Promise<void>((resolve) => {
      tpm.on("state", ({ signaledActs }) => {
        if (signaledActs !== signals.at(-1)) signals.push(signaledActs);
        if (signaledActs !== 0) resolve();
      });
    });
    expect(await rc(tpm, setActTimeout(0xa, 1))).toBe(0);
    expect(tpm.state().signaledActs).toBe(0);
    await signaled;
    expect(tpm.state().signaledActs).toBe(1 << 0xa);
    expect(await rc(tpm, setActTimeout(0xa, 100))).toBe(0);
    expect(await rc(tpm, getRandom(1))).toBe(0);
    expect(signals.filter((map) => map !== 0)).toEqual([1 << 0xa]);
    expect(tpm.state().signaledActs).toBe(0);
  });

  it("keeps its permanent state in a folder, with and without TPM2_Shutdown", async () => {
    const dir = folder();
    const first = start({ thread, store: { kind: "file", dir } });
    await first.powerOn();
    expect(await rc(first, startup())).toBe(0);
    expect(await rc(first, changeOwnerAuth(secret(""), secret("one")))).toBe(0);
    const count = resetCount(await first.execute(readClock()));
    await first.powerOn();
    expect(await rc(first, startup())).toBe(0);
    expect(resetCount(await first.execute(readClock()))).toBe(count + 1);
    expect(await rc(first, shutdown())).toBe(0);
    await first.close();

    const second = start({ thread, store: { kind: "file", dir } });
    await second.powerOn();
    expect(await rc(second, startup())).toBe(0);
    expect(resetCount(await second.execute(readClock()))).toBe(count + 2);
    expect(await rc(second, changeOwnerAuth(secret("wrong"), secret("x")))).toBe(0x9a2);
    expect(await rc(second, changeOwnerAuth(secret("one"), secret("two")))).toBe(0);
  });

  it.each(["abort", "die-before", "die-after"] as const)(
    "%s at any commit: the owner's password is the old or the new one",
    async (fault) => {
      for (const at of [2, 3, 4]) {
        const medium = new MemoryMedium();
        const store = new FaultyStore(new MemoryStore(medium), (commit) => (commit === at ? fault : "ok"));
        const tpm = createTpmOn(platform, { thread, store });
        const dying = channel;
        await tpm.powerOn();
        let acknowledged = "";
        const work = (async () => {
          // Commit 1 was the manufacture, 2 is Startup's, then one for each change.
          if ((await rc(tpm, startup())) !== 0) expect(await rc(tpm, startup())).toBe(0);
          for (const next of ["one", "two"]) {
            if ((await rc(tpm, changeOwnerAuth(secret(acknowledged), secret(next)))) === 0) acknowledged = next;
            else expect(store.commits).toBe(at);
          }
        })();
        await Promise.race([work, store.died]);
        const isDead = fault !== "abort";
        const expected = ["", "one", "two"][fault === "die-after" ? at - 2 : at - 3] ?? "";
        if (!isDead) await tpm.close();
        medium.owner = null;
        const after = start({ thread, store: new MemoryStore(medium) });
        await after.powerOn();
        expect(await rc(after, startup())).toBe(0);
        const present = isDead ? expected : acknowledged;
        expect(await rc(after, changeOwnerAuth(secret(present), secret("checked")))).toBe(0);
        if (isDead && thread === "worker") await dying.terminate();
      }
    },
  );

  it("refuses a second owner of a folder by name", async () => {
    const dir = folder();
    await start({ thread, store: { kind: "file", dir } }).ready;
    const second = start({ thread, store: { kind: "file", dir } });
    const error = await second.ready.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StoreLockedError);
    expect((error as StoreLockedError).holder).toContain(`pid ${process.pid}`);
    expect(second.power).toBe("failed");
  });

  it("says that a damaged file was kept", async () => {
    const dir = folder();
    await start({ thread, store: { kind: "file", dir } }).close();
    await writeFile(join(dir, "tpm2.state"), "not a state");
    const tpm = start({ thread, store: { kind: "file", dir } });
    await expect(tpm.ready).rejects.toMatchObject({ name: "TpmStateError", reason: "damaged" });
    expect(await tpm.exportState()).toEqual(new Uint8Array(Buffer.from("not a state")));
  });
});

describe("a worker thread", () => {
  it("that dies fails the TPM, and leaves the folder free", async () => {
    const dir = folder();
    const tpm = start({ thread: "worker", store: { kind: "file", dir } });
    await tpm.powerOn();
    const failed = new Promise<void>((resolve) => {
      tpm.on("power", (power) => {
        if (power === "failed") resolve();
      });
    });
    const lost = tpm.execute(startup()).catch((error: unknown) => error);
    await channel.terminate();
    await failed;
    expect(tpm.state().error?.message).toContain("worker stopped");
    await lost;
    await expect(tpm.execute(startup())).rejects.toThrow("worker stopped");
    const next = start({ thread: "worker", store: { kind: "file", dir } });
    await next.ready;
  });

  it("that can't be loaded fails the TPM", async () => {
    const absent = { ...platform, startWorker: () => startNodeWorker(pathToFileURL(join(root, "absent.mjs")), null) };
    const tpm = createTpmOn(absent, { thread: "worker" });
    await expect(tpm.ready).rejects.toMatchObject({ name: "TpmPlatformError" });
    await tpm.close();
  });

  it("keeps no idle process alive, and a busy one until the answer is there", async () => {
    const bundle = await bundleForNode(new URL("./testkit/idleChild.ts", import.meta.url), root);
    const child = spawn(process.execPath, [bundle, nodePlatform.wasm.href, join(root, "workerNode.mjs")], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.on("data", (chunk) => {
      output += chunk;
    });
    const [code] = await once(child, "exit");
    expect([code, output]).toEqual([0, "0\n"]);
  });
});

describe("executeSync", () => {
  it("works in a memory store", async () => {
    const tpm = start({ thread: "inline", store: { kind: "memory" } }) as InlineTpm;
    await tpm.powerOn();
    expect(responseCode(tpm.executeSync(startup()))).toBe(0);
    expect(tpm.executeSync(getRandom(4)).length).toBe(16);
    expect(responseCode(tpm.executeSync(changeOwnerAuth(secret(""), secret("x"))))).toBe(0);
  });

  it("needs a store that can commit at once, power, and no pending calls", async () => {
    const file = start({ thread: "inline", store: { kind: "file", dir: folder() } }) as InlineTpm;
    await file.powerOn();
    expect(() => file.executeSync(startup())).toThrow(/memory/);
    const tpm = start({ thread: "inline", store: { kind: "memory" } }) as InlineTpm;
    await tpm.ready;
    expect(() => tpm.executeSync(startup())).toThrow(/powerOn/);
    await tpm.powerOn();
    const pending = tpm.execute(startup());
    expect(() => tpm.executeSync(getRandom(4))).toThrow(/pending/);
    await pending;
    expect(() => tpm.executeSync(getRandom(4), { locality: 7 as 0 })).toThrow(RangeError);
  });
});

it("stores of another platform are refused at once", () => {
  expect(() => createTpmOn(nodePlatform, { store: { kind: "indexeddb", name: "a" } })).toThrow(/file, memory/);
});
