/** Part 2, 6.3 and 6.4, and the TCG Algorithm Registry: algorithms and curves. */
import type { ConstantsType } from "./rows.ts";

/**
 * What an algorithm is, in the letters of the registry: A asymmetric, S symmetric, H hash, X signing, N anonymous
 * signing, E encryption, M method (key exchange, KDF, mask generation), O object type.
 */
export interface AlgorithmRow {
  readonly id: number;
  readonly type: string;
  /** The letters of what TPM2_GetCapability reports, where the TCG reference and libtpms report something else. */
  readonly reported?: string;
  /** The kind of key the scheme belongs to. */
  readonly of?: "RSA" | "ECC";
  /** Hash: octets of the digest, octets of a block. */
  readonly digest?: number;
  /** Hash: octets of a block. Cipher: bits of a block. */
  readonly block?: number;
  /** The profile libtpms-0.9 does not have it. */
  readonly libtpms?: false;
  /** Key sizes of the registry, in bits. */
  readonly keyBits?: readonly number[];
}

export const algorithms = {
  TPM_ALG_ERROR: { id: 0x0000, type: "" },
  TPM_ALG_RSA: { id: 0x0001, type: "AO", keyBits: [1024, 2048, 3072, 4096, 16384] },
  TPM_ALG_TDES: { id: 0x0003, type: "S", block: 64, keyBits: [128, 192] },
  TPM_ALG_SHA1: { id: 0x0004, type: "H", digest: 20, block: 64 },
  TPM_ALG_HMAC: { id: 0x0005, type: "HX" },
  TPM_ALG_AES: { id: 0x0006, type: "S", block: 128, keyBits: [128, 192, 256] },
  TPM_ALG_MGF1: { id: 0x0007, type: "HM" },
  TPM_ALG_KEYEDHASH: { id: 0x0008, type: "HOS", reported: "HOXE" },
  TPM_ALG_XOR: { id: 0x000a, type: "HS" },
  TPM_ALG_SHA256: { id: 0x000b, type: "H", digest: 32, block: 64 },
  TPM_ALG_SHA384: { id: 0x000c, type: "H", digest: 48, block: 128 },
  TPM_ALG_SHA512: { id: 0x000d, type: "H", digest: 64, block: 128 },
  TPM_ALG_NULL: { id: 0x0010, type: "" },
  TPM_ALG_SM3_256: { id: 0x0012, type: "H", digest: 32, block: 64, libtpms: false },
  TPM_ALG_SM4: { id: 0x0013, type: "S", block: 128, keyBits: [128], libtpms: false },
  TPM_ALG_RSASSA: { id: 0x0014, type: "AX", of: "RSA" },
  TPM_ALG_RSAES: { id: 0x0015, type: "AE", of: "RSA" },
  TPM_ALG_RSAPSS: { id: 0x0016, type: "AX", of: "RSA" },
  TPM_ALG_OAEP: { id: 0x0017, type: "AEH", reported: "AE", of: "RSA" },
  TPM_ALG_ECDSA: { id: 0x0018, type: "AX", of: "ECC" },
  TPM_ALG_ECDH: { id: 0x0019, type: "AM", of: "ECC" },
  TPM_ALG_ECDAA: { id: 0x001a, type: "AXN", of: "ECC" },
  TPM_ALG_SM2: { id: 0x001b, type: "AX", reported: "AXM", of: "ECC" },
  TPM_ALG_ECSCHNORR: { id: 0x001c, type: "AX", of: "ECC" },
  TPM_ALG_ECMQV: { id: 0x001d, type: "AM", of: "ECC" },
  TPM_ALG_KDF1_SP800_56A: { id: 0x0020, type: "HM", of: "ECC" },
  TPM_ALG_KDF2: { id: 0x0021, type: "HM" },
  TPM_ALG_KDF1_SP800_108: { id: 0x0022, type: "HM" },
  TPM_ALG_ECC: { id: 0x0023, type: "AO" },
  TPM_ALG_SYMCIPHER: { id: 0x0025, type: "OS", reported: "O" },
  TPM_ALG_CAMELLIA: { id: 0x0026, type: "S", block: 128, keyBits: [128, 192, 256] },
  TPM_ALG_SHA3_256: { id: 0x0027, type: "H", digest: 32, block: 136, libtpms: false },
  TPM_ALG_SHA3_384: { id: 0x0028, type: "H", digest: 48, block: 104, libtpms: false },
  TPM_ALG_SHA3_512: { id: 0x0029, type: "H", digest: 64, block: 72, libtpms: false },
  TPM_ALG_CMAC: { id: 0x003f, type: "SX" },
  TPM_ALG_CTR: { id: 0x0040, type: "SE" },
  TPM_ALG_OFB: { id: 0x0041, type: "SE" },
  TPM_ALG_CBC: { id: 0x0042, type: "SE" },
  TPM_ALG_CFB: { id: 0x0043, type: "SE" },
  TPM_ALG_ECB: { id: 0x0044, type: "SE" },
} as const satisfies Readonly<Record<string, AlgorithmRow>>;

