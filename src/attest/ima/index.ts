/**
 * IMA's list of measurements: what Linux' Integrity Measurement Architecture measured, read from either of its forms
 * (ascii.ts, binary.ts), by template (templates.ts), hashed as the kernel does (digest.ts) and held against quoted PCRs
 * (evidence.ts).
 */
export { parseImaLog } from "./ascii.ts";
export { isBinaryList, parseBinaryImaLog } from "./binary.ts";
export { imaDigest } from "./digest.ts";
export {
  type ImaEntry,
  type ImaField,
  type ImaLimits,
  type ImaLog,
  ImaLogError,
  isOfFile,
  isViolation,
  VERIFIED_LIMITS,
} from "./entry.ts";
export { checkIma, type ImaEvidence } from "./evidence.ts";
