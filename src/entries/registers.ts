/**
 * `tabtpm/registers`: what a TPM looks like on a bus, for any emulator: the register models of TIS and CRB and of the page of
 * physical presence, and the ACPI tables that tell a guest of them. Pure: no v86, no clock, nothing of a browser's or of Node's.
 * @module tabtpm/registers
 */
export { CrbDevice, type CrbDeviceOptions } from "../crb/device.ts";
export * as crbRegisters from "../crb/registers.ts";
export type { Locality, TpmBackend, TpmPower } from "../engine/backend.ts";
export type { CommandInExecution } from "../engine/execution.ts";
export { RegisterDevice, type UnknownAccess } from "../engine/registerDevice.ts";
export { type FwCfgFile, type TpmFirmwareOptions, tpmFirmwareFiles } from "../firmware/fwCfg.ts";
export { type LogArea, type TpmInterface, tpm2Table } from "../firmware/tpm2Table.ts";
export { TPM_MMIO_ADDRESS, TPM_MMIO_SIZE, type TpmDeviceOptions, tpmDeviceTable } from "../firmware/tpmDevice.ts";
export { PpiDevice, type PpiDeviceOptions } from "../ppi/device.ts";
export * as ppiRegisters from "../ppi/registers.ts";
export { TisDevice, type TisDeviceOptions } from "../tis/device.ts";
export * as tisRegisters from "../tis/registers.ts";