export type AlgorithmName = keyof typeof algorithms;

export const TPM_ALG = Object.fromEntries(Object.entries(algorithms).map(([name, { id }]) => [name, id])) as {
  readonly [Name in AlgorithmName]: (typeof algorithms)[Name]["id"];
};

/** The digest's size in octets, or 0 for what is not a hash. */
export function digestSize(algorithm: number): number {
  for (const row of Object.values<AlgorithmRow>(algorithms)) if (row.id === algorithm) return row.digest ?? 0;
  return 0;
}

export const TPM_ECC = {
  TPM_ECC_NONE: 0x0000,
  TPM_ECC_NIST_P192: 0x0001,
  TPM_ECC_NIST_P224: 0x0002,
  TPM_ECC_NIST_P256: 0x0003,
  TPM_ECC_NIST_P384: 0x0004,
  TPM_ECC_NIST_P521: 0x0005,
  TPM_ECC_BN_P256: 0x0010,
  TPM_ECC_BN_P638: 0x0011,
  TPM_ECC_SM2_P256: 0x0020,
} as const;

export type CurveName = Exclude<keyof typeof TPM_ECC, "TPM_ECC_NONE">;
interface CurveRow {
  /** Size of the key in bits. */
  readonly bits: number;
  /** The KDF of secret sharing that the registry gives for the curve: its scheme and hash. */
  readonly kdf: readonly [AlgorithmName, AlgorithmName];
}
export const curves: Readonly<Record<CurveName, CurveRow>> = {
  TPM_ECC_NIST_P192: { bits: 192, kdf: ["TPM_ALG_KDF1_SP800_56A", "TPM_ALG_SHA256"] },
  TPM_ECC_NIST_P224: { bits: 224, kdf: ["TPM_ALG_KDF1_SP800_56A", "TPM_ALG_SHA256"] },
  TPM_ECC_NIST_P256: { bits: 256, kdf: ["TPM_ALG_KDF1_SP800_56A", "TPM_ALG_SHA256"] },
  TPM_ECC_NIST_P384: { bits: 384, kdf: ["TPM_ALG_KDF1_SP800_56A", "TPM_ALG_SHA384"] },
  TPM_ECC_NIST_P521: { bits: 521, kdf: ["TPM_ALG_KDF1_SP800_56A", "TPM_ALG_SHA512"] },
  TPM_ECC_BN_P256: { bits: 256, kdf: ["TPM_ALG_NULL", "TPM_ALG_NULL"] },
  TPM_ECC_BN_P638: { bits: 638, kdf: ["TPM_ALG_NULL", "TPM_ALG_NULL"] },
  TPM_ECC_SM2_P256: { bits: 256, kdf: ["TPM_ALG_KDF1_SP800_56A", "TPM_ALG_SM3_256"] },
};

/** @param id TPM_ECC_CURVE. @returns undefined for one that the specification does not have */
export const curveName = (id: number): CurveName | undefined =>
  (Object.keys(curves) as CurveName[]).find((name) => TPM_ECC[name] === id);

/** Octets of a coordinate. */
export const coordinateSize = (curve: CurveName): number => Math.ceil(curves[curve].bits / 8);

/** What an exponent of 0 stands for in an RSA key (Part 2, 12.2.3.5). */
export const RSA_DEFAULT_PUBLIC_EXPONENT = 0x00010001;

export const algorithmTypes: Readonly<Record<string, ConstantsType>> = {
  TPM_ALG_ID: { kind: "constants", section: "6.3", base: "UINT16", values: TPM_ALG },
  TPM_ECC_CURVE: { kind: "constants", section: "6.4", base: "UINT16", values: TPM_ECC, error: "TPM_RC_CURVE" },
};
