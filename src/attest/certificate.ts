/**
 * X.509 certificates (RFC 5280), read strictly: DER as it must be, no extension twice, one signature algorithm. Signatures are the
 * library's to verify, which is loaded when it is needed.
 */
import { DIRECTORY_NAME, EXTENSION, HASH_IDENTIFIERS } from "../spec/objectIdentifiers.ts";
import { DER, type DerNode, oidOf, readDer, smallIntegerOf, textOf } from "./derReader.ts";
import { EvidenceFormatError } from "./errors.ts";
import { equal, toHex } from "./octets.ts";

/** Bits of KeyUsage (RFC 5280, 4.2.1.3). */
export const KEY_USAGES = [
  "digitalSignature",
  "nonRepudiation",
  "keyEncipherment",
  "dataEncipherment",
  "keyAgreement",
  "keyCertSign",
  "cRLSign",
  "encipherOnly",
  "decipherOnly",
] as const;
export type KeyUsage = (typeof KEY_USAGES)[number];

export interface NameAttribute {
  readonly id: string;
  readonly value: string;
}
/** Relative names, each of one attribute or more. */
export type DistinguishedName = readonly (readonly NameAttribute[])[];

export interface GeneralName {
  /** 1 e-mail address, 2 domain, 4 directory, 6 URI, 7 IP address ... (RFC 5280, 4.2.1.6) */
  readonly form: number;
  /** Of a directory name. */
  readonly directory: DistinguishedName | null;
}

export interface Certificate {
  /** The whole, DER. */
  readonly der: Uint8Array;
  readonly version: number;
  /** Hexadecimal. */
  readonly serial: string;
  readonly issuer: DistinguishedName;
  readonly subject: DistinguishedName;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Whether the signature is over a digest of which collisions can be made: of a hash before SHA-2. */
  readonly isWeaklySigned: boolean;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  /** By object identifier. */
  readonly extensions: ReadonlyMap<string, { readonly critical: boolean; readonly value: DerNode }>;
}

const contextual = (number: number): number => 0xa0 | number;
/** ecdsa-with-SHA1, and the arc of those with SHA-2. */
const ECDSA = "1.2.840.10045.4.";
const fail = (what: string): never => {
  throw new EvidenceFormatError(`The certificate ${what}.`);
};

/** @throws EvidenceFormatError for what is no certificate in DER */
export function readCertificate(der: Uint8Array): Certificate {
  const [tbs, algorithm, signature, ...more] = expectTag(readDer(der), DER.sequence).children;
  if (tbs === undefined || algorithm === undefined || signature?.tag !== DER.bitString || more.length > 0)
    return fail("is not made of three parts");
  const fields = [...expectTag(tbs, DER.sequence).children];
  const version = fields[0]?.tag === contextual(0) ? 1 + smallIntegerOf(only(fields.shift())) : 1;
  const [serial, inner, issuer, validity, subject, publicKey, ...optional] = fields;
  if (serial?.tag !== DER.integer || !inner || !issuer || !validity || !subject || !publicKey)
    return fail("lacks one of its fields");
  if (!equal(inner.whole, algorithm.whole)) fail("names two signature algorithms");
  checkSignatureForm(algorithm, signature);
  // Unique identifiers are of no meaning here.
  const [extensions, ...others] = optional.filter(({ tag }) => tag !== 0x81 && tag !== 0x82);
  if (others.length > 0 || (extensions !== undefined && extensions.tag !== contextual(3)))
    fail("has fields that are none of a certificate");
  const [notBefore, notAfter, ...times] = expectTag(validity, DER.sequence).children;
  if (notBefore === undefined || notAfter === undefined || times.length > 0) return fail("has no period of validity");
  return {
    der,
    version,
    serial: toHex(serial.content),
    issuer: nameFrom(issuer),
    subject: nameFrom(subject),
    notBefore: timeFrom(notBefore),
    notAfter: timeFrom(notAfter),
    isWeaklySigned: isWeak(algorithm),
    publicKey: publicKey.whole,
    extensions: extensionsFrom(extensions),
  };
}

