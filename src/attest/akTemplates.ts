/** Templates of attestation keys: primary keys with a scheme of their own. */
import type { InputOf } from "../client/index.ts";
import type { AlgorithmName, CurveName } from "../spec/algorithms.ts";
import { attributeBits } from "../spec/attributes.ts";

type Template = InputOf<"TPMT_PUBLIC">;

const NOTHING = new Uint8Array(0);
const none = { algorithm: "TPM_ALG_NULL" } as const;

export const AK_ATTRIBUTES = attributeBits(
  "TPMA_OBJECT",
  "fixedTPM",
  "fixedParent",
  "sensitiveDataOrigin",
  "userWithAuth",
  "restricted",
  "sign",
);

const common = (objectAttributes: number) =>
  ({ nameAlg: "TPM_ALG_SHA256", objectAttributes, authPolicy: NOTHING }) as const;

export const eccAk = (
  curveID: CurveName,
  scheme: "TPM_ALG_ECDSA" | "TPM_ALG_SM2" | "TPM_ALG_ECSCHNORR",
  hashAlg: AlgorithmName,
  attributes = AK_ATTRIBUTES,
): Template => ({
  ...common(attributes),
  type: "TPM_ALG_ECC",
  parameters: { symmetric: none, scheme: { scheme, details: { hashAlg } }, curveID, kdf: { scheme: "TPM_ALG_NULL" } },
  unique: { x: NOTHING, y: NOTHING },
});

export const rsaAk = (scheme: "TPM_ALG_RSASSA" | "TPM_ALG_RSAPSS", hashAlg: AlgorithmName): Template => ({
  ...common(AK_ATTRIBUTES),
  type: "TPM_ALG_RSA",
  parameters: { symmetric: none, scheme: { scheme, details: { hashAlg } }, keyBits: 2048, exponent: 0 },
  unique: NOTHING,
});
