/** Hardware, ACPI, media and BIOS boot nodes of device paths (UEFI 2.10, 10.3.2, 3, 5, 6), by sub-type. */

import { toHex } from "../../engine/bytes.ts";
import { Fields, guid, hexNumber } from "./fields.ts";
import { type NodeText, named, node, vendorNode } from "./nodeText.ts";
import { narrowField, wideField } from "./text.ts";

export const HARDWARE_NODES: ReadonlyMap<number, NodeText> = new Map<number, NodeText>([
  [1, (fields) => pci(fields)],
  [2, (fields) => node("PcCard", fields.u8())],
  [3, (fields) => node("MemoryMapped", fields.u32(), fields.u64(), fields.u64())],
  [4, (fields) => vendorNode("VenHw", fields.guid(), fields.rest())],
  [5, (fields) => node("Ctrl", fields.u32())],
  [6, (fields) => node("BMC", fields.u8(), fields.u64())],
]);

function pci(fields: Fields): string {
  const pciFunction = fields.u8();
  return node("Pci", fields.u8(), pciFunction);
}

/** Sub-type 4, NVDIMM, has no text form of its own. */
export const ACPI_NODES: ReadonlyMap<number, NodeText> = new Map<number, NodeText>([
  [1, (fields) => acpi(fields.u32(), fields.u32())],
  [2, (fields) => acpiExpanded(fields)],
  [3, (fields) => acpiAdr(fields)],
]);

/** "PNP" in compressed ASCII, the low half of an EISA identifier. */
const PNP = 0x41d0;
const PNP_NAMES = new Map([
  [0x0a03, "PciRoot"],
  [0x0a08, "PcieRoot"],
  [0x0604, "Floppy"],
  [0x0301, "Keyboard"],
  [0x0501, "Serial"],
  [0x0401, "ParallelPort"],
]);

function acpi(hid: number, uid: number): string {
  if ((hid & 0xffff) !== PNP) return node("Acpi", `0x${hid.toString(16).padStart(8, "0")}`, uid);
  const name = PNP_NAMES.get(hid >>> 16);
  return name === undefined ? node("Acpi", eisaId(hid), uid) : node(name, uid);
}

/** Three letters of five bits, and four digits: "PNP0A03". */
function eisaId(id: number): string {
  if (id === 0) return "0";
  const letters = [10, 5, 0].map((shift) => ((id >>> shift) & 0x1f) + 0x40);
  const digits = (id >>> 16).toString(16).toUpperCase().padStart(4, "0");
  return letters.some((letter) => letter < 0x41 || letter > 0x5a)
    ? `0x${id.toString(16).padStart(8, "0")}`
    : String.fromCharCode(...letters) + digits;
}

function acpiExpanded(fields: Fields): string {
  const [hid, uid, cid] = [fields.u32(), fields.u32(), fields.u32()];
  const hidText = terminated(fields);
  const uidText = terminated(fields);
  const cidText = terminated(fields);
  return hidText === "" && cidText === "" && uidText !== ""
    ? node("AcpiExp", eisaId(hid), eisaId(cid), uidText)
    : node("AcpiEx", eisaId(hid), eisaId(cid), uid, hidText, cidText, uidText);
}

/** ASCII up to its terminator or the node's end; octets that are none in hexadecimal. */
function terminated(fields: Fields): string {
  const octets: number[] = [];
  while (fields.left > 0) {
    const octet = fields.u8();
    if (octet === 0) break;
    octets.push(octet);
  }
  const bytes = Uint8Array.from(octets);
  return bytes.length === 0 ? "" : (narrowField(bytes) ?? toHex(bytes.subarray(0, 32)));
}

function acpiAdr(fields: Fields): string {
  const addresses = [fields.u32()];
  while (fields.left >= 4 && addresses.length < 32) addresses.push(fields.u32());
  return node("AcpiAdr", ...addresses);
}

export const MEDIA_NODES: ReadonlyMap<number, NodeText> = new Map<number, NodeText>([
  [1, (fields) => hardDrive(fields)],
  [2, (fields) => node("CDROM", fields.u32(), fields.u64(), fields.u64())],
  [3, (fields) => vendorNode("VenMedia", fields.guid(), fields.rest())],
  [4, (fields) => wideField(fields.rest())],
  [5, (fields) => node("Media", fields.guid())],
  [6, (fields) => node("FvFile", fields.guid())],
  [7, (fields) => node("Fv", fields.guid())],
  [8, (fields) => relativeOffset(fields)],
  [9, (fields) => ramDisk(fields)],
]);

function hardDrive(fields: Fields): string {
  const partition = fields.u32();
  const [start, size] = [fields.u64(), fields.u64()];
  const signature = fields.take(16);
  fields.u8();
  const kind = fields.u8();
  const value = signatureText(kind, signature);
  return node("HD", `${partition}`, ["MBR", "GPT"][kind - 1] ?? `${kind}`, value, start, size);
}

/** An MBR's signature is a number, a GPT's a GUID. */
function signatureText(kind: number, signature: Uint8Array): string {
  if (kind === 1) return `0x${new Fields(signature).u32().toString(16).padStart(8, "0")}`;
  return kind === 2 ? guid(signature) : "0";
}

function relativeOffset(fields: Fields): string {
  fields.u32();
  return node("Offset", fields.u64(), fields.u64());
}

/** ACPI 6, GUIDs of the NFIT's volatile and persistent regions. */
const RAM_DISKS = new Map([
  ["77ab535a-45fc-624b-5560-f7b281d1f96e", "VirtualDisk"],
  ["3d5abd30-4175-87ce-6d64-d2ade523c4bb", "VirtualCD"],
  ["5cea02c9-4d07-69d3-269f-4496fbe096f9", "PersistentVirtualDisk"],
  ["08018188-42cd-bb48-100f-5387d53ded3d", "PersistentVirtualCD"],
]);

function ramDisk(fields: Fields): string {
  const [start, end, type, instance] = [fields.u64(), fields.u64(), fields.guid(), fields.u16()];
  const name = RAM_DISKS.get(type);
  return name === undefined ? node("RamDisk", start, end, `${instance}`, type) : node(name, start, end, `${instance}`);
}

export const BBS_NODES: ReadonlyMap<number, NodeText> = new Map<number, NodeText>([[1, (fields) => bbs(fields)]]);

/** Device types of the BIOS Boot Specification, from 1 on. */
const BBS_TYPES = [undefined, "Floppy", "HD", "CDROM", "PCMCIA", "USB", "Network"];

function bbs(fields: Fields): string {
  const [type, status] = [fields.u16(), fields.u16()];
  return node("BBS", named(type, BBS_TYPES), narrowField(fields.rest()) ?? "", hexNumber(status));
}