/** What WebCrypto is given of an ECDSA signature are its two numbers: whatever else would say the same is refused. */
function checkSignatureForm({ children: [id] }: DerNode, { content }: DerNode): void {
  if (content[0] !== 0) fail("has a signature that is not made of whole octets");
  if (id === undefined || !oidOf(id).startsWith(ECDSA)) return;
  const { tag, children } = readDer(content.subarray(1));
  const isForm = tag === DER.sequence && children.length === 2 && children.every((each) => each.tag === DER.integer);
  if (!isForm) fail("has a signature that is not made of two numbers");
}

/** MD2, MD5 and SHA-1 with RSA; SHA-1 with DSA and ECDSA. */
const WEAK_SIGNATURES = [
  "1.2.840.113549.1.1.2",
  "1.2.840.113549.1.1.4",
  "1.2.840.113549.1.1.5",
  "1.3.14.3.2.29",
  "1.2.840.10040.4.3",
  "1.2.840.10045.4.1",
];
const RSASSA_PSS = "1.2.840.113549.1.1.10";

function isWeak({ children: [id, parameters] }: DerNode): boolean {
  const algorithm = id === undefined ? "" : oidOf(id);
  if (algorithm !== RSASSA_PSS) return WEAK_SIGNATURES.includes(algorithm);
  // RFC 4055, 3.1: where there is no hash it is SHA-1.
  const hash = parameters?.children.find(({ tag }) => tag === contextual(0))?.children[0]?.children[0];
  return hash === undefined || oidOf(hash) === HASH_IDENTIFIERS.TPM_ALG_SHA1;
}

function expectTag(node: DerNode | undefined, tag: number): DerNode {
  return node?.tag === tag
    ? node
    : fail(`has the tag 0x${(node?.tag ?? 0).toString(16)} where it should be 0x${tag.toString(16)}`);
}

/** The one child. */
function only(node: DerNode | undefined): DerNode {
  const [child, ...more] = node?.children ?? [];
  return child === undefined || more.length > 0 ? fail("has a field that is not made of one part") : child;
}

function extensionsFrom(node: DerNode | undefined): Certificate["extensions"] {
  const extensions = new Map<string, { critical: boolean; value: DerNode }>();
  if (node === undefined) return extensions;
  for (const extension of expectTag(only(node), DER.sequence).children) {
    const [id, ...rest] = expectTag(extension, DER.sequence).children;
    const flag = rest[0]?.tag === DER.boolean ? rest.shift() : undefined;
    const [value, ...more] = rest;
    if (id === undefined || value?.tag !== DER.octetString || more.length > 0) fail("has an extension without a value");
    else {
      const name = oidOf(id);
      if (extensions.has(name)) fail(`has the extension ${name} twice`);
      extensions.set(name, { critical: flag?.content[0] === 0xff, value: readDer(value.content) });
    }
  }
  return extensions;
}

