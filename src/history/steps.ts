/** What changes PCRs, step by step: the shapes that the other files of this room fill, keep and compare. */
import { HASH_ALGORITHMS } from "../firmware/eventLog.ts";
import type { EventKind } from "./eventKind.ts";

/**
 * - `Startup`: TPM2_Startup(CLEAR) sets every PCR to its first value.
 * - `resume`: TPM2_Startup(STATE) gives PCR 0 to 15 the values that TPM2_Shutdown(STATE) kept, the others their first ones.
 * - `hash sequence`: _TPM_Hash_Start to _TPM_Hash_End, the platform's own measurement from locality 4.
 * - the others: the command that extended or reset one PCR.
 */
export const stepKinds = [
  "Startup",
  "resume",
  "hash sequence",
  "PCR_Extend",
  "PCR_Event",
  "EventSequenceComplete",
  "PCR_Reset",
] as const;
export type StepKind = (typeof stepKinds)[number];

export interface StepDigest {
  /** TPM_ALG_ID of the bank. */
  readonly algorithm: number;
  /** In hex. */
  readonly digest: string;
}

/** The event of the firmware's log that a step belongs to. */
export interface FirmwareSource {
  readonly kind: "firmware";
  /** Its number in the log, from 0. */
  readonly index: number;
  /** Event type of the PC Client profile. */
  readonly type: number;
  readonly event: EventKind;
  /** What it says, as {@link describeEvent} has it. */
  readonly text: string;
}

/** The entry of IMA's list that a step belongs to. */
export interface ImaSource {
  readonly kind: "ima";
  /** Its number in the list, from 0. */
  readonly index: number;
  /** "ima-ng" */
  readonly template: string;
  /** Of the file: "sha256:5179…". */
  readonly fileDigest: string;
  /** Path of the file, or "boot_aggregate". */
  readonly name: string;
  /**
   * The entry's own text gives the digests that were extended, in every bank. False where that can't be computed: only the
   * SHA-1 digest that stands in the list is the one that was extended, which anybody may have copied beside another name.
   */
  readonly proven: boolean;
}

export type StepSource = FirmwareSource | ImaSource;

export interface PcrStep {
  readonly kind: StepKind;
  /** Null for what concerns all of them. */
  readonly pcr: number | null;
  /** When the TPM began with it: milliseconds since 1970, with a fraction. */
  readonly at: number;
  readonly locality: number;
  /** It was the host's own command, not the guest's. */
  readonly own: boolean;
  /** What the PCR was extended with, in each bank that the step names. */
  readonly digests: readonly StepDigest[];
  readonly source?: StepSource;
}

/** PCRs of a PC Client TPM: 0..23. */
export { PCR_COUNT } from "../firmware/eventLog.ts";

/** PCRs from 0 on that TPM2_Shutdown(STATE) keeps. */
export const SAVED_PCRS = 16;

/** Octets of the bank's digests, or 0 for what is no bank. */
export const bankSize = (algorithm: number): number => HASH_ALGORITHMS.get(algorithm)?.size ?? 0;

/** Whether the step takes the PCR's value as it is and extends it. */
export const isExtend = ({ kind }: PcrStep): boolean =>
  kind === "PCR_Extend" || kind === "PCR_Event" || kind === "EventSequenceComplete";

export { toHex } from "../engine/bytes.ts";

/** @param hex an even number of digits */
export const fromHex = (hex: string): Uint8Array =>
  Uint8Array.from({ length: hex.length / 2 }, (_, at) => Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16));
