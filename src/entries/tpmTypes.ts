/** What `tabtpm/tpm` has everywhere, besides `createTpm`. */
export * from "../client/index.ts";
export type {
  ExecuteOptions,
  InlineTpm,
  PowerOnOptions,
  Tpm,
  TpmCommandEvent,
  TpmEvents,
  TpmOptions,
  TpmSnapshot,
  TpmSummary,
} from "../engine/api.ts";
export { type Locality, type TpmBackend, type TpmPower, TpmPoweredOffError } from "../engine/backend.ts";
export { TpmCoreError, type TpmProfile } from "../engine/core.ts";
export { TpmStateError, type TpmStateProblem } from "../engine/errors.ts";
export { TpmPlatformError, type WasmSource } from "../engine/wasm.ts";
