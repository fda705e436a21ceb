/** `--migration`: two servers and one folder, as two hosts with shared storage have it; and a state in one file. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { run } from "../cli.ts";
import { EXTEND_16, hexOf, readPcr, STARTUP, SUCCESS } from "../testkit/messages.ts";
import { BLOB, OK, type SocketPair, startSocketPair } from "../testkit/socketPair.ts";
import { FakeStreams } from "../testkit/streams.ts";

const FAIL = "00000009";
let dir: string;
const open: SocketPair[] = [];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "tabtpm-migration-"));
});
afterEach(async () => {
  for (const pair of open.splice(0)) await pair.close();
  await rm(dir, { recursive: true, force: true });
});

async function start(...args: string[]): Promise<SocketPair> {
  const pair = await startSocketPair(args, join(dir, "tpm"));
  open.push(pair);
  return pair;
}
const incoming = () => start("--migration", "incoming,release-lock-outgoing");
const outgoing = () => start("--migration", "release-lock-outgoing");
const pcr16 = ({ data }: SocketPair) => data.ask(readPcr(16), 62);
/** CMD_LOCK_STORAGE. */
const lock = ({ control }: SocketPair, retries = 0) => control.ask(`00000013 ${hexOf(retries)}`, 4);

/** A TPM in use. @returns what only this power cycle knows. */
async function use(pair: SocketPair): Promise<string> {
  expect(await pair.init()).toBe(OK);
  expect(await pair.data.ask(STARTUP, 10)).toBe(SUCCESS);
  await pair.data.ask(EXTEND_16, 19);
  return pcr16(pair);
}
/** As QEMU does: permanent, volatile, and at last the state that a TPM 2.0 has not. */
async function take(pair: SocketPair): Promise<string[]> {
  const blobs = [(await pair.getBlob(BLOB.permanent)).blob, (await pair.getBlob(BLOB.volatile)).blob];
  expect(await pair.control.ask(`0000000c ${OK} 00000003 ${OK}`, 16)).toBe(`00000800${OK.repeat(3)}`);
  return blobs;
}

describe("a migration over shared storage", () => {
  it("goes from one server to the other, both with the same folder and at the same time", async () => {
    const source = await outgoing();
    const pcr = await use(source);
    const target = await incoming();
    // What QEMU asks before the state comes, which needs none.
    expect(await target.stop()).toBe(OK);
    expect(await target.control.ask("00000001", 8)).toMatch(/^00000000/);
    const blobs = await take(source);
    for (const [i, blob] of blobs.entries()) expect(await target.setBlob(i + 1, blob)).toBe(OK);
    expect(await target.init(1)).toBe(OK);
    expect(await pcr16(target)).toBe(pcr);
  });

  it("reads and locks nothing before a state comes, and the lock stays with who has it", async () => {
    const target = await incoming();
    await expect(readdir(join(dir, "tpm"))).rejects.toThrow("ENOENT");
    const source = await start();
    const blob = (await use(source)) && (await source.getBlob(BLOB.permanent)).blob;
    expect(await target.setBlob(BLOB.permanent, blob)).toBe(FAIL);
    expect(target.tabtpm.log.join("\n")).toMatch(/in use by this process/);
    expect(await pcr16(source)).toMatch(/^8001/);
  });

  it("without a state starts with the one of the folder, at CMD_INIT", async () => {
    const target = await incoming();
    await use(target);
    expect(await readdir(join(dir, "tpm"))).toContain("tpm2.state");
  });

  it("that fails leaves the TPM to the first, which takes the lock again", async () => {
    const source = await outgoing();
    const pcr = await use(source);
    await take(source);
    expect(await lock(source)).toBe(OK);
    await expect(startSocketPair([], join(dir, "tpm"))).rejects.toThrow("in use by");
    expect(await pcr16(source)).toBe(pcr);
    // A command takes it as well.
    await take(source);
    expect(await pcr16(source)).toBe(pcr);
    await expect(startSocketPair([], join(dir, "tpm"))).rejects.toThrow("in use by");
  });

  it("leaves nothing to the first once the second has gone on", async () => {
    const source = await outgoing();
    await use(source);
    const blobs = await take(source);
    const target = await incoming();
    for (const [i, blob] of blobs.entries()) expect(await target.setBlob(i + 1, blob)).toBe(OK);
    expect(await target.init(1)).toBe(OK);
    expect(await lock(source, 3)).toBe(FAIL);
    // A power cycle counts, and so its state is another one now. The lock is free.
    await use(target);
    await target.close();
    expect(await lock(source)).toBe(FAIL);
    expect(source.tabtpm.log.join("\n")).toContain("Another host has gone on with this TPM");
  });

  it("without release-lock-outgoing keeps the lock", async () => {
    const source = await start();
    await use(source);
    await take(source);
    await expect(startSocketPair([], join(dir, "tpm"))).rejects.toThrow("in use by");
    expect(await lock(source)).toBe(OK);
  });
});

describe("a state in one file", () => {
  const at = (name: string) => ["--tpmstate", `backend-uri=file://${join(dir, name)}`];

  it("is made, found again, and has its volatile state and lock beside it", async () => {
    const [one, two] = [await start(...at("vm-1.tpm")), await start(...at("vm-2.tpm"))];
    const pcr = await use(one);
    await use(two);
    expect(await one.store()).toBe(OK);
    await expect(startSocketPair(at("vm-1.tpm"), dir)).rejects.toThrow("in use by");
    await one.close();
    open.splice(open.indexOf(one), 1);
    const again = await start(...at("vm-1.tpm"));
    expect(await again.init(1)).toBe(OK);
    expect(await pcr16(again)).toBe(pcr);
    const names = (await readdir(dir)).filter((name) => !name.includes(".lock."));
    expect(names.sort()).toEqual(["vm-1.tpm", "vm-2.tpm"]);
  });

  it("may be one that was made to hold it, of zeros or nothing; anything else is no TPM", async () => {
    for (const [name, size] of [
      ["zeros", 4 << 20],
      ["empty", 0],
    ] as const) {
      await writeFile(join(dir, name), Buffer.alloc(size));
      await use(await start(...at(name)));
    }
    await writeFile(join(dir, "letter"), "Dear Alice");
    await expect(startSocketPair(at("letter"), dir)).rejects.toThrow();
    expect(await readFile(join(dir, "letter"), "utf8")).toBe("Dear Alice");
  });

  it.each([
    ["a folder", () => dir, "is a folder; give it as dir://"],
    ["a device", () => "/dev/null", "is a device"],
  ])("is not %s", async (_, path, words) => {
    for (const more of [["--ctrl", "type=tcp,port=0"], ["--print-states"], ["--print-info", "1"]]) {
      const streams = new FakeStreams(false);
      const argv = ["socket", "--tpm2", "--tpmstate", `backend-uri=file://${path()}`, ...more];
      expect(await run(argv, streams)).toBe(2);
      await new Promise((resolve) => setImmediate(resolve));
      expect(streams.errors).toContain(words);
    }
  });
});
