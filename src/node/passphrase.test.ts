/** The passphrase of a TPM's files, as every command takes it. */
import { createHash } from "node:crypto";
import { openSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openWithPassphrase, sealWithPassphrase } from "../passphrase/index.ts";
import { FileStore } from "../store/file.ts";
import { PassphraseSeal } from "../store/passphraseSeal.ts";
import { parseBootOptions } from "./boot.ts";
import { run } from "./cli.ts";
import { createTpm } from "./index.ts";
import { parseProvisionOptions } from "./provision/options.ts";
import { parseSimulatorOptions, type SimulatorOptions, simulate } from "./simulator/command.ts";
import { parseSocketRequest } from "./socket/options.ts";
import { FakeStreams } from "./testkit/streams.ts";

const PASSPHRASE = "Schwertfisch für zwei";
const WORDS = {
  right: `${PASSPHRASE}\n`,
  windows: `${PASSPHRASE}\r\n`,
  wrong: "Schwertfisch",
  empty: "\n",
  lines: "one\ntwo\n",
  binary: Buffer.of(0xff, 0xfe, 0x80),
};

let home: string;
let plain: Uint8Array;
const at = (name: string) => join(home, name);
const state = () => readFileSync(at("tpm/tpm2.state"));
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "tabtpm-passphrase-"));
  await mkdir(at("tpm"));
  for (const [name, words] of Object.entries(WORDS)) await writeFile(at(name), words);
  const tpm = createTpm();
  plain = (await tpm.ready.then(() => tpm.exportState())) as Uint8Array;
  await tpm.close();
});
afterEach(() => rm(home, { recursive: true, force: true }));

async function cli(...argv: string[]) {
  const streams = new FakeStreams(false);
  const code = await run(argv, streams);
  await new Promise((resolve) => setImmediate(resolve));
  return { code, output: streams.output, errors: streams.errors };
}
const inspect = (...argv: string[]) => cli("inspect", "--state", at("tpm"), ...argv);
/** A TPM of the simulator's gets power and stores, and the server ends. */
async function simulated(...argv: string[]) {
  const options = parseSimulatorOptions(["--port", "0", "--state", at("tpm"), ...argv]) as SimulatorOptions;
  await simulate(options, new FakeStreams(false), AbortSignal.abort());
}

it("is taken by every command that opens a TPM, as a file, a descriptor or a part of --key", () => {
  const file = { option: "--passphrase-file", from: { file: "f" }, form: "passphrase" };
  const fd = { option: "--passphrase-fd", from: { fd: 7 }, form: "passphrase" };
  const part = { option: "--key", from: { file: "f" }, form: "passphrase", removes: true };
  const key = { option: "--key", from: { file: "k" }, form: "hex", size: 32, adopts: true };
  for (const [given, expected] of [
    [["--passphrase-file", "f"], file],
    [["--passphrase-fd", "7"], fd],
    [["--key", "passphrase=f,remove"], part],
    [["--key", "file=k,mode=aes-256-cbc,adopt"], key],
  ] as const) {
    const argv = ["--state", "d", ...given];
    expect(parseBootOptions(argv)?.key).toMatchObject(expected);
    expect(parseSimulatorOptions(argv)?.key).toMatchObject(expected);
    expect(parseProvisionOptions(argv)).toMatchObject({ key: expected });
    const socket = ["--tpm2", "--tpmstate", "dir=d", "--port", "1", ...given];
    expect(parseSocketRequest(socket, {})).toMatchObject({ options: { key: expected } });
  }
});

it.each([
  [["--passphrase-file", "f", "--key", "file=k"], "exclude each other"],
  [["--passphrase-fd", "x"], "file descriptor"],
  [["--passphrase-file", ""], "needs a value"],
  [["--key", "format=hex"], "--key needs one of"],
])("%j is a mistake of the command line", async (argv, words) => {
  expect(await inspect(...argv)).toMatchObject({ code: 2, errors: expect.stringContaining(words) });
  expect(await cli("simulator", "--state", "d", ...argv)).toMatchObject({ code: 2 });
});

it.each([
  ["empty", 2, "at least one character"],
  ["lines", 2, "more than one line"],
  ["binary", 2, "no text in UTF-8"],
  ["nowhere", 1, "ENOENT"],
])("a file that is %s is none", async (name, code, words) => {
  await simulated();
  const before = state();
  expect(await inspect("--passphrase-file", at(name))).toMatchObject({ code, errors: expect.stringContaining(words) });
  expect(state()).toEqual(before);
});

