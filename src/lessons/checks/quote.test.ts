import { beforeAll, describe, expect, it } from "vitest";
import { eccAk } from "../../attest/akTemplates.ts";
import { writePublicFile } from "../../attest/index.ts";
import { Attester } from "../../attest/testkit/attester.ts";
import { TPM_ALG } from "../../spec/algorithms.ts";
import type { Facts } from "../facts.ts";
import { quote } from "./quote.ts";

const NONCE = "0123456789abcdef";
const files = new Map<string, Uint8Array>();
/** The check looks at files alone. */
const facts = { readFile: async (path: string) => files.get(path) ?? null } as Facts;
const asked = { message: "q.msg", signature: "q.sig", pcrs: "q.pcrs", key: "ak.pub", nonce: NONCE };
const told = async (more: Readonly<Record<string, unknown>> = {}) => {
  const result = await quote.run({ ...asked, ...more }, facts);
  return result.passed ? "passed" : result.hint;
};

beforeAll(async () => {
  const attester = await Attester.start();
  const ak = await attester.createAk(eccAk("TPM_ECC_NIST_P256", "TPM_ALG_ECDSA", "TPM_ALG_SHA256"));
  const selection = [{ algorithm: TPM_ALG.TPM_ALG_SHA256, pcrs: [0, 8, 9] }];
  const evidence = await attester.quote(ak, Buffer.from(NONCE, "hex"), selection);
  files.set("ak.pub", writePublicFile(ak.publicArea));
  files.set("q.msg", evidence.quote);
  files.set("q.sig", evidence.signature);
  // As `tpm2_quote -F values` writes it.
  files.set("q.pcrs", Buffer.concat(evidence.pcrs.map(({ digest }) => digest)));
});

describe("a quote in a lesson", () => {
  it("is good for its nonce and its PCRs", async () => {
    expect(await told({ covers: [8, 9] })).toBe("passed");
    expect(await told({ covers: [4, 8] })).toBe("The quote is not about PCR 4 of the sha256 bank, which was asked.");
    expect(await told({ bank: "sha1", covers: 8 })).toMatch(/^The quote is not about PCR 8 of the sha1 bank/);
  });

  it("is not good for another nonce", async () => {
    expect(await told({ nonce: "00" })).toBe(`The verifier does not accept quote.nonce: it is ${NONCE}; 00 was asked.`);
  });

  it.each(["q.msg", "q.sig", "q.pcrs", "ak.pub"])(
    "is not good with an octet of %s changed, or without it",
    async (path) => {
      const content = files.get(path)!;
      files.set(path, content.with(content.length - 1, content.at(-1)! ^ 1));
      expect(await told()).not.toBe("passed");
      files.delete(path);
      expect(await told()).toBe(`There is no file /mnt/${path} yet.`);
      files.set(path, new Uint8Array(3));
      expect(await told()).not.toBe("passed");
      files.set(path, content);
      expect(await told()).toBe("passed");
    },
  );
});
