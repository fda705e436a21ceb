/** What the tables of device path nodes have in common. */

import { toHex } from "../../engine/bytes.ts";
import { type Fields, hexNumber } from "./fields.ts";

/** Octets of a node that are shown in hexadecimal. */
const MAX_OCTETS = 64;

/**
 * The text form of a node, from the fields after its header; null where they have none. Reading beyond the node's end
 * counts as having none, too.
 */
export type NodeText = (fields: Fields) => string | null;

/** "Name(a,b)", numbers in hexadecimal. */
export function node(name: string, ...values: readonly (number | bigint | string)[]): string {
  return `${name}(${values.map((value) => (typeof value === "string" ? value : hexNumber(value))).join(",")})`;
}

/** Octets as digits, without a prefix; "…" for those that are too many. */
export function octets(bytes: Uint8Array): string {
  return bytes.length > MAX_OCTETS ? `${toHex(bytes.subarray(0, MAX_OCTETS))}…` : toHex(bytes);
}

/** "0x" and octets in the order in which they lie. */
export function octetNumber(bytes: Uint8Array): string {
  return `0x${toHex(bytes)}`;
}

/** A node that a vendor defines: a GUID, and any data. */
export function vendorNode(name: string, guid: string, data: Uint8Array): string {
  return data.length === 0 ? node(name, guid) : node(name, guid, octets(data));
}

/** The name for a value of a short list, or the value. */
export function named(value: number, names: readonly (string | undefined)[]): string {
  return names[value] ?? hexNumber(value);
}
