/** Keys from passwords, beside OpenSSL. */
import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isInstalled } from "../testkit/installed.ts";
import { loadKey, parseKeySource } from "./key.ts";

describe.runIf(isInstalled("openssl"))("a key that comes from a password", () => {
  let folder: string;
  let pwdfile: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tabtpm-key-"));
    pwdfile = join(folder, "password");
    await writeFile(pwdfile, "swordfish");
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const openssl = (...args: string[]) => execFileSync("openssl", args, { encoding: "utf8" });

  it("is what openssl derives", () => {
    const options = ["pass:swordfish", "salt:swtpm", "iter:210000", "digest:SHA512"].flatMap((o) => ["-kdfopt", o]);
    const derived = openssl("kdf", "-keylen", "32", ...options, "PBKDF2");
    const key = loadKey(parseKeySource("--key", { pwdfile, mode: "aes-256-cbc" }));
    expect(Buffer.from(key).toString("hex")).toBe(derived.replace(/[:\s]/g, "").toLowerCase());
  });

  it("is the beginning of openssl's digest", () => {
    const [, digest = ""] = openssl("dgst", "-sha512", pwdfile).trim().split("= ");
    const key = loadKey(parseKeySource("--key", { pwdfile, kdf: "sha512" }));
    expect(Buffer.from(key).toString("hex")).toBe(digest.slice(0, 32));
  });
});
