/**
 * Register map of the FIFO interface: TCG PC Client TPM Interface Specification (TIS) 1.3 and PC Client Platform TPM
 * Profile for TPM 2.0 (PTP), chapter "FIFO interface". Offsets are relative to a locality's 4 KiB page.
 */

import type { Locality } from "../engine/backend.ts";

/** Physical address of locality 0. */
export const TIS_BASE_ADDRESS = 0xfed4_0000;
export const LOCALITY_COUNT = 5;
/** A locality's page is 1 << 12 bytes; bits 12-14 of the offset name the locality. */
export const LOCALITY_SHIFT = 12;
/** Size of the block in bytes: five pages. */
export const TIS_SIZE = LOCALITY_COUNT << LOCALITY_SHIFT;
/** No locality is active. */
export const NO_LOCALITY = 0xff;

/** The hardware's locality (dynamic launch). Software's writes to its page have no effect. */
export const HARDWARE_LOCALITY: Locality = 4;

/** Capacity of the command and response FIFO in bytes (TPM_PT_MAX_COMMAND_SIZE). */
export const FIFO_SIZE = 4096;

export const REG_ACCESS = 0x000;
export const REG_INT_ENABLE = 0x008;
export const REG_INT_VECTOR = 0x00c;
export const REG_INT_STATUS = 0x010;
export const REG_INTF_CAPABILITY = 0x014;
export const REG_STS = 0x018;
export const REG_DATA_FIFO = 0x024;
export const REG_INTERFACE_ID = 0x030;
export const REG_XDATA_FIFO = 0x080;
export const REG_XDATA_FIFO_END = 0x0c0;
export const REG_DID_VID = 0xf00;
export const REG_RID = 0xf04;

/** The registers of a locality by their names in PTP, but for the FIFOs. */
export const REGISTERS: Readonly<Record<string, number>> = {
  TPM_ACCESS: REG_ACCESS,
  TPM_INT_ENABLE: REG_INT_ENABLE,
  TPM_INT_VECTOR: REG_INT_VECTOR,
  TPM_INT_STATUS: REG_INT_STATUS,
  TPM_INTF_CAPABILITY: REG_INTF_CAPABILITY,
  TPM_STS: REG_STS,
  TPM_INTERFACE_ID: REG_INTERFACE_ID,
  TPM_DID_VID: REG_DID_VID,
  TPM_RID: REG_RID,
};
const DECODED = new Set(Object.values(REGISTERS));

/** TPM_DATA_FIFO or TPM_XDATA_FIFO. @param register offset in the page of a locality, a multiple of 4. */
export function isFifo(register: number): boolean {
  return register === REG_DATA_FIFO || (register >= REG_XDATA_FIFO && register < REG_XDATA_FIFO_END);
}

/** @param register as for {@link isFifo}. */
export function isDecoded(register: number): boolean {
  return DECODED.has(register) || isFifo(register);
}

/** TPM_ACCESS_x, 8 bits. */
export const ACCESS_VALID = 1 << 7;
/** Read: this locality is active. Write: it gives up the TPM, or its pending request. */
export const ACCESS_ACTIVE_LOCALITY = 1 << 5;
export const ACCESS_BEEN_SEIZED = 1 << 4;
/** Write only. */
export const ACCESS_SEIZE = 1 << 3;
export const ACCESS_PENDING_REQUEST = 1 << 2;
export const ACCESS_REQUEST_USE = 1 << 1;
/** Reads 1 while NO dynamic launch took place: the bit is active low. */
export const ACCESS_ESTABLISHMENT = 1 << 0;

/** TPM_STS_x, 32 bits. */
export const STS_FAMILY_2_0 = 1 << 26;
export const STS_RESET_ESTABLISHMENT = 1 << 25;
export const STS_COMMAND_CANCEL = 1 << 24;
export const STS_BURST_COUNT_SHIFT = 8;
export const STS_VALID = 1 << 7;
export const STS_COMMAND_READY = 1 << 6;
export const STS_GO = 1 << 5;
export const STS_DATA_AVAILABLE = 1 << 4;
export const STS_EXPECT = 1 << 3;
export const STS_SELF_TEST_DONE = 1 << 2;
export const STS_RESPONSE_RETRY = 1 << 1;

/** TPM_INT_ENABLE_x and TPM_INT_STATUS_x. */
export const INT_GLOBAL_ENABLE = 0x8000_0000;
export const INT_COMMAND_READY = 1 << 7;
export const INT_POLARITY_MASK = 3 << 3;
export const INT_POLARITY_LOW_LEVEL = 1 << 3;
export const INT_LOCALITY_CHANGED = 1 << 2;
export const INT_STS_VALID = 1 << 1;
export const INT_DATA_AVAILABLE = 1 << 0;
export const INT_SUPPORTED = INT_COMMAND_READY | INT_LOCALITY_CHANGED | INT_STS_VALID | INT_DATA_AVAILABLE;

/** TPM_INTF_CAPABILITY_x: TIS 1.3 for TPM 2.0, transfers of up to 64 bytes, dynamic burst count, low level interrupts. */
export const INTF_CAPABILITY = (3 << 28) | (3 << 9) | (1 << 4) | INT_SUPPORTED;

/** TPM_INTERFACE_ID_x: FIFO interface active (type 0, version 0), five localities, CapTIS; CapCRB (bit 14) is off. */
export const INTERFACE_ID = (1 << 13) | (1 << 8);
/** IntfSelLock: the choice of interface can't be changed until the next reset. */
export const INTERFACE_ID_LOCK = 1 << 19;

/** Device 0x0001 of vendor 0x1014, as QEMU's model: drivers know it and apply no vendor's workarounds. */
export const DID_VID = 0x0001_1014;
export const RID = 0x01;

/** What the FIFO returns when it has nothing to return. */
export const NO_DATA_BYTE = 0xff;
