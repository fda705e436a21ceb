import { openSync } from "node:fs";
import { access, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EXTEND_16, readPcr, STARTUP } from "../testkit/messages.ts";
import { BLOB, OK, type SocketPair, startSocketPair } from "../testkit/socketPair.ts";
import { startSocketServer } from "../testkit/socketServer.ts";
import { loadKey, parseKeySource } from "./key.ts";
import { KEY_PARTS } from "./optionTable.ts";
import { parseSubOptions } from "./subOptions.ts";

const KEY = "1234567890abcdef1234567890abcdef";
const OTHER = "00000000000000000000000000000001";
const READ_PCR_16 = readPcr(16);

describe("the keys of tabtpm socket", () => {
  let folder: string;
  const at = (name: string) => join(folder, name);
  const load = (text: string) =>
    Buffer.from(loadKey(parseKeySource("--key", parseSubOptions("--key", text, KEY_PARTS, "source")))).toString("hex");
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "tabtpm-key-"));
    await writeFile(at("hex"), `0x${KEY}\n`);
    await writeFile(at("binary"), Buffer.from(KEY, "hex"));
    await writeFile(at("password"), "swordfish");
    await writeFile(at("other"), OTHER);
    await writeFile(at("empty"), "");
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("come from files and descriptors, as digits or as they are", async () => {
    expect(load(`file=${at("hex")}`)).toBe(KEY);
    const fd = openSync(at("binary"), "r");
    expect(load(`fd=${fd},format=binary`)).toBe(KEY);
    expect(load(`file=${at("hex")},remove,mode=aes-cbc`)).toBe(KEY);
    await expect(access(at("hex"))).rejects.toThrow("ENOENT");
  });

  // As OpenSSL derives them: key.integration.test.ts.
  it("come from passwords", () => {
    const derived = "6147760042433a0da2f39dcccb12613a6ca62ba9fd00711d58d4a93d1b420559";
    expect(load(`pwdfile=${at("password")},mode=aes-256-cbc`)).toBe(derived);
    expect(load(`pwdfile=${at("password")},kdf=sha512`)).toBe("9719a6439375c9115e01dceda86e210e");
  });

  it.each([
    ["file=hex,mode=aes-256-cbc", "the key has 128 bits; mode=aes-256-cbc needs 256"],
    ["file=password", "no hexadecimal number"],
    ["file=password,format=binary", "the key has 72 bits"],
    ["pwdfile=empty", "the password is empty"],
    ["file=nowhere", "ENOENT"],
  ])("%s is refused with the reason", (text, message) => {
    expect(() => load(text.replace("=", `=${folder}/`))).toThrow(message);
  });

  async function withServer<T>(args: string[], work: (pair: SocketPair) => Promise<T>): Promise<T> {
    const pair = await startSocketPair(args, at("tpm"));
    try {
      return await work(pair);
    } finally {
      await pair.close();
    }
  }
  async function startUp({ init, data }: SocketPair): Promise<string> {
    await init();
    await data.ask(STARTUP, 10);
    await data.ask(EXTEND_16, 19);
    return data.ask(READ_PCR_16, 62);
  }
  const isEncrypted = async (name: string) => !(await readFile(at(`tpm/${name}`))).includes("\0\0\0\0");

  it("encrypt the state's files; an unencrypted one is taken and encrypted", async () => {
    await withServer([], async ({ control }) => expect(await control.ask("0000000f", 8)).toBe(`${OK}${OK}`));
    expect(await isEncrypted("tpm2.state")).toBe(false);
    const pcr = await withServer(["--key", `file=${at("hex")}`], async (pair) => {
      expect(await pair.control.ask("0000000f", 8)).toBe(`${OK}00000001`);
      const value = await startUp(pair);
      expect(await pair.store()).toBe(OK);
      return value;
    });
    expect(await isEncrypted("tpm2.state")).toBe(true);
    expect(await isEncrypted("tpm2.volatile")).toBe(true);

    const before = await readFile(at("tpm/tpm2.state"));
    await expect(withServer([], async () => {})).rejects.toThrow("tpm2.state is encrypted: it needs the key");
    await expect(withServer(["--key", `file=${at("other")}`], async () => {})).rejects.toThrow("another key");
    expect(await readFile(at("tpm/tpm2.state"))).toEqual(before);
    await withServer(["--key", `file=${at("binary")},format=binary`], async (pair) => {
      expect(await pair.init(1)).toBe(OK);
      expect(await pair.data.ask(READ_PCR_16, 62)).toBe(pcr);
    });
  });

  it("encrypt state blobs, which need the same keys at the other end", async () => {
    const migrationKey = ["--migration-key", `pwdfile=${at("password")},kdf=sha512`];
    const fileKey = ["--key", `file=${at("hex")}`];

    const { pcr, blobs, twice } = await withServer([...fileKey, ...migrationKey], async (pair) => {
      expect(await pair.control.ask("0000000f", 8)).toBe(`${OK}00000003`);
      const value = await startUp(pair);
      const found = [await pair.getBlob(BLOB.permanent), await pair.getBlob(BLOB.volatile)];
      return { pcr: value, blobs: found, twice: await pair.getBlob(BLOB.permanent, 0, 0) };
    });
    for (const { flags, blob } of blobs) {
      expect(flags).toBe(OK);
      expect(blob).not.toContain("0000000000000000");
    }
    // With the key of the files too, which is asked for by leaving STATE_DECRYPTED out.
    expect(twice.flags).toBe("00000002");
    await rm(at("tpm"), { recursive: true });
    await withServer(migrationKey, async (pair) => {
      expect(await pair.setBlob(1, twice.blob, twice.flags)).toBe("0000000d");
      for (const [i, { blob }] of blobs.entries()) expect(await pair.setBlob(i + 1, blob)).toBe(OK);
      expect(await pair.init(1)).toBe(OK);
      expect(await pair.data.ask(READ_PCR_16, 62)).toBe(pcr);
    });
    await withServer([], async ({ setBlob }) => expect(await setBlob(1, blobs[0]?.blob ?? "")).toBe("0000000d"));
    await withServer(["--migration-key", `file=${at("other")}`], async (pair) => {
      expect(await pair.setBlob(1, blobs[0]?.blob ?? "")).toBe("00000021");
    });
    await rm(at("tpm"), { recursive: true });
    await withServer([...fileKey, ...migrationKey], async (pair) => {
      expect(await pair.setBlob(1, twice.blob, twice.flags)).toBe(OK);
    });
  });

  it("leave the files' permissions as --tpmstate has them", async () => {
    const channels = ["--ctrl", "type=tcp,port=0", "--flags", "startup-clear"];
    const tabtpm = await startSocketServer([...channels, "--tpmstate", `dir=${at("tpm")},mode=0641`], at("tpm"));
    await tabtpm.close();
    expect((await stat(at("tpm/tpm2.state"))).mode & 0o777).toBe(0o641);
  });
});
