/** Clevis: data that only this TPM, in this state, decrypts. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isInstalled } from "../testkit/installed.ts";
import { Workbench } from "../testkit/workbench.ts";

describe.runIf(isInstalled("clevis", "clevis-encrypt-tpm2")).each(["swtpm", "mssim"] as const)(
  "clevis over %s",
  (protocol) => {
    let bench: Workbench;
    beforeAll(async () => {
      bench = await Workbench.start(protocol);
    });
    afterAll(async () => {
      expect(await bench.end()).toBe(0);
    });
    // Without a controlling terminal; its tools leave what they loaded to a resource manager.
    const encrypt = (config: object) =>
      bench.sh(`printf 'words for later' | clevis encrypt tpm2 '${JSON.stringify(config)}' >secret.jwe`);
    const decrypt = () => bench.sh("clevis decrypt <secret.jwe");

    it.each([{}, { hash: "sha1", key: "rsa" }])("encrypts and decrypts with %o", async (config) => {
      await encrypt(config);
      expect(await decrypt()).toBe("words for later");
    });

    it("with PCRs: another state does not decrypt", async () => {
      await bench.sh("tpm2_pcrreset 16 23");
      await encrypt({ pcr_bank: "sha256", pcr_ids: "16,23" });
      expect(await decrypt()).toBe("words for later");
      await bench.sh(`tpm2_pcrextend 23:sha256=${"ab".repeat(32)}`);
      await expect(decrypt()).rejects.toThrow("Unsealing jwk from TPM failed");
      await bench.sh("tpm2_pcrreset 23");
      expect(await decrypt()).toBe("words for later");
    });
  },
);
