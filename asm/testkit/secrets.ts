/** Secrets of a TPM from its blob, so that tests can compute for themselves what only the TPM can. */

import { HEAD } from "./blobs.ts";

/** Head, numbers and command lists before the first seed. */
const BEFORE_SEEDS = HEAD + 4 + 4 + 2 + 2 + 28 + 48 + 64;
const NAMES = ["epSeed", "spSeed", "ppSeed", "phProof", "shProof", "ehProof"] as const;

export type Secrets = Record<(typeof NAMES)[number], Uint8Array>;

export function secretsOf(blob: Uint8Array): Secrets {
  const entries = NAMES.map((name, i) => {
    const at = BEFORE_SEEDS + i * 66;
    if (blob[at] !== 0 || blob[at + 1] !== 64) throw new Error(`the blob has no ${name} at ${at}`);
    return [name, blob.slice(at + 2, at + 66)] as const;
  });
  return Object.fromEntries(entries) as Secrets;
}
