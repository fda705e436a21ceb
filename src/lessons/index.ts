/**
 * Lessons: what one is (lesson.ts), what its checks look at (facts.ts), the checks (checks/), a walk through one (run.ts), and what
 * it asks of whoever has the PC (host.ts). No DOM, and no command to the TPM.
 */
export type { CheckResult } from "./check.ts";
export { describeCall } from "./checks/index.ts";
export { type BootFacts, FactKeeper, type FactSources, type Facts, type LessonMachine } from "./facts.ts";
export type { LessonHost } from "./host.ts";
export * from "./lesson.ts";
export { type LessonProgress, LessonRun, type LessonRunEvents, type LessonRunOptions } from "./run.ts";
