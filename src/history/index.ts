/**
 * How PCRs came to their values: what extended them, in its order (recorder.ts), which event of the firmware's log or
 * entry of IMA's list each step belongs to (sources.ts), the values before and after it (chain.ts), boots that are kept
 * (record.ts) and compared (compare.ts). Hears the TPM's commands and asks it nothing.
 */

export { type ImaEntry, type ImaLog, ImaLogError, imaDigest, parseImaLog } from "../attest/ima/index.ts";
export { type ChainEntry, traceChain } from "./chain.ts";
export {
  type BootComparison,
  type ComparisonRow,
  compareBoots,
  type DifferenceKind,
  type PcrComparison,
} from "./compare.ts";
export { type EventKind, eventKinds } from "./eventKind.ts";
export { joinIma } from "./imaSources.ts";
export {
  type BankValues,
  type BootRecord,
  BootRecordError,
  MAX_RECORD_SIZE,
  parseBootRecord,
  serializeBootRecord,
} from "./record.ts";
export { type HeardCommand, PcrRecorder } from "./recorder.ts";
export { type JoinedSteps, joinEvents } from "./sources.ts";
export type { FirmwareSource, ImaSource, PcrStep, StepDigest, StepKind, StepSource } from "./steps.ts";
