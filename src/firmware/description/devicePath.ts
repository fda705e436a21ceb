/**
 * EFI_DEVICE_PATH_PROTOCOL as text (UEFI 2.10, 10.6.1.6): the parseable long form, with the shortcuts that it allows.
 * Hexadecimal digits are small here, as everywhere in this project; the specification does not tell them apart.
 */

import { ACPI_NODES, BBS_NODES, HARDWARE_NODES, MEDIA_NODES } from "./devicePathNodes.ts";
import { Fields } from "./fields.ts";
import { MESSAGING_NODES } from "./messagingNodes.ts";
import { type NodeText, octets } from "./nodeText.ts";

/** A path is cut after so many nodes. */
const MAX_NODES = 48;
const NODE_HEADER_SIZE = 4;
/** The type of the nodes that end a path or one of its instances; firmware older than UEFI 2.0 writes 0xFF. */
const END_TYPES = [0x7f, 0xff];
const END_INSTANCE = 0x01;

/** Type -> the name that nodes go by whose sub-type has no text form, and the sub-types that have one. */
const NODES = new Map<number, readonly [generic: string, subtypes: ReadonlyMap<number, NodeText>]>([
  [1, ["HardwarePath", HARDWARE_NODES]],
  [2, ["AcpiPath", ACPI_NODES]],
  [3, ["Msg", MESSAGING_NODES]],
  [4, ["MediaPath", MEDIA_NODES]],
  [5, ["BbsPath", BBS_NODES]],
]);

/** "PciRoot(0x0)/Pci(0x1f,0x2)"; instances stand side by side, with a comma between. Empty for a path without nodes. */
export function devicePath(bytes: Uint8Array): string {
  const fields = new Fields(bytes);
  let path = "";
  for (let count = 0; fields.left >= NODE_HEADER_SIZE; count++) {
    const type = fields.u8();
    const subtype = fields.u8();
    const length = fields.u16();
    const ends = END_TYPES.includes(type);
    if (ends && subtype !== END_INSTANCE) break;
    if (count === MAX_NODES || length < NODE_HEADER_SIZE || length - NODE_HEADER_SIZE > fields.left)
      return joined(path, "…");
    const data = fields.take(length - NODE_HEADER_SIZE);
    path = ends ? `${path},` : joined(path, deviceNode(type, subtype, data));
  }
  return path;
}

function joined(path: string, node: string): string {
  return path === "" || path.endsWith(",") ? path + node : `${path}/${node}`;
}

function deviceNode(type: number, subtype: number, data: Uint8Array): string {
  const [generic, subtypes] = NODES.get(type) ?? ["Path", null];
  const fields = new Fields(data);
  const node = subtypes?.get(subtype)?.(fields) ?? null;
  // A node that lacks fields is not what it says.
  if (node !== null && fields.intact) return node;
  const numbers = subtypes === null ? `${type},${subtype}` : `${subtype}`;
  return `${generic}(${[numbers, ...(data.length > 0 ? [octets(data)] : [])].join(",")})`;
}
