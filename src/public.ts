/** What both entry points export: src/index.ts for browsers, src/node/index.ts for Node. */

export * from "./boot/index.ts";
export * from "./client/index.ts";
export type {
  ExecuteOptions,
  InlineTpm,
  PowerOnOptions,
  Tpm,
  TpmCommandEvent,
  TpmEvents,
  TpmOptions,
  TpmSummary,
} from "./engine/api.ts";
export { type Locality, type TpmBackend, type TpmPower, TpmPoweredOffError } from "./engine/backend.ts";
export { TpmCoreError, type TpmProfile } from "./engine/core.ts";
export { TpmStateError, type TpmStateProblem } from "./engine/errors.ts";
export type * from "./engine/inspection.ts";
export { checkStateFile, StateFileError, type StateFileProblem } from "./engine/stateFile.ts";
export { TpmPlatformError, type WasmSource } from "./engine/wasm.ts";
export { describeEvent } from "./firmware/description/index.ts";
export {
  type EventDigest,
  type EventLog,
  EventLogError,
  HASH_ALGORITHMS,
  parseEventLog,
  readEventLog,
  type SpecId,
  type TcgEvent,
} from "./firmware/eventLog.ts";
export { type HashFunction, type PcrBanks, replayEventLog } from "./firmware/eventLogReplay.ts";
export { eventTypeMeaning, eventTypeName } from "./firmware/eventTypes.ts";
export type { PresenceOptions } from "./firmware/presence.ts";
export type { TpmInterface } from "./firmware/tpm2Table.ts";
export { type BootFile, BootFileError } from "./guest/bootFileError.ts";
export { checkDisk, FLOPPY_SIZES } from "./guest/diskCheck.ts";
export type { DiskImage, DiskKind, DiskSource, Disks, FileBytes } from "./guest/diskSource.ts";
export { GuestImageError, type GuestImageProblem, type GuestImages, type GuestProgress } from "./guest/images.ts";
export { checkCommandLine, checkKernel, MAXIMUM_COMMAND_LINE } from "./guest/kernelFile.ts";
export type { KernelHeader } from "./guest/kernelHeader.ts";
export { GuestManifestError } from "./guest/manifest.ts";
export type { GuestFiles } from "./guest/share.ts";
export * from "./history/index.ts";
export * from "./provision/index.ts";
export { FileError } from "./share/errors.ts";
export { type FolderFile, KeptFolder } from "./share/folder.ts";
export { MemoryDatabase } from "./share/memoryDatabase.ts";
export { type AttributeName, type AttributesName, hasAttribute } from "./spec/attributes.ts";
export { commandWithCode } from "./spec/commands.ts";
export type { Refusal, RefusalName, RefusalOperands } from "./spec/refusals.ts";
export { MemoryMedium, MemoryStore } from "./store/memory.ts";
export {
  StoreError,
  type StoreErrorCode,
  StoreFencedError,
  StoreLockedError,
  type StoreOpenOptions,
  type StoreSpec,
  type SyncTpmStore,
  type TpmStore,
} from "./store/store.ts";
export * from "./trace/index.ts";
export { type AttachTpmOptions, attachTpm, type TpmAttachment, type TpmAttachmentEvents } from "./v86/attach.ts";
export type { BootMenu } from "./v86/bootMenu.ts";
export type { BootDevice } from "./v86/bootPlan.ts";
export { GuestClock } from "./v86/guestClock.ts";
export { SUPPORTED_V86_VERSION, UnsupportedV86Error } from "./v86/internals.ts";
export { createMachine, type Machine, type MachineEvents, type MachineOptions, type Stage } from "./v86/machine.ts";
export { TESTED_V86_VERSIONS } from "./v86/release.ts";
export type { SerialConsole, SerialEvents, SerialPort } from "./v86/serial.ts";
export { SnapshotRefusedError } from "./v86/snapshots.ts";
export { FREE_INTERRUPT } from "./v86/tpmOptions.ts";
export type { VgaPicture } from "./v86/vgaScreen.ts";
