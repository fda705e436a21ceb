/** What IMA extends a PCR with for an entry, in each bank. [Linux, security/integrity/ima/ima_queue.c, ima_crypto.c] */
import { concat } from "../../engine/bytes.ts";
import { HASH_ALGORITHMS } from "../../firmware/eventLog.ts";
import { type HashFunction, webCryptoHash } from "../../firmware/eventLogReplay.ts";
import { TPM_ALG } from "../../spec/algorithms.ts";
import { fromHex } from "../octets.ts";
import { type ImaEntry, isViolation, templateData } from "./entry.ts";

/**
 * The hash of the entry's fields, each behind its length: since Linux 5.8 in every bank. Of a violation all ones: what was
 * opened for writing while it was measured has a digest that is not to be relied on, and the PCR is spoilt.
 * @param algorithm TPM_ALG_ID of the bank.
 * @param isBigEndian as the kernel counts that made the list.
 * @returns null for a template that is not known, and for a bank that `hash` does not have.
 */
export async function imaDigest(
  entry: ImaEntry,
  algorithm: number,
  hash: HashFunction = webCryptoHash,
  isBigEndian = false,
): Promise<Uint8Array | null> {
  const size = HASH_ALGORITHMS.get(algorithm)?.size;
  if (size !== undefined && isViolation(entry)) return new Uint8Array(size).fill(0xff);
  const data = templateData(entry, isBigEndian);
  return data === null ? null : await hash(algorithm, data);
}

/**
 * Before Linux 5.8, and in a bank whose hash the kernel does not have: the SHA-1 digest that stands in the list, filled up
 * with zeros or cut.
 * @returns null where the list has the digests of another bank.
 */
export function paddedDigest(entry: ImaEntry, algorithm: number): Uint8Array | null {
  const size = HASH_ALGORITHMS.get(algorithm)?.size;
  const digest = fromHex(entry.templateHash);
  if (size === undefined || digest === null || digestAlgorithm(entry) !== TPM_ALG.TPM_ALG_SHA1) return null;
  if (isViolation(entry)) return new Uint8Array(size).fill(0xff);
  return concat(digest, new Uint8Array(size)).subarray(0, size);
}

/** The bank that the list's own digests are of, by their size; null for none that lists are made of. */
export function digestAlgorithm({ templateHash }: ImaEntry): number | null {
  const banks = [TPM_ALG.TPM_ALG_SHA1, TPM_ALG.TPM_ALG_SHA256, TPM_ALG.TPM_ALG_SHA384, TPM_ALG.TPM_ALG_SHA512];
  return banks.find((bank) => templateHash.length === 2 * HASH_ALGORITHMS.get(bank)!.size) ?? null;
}
