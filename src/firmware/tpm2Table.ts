/**
 * The TPM2 table: how an operating system finds the TPM's interface and the firmware's event log.
 * [TCG ACPI Specification 1.2, section 8, table revision 4]
 */
import { ACPI_HEADER_SIZE, acpiTable } from "./acpiTable.ts";

export type TpmInterface = "tis" | "crb";

export const TPM2_TABLE_SIZE = 76;
const TPM2_TABLE_REVISION = 4;

const PLATFORM_CLASS_OFFSET = 36;
const CONTROL_AREA_OFFSET = 40;
const START_METHOD_OFFSET = 48;
const LAML_OFFSET = 64;
const LASA_OFFSET = 68;

const PLATFORM_CLASS_CLIENT = 0;

/** Start method and control area of each interface. TIS has no control area; CRB's is its request register block. */
const INTERFACES = {
  tis: { startMethod: 6, controlArea: 0n },
  crb: { startMethod: 7, controlArea: 0xfed4_0040n },
} as const satisfies Record<TpmInterface, { startMethod: number; controlArea: bigint }>;

/** The event log's memory: LASA (its first byte) and LAML (its size). */
export interface LogArea {
  /** Physical address, in bytes. */
  address: number;
  /** Size in bytes. */
  size: number;
}

/** @returns the 76 bytes of the table, checksum included. */
export function tpm2Table(tpmInterface: TpmInterface, log: LogArea): Uint8Array {
  const body = new Uint8Array(TPM2_TABLE_SIZE - ACPI_HEADER_SIZE);
  const view = new DataView(body.buffer);
  const at = (offset: number) => offset - ACPI_HEADER_SIZE;
  const { startMethod, controlArea } = INTERFACES[tpmInterface];
  view.setUint16(at(PLATFORM_CLASS_OFFSET), PLATFORM_CLASS_CLIENT, true);
  view.setBigUint64(at(CONTROL_AREA_OFFSET), controlArea, true);
  view.setUint32(at(START_METHOD_OFFSET), startMethod, true);
  view.setUint32(at(LAML_OFFSET), log.size, true);
  view.setBigUint64(at(LASA_OFFSET), BigInt(log.address), true);
  return acpiTable({ signature: "TPM2", revision: TPM2_TABLE_REVISION, oemTableId: "TABTPM2" }, body);
}
