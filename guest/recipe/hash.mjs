import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** @param {Uint8Array | string} data @returns {string} SHA-256, 64 lower-case hexadecimal digits */
export function sha256(data) {
  return createHash("sha256").update(data).digest("hex");
}

/** @param {string} path */
export function describeFile(path) {
  const data = readFileSync(path);
  return { size: data.length, sha256: sha256(data) };
}
