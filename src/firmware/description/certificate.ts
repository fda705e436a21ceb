/**
 * Who an X.509 certificate is for (RFC 5280), read from its DER (X.690) without checking anything else. The library
 * that knows the whole format is the page's largest and loads when certificates are made; a line of a log needs a name.
 */

import { toHex } from "../../engine/bytes.ts";
import { narrowField, wideField } from "./text.ts";

const TAG = {
  integer: 0x02,
  oid: 0x06,
  sequence: 0x30,
  set: 0x31,
  version: 0xa0,
  /** TeletexString: Latin-1 in practice. */
  teletexString: 0x14,
  /** BMPString: UTF-16, big-endian. */
  bmpString: 0x1e,
};
const STRINGS = new Set([0x0c, 0x12, 0x13, 0x16, 0x1a, TAG.teletexString, TAG.bmpString]);

/** Attribute types (RFC 4514, 3, and those that certificates of firmware have besides), by their OID's octets. */
const ATTRIBUTES = new Map([
  ["550403", "CN"],
  ["550404", "SN"],
  ["550405", "serialNumber"],
  ["550406", "C"],
  ["550407", "L"],
  ["550408", "ST"],
  ["550409", "STREET"],
  ["55040a", "O"],
  ["55040b", "OU"],
  ["55040c", "title"],
  ["0992268993f22c640101", "UID"],
  ["0992268993f22c640119", "DC"],
  ["2a864886f70d010901", "emailAddress"],
]);

/**
 * The subject as RFC 4514 writes it, what was encoded last first, with a space after each comma:
 * "CN=Microsoft UEFI CA 2023, O=Microsoft Corporation".
 * "no subject" for an empty one; null when the octets don't begin with a certificate, which may be followed by others.
 */
export function certificateSubject(der: Uint8Array): string | null {
  const certificate = new Der(der).open(TAG.sequence);
  const fields = certificate?.open(TAG.sequence);
  if (fields === undefined || certificate === undefined) return null;
  fields.open(TAG.version);
  if (fields.open(TAG.integer) === undefined) return null;
  // Algorithm, issuer, validity.
  for (let i = 0; i < 3; i++) if (fields.open(TAG.sequence) === undefined) return null;
  const subject = fields.open(TAG.sequence);
  if (subject === undefined || fields.open(TAG.sequence) === undefined) return null;
  const names = relativeNames(subject);
  if (names === null) return null;
  return names.length === 0 ? "no subject" : names.reverse().join(", ");
}

/** Size in octets of the DER value that the octets begin with, or 0 when they begin with none. */
export function derSize(bytes: Uint8Array): number {
  return new Der(bytes).sizeOfNext();
}

function relativeNames(subject: Der): string[] | null {
  const names: string[] = [];
  while (subject.left > 0) {
    const attributes = subject.open(TAG.set);
    if (attributes === undefined) return null;
    const parts: string[] = [];
    while (attributes.left > 0) {
      const attribute = attributes.open(TAG.sequence);
      const type = attribute?.open(TAG.oid)?.rest();
      if (attribute === undefined || type === undefined) return null;
      parts.push(`${ATTRIBUTES.get(toHex(type)) ?? dotted(type)}=${attributeValue(attribute)}`);
    }
    names.push(parts.reverse().join("+"));
  }
  return names;
}

function attributeValue(attribute: Der): string {
  const encoded = attribute.peek();
  const tag = encoded[0] ?? 0;
  const content = attribute.open(tag)?.rest() ?? new Uint8Array(0);
  const value = STRINGS.has(tag) ? stringValue(tag, content) : null;
  return value === null ? `#${toHex(encoded.subarray(0, 32))}` : value.replace(/["+,;<>\\]|^#/g, "\\$&");
}

function stringValue(tag: number, content: Uint8Array): string | null {
  if (tag === TAG.bmpString) {
    return content.length % 2 === 0 ? wideField(content.map((_, index) => content[index ^ 1]!)) : null;
  }
  if (tag === TAG.teletexString)
    return narrowField(new TextEncoder().encode(new TextDecoder("latin1").decode(content)));
  return narrowField(content);
}

/** "2.5.4.3" */
function dotted(oid: Uint8Array): string {
  const arcs: bigint[] = [];
  let arc = 0n;
  for (const octet of oid.subarray(0, 24)) {
    arc = arc * 128n + BigInt(octet & 0x7f);
    if (octet & 0x80) continue;
    if (arcs.length > 0) arcs.push(arc);
    else if (arc < 80n) arcs.push(arc / 40n, arc % 40n);
    else arcs.push(2n, arc - 80n);
    arc = 0n;
  }
  return arcs.join(".");
}

/** Values one after the other; lengths of up to four octets. */
class Der {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#offset;
  }

  /** The contents of the next value, if it has this tag; else undefined, and the next value stays the next. */
  open(tag: number): Der | undefined {
    const size = this.sizeOfNext();
    if (size === 0 || this.#bytes[this.#offset] !== tag) return undefined;
    const start = this.#offset + this.#header();
    this.#offset += size;
    return new Der(this.#bytes.subarray(start, this.#offset));
  }

  /** The next value with its header, or what there is of it. */
  peek(): Uint8Array {
    return this.#bytes.subarray(this.#offset, this.#offset + (this.sizeOfNext() || this.left));
  }

  rest(): Uint8Array {
    const rest = this.#bytes.subarray(this.#offset);
    this.#offset = this.#bytes.length;
    return rest;
  }

  /** Of the next value with its header; 0 when it is not whole. */
  sizeOfNext(): number {
    if (this.left < 2) return 0;
    const first = this.#bytes[this.#offset + 1]!;
    const header = this.#header();
    if (header === 0 || header > this.left) return 0;
    let size = first < 0x80 ? first : 0;
    for (let i = 2; i < header; i++) size = size * 0x100 + this.#bytes[this.#offset + i]!;
    return header + size <= this.left ? header + size : 0;
  }

  /** Octets of the next value's tag and length; 0 for a length that DER does not have. */
  #header(): number {
    const first = this.#bytes[this.#offset + 1]!;
    if (first < 0x80) return 2;
    return first > 0x80 && first <= 0x84 ? 2 + (first & 0x7f) : 0;
  }
}
