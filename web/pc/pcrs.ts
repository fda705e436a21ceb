/**
 * The two commands by which the page learns the PCRs' values, and which of the guest's commands change them.
 * TPM 2.0 Library, Part 3, 22.4 TPM2_PCR_Read and 30.2 TPM2_GetCapability; structures: Part 2, 10.6 and 10.9.
 */

const TPM_ST_NO_SESSIONS = 0x8001;
const TPM_CC_EVENT_SEQUENCE_COMPLETE = 0x185;
const TPM_CC_PCR_EVENT = 0x13c;
const TPM_CC_PCR_RESET = 0x13d;
const TPM_CC_PCR_READ = 0x17e;
const TPM_CC_PCR_EXTEND = 0x182;
const TPM_CC_GET_CAPABILITY = 0x17a;
export const TPM_CC_STARTUP = 0x144;
const TPM_CAP_PCRS = 5;
const HEADER_SIZE = 10;

export interface PcrSelection {
  /** TPM_ALG_ID of the bank. */
  readonly algorithm: number;
  readonly pcrs: readonly number[];
}

/** TPM_CC of a command. */
export const commandCodeOf = (command: Uint8Array): number => view(command).getUint32(6);
/** TPM_RC of a response. */
export const responseCodeOf = (response: Uint8Array): number => view(response).getUint32(6);

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The PCR that this command changes when it succeeds, or null when it changes none. */
export function changedPcr(command: Uint8Array): number | null {
  if (command.length < HEADER_SIZE + 4) return null;
  switch (commandCodeOf(command)) {
    case TPM_CC_PCR_EXTEND:
    case TPM_CC_PCR_EVENT:
    case TPM_CC_PCR_RESET:
    case TPM_CC_EVENT_SEQUENCE_COMPLETE: {
      // A TPMI_DH_PCR handle is the PCR's number; TPM_RH_NULL (no PCR) is far above.
      const handle = view(command).getUint32(HEADER_SIZE);
      return handle < 32 ? handle : null;
    }
    default:
      return null;
  }
}

function command(code: number, parameters: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(HEADER_SIZE + parameters.length);
  const header = view(bytes);
  header.setUint16(0, TPM_ST_NO_SESSIONS);
  header.setUint32(2, bytes.length);
  header.setUint32(6, code);
  bytes.set(parameters, HEADER_SIZE);
  return bytes;
}

const uint32 = (value: number): number[] => [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];

/** TPM2_GetCapability(TPM_CAP_PCRS): which PCRs each bank has. */
export function getBanksCommand(): Uint8Array {
  return command(TPM_CC_GET_CAPABILITY, [...uint32(TPM_CAP_PCRS), ...uint32(0), ...uint32(1)]);
}

/** TPM2_PCR_Read. The TPM answers for as many as fit into one TPML_DIGEST (8), in the order of the selection. */
export function readCommand(selections: readonly PcrSelection[]): Uint8Array {
  const list = selections.flatMap(({ algorithm, pcrs }) => {
    const bits = [0, 0, 0];
    for (const pcr of pcrs) bits[pcr >> 3] = (bits[pcr >> 3] ?? 0) | (1 << (pcr & 7));
    return [algorithm >> 8, algorithm & 0xff, bits.length, ...bits];
  });
  return command(TPM_CC_PCR_READ, [...uint32(selections.length), ...list]);
}

/** Reads a TPML_PCR_SELECTION. @returns it and the offset behind it. */
function readSelections(bytes: Uint8Array, start: number): { selections: PcrSelection[]; end: number } {
  const data = view(bytes);
  let at = start + 4;
  const selections = Array.from({ length: data.getUint32(start) }, () => {
    const algorithm = data.getUint16(at);
    const select = bytes.subarray(at + 3, at + 3 + data.getUint8(at + 2));
    at += 3 + select.length;
    const pcrs = [...select].flatMap((bits, octet) =>
      [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => (bits >> bit) & 1).map((bit) => 8 * octet + bit),
    );
    return { algorithm, pcrs };
  });
  return { selections, end: at };
}

/** @returns the banks that have at least one PCR. @throws RangeError when the response is cut short. */
export function parseBanks(response: Uint8Array): PcrSelection[] {
  return readSelections(response, HEADER_SIZE + 5).selections.filter(({ pcrs }) => pcrs.length > 0);
}

export interface PcrValue {
  readonly algorithm: number;
  readonly pcr: number;
  /** The digest in hex. */
  readonly hex: string;
}

/** @returns the values in a successful response to TPM2_PCR_Read; none when nothing that was asked for exists. */
export function parseValues(response: Uint8Array): PcrValue[] {
  const { selections, end } = readSelections(response, HEADER_SIZE + 4);
  const data = view(response);
  let at = end + 4;
  return selections.flatMap(({ algorithm, pcrs }) =>
    pcrs.map((pcr) => {
      const digest = response.subarray(at + 2, at + 2 + data.getUint16(at));
      at += 2 + digest.length;
      return { algorithm, pcr, hex: Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("") };
    }),
  );
}
