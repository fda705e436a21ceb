/** Part 2, clause 8 and 13: bit fields. Bits that no field covers are reserved. */
import { attributes, type BitField, type TypeRows } from "./rows.ts";

const RESERVED_BITS = "TPM_RC_RESERVED_BITS";

export const attributeTypes = {
  TPMA_ALGORITHM: attributes(
    "8.2",
    "UINT32",
    RESERVED_BITS,
    "asymmetric: 0",
    "symmetric: 1",
    "hash: 2",
    "object: 3",
    "signing: 8",
    "encrypting: 9",
    "method: 10",
  ),
  TPMA_OBJECT: attributes(
    "8.3",
    "UINT32",
    RESERVED_BITS,
    "fixedTPM: 1",
    "stClear: 2",
    "fixedParent: 4",
    "sensitiveDataOrigin: 5",
    "userWithAuth: 6",
    "adminWithPolicy: 7",
    "noDA: 10",
    "encryptedDuplication: 11",
    "restricted: 16",
    "decrypt: 17",
    "sign: 18",
    "x509sign: 19",
  ),
  TPMA_SESSION: attributes(
    "8.4",
    "UINT8",
    RESERVED_BITS,
    "continueSession: 0",
    "auditExclusive: 1",
    "auditReset: 2",
    "decrypt: 5",
    "encrypt: 6",
    "audit: 7",
  ),
  TPMA_LOCALITY: attributes(
    "8.5",
    "UINT8",
    null,
    "TPM_LOC_ZERO: 0",
    "TPM_LOC_ONE: 1",
    "TPM_LOC_TWO: 2",
    "TPM_LOC_THREE: 3",
    "TPM_LOC_FOUR: 4",
    "Extended: 7..5",
  ),
  TPMA_PERMANENT: attributes(
    "8.6",
    "UINT32",
    RESERVED_BITS,
    "ownerAuthSet: 0",
    "endorsementAuthSet: 1",
    "lockoutAuthSet: 2",
    "disableClear: 8",
    "inLockout: 9",
    "tpmGeneratedEPS: 10",
  ),
  TPMA_STARTUP_CLEAR: attributes(
    "8.7",
    "UINT32",
    RESERVED_BITS,
    "phEnable: 0",
    "shEnable: 1",
    "ehEnable: 2",
    "phEnableNV: 3",
    "orderly: 31",
  ),
  TPMA_MEMORY: attributes("8.8", "UINT32", RESERVED_BITS, "sharedRAM: 0", "sharedNV: 1", "objectCopiedToRam: 2"),
  TPMA_CC: attributes(
    "8.9",
    "TPM_CC",
    RESERVED_BITS,
    "commandIndex: 15..0",
    "nv: 22",
    "extensive: 23",
    "flushed: 24",
    "cHandles: 27..25",
    "rHandle: 28",
    "V: 29",
  ),
  TPMA_MODES: attributes("8.10", "UINT32", RESERVED_BITS, "FIPS_140_2: 0"),
  TPMA_X509_KEY_USAGE: attributes(
    "8.11",
    "UINT32",
    RESERVED_BITS,
    "decipherOnly: 23",
    "encipherOnly: 24",
    "cRLSign: 25",
    "keyCertSign: 26",
    "keyAgreement: 27",
    "dataEncipherment: 28",
    "keyEncipherment: 29",
    "nonrepudiation: 30",
    "digitalSignature: 31",
  ),
  TPMA_ACT: attributes("8.12", "UINT32", RESERVED_BITS, "signaled: 0", "preserveSignaled: 1"),
  TPM_NV_INDEX: attributes("13.1", "UINT32", null, "index: 23..0", "RH_NV: 31..24"),
  TPMA_NV: attributes(
    "13.4",
    "UINT32",
    RESERVED_BITS,
    "PPWRITE: 0",
    "OWNERWRITE: 1",
    "AUTHWRITE: 2",
    "POLICYWRITE: 3",
    "TPM_NT: 7..4",
    "POLICY_DELETE: 10",
    "WRITELOCKED: 11",
    "WRITEALL: 12",
    "WRITEDEFINE: 13",
    "WRITE_STCLEAR: 14",
    "GLOBALLOCK: 15",
    "PPREAD: 16",
    "OWNERREAD: 17",
    "AUTHREAD: 18",
    "POLICYREAD: 19",
    "NO_DA: 25",
    "ORDERLY: 26",
    "CLEAR_STCLEAR: 27",
    "READLOCKED: 28",
    "WRITTEN: 29",
    "PLATFORMCREATE: 30",
    "READ_STCLEAR: 31",
  ),
} satisfies TypeRows;

export type AttributesName = keyof typeof attributeTypes;
export type AttributeName<Type extends AttributesName> = (typeof attributeTypes)[Type]["fields"][number]["name"];

/** The number in which these are SET, of a wider field all bits: `attributeBits("TPMA_SESSION", "decrypt", "encrypt")`. */
export function attributeBits<Type extends AttributesName>(
  type: Type,
  ...names: readonly AttributeName<Type>[]
): number {
  let bits = 0;
  for (const { name, low, high } of attributeTypes[type].fields as readonly BitField<AttributeName<Type>>[])
    if (names.includes(name)) bits += 2 ** (high + 1) - 2 ** low;
  return bits;
}

/** Whether it is SET in `value`, of a wider field any bit. */
export function hasAttribute<Type extends AttributesName>(
  type: Type,
  value: number,
  name: AttributeName<Type>,
): boolean {
  return (value & attributeBits(type, name)) !== 0;
}

/** The number in a field of `value`: `attributeField("TPMA_NV", attributes, "TPM_NT")`. */
export function attributeField<Type extends AttributesName>(
  type: Type,
  value: number,
  name: AttributeName<Type>,
): number {
  const bits = attributeBits(type, name);
  // The lowest bit of the field.
  const unit = (bits & -bits) >>> 0;
  return ((value & bits) >>> 0) / unit;
}
