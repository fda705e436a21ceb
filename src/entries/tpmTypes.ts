/** What `tabtpm/tpm` has everywhere, besides `createTpm`. */
export * from "../client/index.ts";
export type {
  ExecuteOptions,
  InlineTpm,
  PowerOnOptions,
  TakeOverOptions,
  Tpm,
  TpmCommandEvent,
  TpmEvents,
  TpmOptions,
  TpmSummary,
} from "../engine/api.ts";
export {
  type Locality,
  type OnMovedOn,
  type RestoreOptions,
  type RestoreResult,
  type SavedTpm,
  type TpmBackend,
  type TpmPower,
  TpmPoweredOffError,
  type TpmSnapshot,
} from "../engine/backend.ts";
export { TpmCoreError, type TpmProfile } from "../engine/core.ts";
export { TpmStateError, type TpmStateProblem } from "../engine/errors.ts";
export type { ChangedEntry } from "../engine/permanentBlob.ts";
export {
  type ChangedCounter,
  type ChangedNvIndex,
  type RollbackLoss,
  RollbackRefusedError,
} from "../engine/rollback.ts";
export { TpmPlatformError, type WasmSource } from "../engine/wasm.ts";
