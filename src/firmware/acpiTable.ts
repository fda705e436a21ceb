/**
 * The part common to every ACPI System Description Table (ACPI 6.5, section 5.2.6): a 36-byte header with length and
 * checksum, then the table's own bytes.
 */

export const ACPI_HEADER_SIZE = 36;

const LENGTH_OFFSET = 4;
const REVISION_OFFSET = 8;
const CHECKSUM_OFFSET = 9;
const OEM_ID_OFFSET = 10;
const OEM_TABLE_ID_OFFSET = 16;
const OEM_REVISION_OFFSET = 24;
const CREATOR_ID_OFFSET = 28;
const CREATOR_REVISION_OFFSET = 32;

const OEM_ID = "TABTPM";
const CREATOR_ID = "TABT";

/** What tells one table from another; the rest of the header follows from the body. */
export interface AcpiTableIdentity {
  /** 4 ASCII characters, such as "TPM2" or "SSDT". */
  signature: string;
  /** Revision of the table's layout, by the specification that defines it. */
  revision: number;
  /** At most 8 ASCII characters; padded with NUL. */
  oemTableId: string;
}

/** The sum of all bytes modulo 256; 0 for a table whose checksum is right. */
export function byteSum(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => (sum + byte) & 0xff, 0);
}

/** Puts the header with length and checksum in front of a table's body. */
export function acpiTable(identity: AcpiTableIdentity, body: Uint8Array): Uint8Array {
  const table = new Uint8Array(ACPI_HEADER_SIZE + body.length);
  const view = new DataView(table.buffer);
  writeAscii(table, 0, identity.signature, 4, 4);
  view.setUint32(LENGTH_OFFSET, table.length, true);
  view.setUint8(REVISION_OFFSET, identity.revision);
  writeAscii(table, OEM_ID_OFFSET, OEM_ID, 6, 6);
  writeAscii(table, OEM_TABLE_ID_OFFSET, identity.oemTableId, 0, 8);
  view.setUint32(OEM_REVISION_OFFSET, 1, true);
  writeAscii(table, CREATOR_ID_OFFSET, CREATOR_ID, 4, 4);
  view.setUint32(CREATOR_REVISION_OFFSET, 1, true);
  table.set(body, ACPI_HEADER_SIZE);
  view.setUint8(CHECKSUM_OFFSET, -byteSum(table) & 0xff);
  return table;
}

function writeAscii(target: Uint8Array, offset: number, text: string, minimum: number, maximum: number): void {
  if (text.length < minimum || text.length > maximum || /[^\x20-\x7e]/.test(text)) {
    throw new RangeError(`ACPI header field "${text}" must be ${minimum} to ${maximum} ASCII characters`);
  }
  for (let i = 0; i < text.length; i++) target[offset + i] = text.charCodeAt(i);
}
