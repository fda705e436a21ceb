/**
 * The files that QEMU's firmware configuration device (fw_cfg) hands to SeaBIOS so that it finds, uses and reports
 * the TPM. Data only: how they reach the guest is the emulator's business.
 */
import { PPI_BASE_ADDRESS } from "../ppi/registers.ts";
import { E820_RAM, E820_RESERVED, e820File } from "./e820.ts";
import { type LogArea, tpm2Table } from "./tpm2Table.ts";
import { type TpmDeviceOptions, tpmDeviceTable } from "./tpmDevice.ts";

export interface FwCfgFile {
  /** Path in the fw_cfg directory; at most 55 ASCII characters. */
  name: string;
  data: Uint8Array;
}

/** 64 KiB hold about 200 events with four digests each; LAML of QEMU is the same. */
export const LOG_AREA_SIZE = 0x1_0000;

/** The event log at the top of RAM, where the kernel and its initrd never are. */
export function logAreaAtTopOf(memorySize: number): LogArea {
  return { address: memorySize - LOG_AREA_SIZE, size: LOG_AREA_SIZE };
}

export interface TpmFirmwareOptions extends TpmDeviceOptions {
  /** Guest RAM in bytes; all of it below 4 GiB. */
  memorySize: number;
}

/**
 * SeaBIOS appends each `acpi/*` file to its RSDT, and measures the boot only when one of them is a TPM2 table. The
 * memory map has the log area reserved, so that neither SeaBIOS nor the kernel puts anything there.
 */
export function tpmFirmwareFiles(options: TpmFirmwareOptions): FwCfgFile[] {
  const log = logAreaAtTopOf(options.memorySize);
  return [
    { name: "acpi/tpm2", data: tpm2Table(options.interface, log) },
    { name: "acpi/ssdt-tpm", data: tpmDeviceTable(options) },
    {
      name: "etc/e820",
      data: e820File([
        { address: 0, length: options.memorySize, type: E820_RAM },
        { address: log.address, length: log.size, type: E820_RESERVED },
      ]),
    },
    { name: "etc/tpm/config", data: tpmConfigFile() },
  ];
}

const TPM_VERSION_2_0 = 2;
const PPI_VERSION_1_30 = 1;

/** Where firmware finds the page of physical presence, as QEMU says it: address, version of the TPM, version of the interface. */
function tpmConfigFile(): Uint8Array {
  const file = new Uint8Array(6);
  const view = new DataView(file.buffer);
  view.setUint32(0, PPI_BASE_ADDRESS, true);
  view.setUint8(4, TPM_VERSION_2_0);
  view.setUint8(5, PPI_VERSION_1_30);
  return file;
}

/** Puts SeaBIOS's screen on a serial port too. @param port I/O base; COM1 is 0x3F8. */
export function serialConsoleFile(port = 0x3f8): FwCfgFile {
  return { name: "etc/sercon-port", data: Uint8Array.of(port & 0xff, port >>> 8) };
}

/** How long SeaBIOS waits for ESC before it boots, where it shows its menu at all: milliseconds, 2,500 without this file. */
export function bootMenuWaitFile(milliseconds: number): FwCfgFile {
  const data = new Uint8Array(4);
  new DataView(data.buffer).setUint32(0, milliseconds, true);
  return { name: "etc/boot-menu-wait", data };
}
