/** Every hash algorithm of the specification: WebCrypto's where it has it, SHA-3 of noble, and SM3, which no library for browsers has. */
import { sha3_256, sha3_384, sha3_512 } from "@noble/hashes/sha3.js";
import { concat } from "../engine/bytes.ts";
import { WEB_CRYPTO_HASHES } from "../engine/webCrypto.ts";
import { type AlgorithmName, type AlgorithmRow, algorithms, digestSize, TPM_ALG } from "../spec/algorithms.ts";
import { sm3 } from "./sm3.ts";

/** By TPM_ALG_ID. */
const WEB_CRYPTO = new Map<number, string>(
  Object.entries(WEB_CRYPTO_HASHES).map(([name, hash]) => [TPM_ALG[name as AlgorithmName], hash]),
);

/** WebCrypto's name of a hash; undefined where it does not have it. @param algorithm TPM_ALG_ID */
export const webCryptoName = (algorithm: number): string | undefined => WEB_CRYPTO.get(algorithm);

/** Whether it is a hash algorithm of the specification. @param algorithm TPM_ALG_ID */
export const isHash = (algorithm: number): boolean => digestSize(algorithm) > 0;

/** Octets of a block of the hash, as HMAC pads keys to. @param algorithm TPM_ALG_ID of a hash */
export function blockSize(algorithm: number): number {
  return Object.values<AlgorithmRow>(algorithms).find(({ id }) => id === algorithm)?.block ?? 0;
}

/** "sha256", as tpm2-tools call it; the number in hex where the specification has no such algorithm. */
export function algorithmName(algorithm: number): string {
  const name = Object.entries(algorithms).find(([, { id }]) => id === algorithm)?.[0];
  return name?.replace("TPM_ALG_", "").toLowerCase() ?? `0x${algorithm.toString(16).padStart(4, "0")}`;
}

/**
 * The digest of all parts in a row.
 * @param algorithm TPM_ALG_ID. @throws RangeError where the specification has no such hash.
 */
export async function digest(algorithm: number, ...parts: readonly Uint8Array[]): Promise<Uint8Array<ArrayBuffer>> {
  const data = concat(...parts);
  const name = webCryptoName(algorithm);
  if (name !== undefined) return new Uint8Array(await crypto.subtle.digest(name, data));
  switch (algorithm) {
    case TPM_ALG.TPM_ALG_SHA3_256:
      return sha3_256(data).slice();
    case TPM_ALG.TPM_ALG_SHA3_384:
      return sha3_384(data).slice();
    case TPM_ALG.TPM_ALG_SHA3_512:
      return sha3_512(data).slice();
    case TPM_ALG.TPM_ALG_SM3_256:
      return sm3(data);
    default:
      throw new RangeError(`The specification has no hash algorithm ${algorithmName(algorithm)}.`);
  }
}
