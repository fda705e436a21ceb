/** Keys from passwords, beside OpenSSL. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type KeyForm, loadKey } from "../keySource.ts";
import { parseKeyOption } from "../stateKey.ts";
import { isInstalled } from "../testkit/installed.ts";
import { TABTPM } from "../testkit/process.ts";

describe.runIf(isInstalled("openssl"))("a key that comes from a password", () => {
  let folder: string;
  let pwdfile: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tabtpm-key-"));
    pwdfile = join(folder, "password");
    await writeFile(pwdfile, "swordfish");
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const key = (parts: Parameters<typeof parseKeyOption>[1], salt?: string) => {
    const option = parseKeyOption("--key", parts);
    const made = loadKey({ ...option, form: option.form as KeyForm });
    if (typeof made !== "function") throw new Error("no password");
    return Buffer.from(made(salt === undefined ? undefined : Buffer.from(salt))).toString("hex");
  };
  const openssl = (...args: string[]) => execFileSync("openssl", args, { encoding: "utf8" });

  // "swtpm" is what earlier versions had for all.
  it.each([
    [undefined, "swtpm"],
    ["0123456789abcdef", "0123456789abcdef"],
  ])("with the salt %s is what openssl derives", (salt, theirs) => {
    const options = ["pass:swordfish", `salt:${theirs}`, "iter:210000", "digest:SHA512"].flatMap((o) => ["-kdfopt", o]);
    const derived = openssl("kdf", "-keylen", "32", ...options, "PBKDF2");
    expect(key({ pwdfile, mode: "aes-256-cbc" }, salt)).toBe(derived.replace(/[:\s]/g, "").toLowerCase());
  });

  it("is the beginning of openssl's digest", () => {
    const [, digest = ""] = openssl("dgst", "-sha512", pwdfile).trim().split("= ");
    expect(key({ pwdfile, kdf: "sha512" })).toBe(digest.slice(0, 32));
  });
});

describe("a key on a descriptor", () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "tabtpm-key-"));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  it("is read although its writer keeps the pipe open, and waited for until it comes", async () => {
    const args = ["socket", "--tpm2", "--tpmstate", `dir=${dir}`, "--ctrl", "type=tcp,port=0"];
    const keys = ["--key", "pwdfd=3,mode=aes-256-cbc", "--migration-key", "fd=4"];
    const child = spawn(process.execPath, [TABTPM, ...args, ...keys], {
      stdio: ["ignore", "pipe", "inherit", "pipe", "pipe"],
    });
    const [, output, , password, key] = child.stdio as [null, Readable, null, Writable, Writable];
    const lines = once(output, "data");
    password.write("swordfish");
    setTimeout(() => key.write("000102030405060708090a0b0c0d0e0f"), 300);
    expect(String((await lines)[0])).toMatch(/^tabtpm: control on/);
    child.kill("SIGTERM");
    expect((await once(child, "exit"))[0]).toBe(0);
  });
});
