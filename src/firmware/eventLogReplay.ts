/**
 * From an event log to the PCR values that it accounts for. Whoever finds other values in the TPM has a log that was
 * tampered with, or PCRs that were extended without it.
 */

import { concat } from "../engine/bytes.ts";
import { WEB_CRYPTO_HASHES, type WebCryptoHash } from "../engine/webCrypto.ts";
import { TPM_ALG } from "../spec/algorithms.ts";
import { HASH_ALGORITHMS, type TcgEvent } from "./eventLog.ts";
import { EV_EFI_HCRTM_EVENT, EV_NO_ACTION } from "./eventTypes.ts";

/**
 * @param algorithm TPM_ALG_ID.
 * @returns the digest, or null for an algorithm that it doesn't have: such a bank is left out.
 */
export type HashFunction = (algorithm: number, data: Uint8Array) => Promise<Uint8Array> | null;

/** Bank (TPM_ALG_ID) -> PCR index -> value, for the PCRs that the log extends or starts. */
export type PcrBanks = Map<number, Map<number, Uint8Array>>;

const STARTUP_LOCALITY_SIGNATURE = "StartupLocality\0";
/** The H-CRTM extends PCR 0 after it has set it to 4 (TPM 2.0 Library Part 1, "_TPM_Hash_End"). */
const HCRTM_LOCALITY = 4;
const WEB_CRYPTO_NAMES = new Map<number, string>(
  Object.entries(WEB_CRYPTO_HASHES).map(([name, hash]) => [TPM_ALG[name as WebCryptoHash], hash]),
);

/** What a PCR with this value has after it was extended with a digest; null where `hash` doesn't have the algorithm. */
export function extendedValue(
  algorithm: number,
  value: Uint8Array,
  digest: Uint8Array,
  hash: HashFunction = webCryptoHash,
): Promise<Uint8Array> | null {
  return hash(algorithm, concat(value, digest));
}

/** Replays the events in their order. Without `hash`, WebCrypto computes the banks SHA-1, SHA-256, SHA-384, SHA-512. */
export async function replayEventLog(
  events: readonly TcgEvent[],
  hash: HashFunction = webCryptoHash,
): Promise<PcrBanks> {
  const banks: PcrBanks = new Map();
  const missing = new Set<number>();
  const initialPcr0 = startupValue(events);
  for (const event of events) {
    if (event.type === EV_NO_ACTION) continue;
    for (const { algorithm, digest } of event.digests) {
      if (missing.has(algorithm)) continue;
      const pcrs = banks.get(algorithm) ?? new Map<number, Uint8Array>();
      const value = pcrs.get(event.pcrIndex) ?? initialValue(event.pcrIndex, digest.length, initialPcr0);
      const extended = await extendedValue(algorithm, value, digest, hash);
      if (extended === null) {
        missing.add(algorithm);
        continue;
      }
      pcrs.set(event.pcrIndex, extended);
      banks.set(algorithm, pcrs);
    }
  }
  return banks;
}

/**
 * The locality that an EV_NO_ACTION event says TPM2_Startup came from, or null for another event. What follows it is
 * filling: there is firmware that writes a size of 20 octets.
 */
export function startupLocality(event: TcgEvent): number | null {
  if (event.type !== EV_NO_ACTION) return null;
  const signature = String.fromCharCode(...event.data.subarray(0, STARTUP_LOCALITY_SIGNATURE.length));
  return signature === STARTUP_LOCALITY_SIGNATURE ? (event.data[STARTUP_LOCALITY_SIGNATURE.length] ?? null) : null;
}

/** TPM2_Startup(CLEAR) sets PCR 0 to the locality it came from; an H-CRTM before it counts as locality 4. */
function startupValue(events: readonly TcgEvent[]): number {
  for (const event of events) {
    if (event.pcrIndex !== 0) continue;
    const locality = startupLocality(event);
    if (locality !== null) return locality;
    if (event.type === EV_EFI_HCRTM_EVENT) return HCRTM_LOCALITY;
    // Once PCR 0 is extended it is too late to say where it started.
    if (event.type !== EV_NO_ACTION) break;
  }
  return 0;
}

function initialValue(pcrIndex: number, size: number, initialPcr0: number): Uint8Array {
  const value = new Uint8Array(size);
  if (pcrIndex === 0) value[size - 1] = initialPcr0;
  return value;
}

/** The banks that WebCrypto has: SHA-1, SHA-256, SHA-384, SHA-512. @throws Error where the page may not use WebCrypto. */
export function webCryptoHash(algorithm: number, data: Uint8Array): Promise<Uint8Array> | null {
  const name = WEB_CRYPTO_NAMES.get(algorithm);
  if (name === undefined) return null;
  if (globalThis.crypto?.subtle === undefined) {
    throw new Error(
      `No WebCrypto to compute ${HASH_ALGORITHMS.get(algorithm)!.name}: open the page through https or localhost, or pass a hash function.`,
    );
  }
  return crypto.subtle.digest(name, Uint8Array.from(data)).then((digest) => new Uint8Array(digest));
}
