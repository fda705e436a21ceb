/**
 * An encoder for the part of the ACPI Machine Language that firmware tables here need. Every function returns the
 * bytes of one term; terms nest by being passed on. [ACPI 6.5, chapter 20 for AML, section 6.4 for resource descriptors]
 */
import { concat } from "../engine/bytes.ts";

export type Aml = Uint8Array;

const ZERO_OP = 0x00;
const ONE_OP = 0x01;
const NAME_OP = 0x08;
const BYTE_PREFIX = 0x0a;
const WORD_PREFIX = 0x0b;
const DWORD_PREFIX = 0x0c;
const STRING_PREFIX = 0x0d;
const SCOPE_OP = 0x10;
const BUFFER_OP = 0x11;
const PACKAGE_OP = 0x12;
export const EXTENDED_PREFIX = 0x5b;
const DEVICE_OP = 0x82;
const NULL_NAME = 0x00;
const DUAL_NAME_PREFIX = 0x2e;
const MULTI_NAME_PREFIX = 0x2f;

/** \[ACPI 20.2.3] The value of an integer object, in its shortest encoding; 0 to 2^32 - 1. */
export function integer(value: number): Aml {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) {
    throw new RangeError(`AML integer ${value} is not in 0..0xFFFFFFFF`);
  }
  if (value === 0) return Uint8Array.of(ZERO_OP);
  if (value === 1) return Uint8Array.of(ONE_OP);
  if (value <= 0xff) return Uint8Array.of(BYTE_PREFIX, value);
  if (value <= 0xffff) return Uint8Array.of(WORD_PREFIX, ...littleEndian(value, 2));
  return Uint8Array.of(DWORD_PREFIX, ...littleEndian(value, 4));
}

/** A string object; ASCII 0x01-0x7F without NUL. */
export function string(text: string): Aml {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: AML strings hold 0x01-0x7F
  if (/[^\x01-\x7f]/.test(text)) throw new RangeError(`AML string "${text}" has characters outside ASCII`);
  return Uint8Array.of(STRING_PREFIX, ...ascii(text), 0);
}

/** A buffer object with these bytes. */
export function buffer(bytes: Uint8Array): Aml {
  return withLength([BUFFER_OP], concat(integer(bytes.length), bytes));
}

/** `Unicode (text)`: a buffer of UTF-16LE with its terminator, as `_STR` wants. */
export function unicode(text: string): Aml {
  return buffer(Uint8Array.from([...utf16(text), 0, 0]));
}

/** `ToUUID (text)`: a buffer of 16 bytes, the first three groups in little endian. [ACPI 19.6.142] */
export function toUuid(text: string): Aml {
  const groups = /^([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4}-[0-9a-f]{12})$/i.exec(text)?.slice(1);
  if (groups === undefined) throw new RangeError(`"${text}" is not a UUID`);
  const octets = groups.map((group) => (group.match(/[0-9a-f]{2}/gi) ?? []).map((octet) => Number.parseInt(octet, 16)));
  return buffer(Uint8Array.from(octets.flatMap((group, index) => (index < 3 ? group.reverse() : group))));
}

/** `Package (elements.length) {...}`; at most 255. */
export function packageOf(...elements: Aml[]): Aml {
  return withLength([PACKAGE_OP], concat(Uint8Array.of(elements.length), ...elements));
}

/** `Name (path, value)`. */
export function name(path: string, value: Aml): Aml {
  return concat(Uint8Array.of(NAME_OP), nameString(path), value);
}

/** `Scope (path) { ... }`. */
export function scope(path: string, ...terms: Aml[]): Aml {
  return withLength([SCOPE_OP], concat(nameString(path), ...terms));
}

/** `Device (path) { ... }`. */
export function device(path: string, ...terms: Aml[]): Aml {
  return withLength([EXTENDED_PREFIX, DEVICE_OP], concat(nameString(path), ...terms));
}

/** `ResourceTemplate () { ... }`: the descriptors and an end tag whose checksum 0 says "not checked", in a buffer. */
export function resourceTemplate(...descriptors: Uint8Array[]): Aml {
  return buffer(concat(...descriptors, Uint8Array.of(0x79, 0)));
}

/** `Memory32Fixed (ReadWrite | ReadOnly, address, length)`. [ACPI 6.4.3.4] */
export function memory32Fixed(address: number, length: number, writable = true): Uint8Array {
  return Uint8Array.of(0x86, 9, 0, writable ? 1 : 0, ...littleEndian(address, 4), ...littleEndian(length, 4));
}

/** `IRQNoFlags () { irq }`: edge triggered, active high, exclusive. [ACPI 6.4.2.1] */
export function irqNoFlags(irq: number): Uint8Array {
  if (!Number.isInteger(irq) || irq < 0 || irq > 15) throw new RangeError(`ISA IRQ ${irq} is not in 0..15`);
  return Uint8Array.of(0x22, ...littleEndian(1 << irq, 2));
}

/** \[ACPI 20.2.2] A name such as `TPM`, `\_SB` or `\_SB.PCI0.TPM`; each segment is padded with "_" to 4 characters. */
export function nameString(path: string): Aml {
  const match = /^([\\^]*)(.*)$/s.exec(path)!;
  const prefix = ascii(match[1]!);
  const segments = match[2] === "" ? [] : match[2]!.split(".");
  for (const segment of segments) {
    if (!/^[A-Z_][A-Z0-9_]{0,3}$/.test(segment)) throw new RangeError(`"${path}" is not an AML name`);
  }
  const bytes = segments.flatMap((segment) => ascii(segment.padEnd(4, "_")));
  if (segments.length === 0) return Uint8Array.of(...prefix, NULL_NAME);
  if (segments.length === 1) return Uint8Array.of(...prefix, ...bytes);
  if (segments.length === 2) return Uint8Array.of(...prefix, DUAL_NAME_PREFIX, ...bytes);
  return Uint8Array.of(...prefix, MULTI_NAME_PREFIX, segments.length, ...bytes);
}

/** A term with a PkgLength: its opcode, the length, and what it holds. */
export function withLength(opcode: readonly number[], content: Uint8Array): Aml {
  return concat(Uint8Array.from(opcode), packageLength(content.length), content);
}

/** \[ACPI 20.2.4] PkgLength counts itself: 1 byte up to 63, else a lead byte with 4 bits and 1 to 3 bytes more. */
function packageLength(contentSize: number): Uint8Array {
  if (contentSize + 1 <= 0x3f) return Uint8Array.of(contentSize + 1);
  for (let more = 1; more <= 3; more++) {
    const total = contentSize + 1 + more;
    if (total < 2 ** (4 + 8 * more)) {
      return Uint8Array.of((more << 6) | (total & 0xf), ...littleEndian(total >>> 4, more));
    }
  }
  throw new RangeError(`AML package of ${contentSize} bytes is longer than 2^28`);
}

function littleEndian(value: number, size: number): number[] {
  return Array.from({ length: size }, (_, index) => (value >>> (8 * index)) & 0xff);
}

function utf16(text: string): number[] {
  return Array.from({ length: text.length }, (_, index) => littleEndian(text.charCodeAt(index), 2)).flat();
}

function ascii(text: string): number[] {
  return Array.from(text, (character) => character.charCodeAt(0));
}
