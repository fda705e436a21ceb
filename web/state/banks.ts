import { HASH_ALGORITHMS } from "../../src/index.ts";

/** "SHA-256" for TPM_ALG_SHA256, "SHA3-256" for TPM_ALG_SHA3_256; the number in hex where it is no hash. */
export function bankName(algorithm: number): string {
  const name = HASH_ALGORITHMS.get(algorithm)?.name;
  if (name === undefined) return `0x${algorithm.toString(16).padStart(4, "0")}`;
  return name
    .toUpperCase()
    .replace("_", "-")
    .replace(/^SHA(?=\d+$)/, "SHA-");
}
