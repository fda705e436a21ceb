/**
 * The octets of events, built by hand: nothing here is of the code that reads them. Numbers are little-endian, text in
 * UTF-16, too; GUIDs are given as they are written.
 */

/** A number in so many octets, 0 to 8. */
export function le(value: number | bigint, size: number): number[] {
  return Array.from({ length: size }, (_, i) => Number((BigInt(value) >> BigInt(8 * i)) & 0xffn));
}

export const zeros = (count: number): number[] => new Array<number>(count).fill(0);

/** ASCII. */
export const ascii = (value: string): number[] => Array.from(value, (character) => character.charCodeAt(0));

/** UTF-16 without a terminator: code units as JavaScript has them. */
export function utf16(value: string): number[] {
  return Array.from({ length: value.length }, (_, i) => value.charCodeAt(i)).flatMap((unit) => le(unit, 2));
}

/** Octets written in hexadecimal, spaces allowed. */
export function hex(digits: string): number[] {
  return (digits.replace(/\s/g, "").match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
}

/** EFI_GUID: "8be4df61-93ca-11d2-aa0d-00e098032b8c". */
export function guid(text: string): number[] {
  const [first = "", second = "", third = "", ...rest] = text.split("-");
  return [...[first, second, third].flatMap((part) => hex(part).reverse()), ...hex(rest.join(""))];
}

export const GLOBAL_VARIABLE = "8be4df61-93ca-11d2-aa0d-00e098032b8c";

/** UEFI_VARIABLE_DATA. */
export function variable(name: string, value: readonly number[], vendor = GLOBAL_VARIABLE): number[] {
  return [...guid(vendor), ...le(name.length, 8), ...le(value.length, 8), ...utf16(name), ...value];
}

/** A node of a device path. */
export function node(type: number, subtype: number, data: readonly number[]): number[] {
  return [type, subtype, ...le(data.length + 4, 2), ...data];
}
export const END = node(0x7f, 0xff, []);
export const END_INSTANCE = node(0x7f, 0x01, []);

/** EFI_SIGNATURE_LIST of signatures of one size, all of one owner. */
export function signatureList(
  type: string,
  signatures: readonly (readonly number[])[],
  header: readonly number[] = [],
): number[] {
  const owner = guid("77fa9abd-0359-4d32-bd60-28f4e78f784b");
  const size = 16 + (signatures[0]?.length ?? 0);
  const body = signatures.flatMap((signature) => [...owner, ...signature]);
  return [
    ...guid(type),
    ...le(28 + header.length + body.length, 4),
    ...le(header.length, 4),
    ...le(size, 4),
    ...header,
    ...body,
  ];
}
export const X509 = "a5c059a1-94e4-4aa7-87b5-ab155c2bf072";
export const SHA256 = "c1c41626-504c-4092-aca9-41f936934328";
export const RSA2048 = "3c5766e8-269c-4e34-aa14-ed776e85b3b6";

/** A value in DER: definite length, as short as can be. */
export function der(tag: number, ...contents: readonly (readonly number[])[]): number[] {
  const body = contents.flat();
  const { length } = body;
  if (length < 0x80) return [tag, length, ...body];
  return length < 0x100 ? [tag, 0x81, length, ...body] : [tag, 0x82, length >> 8, length & 0xff, ...body];
}

/** An RDN with one attribute: the OID's octets in hexadecimal, the string's tag, its octets. */
export function attribute(oid: string, tag: number, value: readonly number[]): number[] {
  return der(0x31, der(0x30, der(0x06, hex(oid)), der(tag, value)));
}

/** A certificate whose fields other than the subject say nothing. */
export function certificate(...subject: readonly (readonly number[])[]): number[] {
  const nothing = der(0x30);
  const version = der(0xa0, der(0x02, [2]));
  const serialNumber = der(0x02, [0x01]);
  const issuer = der(0x30, attribute("550403", 0x0c, ascii("the issuer")));
  const tbs = der(0x30, version, serialNumber, nothing, issuer, nothing, der(0x30, ...subject), nothing);
  return der(0x30, tbs, nothing, der(0x03, [0, 1, 2, 3]));
}
/** With the subject CN=name. */
export const certificateOf = (name: string): number[] => certificate(attribute("550403", 0x0c, ascii(name)));
