/** Banks of PCRs by the names that tpm2-tools give them. */

import { concat } from "../../engine/bytes.ts";
import type { TpmInspection } from "../../engine/inspection.ts";
import { webCryptoHash } from "../../firmware/eventLogReplay.ts";
import { type AlgorithmName, TPM_ALG } from "../../spec/algorithms.ts";

const banks = {
  sha1: "TPM_ALG_SHA1",
  sha256: "TPM_ALG_SHA256",
  sha384: "TPM_ALG_SHA384",
  sha512: "TPM_ALG_SHA512",
} as const satisfies Record<string, AlgorithmName>;
export type BankName = keyof typeof banks;
export const bankNames = Object.keys(banks) as BankName[];

/** TPM_ALG_ID. */
export const bankAlgorithm = (name: BankName): number => TPM_ALG[banks[name]];

/** A PCR as it stands; null where there is no such bank or PCR, or no TPM with power. */
export const pcrValue = (inspection: TpmInspection | null, bank: BankName, index: number): Uint8Array | null =>
  inspection?.pcrs.banks.find(({ hashAlg }) => hashAlg === banks[bank])?.values.get(index) ?? null;

export const digestOf = (bank: BankName, data: Uint8Array): Promise<Uint8Array> =>
  webCryptoHash(bankAlgorithm(bank), data)!;

/** What a PCR has after it was extended with digests, one after the other. */
export async function extendAll(bank: BankName, from: Uint8Array, digests: readonly Uint8Array[]): Promise<Uint8Array> {
  let value = from;
  for (const digest of digests) value = await digestOf(bank, concat(value, digest));
  return value;
}

export const isSame = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((octet, at) => octet === b[at]);
