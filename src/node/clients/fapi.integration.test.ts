/** tpm2-tss' Feature API: provisioning, keys, policies, sealing, NV and quotes by path names. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isInstalled } from "../testkit/installed.ts";
import { Workbench } from "../testkit/workbench.ts";

describe.runIf(isInstalled("tss2_provision"))("FAPI", () => {
  let bench: Workbench;
  const sh = (script: string) => bench.sh(script);
  const read = async (name: string) => (await readFile(bench.file(name))).toString();

  beforeAll(async () => {
    bench = await Workbench.start("swtpm");
    for (const folder of ["user", "system", "log"]) await mkdir(bench.file(folder));
    const config = bench.file("fapi.json");
    await writeFile(
      config,
      JSON.stringify({
        profile_name: "P_ECCP256SHA256",
        profile_dir: "/etc/tpm2-tss/fapi-profiles/",
        user_dir: bench.file("user"),
        system_dir: bench.file("system"),
        log_dir: bench.file("log"),
        tcti: bench.env.TPM2TOOLS_TCTI,
        system_pcrs: [],
        // Nobody certified this TPM's EK.
        ek_cert_less: "yes",
      }),
    );
    bench.env.TSS2_FAPICONF = config;
    bench.env.TSS2_LOG = "all+none";
    await sh("tss2_provision; printf 'a message' >message");
  });
  afterAll(async () => {
    await sh("tss2_delete -p /");
    expect(await bench.end()).toBe(0);
  });

  it("provisions an EK and an SRK", async () => {
    const paths = await sh("tss2_list");
    for (const path of ["/P_ECCP256SHA256/HS/SRK", "/P_ECCP256SHA256/HE/EK"]) expect(paths).toContain(path);
    expect(await sh("tpm2_getcap handles-persistent")).toBe("- 0x81000001\n");
  });

  it("signs", async () => {
    await sh(`
      tss2_createkey -p HS/SRK/signer -t sign,noda -a ''
      openssl dgst -sha256 -binary -out digest message
      tss2_sign -p HS/SRK/signer -d digest -o signature -k signer.pem`);
    expect(await sh("openssl dgst -sha256 -verify signer.pem -signature signature message")).toBe("Verified OK\n");
    await sh("tss2_verifysignature -p HS/SRK/signer -d digest -i signature");
    await sh("printf 'another one' | openssl dgst -sha256 -binary -out digest");
    await expect(sh("tss2_verifysignature -p HS/SRK/signer -d digest -i signature")).rejects.toThrow("failed");
  });

  it("seals to a policy of PCRs", async () => {
    const zero = "0".repeat(64);
    await writeFile(
      bench.file("pcr.json"),
      JSON.stringify({
        description: "PCR 16 as it is after a reset",
        policy: [{ type: "POLICYPCR", pcrs: [{ pcr: 16, hashAlg: "TPM2_ALG_SHA256", digest: zero }] }],
      }),
    );
    await sh(`
      tpm2_pcrreset 16
      tss2_import -p /policy/pcr -i pcr.json
      tss2_createseal -p HS/SRK/sealed -P /policy/pcr -a '' -i message
      tss2_unseal -p HS/SRK/sealed -o unsealed`);
    expect(await read("unsealed")).toBe("a message");
    await sh("printf event | tss2_pcrextend -x 16 -i -");
    await expect(sh("tss2_unseal -p HS/SRK/sealed -o again")).rejects.toThrow("failed");
    await sh("tpm2_pcrreset 16");
  });

  it("keeps and counts in NV", async () => {
    await sh(`
      tss2_createnv -p /nv/Owner/text -t noda -s 9 -a ''
      tss2_nvwrite -p /nv/Owner/text -i message; tss2_nvread -p /nv/Owner/text -o text
      tss2_createnv -p /nv/Owner/count -t counter,noda -a ''
      tss2_nvincrement -p /nv/Owner/count; tss2_nvread -p /nv/Owner/count -o count1
      tss2_nvincrement -p /nv/Owner/count; tss2_nvread -p /nv/Owner/count -o count2`);
    expect(await read("text")).toBe("a message");
    const [first, second] = await Promise.all(["count1", "count2"].map((name) => readFile(bench.file(name))));
    expect((second as Buffer).readBigUInt64BE() - (first as Buffer).readBigUInt64BE()).toBe(1n);
  });

  it("quotes PCRs", async () => {
    await sh(`
      tss2_createkey -p HS/SRK/ak -t sign,restricted,noda -a ''
      printf nonce >nonce; printf other >other
      tss2_quote -p HS/SRK/ak -x 7,16 -Q nonce -q quote -o quote.signature
      tss2_verifyquote -k HS/SRK/ak -Q nonce -q quote -i quote.signature`);
    await expect(sh("tss2_verifyquote -k HS/SRK/ak -Q other -q quote -i quote.signature")).rejects.toThrow("failed");
  });
});
