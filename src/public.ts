/** What both entry points export: src/index.ts for browsers, src/node/index.ts for Node. */

export * from "./attest/index.ts";
export * from "./boot/index.ts";
export type * from "./engine/inspection.ts";
export { checkStateFile, StateFileError, type StateFileProblem, stateInFile } from "./engine/stateFile.ts";
export * from "./entries/eventLog.ts";
export * from "./entries/storeTypes.ts";
export * from "./entries/tpmTypes.ts";
export type { FwCfgFile } from "./firmware/fwCfg.ts";
export { optionRom } from "./firmware/optionRom.ts";
export type { PresenceOptions } from "./firmware/presence.ts";
export type { TpmInterface } from "./firmware/tpm2Table.ts";
export { type BootFile, BootFileError } from "./guest/bootFileError.ts";
export { checkDisk, FLOPPY_SIZES } from "./guest/diskCheck.ts";
export type { DiskImage, DiskKind, DiskSource, Disks, FileBytes } from "./guest/diskSource.ts";
export { GuestImageError, type GuestImageProblem, type GuestImages, type GuestProgress } from "./guest/images.ts";
export type { InitrdFile } from "./guest/initrdFiles.ts";
export { checkCommandLine, checkKernel, MAXIMUM_COMMAND_LINE } from "./guest/kernelFile.ts";
export type { KernelHeader } from "./guest/kernelHeader.ts";
export { GuestManifestError } from "./guest/manifest.ts";
export type { GuestFiles } from "./guest/share.ts";
export * from "./history/index.ts";
export * from "./lessons/index.ts";
export * from "./machine/index.ts";
export * from "./migration/index.ts";
export * from "./passphrase/index.ts";
export { UnusablePassphraseError, WrongPassphraseError } from "./passphrase/index.ts";
export * from "./provision/index.ts";
export { FileError } from "./share/errors.ts";
export { type FolderFile, KeptFolder } from "./share/folder.ts";
export { MemoryDatabase } from "./share/memoryDatabase.ts";
export { type AttributeName, type AttributesName, hasAttribute } from "./spec/attributes.ts";
export { commandWithCode } from "./spec/commands.ts";
export type { Refusal, RefusalName, RefusalOperands } from "./spec/refusals.ts";
export { givenUpTo } from "./store/givenUpTo.ts";
export * from "./trace/index.ts";
export { attachTpm, type TpmAttachment } from "./v86/attach.ts";
export type { AttachTpmOptions, TpmAttachmentEvents } from "./v86/attachOptions.ts";
export { type BootChange, type ChangedBoot, changedBoot } from "./v86/bootChange.ts";
export type { BootMenu } from "./v86/bootMenu.ts";
export type { BootDevice } from "./v86/bootPlan.ts";
export { GuestClock } from "./v86/guestClock.ts";
export { SUPPORTED_V86_VERSION, UnsupportedV86Error } from "./v86/internals.ts";
export { createMachine, type Machine, type MachineEvents, type MachineOptions, type Stage } from "./v86/machine.ts";
export { TESTED_V86_VERSIONS } from "./v86/release.ts";
export type { SerialConsole, SerialEvents, SerialPort } from "./v86/serial.ts";
export { describeSnapshot, SNAPSHOT_FORMAT, type SnapshotDescription } from "./v86/snapshotFormat.ts";
export {
  type RestoreStateOptions,
  type SaveStateOptions,
  type SnapshotProblem,
  SnapshotRefusedError,
} from "./v86/snapshots.ts";
export { FREE_INTERRUPT } from "./v86/tpmOptions.ts";
export { type RestoredState, tpmInSnapshot } from "./v86/tpmSnapshots.ts";
export type { VgaPicture } from "./v86/vgaScreen.ts";
