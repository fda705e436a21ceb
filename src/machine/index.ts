/**
 * The machine file: a running PC with its TPM in one file, for snapshots, for export and import, and for a move to another machine. It is a
 * container: what the parts mean is known to whoever made them. Works in Node and in browsers; uses neither v86 nor a document.
 */
export * from "./errors.ts";
export { MACHINE_FORMAT_VERSION, type MachineProgress } from "./format.ts";
export {
  type BootLogState,
  MACHINE_NAME_LIMIT,
  type MachineBoot,
  type MachineHead,
  type MachinePart,
  type MachinePartName,
  type MachineParts,
  type NewMachineHead,
} from "./head.ts";
export { type MachineContents, type ReadMachineFileOptions, readMachineFile, readMachineHead } from "./read.ts";
export { isSealedMachineFile, openMachineFile, sealMachineFile } from "./sealed.ts";
export { machineFileStream, type WriteMachineFileOptions, writeMachineFile } from "./write.ts";
