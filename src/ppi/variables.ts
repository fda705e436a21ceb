/**
 * The firmware variables and how they are stored: beside the TPM's state, as the flash of a PC keeps UEFI's. They are no secret; who
 * may change them is decided where they are written (device.ts).
 */
import { DISABLED_ENDORSEMENT, DISABLED_STORAGE, PP_FLAGS_DEFAULT } from "./registers.ts";

export interface FirmwareVariables {
  /** PP_REQUIRED_FOR_CLEAR and so on; unsigned, 32 bits. */
  readonly ppFlags: number;
  /** DISABLED_STORAGE, DISABLED_ENDORSEMENT. */
  readonly disabledHierarchies: number;
}

/** Of a new TPM. They are the safe ones: who is present is asked before anything is lost, and no hierarchy is disabled. */
export const DEFAULT_VARIABLES: FirmwareVariables = { ppFlags: PP_FLAGS_DEFAULT, disabledHierarchies: 0 };

export const DISABLED_HIERARCHIES_MASK = DISABLED_STORAGE | DISABLED_ENDORSEMENT;

/** What is stored are no firmware variables of this version; the message says why, and what holds instead. */
export class FirmwareVariablesError extends Error {
  override name = "FirmwareVariablesError";
}

/** "TABTPMV" and the layout; then flags, hierarchies, and CRC-32 of all before it. Little-endian. */
const MAGIC = Uint8Array.from("TABTPMV", (character) => character.charCodeAt(0));
const LAYOUT = 1;
const LAYOUT_AT = 7;
const FLAGS_AT = 8;
const HIERARCHIES_AT = 12;
const CHECKSUM_AT = 13;
const SIZE = 17;

const DEFAULTS_HOLD =
  "Until the firmware stores new ones, the defaults hold: it asks before it clears the TPM, and no hierarchy is disabled.";

/** @returns 17 bytes. */
export function packVariables(variables: FirmwareVariables): Uint8Array {
  const bytes = new Uint8Array(SIZE);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  view.setUint8(LAYOUT_AT, LAYOUT);
  view.setUint32(FLAGS_AT, variables.ppFlags, true);
  view.setUint8(HIERARCHIES_AT, variables.disabledHierarchies);
  view.setUint32(CHECKSUM_AT, crc32(bytes.subarray(0, CHECKSUM_AT)), true);
  return bytes;
}

/** @param bytes as they were stored; null when nothing is. @throws FirmwareVariablesError */
export function unpackVariables(bytes: Uint8Array | null): FirmwareVariables {
  if (bytes === null) return DEFAULT_VARIABLES;
  const refused = (why: string) =>
    new FirmwareVariablesError(
      `The firmware variables beside the TPM's state (${bytes.length} bytes) ${why}. ${DEFAULTS_HOLD}`,
    );
  if (bytes.length <= LAYOUT_AT || !MAGIC.every((byte, index) => byte === bytes[index])) {
    throw refused("are damaged: they do not begin as such");
  }
  const layout = bytes[LAYOUT_AT]!;
  if (layout > LAYOUT) throw refused(`were written by a newer tabtpm (layout ${layout}); update tabtpm to use them`);
  if (layout !== LAYOUT || bytes.length !== SIZE)
    throw refused(`are damaged: ${SIZE} bytes of layout ${LAYOUT} belong there`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(CHECKSUM_AT, true) !== crc32(bytes.subarray(0, CHECKSUM_AT))) {
    throw refused("are damaged: their checksum is wrong");
  }
  const disabledHierarchies = view.getUint8(HIERARCHIES_AT);
  if ((disabledHierarchies & ~DISABLED_HIERARCHIES_MASK) !== 0) {
    throw refused(`name hierarchies that there are not (${disabledHierarchies})`);
  }
  return { ppFlags: view.getUint32(FLAGS_AT, true), disabledHierarchies };
}

/** CRC-32 of IEEE 802.3, bit by bit: of a dozen bytes. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb8_8320 : 0);
  }
  return ~crc >>> 0;
}
