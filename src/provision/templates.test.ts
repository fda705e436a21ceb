import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { TPM_ALG } from "../spec/algorithms.ts";
import { TPM_CC } from "../spec/commands.ts";
import { TPM_RH } from "../spec/handles.ts";
import { ekTemplates } from "./templates.ts";

/** EK Credential Profile, B.6: the policies of the templates, from what they consist of. Hashes by node:crypto. */
const HASHES = {
  TPM_ALG_SHA256: { name: "sha256", id: TPM_ALG.TPM_ALG_SHA256, policyIndex: 0x01c07f01 },
  TPM_ALG_SHA384: { name: "sha384", id: TPM_ALG.TPM_ALG_SHA384, policyIndex: 0x01c07f02 },
  TPM_ALG_SHA512: { name: "sha512", id: TPM_ALG.TPM_ALG_SHA512, policyIndex: 0x01c07f03 },
  TPM_ALG_SM3_256: { name: "sm3", id: TPM_ALG.TPM_ALG_SM3_256, policyIndex: 0x01c07f04 },
} as const;
type Hash = (typeof HASHES)[keyof typeof HASHES];

const digest = ({ name }: Hash, ...parts: Buffer[]) => createHash(name).update(Buffer.concat(parts)).digest();
const zero = (hash: Hash) => Buffer.alloc(digest(hash).length);
function uint(value: number, size: number): Buffer {
  const octets = Buffer.alloc(size);
  octets.writeUIntBE(value, 0, size);
  return octets;
}

/** PolicySecret(TPM_RH_ENDORSEMENT) */
function policyA(hash: Hash): Buffer {
  return digest(
    hash,
    digest(hash, zero(hash), uint(TPM_CC.TPM_CC_PolicySecret, 4), uint(TPM_RH.TPM_RH_ENDORSEMENT, 4)),
  );
}
/** PolicyAuthorizeNV with an Index of the profile, which has PolicyA itself and holds a policy of the same hash. */
function policyC(hash: Hash): Buffer {
  const policy = policyA(hash);
  const nvPublic = Buffer.concat([
    ...[uint(hash.policyIndex, 4), uint(hash.id, 2), uint(0x220f1008, 4)],
    ...[uint(policy.length, 2), policy, uint(2 + policy.length, 2)],
  ]);
  const name = Buffer.concat([uint(hash.id, 2), digest(hash, nvPublic)]);
  return digest(hash, zero(hash), uint(TPM_CC.TPM_CC_PolicyAuthorizeNV, 4), name);
}
const policyB = (hash: Hash) => digest(hash, zero(hash), uint(TPM_CC.TPM_CC_PolicyOR, 4), policyA(hash), policyC(hash));

describe("EK templates", () => {
  it.each(ekTemplates.map((template) => [template.name, template] as const))(
    "%s has the profile's policy",
    (name, t) => {
      const { nameAlg, authPolicy, objectAttributes } = t.publicArea as unknown as {
        nameAlg: keyof typeof HASHES;
        authPolicy: Uint8Array;
        objectAttributes: number;
      };
      const isLow = name.startsWith("L");
      const expected = isLow ? policyA(HASHES[nameAlg]) : policyB(HASHES[nameAlg]);
      expect(Buffer.from(authPolicy).toString("hex")).toBe(expected.toString("hex"));
      expect(objectAttributes).toBe(isLow ? 0x300b2 : 0x300f2);
    },
  );
});
