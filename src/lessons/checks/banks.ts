/** Banks of PCRs by the names that tpm2-tools give them. */
import type { TpmInspection } from "../../engine/inspection.ts";
import { PCR_COUNT } from "../../firmware/eventLog.ts";
import { extendedValue, webCryptoHash } from "../../firmware/eventLogReplay.ts";
import { type AlgorithmName, TPM_ALG } from "../../spec/algorithms.ts";
import { integer } from "../schema.ts";

const banks = {
  sha1: "TPM_ALG_SHA1",
  sha256: "TPM_ALG_SHA256",
  sha384: "TPM_ALG_SHA384",
  sha512: "TPM_ALG_SHA512",
} as const satisfies Record<string, AlgorithmName>;
export type BankName = keyof typeof banks;
export const bankNames = Object.keys(banks) as BankName[];

/** Shape of a PCR's number. */
export const pcrNumber = integer(0, PCR_COUNT - 1);

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
  for (const digest of digests) value = await extendedValue(bankAlgorithm(bank), value, digest)!;
  return value;
}
