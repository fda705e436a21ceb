import { execFileSync } from "node:child_process";
import { openSync } from "node:fs";
import { access, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Client } from "../testing/client.ts";
import { isInstalled } from "../testing/installed.ts";
import { EXTEND_16, hexOf, readPcr, STARTUP } from "../testing/messages.ts";
import { startSocketServer } from "../testing/socketServer.ts";
import { loadKey, parseKeySource } from "./key.ts";
import { KEY_PARTS } from "./optionTable.ts";
import { parseSubOptions } from "./subOptions.ts";

const KEY = "1234567890abcdef1234567890abcdef";
const OTHER = "00000000000000000000000000000001";
const READ_PCR_16 = readPcr(16);
/** A result of the control channel. */
const OK = "00000000";

describe("the keys of tabtpm socket", () => {
  let folder: string;
  const at = (name: string) => join(folder, name);
  const load = (text: string) =>
    Buffer.from(loadKey(parseKeySource("--key", parseSubOptions("--key", text, KEY_PARTS)))).toString("hex");
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

  it.runIf(isInstalled("openssl"))("come from passwords, as openssl derives them", () => {
    const openssl = (...args: string[]) => execFileSync("openssl", args, { encoding: "utf8" });
    const options = ["pass:swordfish", "salt:swtpm", "iter:210000", "digest:SHA512"].flatMap((o) => ["-kdfopt", o]);
    const derived = openssl("kdf", "-keylen", "32", ...options, "PBKDF2");
    expect(load(`pwdfile=${at("password")},mode=aes-256-cbc`)).toBe(derived.replace(/[:\s]/g, "").toLowerCase());
    const [, digest = ""] = openssl("dgst", "-sha512", at("password")).trim().split("= ");
    expect(load(`pwdfile=${at("password")},kdf=sha512`)).toBe(digest.slice(0, 32));
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

  async function withServer<T>(args: string[], work: (control: Client, data: Client) => Promise<T>): Promise<T> {
    const channels = ["--server", "type=tcp,port=0", "--ctrl", "type=tcp,port=0"];
    const tabtpm = await startSocketServer([...channels, ...args], at("tpm"));
    const control = await Client.to(tabtpm.server.ports.ctrl);
    const data = await Client.to(tabtpm.server.ports.server);
    try {
      return await work(control, data);
    } finally {
      control.close();
      data.close();
      await tabtpm.close();
    }
  }
  async function startUp(control: Client, data: Client): Promise<string> {
    await control.ask(`00000002${OK}`, 4);
    await data.ask(STARTUP, 10);
    await data.ask(EXTEND_16, 19);
    return data.ask(READ_PCR_16, 62);
  }
  const isEncrypted = async (name: string) => !(await readFile(at(`tpm/${name}`))).includes("\0\0\0\0");

  it("encrypt the state's files; an unencrypted one is taken and encrypted", async () => {
    await withServer([], async (control) => expect(await control.ask("0000000f", 8)).toBe(`${OK}${OK}`));
    expect(await isEncrypted("tpm2.state")).toBe(false);
    const pcr = await withServer(["--key", `file=${at("hex")}`], async (control, data) => {
      expect(await control.ask("0000000f", 8)).toBe(`${OK}00000001`);
      const value = await startUp(control, data);
      expect(await control.ask("0000000a", 4)).toBe(OK);
      return value;
    });
    expect(await isEncrypted("tpm2.state")).toBe(true);
    expect(await isEncrypted("tpm2.volatile")).toBe(true);

    const before = await readFile(at("tpm/tpm2.state"));
    await expect(withServer([], async () => {})).rejects.toThrow("tpm2.state is encrypted: it needs the key");
    await expect(withServer(["--key", `file=${at("other")}`], async () => {})).rejects.toThrow("another key");
    expect(await readFile(at("tpm/tpm2.state"))).toEqual(before);
    await withServer(["--key", `file=${at("binary")},format=binary`], async (control, data) => {
      expect(await control.ask("0000000200000001", 4)).toBe(OK);
      expect(await data.ask(READ_PCR_16, 62)).toBe(pcr);
    });
  });

  it("encrypt state blobs, which need the same keys at the other end", async () => {
    const get = async (control: Client, type: number, flags: number) => {
      const head = await control.ask(`0000000c ${hexOf(flags)} ${hexOf(type)} ${OK}`, 16);
      expect(head.slice(0, 8)).toBe(OK);
      return { flags: head.slice(8, 16), blob: await control.receive(Number.parseInt(head.slice(24), 16)) };
    };
    const set = (control: Client, type: number, blob: string, flags = OK) =>
      control.ask(`0000000d ${flags} ${hexOf(type)} ${hexOf(blob.length / 2)} ${blob}`, 4);
    const migrationKey = ["--migration-key", `pwdfile=${at("password")}`];
    const fileKey = ["--key", `file=${at("hex")}`];

    const { pcr, blobs, twice } = await withServer([...fileKey, ...migrationKey], async (control, data) => {
      expect(await control.ask("0000000f", 8)).toBe(`${OK}00000003`);
      const value = await startUp(control, data);
      const found = [await get(control, 1, 1), await get(control, 2, 1)];
      return { pcr: value, blobs: found, twice: await get(control, 1, 0) };
    });
    for (const { flags, blob } of blobs) {
      expect(flags).toBe(OK);
      expect(blob).not.toContain("0000000000000000");
    }
    // With the key of the files too, which is asked for by leaving STATE_DECRYPTED out.
    expect(twice.flags).toBe("00000002");
    await rm(at("tpm"), { recursive: true });
    await withServer(migrationKey, async (control, data) => {
      expect(await set(control, 1, twice.blob, twice.flags)).toBe("0000000d");
      for (const [i, { blob }] of blobs.entries()) expect(await set(control, i + 1, blob)).toBe(OK);
      expect(await control.ask("0000000200000001", 4)).toBe(OK);
      expect(await data.ask(READ_PCR_16, 62)).toBe(pcr);
    });
    await withServer([], async (control) => expect(await set(control, 1, blobs[0]?.blob ?? "")).toBe("0000000d"));
    await withServer(["--migration-key", `file=${at("other")}`], async (control) => {
      expect(await set(control, 1, blobs[0]?.blob ?? "")).toBe("00000021");
    });
    await rm(at("tpm"), { recursive: true });
    await withServer([...fileKey, ...migrationKey], async (control) => {
      expect(await set(control, 1, twice.blob, twice.flags)).toBe(OK);
    });
  });

  it("leave the files' permissions as --tpmstate has them", async () => {
    const channels = ["--ctrl", "type=tcp,port=0", "--flags", "startup-clear"];
    const tabtpm = await startSocketServer([...channels, "--tpmstate", `dir=${at("tpm")},mode=0641`], at("tpm"));
    await tabtpm.close();
    expect((await stat(at("tpm/tpm2.state"))).mode & 0o777).toBe(0o641);
  });
});
