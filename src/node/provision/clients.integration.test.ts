/** A provisioned TPM and the clients that look for its certificates: Debian's tpm2-tools, OpenSSL and FAPI. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "../cli.ts";
import { isInstalled } from "../testkit/installed.ts";
import { output, startForTools, type TabtpmProcess } from "../testkit/process.ts";
import { FakeStreams } from "../testkit/streams.ts";

describe.runIf(isInstalled("tpm2_getekcertificate", "openssl"))("clients of a provisioned TPM", () => {
  let folder: string;
  let server: TabtpmProcess;
  let tcti: string;
  const file = (name: string) => join(folder, name);
  const tool = (name: string, ...args: string[]) => output(`tpm2_${name}`, args, { TPM2TOOLS_TCTI: tcti });
  const openssl = (...args: string[]) => output("openssl", args);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tabtpm-clients-"));
    const streams = new FakeStreams(false);
    expect([await run(["provision", "--state", file("tpm"), "--ca", file("ca")], streams), streams.errors]).toEqual([
      0,
      "",
    ]);
    const started = await startForTools("--tpmstate", `dir=${file("tpm")}`, "--flags", "not-need-init,startup-clear");
    server = started.server;
    tcti = started.tcti;
  });
  afterAll(async () => {
    await server?.end("SIGTERM");
    await rm(folder, { recursive: true, force: true });
  });

  /** The key of a certificate, in PEM. */
  const keyOf = (certificate: string) => openssl("x509", "-in", certificate, "-noout", "-pubkey");

  it("tpm2_getekcertificate finds RSA and ECC certificates, and OpenSSL verifies them", async () => {
    await tool("getekcertificate", "-o", file("rsa.der"), "-o", file("ecc.der"));
    for (const key of ["rsa", "ecc"]) {
      await openssl("x509", "-inform", "der", "-in", file(`${key}.der`), "-out", file(`${key}.pem`));
      const verified = await openssl("verify", "-x509_strict", "-CAfile", file("ca/ca-cert.pem"), file(`${key}.pem`));
      expect(verified.trim()).toBe(`${file(`${key}.pem`)}: OK`);
    }
  });

  it("OpenSSL sees the fields of the EK Credential Profile", async () => {
    const text = await openssl("x509", "-in", file("rsa.pem"), "-noout", "-text");
    for (const field of [
      "Extended Key Usage: \n                2.23.133.8.1",
      "Alternative Name: critical\n                DirName:/2.23.133.2.1=id:54414254/2.23.133.2.2=tabtpm",
      "Basic Constraints: critical\n                CA:FALSE",
      "Key Usage: critical\n                Key Encipherment",
      "Subject Directory Attributes:",
      "Issuer: O = tabtpm demo (not a real TPM manufacturer)",
    ])
      expect(text).toContain(field);
  });

  it.each([
    ["rsa", "0x01c00002"],
    ["ecc", "0x01c0000a"],
    ["ecc384", "0x01c00016"],
    ["ecc521", "0x01c00018"],
    ["rsa3072", "0x01c0001c"],
    ["rsa4096", "0x01c0001e"],
  ])("tpm2_createek -G %s makes the key of the certificate in %s", async (algorithm, index) => {
    await tool("nvread", index, "-o", file("ek.der"));
    await openssl("x509", "-inform", "der", "-in", file("ek.der"), "-out", file("ek.pem"));
    await tool("createek", "-G", algorithm, "-c", file("ek.ctx"), "-u", file("made.pem"), "-f", "pem");
    await tool("flushcontext", "-t");
    expect(await openssl("pkey", "-pubin", "-in", file("made.pem"))).toBe(await keyOf(file("ek.pem")));
  });

  it("a credential made for the certificate's key is opened by this TPM", async () => {
    await tool("createek", "-G", "rsa", "-c", file("ek.ctx"), "-u", file("ek.pub"));
    await tool("createak", "-C", file("ek.ctx"), "-c", file("ak.ctx"), "-n", file("ak.name"), "-u", file("ak.pub"));
    await writeFile(file("secret"), "12345678");
    const name = (await output("od", ["-An", "-v", "-tx1", file("ak.name")])).replaceAll(/\s/g, "");
    await writeFile(file("ek-key.pem"), await keyOf(file("rsa.pem")));
    // Off the TPM, as a verifier does who has the certificate only.
    const made = ["-T", "none", "-u", file("ek-key.pem"), "-G", "rsa", "-s", file("secret"), "-n", name];
    await tool("makecredential", ...made, "-o", file("credential"));
    await tool("flushcontext", "-t");
    await tool("startauthsession", "--policy-session", "-S", file("session"));
    await tool("policysecret", "-S", file("session"), "-c", "e");
    const open = ["-c", file("ak.ctx"), "-C", file("ek.ctx"), "-i", file("credential"), "-o", file("opened")];
    await tool("activatecredential", ...open, "-P", `session:${file("session")}`);
    await tool("flushcontext", file("session"));
    await tool("flushcontext", "-t");
    expect(await output("cat", [file("opened")])).toBe("12345678");
  });

  it.runIf(isInstalled("tss2_provision"))("FAPI provisions itself on it", async () => {
    for (const dir of ["user", "system", "log"]) await mkdir(file(dir));
    const config = {
      ...{ profile_name: "P_ECCP256SHA256", profile_dir: "/etc/tpm2-tss/fapi-profiles/", tcti },
      ...{ user_dir: file("user"), system_dir: file("system"), log_dir: file("log"), system_pcrs: [] },
      // The CAs that Debian's FAPI trusts are compiled in.
      ek_cert_less: "yes",
    };
    await writeFile(file("fapi.json"), JSON.stringify(config));
    const fapi = (command: string, ...args: string[]) =>
      output(`tss2_${command}`, args, { TSS2_FAPICONF: file("fapi.json") });
    await fapi("provision");
    expect(await fapi("list")).toContain("/P_ECCP256SHA256/HE/EK");
  });
});
