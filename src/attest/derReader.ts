/** Reads DER (X.690), strictly: what has two encodings in BER has one here. */
import { EvidenceFormatError } from "./errors.ts";

export interface DerNode {
  readonly tag: number;
  readonly content: Uint8Array;
  /** Tag, length and content. */
  readonly whole: Uint8Array;
  /** Of a constructed one. */
  readonly children: readonly DerNode[];
}

export const DER = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  sequence: 0x30,
  set: 0x31,
} as const;
const CONSTRUCTED = 0x20;
/** Deeper than any certificate. */
const MAX_DEPTH = 32;

/** One value that fills the octets. @throws EvidenceFormatError */
export function readDer(octets: Uint8Array): DerNode {
  const { node, rest } = readOne(octets, 0);
  if (rest.length > 0) throw new EvidenceFormatError(`${rest.length} octets are left over after the DER value`);
  return node;
}

/** The first value, and what is behind it. @throws EvidenceFormatError */
export function readFirstDer(octets: Uint8Array): { readonly node: DerNode; readonly rest: Uint8Array } {
  return readOne(octets, 0);
}

function readOne(octets: Uint8Array, depth: number): { node: DerNode; rest: Uint8Array } {
  const [tag, first] = octets;
  if (tag === undefined || first === undefined) throw new EvidenceFormatError("the DER ends within a tag or length");
  if ((tag & 0x1f) === 0x1f) throw new EvidenceFormatError("the DER has a tag above 30");
  if (depth > MAX_DEPTH) throw new EvidenceFormatError(`the DER is nested deeper than ${MAX_DEPTH}`);
  let [at, size] = [2, first];
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0 || count > 4) throw new EvidenceFormatError("a DER length has no end, or more than four octets");
    if (octets.length < at + count) throw new EvidenceFormatError("the DER ends within a length");
    size = octets.subarray(at, at + count).reduce((sum, octet) => sum * 256 + octet, 0);
    at += count;
    if (size < 0x80 || size < 2 ** (8 * (count - 1)))
      throw new EvidenceFormatError("a DER length is longer than needed");
  }
  if (octets.length < at + size)
    throw new EvidenceFormatError(`a DER value has ${size} octets, and ${octets.length - at} are left`);
  const content = octets.subarray(at, at + size);
  const children: DerNode[] = [];
  if (tag & CONSTRUCTED)
    for (let rest = content; rest.length > 0; ) {
      const child = readOne(rest, depth + 1);
      children.push(child.node);
      rest = child.rest;
    }
  checkPrimitive(tag, content);
  return { node: { tag, content, whole: octets.subarray(0, at + size), children }, rest: octets.subarray(at + size) };
}

function checkPrimitive(tag: number, content: Uint8Array): void {
  const [first = 0, second = 0] = content;
  if (tag === DER.boolean && (content.length !== 1 || (first !== 0 && first !== 0xff)))
    throw new EvidenceFormatError("a BOOLEAN of the DER is neither 00 nor ff");
  if (tag === DER.integer) {
    const isPadded = content.length > 1 && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80));
    if (content.length === 0 || isPadded) throw new EvidenceFormatError("an INTEGER of the DER is longer than needed");
  }
  if (tag === DER.null && content.length > 0) throw new EvidenceFormatError("a NULL of the DER has content");
  if (tag === DER.bitString) {
    const last = content.length > 1 ? (content[content.length - 1] ?? 0) : 0;
    if (content.length === 0 || first > 7 || (last & ((1 << first) - 1)) !== 0 || (content.length === 1 && first !== 0))
      throw new EvidenceFormatError("a BIT STRING of the DER has unused bits that are set, or too many of them");
  }
}

/** "2.5.29.17". @throws EvidenceFormatError */
export function oidOf({ tag, content }: DerNode): string {
  if (tag !== DER.oid || content.length === 0 || (content[content.length - 1] ?? 0) & 0x80)
    throw new EvidenceFormatError("an OBJECT IDENTIFIER was expected in the DER");
  const arcs: number[] = [];
  let arc = 0;
  for (const [at, octet] of content.entries()) {
    if (arc === 0 && octet === 0x80 && !((content[at - 1] ?? 0) & 0x80))
      throw new EvidenceFormatError("an OBJECT IDENTIFIER of the DER is longer than needed");
    arc = arc * 128 + (octet & 0x7f);
    if (octet & 0x80) continue;
    arcs.push(arc);
    arc = 0;
  }
  const [first = 0, ...rest] = arcs;
  const top = Math.min(2, Math.floor(first / 40));
  return [top, first - 40 * top, ...rest].join(".");
}

/** A whole number, not negative and exact. @throws EvidenceFormatError */
export function smallIntegerOf({ tag, content }: DerNode): number {
  if (tag !== DER.integer || content.length > 6 || (content[0] ?? 0) & 0x80)
    throw new EvidenceFormatError("a small INTEGER was expected in the DER");
  return content.reduce((value, octet) => value * 256 + octet, 0);
}

/** The characters of a string of any of the types that names have. @throws EvidenceFormatError */
export function textOf({ tag, content }: DerNode): string {
  switch (tag) {
    case DER.utf8String:
      return decode("utf-8", content);
    // NumericString, PrintableString, IA5String, VisibleString; T61String is read as Latin-1, as everybody does.
    case 0x12:
    case 0x13:
    case 0x16:
    case 0x1a:
    case 0x14:
      return String.fromCharCode(...content);
    case 0x1e:
      return decode("utf-16be", content);
    default:
      throw new EvidenceFormatError(`a string was expected in the DER, and not the tag 0x${tag.toString(16)}`);
  }
}

function decode(encoding: string, octets: Uint8Array): string {
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(octets);
  } catch {
    throw new EvidenceFormatError(`a string of the DER is no ${encoding}`);
  }
}
