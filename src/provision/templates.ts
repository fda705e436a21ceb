/**
 * The Endorsement Key templates of the TCG EK Credential Profile for TPM family 2.0, 2.6: B.3 (low range) and B.4 (high
 * range), and the NV Indices of their certificates (2.2.1.4). tpm2-tools, go-tpm and swtpm_setup have the same.
 */
import type { InputOf } from "../client/index.ts";
import type { CurveName } from "../spec/algorithms.ts";
import { attributeBits } from "../spec/attributes.ts";

type TemplateArea = InputOf<"TPMT_PUBLIC">;
type Cipher = InputOf<"TPMS_RSA_PARMS">["symmetric"];

export interface EkTemplate {
  /** Its name in the profile: "L-1". */
  readonly name: string;
  /** "RSA 2048" */
  readonly key: string;
  /** The NV Index of its certificate. */
  readonly index: number;
  /** TPMT_PUBLIC */
  readonly publicArea: TemplateArea;
}

const LOW_RANGE = attributeBits(
  "TPMA_OBJECT",
  "fixedTPM",
  "fixedParent",
  "sensitiveDataOrigin",
  "adminWithPolicy",
  "restricted",
  "decrypt",
);
const HIGH_RANGE = LOW_RANGE | attributeBits("TPMA_OBJECT", "userWithAuth");

/** PolicySecret(TPM_RH_ENDORSEMENT) */
const POLICY_A_SHA256 = "837197674484b3f81a90cc8d46a5d724fd52d76e06520b64f2a1da1b331469aa";
/** PolicyOR of PolicyA and PolicyC, which is PolicyAuthorizeNV of an Index that the platform's owner may define. */
const POLICY_B = {
  TPM_ALG_SHA256: "ca3d0a99a2b93906f7a3342414efcfb3a385d44cd1fd459089d19b5071c0b7a0",
  TPM_ALG_SHA384: "b26e7d28d11a50bc53d882bcf5fd3a1a074148bb35d3b4e4cb1c0ad9bde419cacb47ba09699646150f9fc000f3f80e12",
  TPM_ALG_SHA512:
    "b8221ca69e8550a4914de3faa6a18c072cc01208073a928d5d66d59ef79e49a429c41a6b269571d57edb25fbdb1838425608b413cd616a5f6db5b6071af99bea",
  TPM_ALG_SM3_256: "167860a35f2c5c3567f9c927ac56c032f3b3a6462f8d037998e7a10f77fa454a",
} as const;
type NameAlg = keyof typeof POLICY_B;

const octets = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const scheme = { scheme: "TPM_ALG_NULL" } as const;
const cipher = (algorithm: "TPM_ALG_AES" | "TPM_ALG_SM4", keyBits: number): Cipher => ({
  algorithm,
  keyBits,
  mode: "TPM_ALG_CFB",
});

type Common = Pick<TemplateArea, "nameAlg" | "objectAttributes" | "authPolicy">;
/** The template of a key; in the low range, unique is `size` zero octets for each of its numbers. */
type Kind = (common: Common, size: number) => TemplateArea;
const rsa =
  (keyBits: number, symmetric: Cipher): Kind =>
  (common, size) => ({
    ...common,
    type: "TPM_ALG_RSA",
    parameters: { symmetric, scheme, keyBits, exponent: 0 },
    unique: new Uint8Array(size),
  });
const ecc =
  (curveID: CurveName, symmetric: Cipher): Kind =>
  (common, size) => ({
    ...common,
    type: "TPM_ALG_ECC",
    parameters: { symmetric, scheme, curveID, kdf: scheme },
    unique: { x: new Uint8Array(size), y: new Uint8Array(size) },
  });

function low(name: string, key: string, index: number, size: number, kind: Kind): EkTemplate {
  const authPolicy = octets(POLICY_A_SHA256);
  const common = { nameAlg: "TPM_ALG_SHA256", objectAttributes: LOW_RANGE, authPolicy } as const;
  return { name, key, index, publicArea: kind(common, size) };
}

function high(name: string, key: string, index: number, nameAlg: NameAlg, kind: Kind): EkTemplate {
  const authPolicy = octets(POLICY_B[nameAlg]);
  return { name, key, index, publicArea: kind({ nameAlg, objectAttributes: HIGH_RANGE, authPolicy }, 0) };
}

const aes128 = cipher("TPM_ALG_AES", 128);
const aes256 = cipher("TPM_ALG_AES", 256);

export const ekTemplates: readonly EkTemplate[] = [
  low("L-1", "RSA 2048", 0x01c00002, 256, rsa(2048, aes128)),
  low("L-2", "ECC P-256", 0x01c0000a, 32, ecc("TPM_ECC_NIST_P256", aes128)),
  high("H-1", "RSA 2048", 0x01c00012, "TPM_ALG_SHA256", rsa(2048, aes128)),
  high("H-2", "ECC P-256", 0x01c00014, "TPM_ALG_SHA256", ecc("TPM_ECC_NIST_P256", aes128)),
  high("H-3", "ECC P-384", 0x01c00016, "TPM_ALG_SHA384", ecc("TPM_ECC_NIST_P384", aes256)),
  high("H-4", "ECC P-521", 0x01c00018, "TPM_ALG_SHA512", ecc("TPM_ECC_NIST_P521", aes256)),
  high("H-5", "ECC SM2", 0x01c0001a, "TPM_ALG_SM3_256", ecc("TPM_ECC_SM2_P256", cipher("TPM_ALG_SM4", 128))),
  high("H-6", "RSA 3072", 0x01c0001c, "TPM_ALG_SHA384", rsa(3072, aes256)),
  high("H-7", "RSA 4096", 0x01c0001e, "TPM_ALG_SHA384", rsa(4096, aes256)),
];
