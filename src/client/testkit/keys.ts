/** Templates of keys for tests, in Node and in pages: on P-256, which is quick. */
import { attributeBits } from "../../spec/attributes.ts";
import type { InputOf } from "../values.ts";

const NOTHING = new Uint8Array(0);
const MADE_HERE = ["fixedTPM", "fixedParent", "sensitiveDataOrigin", "userWithAuth"] as const;

export const storageKey = {
  type: "TPM_ALG_ECC",
  nameAlg: "TPM_ALG_SHA256",
  objectAttributes: attributeBits("TPMA_OBJECT", ...MADE_HERE, "restricted", "decrypt"),
  authPolicy: NOTHING,
  parameters: {
    symmetric: { algorithm: "TPM_ALG_AES", keyBits: 128, mode: "TPM_ALG_CFB" },
    scheme: { scheme: "TPM_ALG_NULL" },
    curveID: "TPM_ECC_NIST_P256",
    kdf: { scheme: "TPM_ALG_NULL" },
  },
  unique: { x: NOTHING, y: NOTHING },
} as const satisfies InputOf<"TPMT_PUBLIC">;

export const signingKey = {
  ...storageKey,
  objectAttributes: attributeBits("TPMA_OBJECT", ...MADE_HERE, "sign"),
  parameters: { ...storageKey.parameters, symmetric: { algorithm: "TPM_ALG_NULL" } },
} as const satisfies InputOf<"TPMT_PUBLIC">;

/** The parameters of TPM2_Create and TPM2_CreatePrimary. */
export const made = <Public extends InputOf<"TPMT_PUBLIC">>(inPublic: Public) => ({
  inSensitive: { userAuth: NOTHING, data: NOTHING },
  inPublic,
  outsideInfo: NOTHING,
  creationPCR: [],
});