describe("a TPM whose files are encrypted with it", () => {
  beforeEach(() => simulated("--passphrase-file", at("right")));

  it("shows nothing of itself, and opens with it", async () => {
    const fd = openSync(at("right"), "r");
    for (const given of [
      ["--passphrase-file", at("windows")],
      ["--passphrase-fd", String(fd)],
    ]) {
      const { code, output } = await inspect(...given);
      expect([code, output]).toEqual([0, expect.stringContaining("profile: full")]);
    }
    await simulated("--key", `passphrase=${at("right")}`);
    expect(state().includes(Buffer.from("TABTPM20"))).toBe(false);
  });

  it("is refused without it, with another one and with a key; nothing changes", async () => {
    await writeFile(at("key"), "00112233445566778899aabbccddeeff");
    const before = state();
    expect(await inspect()).toMatchObject({
      code: 1,
      errors: expect.stringContaining("it needs the key or passphrase"),
    });
    const wrong = ["--passphrase-file", at("wrong")];
    expect(await inspect(...wrong)).toMatchObject({ code: 10, errors: expect.stringContaining("passphrase is wrong") });
    expect(await inspect("--key", `file=${at("key")}`)).toMatchObject({ code: 1 });
    for (const given of [[], wrong, ["--key", `file=${at("key")}`]]) {
      await expect(simulated(...given)).rejects.toMatchObject({ name: "SealedStateError" });
    }
    expect(
      await cli("provision", "--reconfigure", "--pcr-banks", "sha256", "--state", at("tpm"), ...wrong),
    ).toMatchObject({
      code: 10,
    });
    expect(state()).toEqual(before);
  });

  it("gets other PCR banks by provision, and stays encrypted", async () => {
    const key = ["--passphrase-file", at("right")];
    const argv = ["provision", "--reconfigure", "--pcr-banks", "sha256", "--state", at("tpm")];
    expect(await cli(...argv, ...key)).toMatchObject({ code: 0 });
    expect((await inspect(...key)).output).toContain("PCR bank TPM_ALG_SHA1: none");
    expect((await inspect()).code).toBe(1);
  });

  it("is opened by the library, in this thread and in a worker", async () => {
    for (const thread of ["inline", "worker"] as const) {
      const tpm = createTpm({ store: { kind: "file", dir: at("tpm"), passphrase: PASSPHRASE }, thread });
      await tpm.ready;
      await tpm.close();
      const wrong = createTpm({ store: { kind: "file", dir: at("tpm"), passphrase: "x" }, thread });
      await expect(wrong.ready).rejects.toMatchObject({ name: "SealedStateError", reason: "wrong-passphrase" });
      await wrong.close();
    }
    expect(() => createTpm({ store: { kind: "file", dir: at("tpm"), passphrase: "" } })).toThrow(TypeError);
  });

  it("is opened by a page, which reads the file", async () => {
    const blob = (await new FileStore({ dir: at("tpm") }).exportBlob()) as Uint8Array;
    const opened = await openWithPassphrase(blob, PASSPHRASE, { purpose: "state" });
    expect(Buffer.from(opened.subarray(0, 8)).toString()).toBe("TABTPM20");
  });
});

describe("an encrypted export of a page's", () => {
  const SEALED_FOR = { purpose: "export", context: "TPM" };
  const put = (bytes: Uint8Array) => writeFile(at("tpm/tpm2.state"), bytes);
  const key = () => ["--passphrase-file", at("right")];
  const fresh = () => sealWithPassphrase(plain, PASSPHRASE, SEALED_FOR);

  it("is a TPM's state, which stays encrypted from then on", async () => {
    await put(await fresh());
    expect((await inspect(...key())).code).toBe(0);
    await simulated(...key());
    const tpm = createTpm({ store: { kind: "file", dir: at("tpm"), passphrase: PASSPHRASE } });
    await tpm.powerOn();
    expect(await tpm.shutDown()).toBe(false);
    await tpm.close();
    expect(state().includes(Buffer.from("TABTPM20"))).toBe(false);
    expect((await inspect(...key())).code).toBe(0);
  });

  it("is refused by each reason in its words and with its exit code, and stays as it is", async () => {
    const damaged = await fresh();
    damaged[200] = (damaged[200] as number) ^ 1;
    const newer = await fresh();
    newer[9] = 2;
    newer.set(createHash("sha256").update(newer.subarray(0, -32)).digest(), newer.length - 32);
    const machine = await sealWithPassphrase(plain, PASSPHRASE, { purpose: "machine" });
    // A slot of another file, or an older commit.
    const seal = new PassphraseSeal(PASSPHRASE);
    const stale = new FileStore({ dir: at("tpm"), seal: { ...seal, open: seal.open.bind(seal), seal: () => machine } });
    for (const [bytes, code, words] of [
      [damaged, 11, "is damaged: its checksum is wrong"],
      [newer, 12, "Update tabtpm"],
      [machine, 13, 'encrypted as "machine"'],
    ] as const) {
      await put(bytes);
      expect(await inspect(...key())).toMatchObject({ code, errors: expect.stringContaining(words) });
      await expect(simulated(...key())).rejects.toMatchObject({ name: "SealedStateError" });
      expect(new Uint8Array(state())).toEqual(bytes);
    }
    await rm(at("tpm/tpm2.state"));
    await stale.open();
    await stale.commit(plain);
    await stale.close();
    const before = state();
    await expect(simulated(...key())).rejects.toMatchObject({ name: "SealedStateError", reason: "other" });
    expect(state()).toEqual(before);
  });
});
