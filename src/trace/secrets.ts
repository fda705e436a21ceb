/** Which fields hold secrets: authorisation values, sensitive areas, plain text of what the TPM decrypts, shared secrets. */
import type { Command } from "../spec/commands.ts";

/** Types whose every use is a secret. TPM2B_PRIVATE and TPM2B_ID_OBJECT are encrypted: no secrets. */
const SECRET_TYPES: ReadonlySet<string> = new Set([
  "TPM2B_AUTH",
  "TPM2B_SENSITIVE",
  "TPM2B_SENSITIVE_CREATE",
  "TPM2B_SENSITIVE_DATA",
  "TPM2B_DERIVE",
  "TPMT_SENSITIVE",
  "TPMS_SENSITIVE_CREATE",
]);

/** Further secrets, by command and field. */
const SECRET_FIELDS: Readonly<Record<string, readonly string[]>> = {
  ActivateCredential: ["certInfo"],
  Duplicate: ["encryptionKeyIn", "encryptionKeyOut"],
  ECC_Decrypt: ["plainText"],
  ECC_Encrypt: ["plainText"],
  ECDH_KeyGen: ["zPoint"],
  ECDH_ZGen: ["outPoint"],
  EncryptDecrypt: ["inData", "outData"],
  EncryptDecrypt2: ["inData", "outData"],
  GetRandom: ["randomBytes"],
  Import: ["encryptionKey"],
  MakeCredential: ["credential"],
  PCR_SetAuthValue: ["auth"],
  RSA_Decrypt: ["message"],
  RSA_Encrypt: ["message"],
  ZGen_2Phase: ["outZ1", "outZ2"],
};

export function isSecret(field: { readonly type: string }): boolean {
  return SECRET_TYPES.has(field.type);
}

export function isSecretOf(command: Command, field: { readonly name: string; readonly type: string }): boolean {
  return isSecret(field) || (SECRET_FIELDS[command.name]?.includes(field.name) ?? false);
}
