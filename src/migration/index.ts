/**
 * Migration: a running machine with its TPM moves to another page, and runs in one place at most, whoever dies on the way. The two sides are
 * state machines (source.ts, target.ts); what carries their messages and keeps the machine is handed to them.
 */
export { type MigrationChannel, TabChannel, type TabChannelParts } from "./channel.ts";
export { type MigrationPlace, reasonsAgainst } from "./compat.ts";
export { digestOf } from "./digest.ts";
export {
  isMigrationId,
  MIGRATION_PROTOCOL,
  type MigrationHead,
  type MigrationReason,
  newMigrationId,
  type ReasonCode,
} from "./messages.ts";
export { MigrationSource, type SourceMachine, type SourceParts, type SourceProgress } from "./runSource.ts";
export { MigrationTarget, type TargetMachine, type TargetParts, type TargetProgress } from "./runTarget.ts";
export {
  canStop,
  canTakeBack,
  isSourceOver,
  type SourcePhase,
  type SourceState,
  type SourceTrouble,
} from "./source.ts";
export { canStopTarget, isTargetOver, type TargetPhase, type TargetState, type TargetTrouble } from "./target.ts";
