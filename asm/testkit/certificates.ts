/** DER of partial certificates (RFC 5280), for TPM2_CertifyX509. */
import { concat, text, u8, u16, u32 } from "./harness.ts";

export type Bytes = Uint8Array | number[];
/** One element of DER. */
export function der(tag: number, ...contents: Bytes[]): Uint8Array {
  const body = concat(...contents);
  const size =
    body.length < 128
      ? u8(body.length)
      : body.length < 256
        ? concat([0x81], u8(body.length))
        : concat([0x82], u16(body.length));
  return concat([tag], size, body);
}
export const sequence = (...contents: Bytes[]) => der(0x30, ...contents);
export const name = (common: string) => sequence(der(0x31, sequence([0x06, 3, 0x55, 4, 3], der(0x0c, text(common)))));
export const VALIDITY = sequence(der(0x17, text("260101000000Z")), der(0x17, text("360101000000Z")));
export const ISSUER = name("issuer");
export const SUBJECT = name("subject");
export const KEY_USAGE = [0x06, 3, 0x55, 0x1d, 0x0f];
export const TPMA_OBJECT = [0x06, 7, 0x67, 0x81, 0x05, 0x0a, 1, 1, 1];
export const USAGE = {
  digitalSignature: 31,
  nonRepudiation: 30,
  keyEncipherment: 29,
  dataEncipherment: 28,
  keyAgreement: 27,
  keyCertSign: 26,
  cRLSign: 25,
  encipherOnly: 24,
  decipherOnly: 23,
} as const;
export type Usage = keyof typeof USAGE;
export const critical = der(0x01, [0xff]);
export const extension = (oid: Bytes, value: Bytes, isCritical = true) =>
  sequence(oid, isCritical ? critical : [], der(0x04, value));
/** BIT STRING of the bits from 31 downwards. */
export function usage(...bits: Usage[]): Uint8Array {
  const value = bits.reduce((sum, bit) => sum + 2 ** USAGE[bit], 0);
  const bytes = u32(value).subarray(0, 2);
  const used = bytes[1] === 0 ? bytes.subarray(0, 1) : bytes;
  const unused = Math.log2((used.at(-1) ?? 0) & -(used.at(-1) ?? 0));
  return der(0x03, [unused], used);
}
export const extensions = (...all: Bytes[]) => der(0xa3, sequence(...all));
export const keyUsage = (...bits: Usage[]) => extension(KEY_USAGE, usage(...bits));
export const objectAttributes = (attributes: number) => extension(TPMA_OBJECT, der(0x03, [0], u32(attributes)), false);
export const SIGNS = extensions(keyUsage("digitalSignature"));
export const partial = (exts: Uint8Array = SIGNS, algorithm: Bytes = []) =>
  sequence(algorithm, ISSUER, VALIDITY, SUBJECT, exts);
