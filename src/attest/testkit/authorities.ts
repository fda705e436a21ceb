/** Certificates of any form, for tests, made by the library with what the tests say. */

import { explicit, integer, oid, sequence, setOf, utf8String } from "../../provision/der.ts";
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PublicKey,
  X509CertificateGenerator,
} from "../../provision/x509.ts";

const SIGNATURE = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

export interface Authority {
  readonly der: Uint8Array;
  readonly name: string;
  readonly keys: CryptoKeyPair;
}

export interface CertificateOptions {
  readonly subject: string;
  /** Self-signed without. */
  readonly issuer?: Authority;
  readonly extensions: readonly Extension[];
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  /** SubjectPublicKeyInfo, where it is not a key of its own. */
  readonly publicKey?: Uint8Array<ArrayBuffer>;
  /** Of the signature. */
  readonly hash?: "SHA-1" | "SHA-256";
}

export async function certify(options: CertificateOptions): Promise<Authority> {
  const keys = (await crypto.subtle.generateKey(SIGNATURE, true, ["sign", "verify"])) as CryptoKeyPair;
  const { subject, issuer, publicKey, extensions } = options;
  const made = await X509CertificateGenerator.create({
    subject,
    issuer: issuer?.name ?? subject,
    publicKey: publicKey === undefined ? keys.publicKey : new PublicKey(publicKey),
    signingKey: (issuer?.keys ?? keys).privateKey,
    signingAlgorithm: { ...SIGNATURE, hash: options.hash ?? SIGNATURE.hash },
    notBefore: options.notBefore ?? new Date("2020-01-01T00:00:00Z"),
    notAfter: options.notAfter ?? new Date("2040-01-01T00:00:00Z"),
    extensions: [...extensions],
  });
  return { der: new Uint8Array(made.rawData), name: subject, keys };
}

export const ca = (pathLength?: number) => new BasicConstraintsExtension(true, pathLength, true);
export const noCa = () => new BasicConstraintsExtension(false, undefined, true);
export const usage = (...names: readonly (keyof typeof KeyUsageFlags)[]) =>
  new KeyUsagesExtension(
    names.reduce((flags, name) => flags | KeyUsageFlags[name], 0 as KeyUsageFlags),
    true,
  );
export const criticalPurposes = (...ids: readonly string[]) => new ExtendedKeyUsageExtension([...ids], true);
export const purposes = (...ids: readonly string[]) => new ExtendedKeyUsageExtension([...ids]);
export const unheardOf = (critical: boolean) => new Extension("1.3.6.1.4.1.99999.1", critical, sequence());

type Attributes = Readonly<Record<string, string>>;
const directory = (attributes: Attributes) =>
  explicit(
    4,
    sequence(...Object.entries(attributes).map(([id, value]) => setOf(sequence(oid(id), utf8String(value))))),
  );
export const alternative = (attributes: Attributes) =>
  new Extension("2.5.29.17", true, sequence(directory(attributes)));
/** All three attributes in one relative name, as some manufacturers write them. */
export const alternativeInOne = (attributes: Attributes) => {
  const members = Object.entries(attributes).map(([id, value]) => sequence(oid(id), utf8String(value)));
  const octets = new Uint8Array(members.flatMap((member) => [...member]));
  return new Extension("2.5.29.17", true, sequence(explicit(4, sequence(setOf(octets)))));
};
export const TPM_NAME = { "2.23.133.2.1": "id:494E5443", "2.23.133.2.2": "a model", "2.23.133.2.3": "id:00010002" };

export const specification = (family = "2.0") => {
  const value = sequence(utf8String(family), integer(Uint8Array.of(0)), integer(Uint8Array.of(138)));
  return new Extension("2.5.29.9", false, sequence(sequence(oid("2.23.133.2.16"), setOf(value))));
};

const subtrees = (number: number, bases: readonly Attributes[]) =>
  bases.length === 0 ? [] : [explicit(number, new Uint8Array(bases.flatMap((base) => [...sequence(directory(base))])))];
export const constrained = (permitted: readonly Attributes[], excluded: readonly Attributes[] = []) =>
  new Extension("2.5.29.30", true, sequence(...subtrees(0, permitted), ...subtrees(1, excluded)));
/** Only domains below a name may be certified. */
export const constrainedDomains = (domain: string) => {
  const name = new TextEncoder().encode(domain);
  const base = new Uint8Array([0x82, name.length, ...name]);
  return new Extension("2.5.29.30", true, sequence(explicit(0, sequence(base))));
};
export const withDomain = (domain: string) => {
  const name = new TextEncoder().encode(domain);
  const members = [directory(TPM_NAME), new Uint8Array([0x82, name.length, ...name])];
  return new Extension("2.5.29.17", true, sequence(...members));
};
export type { Extension };
