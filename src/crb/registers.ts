/**
 * Register map of the Command Response Buffer interface: PC Client Platform TPM Profile for TPM 2.0 (PTP) 01.03, chapter "CRB
 * interface". Offsets are relative to the page of locality 0, the only one.
 */

/** Physical address of the block. */
export const CRB_BASE_ADDRESS = 0xfed4_0000;
/** Size of the block in bytes: one page. */
export const CRB_SIZE = 0x1000;

export const REG_LOC_STATE = 0x00;
export const REG_LOC_CTRL = 0x08;
export const REG_LOC_STS = 0x0c;
export const REG_INTF_ID = 0x30;
export const REG_INTF_ID2 = 0x34;
export const REG_CTRL_EXT = 0x38;
export const REG_CTRL_EXT2 = 0x3c;
export const REG_CTRL_REQ = 0x40;
export const REG_CTRL_STS = 0x44;
export const REG_CTRL_CANCEL = 0x48;
export const REG_CTRL_START = 0x4c;
export const REG_INT_ENABLE = 0x50;
export const REG_INT_STS = 0x54;
export const REG_CTRL_CMD_SIZE = 0x58;
export const REG_CTRL_CMD_LADDR = 0x5c;
export const REG_CTRL_CMD_HADDR = 0x60;
export const REG_CTRL_RSP_SIZE = 0x64;
export const REG_CTRL_RSP_ADDR = 0x68;
export const REG_CTRL_RSP_HADDR = 0x6c;
export const DATA_BUFFER = 0x80;

/** Bytes of a command or a response: TPM_PT_MAX_COMMAND_SIZE and TPM_PT_MAX_RESPONSE_SIZE of a TPM behind it. */
export const BUFFER_SIZE = CRB_SIZE - DATA_BUFFER;

/** The registers by their names in PTP, without the prefix TPM_. */
export const REGISTERS: Readonly<Record<string, number>> = {
  LOC_STATE: REG_LOC_STATE,
  LOC_CTRL: REG_LOC_CTRL,
  LOC_STS: REG_LOC_STS,
  CRB_INTF_ID: REG_INTF_ID,
  CRB_INTF_ID2: REG_INTF_ID2,
  CRB_CTRL_EXT: REG_CTRL_EXT,
  CRB_CTRL_EXT2: REG_CTRL_EXT2,
  CRB_CTRL_REQ: REG_CTRL_REQ,
  CRB_CTRL_STS: REG_CTRL_STS,
  CRB_CTRL_CANCEL: REG_CTRL_CANCEL,
  CRB_CTRL_START: REG_CTRL_START,
  CRB_INT_ENABLE: REG_INT_ENABLE,
  CRB_INT_STS: REG_INT_STS,
  CRB_CTRL_CMD_SIZE: REG_CTRL_CMD_SIZE,
  CRB_CTRL_CMD_LADDR: REG_CTRL_CMD_LADDR,
  CRB_CTRL_CMD_HADDR: REG_CTRL_CMD_HADDR,
  CRB_CTRL_RSP_SIZE: REG_CTRL_RSP_SIZE,
  CRB_CTRL_RSP_ADDR: REG_CTRL_RSP_ADDR,
  CRB_CTRL_RSP_HADDR: REG_CTRL_RSP_HADDR,
};

/** TPM_LOC_STATE_x. */
/** Reads 1 while NO dynamic launch took place: the bit is active low. */
export const LOC_STATE_ESTABLISHED = 1 << 0;
export const LOC_STATE_ASSIGNED = 1 << 1;
export const LOC_STATE_REGISTERS_VALID = 1 << 7;

/** TPM_LOC_CTRL_x: write only. Seize (bit 2) and resetEstablishmentBit (bit 3) are for higher localities. */
export const LOC_CTRL_REQUEST_ACCESS = 1 << 0;
export const LOC_CTRL_RELINQUISH = 1 << 1;

/** TPM_LOC_STS_x. BeenSeized (bit 1) never shows: there is no higher locality. */
export const LOC_STS_GRANTED = 1 << 0;

/** TPM_CRB_CTRL_REQ_x: each reads 1 until done, which is at once. */
export const CTRL_REQ_CMD_READY = 1 << 0;
export const CTRL_REQ_GO_IDLE = 1 << 1;

/** TPM_CRB_CTRL_STS_x: tpmSts says that the interface has broken down, until the next reset. */
export const CTRL_STS_ERROR = 1 << 0;
export const CTRL_STS_IDLE = 1 << 1;

export const CTRL_CANCEL = 1 << 0;
export const CTRL_START = 1 << 0;

/**
 * TPM_CRB_INTF_ID_x: CRB active (type 1, version 1), locality 0 only, transfers of up to 64 bytes, CapCRB, CRB selected;
 * CapFIFO is off. As QEMU's.
 */
export const INTF_ID = (1 << 17) | (1 << 14) | (3 << 11) | (1 << 4) | 1;
/** IntfSelLock: the choice of interface can't be changed until the next reset. */
export const INTF_ID_LOCK = 1 << 19;
/** VID in the lower half, DID in the upper one: vendor 0x1014, as QEMU's model. */
export const INTF_ID2 = 0x0000_1014;
