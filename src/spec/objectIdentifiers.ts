/**
 * Object identifiers of keys, hashes and certificates, by the names that the other tables have: RFC 3279, RFC 5280, RFC 5480,
 * RFC 8017, GM/T 0006; of the TCG, EK Credential Profile 2.6 and Platform Certificate Profile 1.1.
 */
import type { AlgorithmName, CurveName } from "./algorithms.ts";

export const KEY_IDENTIFIERS = {
  rsaEncryption: "1.2.840.113549.1.1.1",
  /** A certificate may bind the key to OAEP (EK Credential Profile, 3.2.7). */
  rsaesOaep: "1.2.840.113549.1.1.7",
  ecPublicKey: "1.2.840.10045.2.1",
} as const;

/** Curves that have none are in no certificate. */
export const CURVE_IDENTIFIERS: Readonly<Partial<Record<CurveName, string>>> = {
  TPM_ECC_NIST_P192: "1.2.840.10045.3.1.1",
  TPM_ECC_NIST_P224: "1.3.132.0.33",
  TPM_ECC_NIST_P256: "1.2.840.10045.3.1.7",
  TPM_ECC_NIST_P384: "1.3.132.0.34",
  TPM_ECC_NIST_P521: "1.3.132.0.35",
  TPM_ECC_SM2_P256: "1.2.156.10197.1.301",
};

export const HASH_IDENTIFIERS = {
  TPM_ALG_SHA1: "1.3.14.3.2.26",
  TPM_ALG_SHA256: "2.16.840.1.101.3.4.2.1",
  TPM_ALG_SHA384: "2.16.840.1.101.3.4.2.2",
  TPM_ALG_SHA512: "2.16.840.1.101.3.4.2.3",
  TPM_ALG_SHA3_256: "2.16.840.1.101.3.4.2.8",
  TPM_ALG_SHA3_384: "2.16.840.1.101.3.4.2.9",
  TPM_ALG_SHA3_512: "2.16.840.1.101.3.4.2.10",
  TPM_ALG_SM3_256: "1.2.156.10197.1.401",
} as const satisfies Partial<Record<AlgorithmName, string>>;

/** Extensions of certificates (RFC 5280, 4.2.1). */
export const EXTENSION = {
  subjectDirectoryAttributes: "2.5.29.9",
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAlternativeName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  nameConstraints: "2.5.29.30",
  certificatePolicies: "2.5.29.32",
  authorityKeyIdentifier: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
} as const;

/** GeneralName's number of a directory name (RFC 5280, 4.2.1.6). */
export const DIRECTORY_NAME = 4;

/** Of the TCG: what certificates are for, and the attributes of what they are about. */
export const TCG = {
  /** tcg-kp-EKCertificate */
  ekCertificate: "2.23.133.8.1",
  /** tcg-kp-PlatformAttributeCertificate */
  platformCertificate: "2.23.133.8.2",
  tpmManufacturer: "2.23.133.2.1",
  tpmModel: "2.23.133.2.2",
  tpmVersion: "2.23.133.2.3",
  tpmSpecification: "2.23.133.2.16",
  platformManufacturer: "2.23.133.5.1.1",
  platformModel: "2.23.133.5.1.4",
  platformVersion: "2.23.133.5.1.5",
} as const;
