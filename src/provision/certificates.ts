/**
 * The certificates of the demo CA, of Endorsement Keys and of platforms (RFC 5280; TCG EK Credential Profile 2.6, 3.2;
 * Platform Certificate Profile 1.1, 3.2). Whoever needs
 * them imports this module when they do: its library is the largest of all.
 */
import { toHex } from "../engine/bytes.ts";
import { DIRECTORY_NAME, EXTENSION, TCG } from "../spec/objectIdentifiers.ts";
import { explicit, oid, sequence, setOf, smallInteger, utf8String } from "./der.ts";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  PublicKey,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "./x509.ts";

/** Who made the TPM and which one it is: what the TPM reports of itself. */
export interface TpmIdentity {
  /** TPM_PT_MANUFACTURER */
  readonly manufacturer: number;
  readonly model: string;
  /** TPM_PT_FIRMWARE_VERSION_1 */
  readonly version: number;
  /** TPM_PT_FAMILY_INDICATOR: "2.0" */
  readonly family: string;
  readonly level: number;
  /** TPM_PT_REVISION: 159 */
  readonly revision: number;
}

/** Whose TPM it is, in a platform certificate: words of the one who provisions. */
export interface PlatformIdentity {
  readonly manufacturer: string;
  readonly model: string;
  readonly version: string;
}

/** The CA of this installation: it vouches for nothing but that its own tabtpm made a key. */
export interface DemoAuthority {
  /** X.509, DER. */
  readonly certificate: Uint8Array;
  /** ECDSA with P-256. */
  readonly signingKey: CryptoKey;
}

const SIGNATURE = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
/** "No well-defined expiration date" (RFC 5280, 4.1.2.5): a TPM does not expire. */
const NEVER = new Date("9999-12-31T23:59:59Z");

/**
 * Makes a CA with a key of its own.
 * @param extractable whether the key can be taken out of WebCrypto, to be stored as octets.
 */
export async function createAuthority({ extractable = false } = {}): Promise<DemoAuthority> {
  const keys = (await crypto.subtle.generateKey(SIGNATURE, extractable, ["sign", "verify"])) as CryptoKeyPair;
  // Two installations have two authorities, and their names say so.
  const unique = toHex(crypto.getRandomValues(new Uint8Array(4)));
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: nameOf({ O: "tabtpm demo (not a real TPM manufacturer)", CN: `tabtpm demo EK CA ${unique}` }),
    keys,
    signingAlgorithm: SIGNATURE,
    notBefore: wholeSeconds(new Date()),
    notAfter: NEVER,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: new Uint8Array(certificate.rawData), signingKey: keys.privateKey };
}

/** A stored CA. @param pkcs8 its private key. @throws Error when they are no key, no certificate, or not of one another. */
export async function importAuthority(certificate: Uint8Array, pkcs8: Uint8Array): Promise<DemoAuthority> {
  const signingKey = await crypto.subtle.importKey("pkcs8", pkcs8.slice(), SIGNATURE, false, ["sign"]);
  const probe = crypto.getRandomValues(new Uint8Array(16));
  const publicKey = await new X509Certificate(certificate.slice()).publicKey.export(SIGNATURE, ["verify"]);
  const signature = await crypto.subtle.sign(SIGNATURE, signingKey, probe);
  if (!(await crypto.subtle.verify(SIGNATURE, publicKey, signature, probe)))
    throw new Error("the certificate is not that of the key");
  return { certificate, signingKey };
}

/** What keys of the kind do: RSA encrypts, ECC agrees. */
type EkUsage = "keyEncipherment" | "keyAgreement";

/**
 * The certificate of an Endorsement Key, DER.
 * @param publicKey SubjectPublicKeyInfo
 * @param subject its common name; whoever checks the certificate goes by the alternative name.
 */
