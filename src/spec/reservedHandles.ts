/**
 * NV Indices that the TCG keeps for a purpose: the EK Credential Profile for TPM family 2.0, 2.6, 2.2.1.4 and 2.2.1.5, and
 * the Registry of Reserved TPM 2.0 Handles and Localities, 1.1, 2.2.2.
 */

/** What an index is for, in the words of the profile. */
export interface NvPurpose {
  readonly what: "EK certificate" | "EK nonce" | "EK template" | "EK certificate chain" | "platform certificate";
  /** "RSA 2048" */
  readonly key?: string;
}

const ekIndices: Readonly<Record<number, NvPurpose>> = {
  29360130: { what: "EK certificate", key: "RSA 2048" },
  29360131: { what: "EK nonce", key: "RSA 2048" },
  29360132: { what: "EK template", key: "RSA 2048" },
  29360138: { what: "EK certificate", key: "ECC P-256" },
  29360139: { what: "EK nonce", key: "ECC P-256" },
  29360140: { what: "EK template", key: "ECC P-256" },
  29360146: { what: "EK certificate", key: "RSA 2048" },
  29360148: { what: "EK certificate", key: "ECC P-256" },
  29360150: { what: "EK certificate", key: "ECC P-384" },
  29360152: { what: "EK certificate", key: "ECC P-521" },
  29360154: { what: "EK certificate", key: "ECC SM2" },
  29360156: { what: "EK certificate", key: "RSA 3072" },
  29360158: { what: "EK certificate", key: "RSA 4096" },
};
const EK_CHAIN_FIRST = 0x01c00100;
/** What speaks of a TPM's EKs (certificates, their nonces, templates and chain) and of the platform that it is in. */
export const IDENTITY_INDICES = {
  EK_INDEX_FIRST: 0x01c00002,
  EK_INDEX_LAST: 0x01c001ff,
  PLATFORM_CERTIFICATE_FIRST: 0x01c08000,
  PLATFORM_CERTIFICATE_LAST: 0x01c0ffff,
} as const;

/** What the TCG keeps an NV Index for; null: nothing that is told here. */
export function nvPurposeOf(nvIndex: number): NvPurpose | null {
  const { EK_INDEX_LAST, PLATFORM_CERTIFICATE_FIRST, PLATFORM_CERTIFICATE_LAST } = IDENTITY_INDICES;
  if (nvIndex >= EK_CHAIN_FIRST && nvIndex <= EK_INDEX_LAST) return { what: "EK certificate chain" };
  if (nvIndex >= PLATFORM_CERTIFICATE_FIRST && nvIndex <= PLATFORM_CERTIFICATE_LAST)
    return { what: "platform certificate" };
  return ekIndices[nvIndex] ?? null;
}
