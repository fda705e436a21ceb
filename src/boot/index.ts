/** Follows a PC's boot and says what it has come to: measured or not, with a TPM for Linux or without. */
export { type BootJudgement, BootWatch, type BootWatchOptions, type WatchedMachine } from "./bootWatch.ts";
export { ClockNotice, durationInWords, setClockCommand } from "./clock.ts";
export * from "./diskBoot.ts";
export { type BootEvidence, type BootFinding, type BootFindingKind, type Handover, judgeBoot } from "./judgement.ts";