/** UTCTime and GeneralizedTime, of whole seconds and in Greenwich (RFC 5280, 4.1.2.5). */
function timeFrom({ tag, content }: DerNode): Date {
  const text = String.fromCharCode(...content);
  const isUtc = tag === 0x17 && /^\d{12}Z$/.test(text);
  if (!isUtc && !(tag === 0x18 && /^\d{14}Z$/.test(text))) return fail(`has the time "${text}"`);
  const digits = isUtc ? `${Number(text.slice(0, 2)) < 50 ? "20" : "19"}${text}` : text;
  const [, year, month, day, hour, minute, second] = /^(....)(..)(..)(..)(..)(..)Z$/.exec(digits) ?? [];
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}Z`;
  const time = new Date(iso);
  if (Number.isNaN(time.getTime()) || time.toISOString() !== iso.replace("Z", ".000Z")) fail(`has the time "${text}"`);
  return time;
}

/** @throws EvidenceFormatError */
export function nameFrom(node: DerNode): DistinguishedName {
  return expectTag(node, DER.sequence).children.map((relative) => {
    const attributes = expectTag(relative, DER.set).children;
    if (attributes.length === 0) fail("has a name with an empty part");
    return attributes.map((attribute) => {
      const [id, value, ...more] = expectTag(attribute, DER.sequence).children;
      if (id === undefined || value === undefined || more.length > 0) return fail("has a name with a broken part");
      return { id: oidOf(id), value: textOf(value) };
    });
  });
}

export function generalNameFrom(node: DerNode): GeneralName {
  const form = node.tag & 0x1f;
  if ((node.tag & 0xc0) !== 0x80) fail("has a general name of no form");
  return { form, directory: node.tag === contextual(DIRECTORY_NAME) ? nameFrom(only(node)) : null };
}

/** Of the subject's alternative name; none where there is none. */
export function alternativeNames({ extensions }: Certificate): GeneralName[] {
  const extension = extensions.get(EXTENSION.subjectAlternativeName);
  return extension === undefined ? [] : expectTag(extension.value, DER.sequence).children.map(generalNameFrom);
}

/** Null where the extension is missing. */
export function keyUsages({ extensions }: Certificate): readonly KeyUsage[] | null {
  const extension = extensions.get(EXTENSION.keyUsage);
  if (extension === undefined) return null;
  const [, ...octets] = expectTag(extension.value, DER.bitString).content;
  return KEY_USAGES.filter((_, bit) => ((octets[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1);
}

/** Object identifiers; null where the extension is missing. */
export function extendedKeyUsages({ extensions }: Certificate): readonly string[] | null {
  const extension = extensions.get(EXTENSION.extendedKeyUsage);
  return extension === undefined ? null : expectTag(extension.value, DER.sequence).children.map(oidOf);
}

export interface BasicConstraints {
  readonly isAuthority: boolean;
  /** How many authorities may be below; null for any number. */
  readonly pathLength: number | null;
}

/** Null where the extension is missing. */
export function basicConstraints({ extensions }: Certificate): BasicConstraints | null {
  const extension = extensions.get(EXTENSION.basicConstraints);
  if (extension === undefined) return null;
  const parts = [...expectTag(extension.value, DER.sequence).children];
  const flag = parts[0]?.tag === DER.boolean ? parts.shift() : undefined;
  const [pathLength, ...more] = parts;
  if (more.length > 0) fail("has basic constraints with too many parts");
  const isAuthority = flag?.content[0] === 0xff;
  if (pathLength !== undefined && !isAuthority) fail("has a path length and is of no authority");
  return { isAuthority, pathLength: pathLength === undefined ? null : smallIntegerOf(pathLength) };
}

/** As names are compared (RFC 5280, 7.1): case and runs of spaces do not count. */
export const comparable = (value: string): string => value.normalize("NFKC").trim().replace(/\s+/g, " ").toLowerCase();

const sameAttributes = (one: readonly NameAttribute[], other: readonly NameAttribute[]): boolean => {
  const keys = (some: readonly NameAttribute[]) => some.map(({ id, value }) => `${id}=${comparable(value)}`).sort();
  return JSON.stringify(keys(one)) === JSON.stringify(keys(other));
};

/** Whether `name` begins with all of `base`. */
export const isWithin = (name: DistinguishedName, base: DistinguishedName): boolean =>
  base.length <= name.length && base.every((relative, at) => sameAttributes(relative, name[at] ?? []));

export const isSameName = (one: DistinguishedName, other: DistinguishedName): boolean =>
  one.length === other.length && isWithin(one, other);

const SHORT_NAMES: Readonly<Record<string, string>> = {
  "2.5.4.3": "CN",
  "2.5.4.5": "serialNumber",
  "2.5.4.6": "C",
  "2.5.4.7": "L",
  "2.5.4.8": "ST",
  "2.5.4.10": "O",
  "2.5.4.11": "OU",
};

/** "O=tabtpm, CN=..." */
export const describeName = (name: DistinguishedName): string =>
  name
    .flat()
    .map(({ id, value }) => `${SHORT_NAMES[id] ?? id}=${value}`)
    .join(", ") || "(empty)";

/** The key identifier that a certificate says its key, or its issuer's, has; null where it says none. */
export function keyIdentifier({ extensions }: Certificate, of: "subject" | "authority"): Uint8Array | null {
  if (of === "subject") return extensions.get(EXTENSION.subjectKeyIdentifier)?.value.content ?? null;
  const parts = extensions.get(EXTENSION.authorityKeyIdentifier)?.value.children ?? [];
  return parts.find(({ tag }) => tag === 0x80)?.content ?? null;
}

/** Whether the key of `issuer` signed `certificate`; null for an algorithm that neither the library nor WebCrypto has. */
export async function isSignedBy(certificate: Certificate, issuer: Certificate): Promise<boolean | null> {
  const { verifySignature } = await import("./certificateSignature.ts");
  try {
    return await verifySignature(certificate.der, issuer.der);
  } catch {
    return null;
  }
}
