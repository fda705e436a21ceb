import { createHash } from "node:crypto";
import { openSync } from "node:fs";
import { access, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FileStore } from "../../store/file.ts";
import { sealedFor } from "../../store/seal.ts";
import { type KeyForm, loadKey } from "../keySource.ts";
import { KEY_PARTS, parseKeyOption } from "../stateKey.ts";
import { parseSubOptions } from "../subOptions.ts";
import { EXTEND_16, readPcr, STARTUP } from "../testkit/messages.ts";
import { BLOB, OK, type SocketPair, startSocketPair } from "../testkit/socketPair.ts";
import { startSocketServer } from "../testkit/socketServer.ts";

const KEY = "1234567890abcdef1234567890abcdef";
const OTHER = "00000000000000000000000000000001";
const READ_PCR_16 = readPcr(16);

describe("the keys of tabtpm socket", () => {
  let folder: string;
  const at = (name: string) => join(folder, name);
  const load = (text: string) => {
    const option = parseKeyOption("--key", parseSubOptions("--key", text, KEY_PARTS, "source"));
    return loadKey({ ...option, form: option.form as KeyForm });
  };
  const hex = (key: ReturnType<typeof load>, salt?: Uint8Array) =>
    Buffer.from(typeof key === "function" ? key(salt) : key).toString("hex");
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
    expect(hex(load(`file=${at("hex")}`))).toBe(KEY);
    const fd = openSync(at("binary"), "r");
    expect(hex(load(`fd=${fd},format=binary`))).toBe(KEY);
    expect(hex(load(`file=${at("hex")},remove,mode=aes-cbc`))).toBe(KEY);
    await expect(access(at("hex"))).rejects.toThrow("ENOENT");
  });

  // As OpenSSL derives them: key.integration.test.ts. Without a salt of their own: as versions before made them.
  it("come from passwords", () => {
    const derived = "6147760042433a0da2f39dcccb12613a6ca62ba9fd00711d58d4a93d1b420559";
    const slow = load(`pwdfile=${at("password")},mode=aes-256-cbc`);
    expect(hex(slow)).toBe(derived);
    const fast = load(`pwdfile=${at("password")},kdf=sha512`);
    expect(hex(fast)).toBe("9719a6439375c9115e01dceda86e210e");
    const salt = Buffer.from("0123456789abcdef");
    expect(hex(slow, salt)).toBe("9e4c8a5c2e65d34edd81f8a0a7288655ef62afb6b50f550e8793d3b5685da4e8");
    const salted = createHash("sha512").update("0123456789abcdefswordfish").digest("hex");
    expect(hex(fast, salt)).toBe(salted.slice(0, 32));
  });

  it("of a file are read whole, a password of a megabyte too", async () => {
    const password = "x".repeat(1 << 20);
    await writeFile(at("long"), password);
    const key = load(`pwdfile=${at("long")},kdf=sha512`);
    expect(hex(key)).toBe(createHash("sha512").update(password).digest("hex").slice(0, 32));
  });

  it.each([
    ["file=hex,mode=aes-256-cbc", "the key has 128 bits; aes-256-cbc needs 256"],
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
  /** The state as it is stored; another file as it is. */
  const stored = async (name: string) =>
    name === "tpm2.state"
      ? Buffer.from((await new FileStore({ dir: at("tpm") }).exportBlob()) as Uint8Array)
      : readFile(at(`tpm/${name}`));
  const isEncrypted = async (name: string) => {
    // Behind the number of the commit.
    const bytes = await stored(name);
    return sealedFor(bytes) === "file" && !bytes.subarray(24).includes("\0\0\0\0");
  };

  it("encrypt the state's files; one that is not encrypted is refused, and taken once by who says adopt", async () => {
    await withServer([], async (pair) => {
      expect(await pair.control.ask("0000000f", 8)).toBe(`${OK}${OK}`);
      await startUp(pair);
      expect(await pair.store()).toBe(OK);
    });
    const key = `file=${at("hex")}`;
    const files = ["tpm2.state", "tpm2.volatile"] as const;
    const plain = await Promise.all(files.map((name) => readFile(at(`tpm/${name}`))));
    await expect(withServer(["--key", key], async () => {})).rejects.toThrow(/tpm2.state is not encrypted.*,adopt/);
    expect(await Promise.all(files.map((name) => readFile(at(`tpm/${name}`))))).toEqual(plain);

    const pcr = await withServer(["--key", `${key},adopt`], async (pair) => {
      // At once, not by the next commit.
      expect(await Promise.all(files.map(isEncrypted))).toEqual([true, true]);
      expect(await pair.control.ask("0000000f", 8)).toBe(`${OK}00000001`);
      expect(await pair.init(1)).toBe(OK);
      const value = await pair.data.ask(READ_PCR_16, 62);
      expect(await pair.store()).toBe(OK);
      return value;
    });
    expect(await Promise.all(files.map(isEncrypted))).toEqual([true, true]);
    await expect(withServer(["--key", `${key},adopt`], async () => {})).rejects.toThrow("leave adopt out");

    const before = await readFile(at("tpm/tpm2.state"));
    await expect(withServer([], async () => {})).rejects.toThrow("tpm2.state is encrypted: it needs the key");
    await expect(withServer(["--key", `file=${at("other")}`], async () => {})).rejects.toThrow("another key");
    expect(await readFile(at("tpm/tpm2.state"))).toEqual(before);
    await withServer(["--key", `file=${at("binary")},format=binary`], async (pair) => {
      expect(await pair.init(1)).toBe(OK);
      expect(await pair.data.ask(READ_PCR_16, 62)).toBe(pcr);
    });

    // Who can write into the folder swaps neither of them.
    await writeFile(at("tpm/tpm2.volatile"), plain[1] as Buffer);
    await withServer(["--key", key], async (pair) => expect(await pair.init()).toBe("00000009"));
    await writeFile(at("tpm/tpm2.state"), plain[0] as Buffer);
    await expect(withServer(["--key", key], async () => {})).rejects.toThrow("tpm2.state is not encrypted");
    expect(await readFile(at("tpm/tpm2.state"))).toEqual(plain[0]);
  });

  it("of a password have another salt in each folder, and open what versions before have sealed", async () => {
    const key = ["--key", `pwdfile=${at("password")},kdf=sha512`];
    const salts = new Set<string>();
    for (const _ of [1, 2]) {
      await withServer(key, async (pair) => expect(await pair.init()).toBe(OK));
      salts.add((await stored("tpm2.state")).subarray(8, 24).toString("hex"));
      await withServer(key, async (pair) => expect(await pair.init()).toBe(OK));
      salts.add((await stored("tpm2.state")).subarray(8, 24).toString("hex"));
      await rm(at("tpm"), { recursive: true });
    }
    expect(salts.size).toBe(2);
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
    // Who is between the hosts puts no TPM of his own in its place.
    const plain = await withServer([], async (pair) => {
      await startUp(pair);
      return pair.getBlob(BLOB.permanent);
    });
    await rm(at("tpm"), { recursive: true });
    await withServer(migrationKey, async ({ setBlob, tabtpm }) => {
      expect(await setBlob(1, plain.blob)).toBe("00000021");
      expect(await setBlob(2, plain.blob)).toBe("00000021");
      expect(tabtpm.log.join()).toContain("the state blob is not encrypted with --migration-key");
      // None: it takes back what was set before.
      expect(await setBlob(2, "")).toBe(OK);
    });
    const adopting = ["--migration-key", `pwdfile=${at("password")},kdf=sha512,adopt`];
    await withServer(adopting, async ({ setBlob }) => expect(await setBlob(1, plain.blob)).toBe(OK));
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