export function ekCertificate(
  authority: DemoAuthority,
  tpm: TpmIdentity,
  publicKey: Uint8Array<ArrayBuffer>,
  subject: string,
  usage: EkUsage,
): Promise<Uint8Array> {
  const about = { purpose: TCG.ekCertificate, names: [tpmName(tpm)], attributes: [specification(tpm)] };
  return certify(authority, about, publicKey, subject, usage);
}

/**
 * The certificate of a platform, DER: whose TPM has this Endorsement Key. As swtpm_cert makes it, for a TPM 2.0.
 * @param publicKey SubjectPublicKeyInfo of the Endorsement Key.
 */
export function platformCertificate(
  authority: DemoAuthority,
  platform: PlatformIdentity,
  publicKey: Uint8Array<ArrayBuffer>,
  subject: string,
  usage: EkUsage,
): Promise<Uint8Array> {
  const about = { purpose: TCG.platformCertificate, names: [platformName(platform)], attributes: [] };
  return certify(authority, about, publicKey, subject, usage);
}

async function certify(
  { certificate, signingKey }: DemoAuthority,
  { purpose, names, attributes }: { purpose: string; names: Extension[]; attributes: Extension[] },
  publicKey: Uint8Array<ArrayBuffer>,
  subject: string,
  usage: EkUsage,
): Promise<Uint8Array> {
  const issuer = new X509Certificate(certificate.slice());
  const key = new PublicKey(publicKey);
  const made = await X509CertificateGenerator.create({
    issuer: issuer.subjectName,
    subject: nameOf({ CN: subject }),
    publicKey: key,
    signingKey,
    signingAlgorithm: SIGNATURE,
    notBefore: wholeSeconds(new Date()),
    notAfter: NEVER,
    extensions: [
      new ExtendedKeyUsageExtension([purpose]),
      ...names,
      new BasicConstraintsExtension(false, undefined, true),
      ...attributes,
      await AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      await SubjectKeyIdentifierExtension.create(key),
      new KeyUsagesExtension(KeyUsageFlags[usage], true),
    ],
  });
  return new Uint8Array(made.rawData);
}

/** The directory name of EK Credential Profile, 3.2.9. The profile has it critical where the subject is empty; swtpm always. */
function tpmName({ manufacturer, model, version }: TpmIdentity): Extension {
  return alternativeName({
    [TCG.tpmManufacturer]: `id:${upperHex(manufacturer)}`,
    [TCG.tpmModel]: model,
    [TCG.tpmVersion]: `id:${upperHex(version)}`,
  });
}

const platformName = ({ manufacturer, model, version }: PlatformIdentity) =>
  alternativeName({
    [TCG.platformManufacturer]: manufacturer,
    [TCG.platformModel]: model,
    [TCG.platformVersion]: version,
  });

/** A directory name of attributes, by their object identifiers. */
function alternativeName(attributes: Readonly<Record<string, string>>): Extension {
  const sets = Object.entries(attributes).map(([id, value]) => setOf(sequence(oid(id), utf8String(value))));
  return new Extension(EXTENSION.subjectAlternativeName, true, sequence(explicit(DIRECTORY_NAME, sequence(...sets))));
}

/** The TPM's specification: EK Credential Profile, 3.2.10. */
function specification({ family, level, revision }: TpmIdentity): Extension {
  const value = sequence(utf8String(family), smallInteger(level), smallInteger(revision));
  const attributes = sequence(sequence(oid(TCG.tpmSpecification), setOf(value)));
  return new Extension(EXTENSION.subjectDirectoryAttributes, false, attributes);
}

const nameOf = (parts: Readonly<Record<string, string>>) =>
  new Name(Object.entries(parts).map(([type, utf8String]) => ({ [type]: [{ utf8String }] })));
/** DER has no fractions of a second in certificates (RFC 5280, 4.1.2.5). */
const wholeSeconds = (date: Date) => new Date(Math.floor(date.getTime() / 1000) * 1000);
const upperHex = (value: number) => value.toString(16).toUpperCase().padStart(8, "0");
