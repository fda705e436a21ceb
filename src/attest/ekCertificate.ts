/** EK certificates: TCG EK Credential Profile for TPM Family 2.0, 3.2, and the path to a root (chain.ts). */
import { EXTENSION, TCG } from "../spec/objectIdentifiers.ts";
import { type AttestationKey, describeKey, isPublicArea } from "./ak.ts";
import { type SigningKey, signingKeyOf } from "./attestKey.ts";
import {
  alternativeNames,
  basicConstraints,
  type Certificate,
  describeName,
  extendedKeyUsages,
  keyUsages,
  readCertificate,
} from "./certificate.ts";
import { checkChain } from "./chain.ts";
import { DER, type DerNode, oidOf, smallIntegerOf, textOf } from "./derReader.ts";
import { EvidenceFormatError } from "./errors.ts";
import { type Finding, finding, group } from "./finding.ts";
import { isSameKey, keyFromSpki } from "./spki.ts";

const FAMILY = "2.0";

export interface EkCertificateReference {
  /** Certificates that are trusted, DER: roots of manufacturers, or authorities that are pinned. Nothing else is trusted. */
  readonly roots: readonly Uint8Array[];
  /** Certificates between, DER, from wherever. */
  readonly intermediates?: readonly Uint8Array[] | undefined;
  /** The EK that the TPM has: its public area or its public key. Without it nobody knows whose the certificate is. */
  readonly ek?: AttestationKey | undefined;
  /** When the certificates must be valid. Default: now. */
  readonly time?: Date | undefined;
}

/** What an EK certificate says, which is true where the finding is good. */
export interface EkCertificate {
  readonly subject: string;
  readonly issuer: string;
  /** Hexadecimal. */
  readonly serial: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly key: SigningKey;
  /** Of the TPM, as they stand there: "id:54414254", "tabtpm", "id:00010000"; null where they do not. */
  readonly manufacturer: string | null;
  readonly model: string | null;
  readonly version: string | null;
  /** Of the specification that the TPM has: "2.0", 0, 159. */
  readonly specification: { readonly family: string; readonly level: number; readonly revision: number } | null;
}

export interface CheckedEkCertificate {
  readonly finding: Finding;
  /** Null where it can't be read. */
  readonly certificate: EkCertificate | null;
}

/**
 * Checks an EK certificate, DER. Its findings: `ekCertificate.format`, `.chain` (path, validity, critical extensions, authorities), and
 * of the certificate itself `.endEntity`, `.keyUsage`, `.purpose`, `.tpm`, `.specification`, `.key`.
 * @throws EvidenceFormatError when one of the roots is no certificate: that is the verifier's own mistake
 */
export async function checkEkCertificate(
  der: Uint8Array,
  reference: EkCertificateReference,
): Promise<CheckedEkCertificate> {
  const roots = reference.roots.map(readCertificate);
  const read = readEk(der);
  if (read instanceof EvidenceFormatError) {
    const seen = { expected: "an X.509 certificate, version 3, in DER", seen: read.message };
    return { finding: group("ekCertificate", [finding("ekCertificate.format", "bad", seen)]), certificate: null };
  }
  const { certificate, about } = read;
  const chain = await checkChain(certificate, {
    roots,
    intermediates: readable(reference.intermediates ?? []),
    time: reference.time ?? new Date(),
    purpose: TCG.ekCertificate,
  });
  const format = { expected: "an X.509 certificate, version 3, in DER", seen: about.subject };
  const findings = [
    finding("ekCertificate.format", certificate.version === 3 ? "good" : "bad", format),
    chain,
    checkEndEntity(certificate),
    checkKeyUsage(certificate, about.key),
    checkPurpose(certificate),
    checkTpm(about),
    checkSpecification(about),
    checkKey(about.key, reference.ek),
  ];
  return { finding: group("ekCertificate", findings), certificate: about };
}

/** What is no certificate among those that came along is not used. */
function readable(certificates: readonly Uint8Array[]): Certificate[] {
  return certificates.flatMap((der) => {
    try {
      return [readCertificate(der)];
    } catch (error) {
      if (error instanceof EvidenceFormatError) return [];
      throw error;
    }
  });
}

function readEk(der: Uint8Array): { certificate: Certificate; about: EkCertificate } | EvidenceFormatError {
  try {
    const certificate = readCertificate(der);
    // Whatever is read of it below can be read.
    basicConstraints(certificate);
    keyUsages(certificate);
    extendedKeyUsages(certificate);
    const { serial, notBefore, notAfter } = certificate;
    const [subject, issuer] = [describeName(certificate.subject), describeName(certificate.issuer)];
    const key = keyFromSpki(certificate.publicKey);
    const specification = specificationOf(certificate);
    return {
      certificate,
      about: { subject, issuer, serial, notBefore, notAfter, key, ...tpmOf(certificate), specification },
    };
  } catch (error) {
    if (error instanceof EvidenceFormatError) return error;
    throw error;
  }
}

/** In one relative name of all three, or in three. */
function tpmOf(certificate: Certificate): Pick<EkCertificate, "manufacturer" | "model" | "version"> {
  const attributes = alternativeNames(certificate).flatMap(({ directory }) => (directory ?? []).flat());
  const value = (wanted: string) => {
    const found = attributes.filter(({ id }) => id === wanted);
    if (found.length > 1) throw new EvidenceFormatError(`The certificate names ${wanted} of the TPM more than once.`);
    return found[0]?.value ?? null;
  };
  return { manufacturer: value(TCG.tpmManufacturer), model: value(TCG.tpmModel), version: value(TCG.tpmVersion) };
}

function specificationOf({ extensions }: Certificate): EkCertificate["specification"] {
  const attributes = extensions.get(EXTENSION.subjectDirectoryAttributes)?.value.children ?? [];
  const parts = attributes.map(({ children: [id, values] }) => ({ id, values }));
  const found = parts.filter(({ id }) => id !== undefined && oidOf(id) === TCG.tpmSpecification);
  if (found.length === 0) return null;
  const [family, level, revision, ...more] = single(
    single(found.map(({ values }) => values ?? null))?.children ?? [],
  ).children;
  if (family === undefined || level === undefined || revision === undefined || more.length > 0)
    throw new EvidenceFormatError(
      "The certificate has a TPM specification that is not made of family, level and revision.",
    );
  return { family: textOf(family), level: smallIntegerOf(level), revision: smallIntegerOf(revision) };
}

function single<T extends DerNode | null>(nodes: readonly T[]): DerNode {
  const [node, ...more] = nodes;
  if (!node || more.length > 0 || (node.tag !== DER.set && node.tag !== DER.sequence))
    throw new EvidenceFormatError("The certificate has none or more than one TPM specification.");
  return node;
}

function checkEndEntity(certificate: Certificate): Finding {
  const isAuthority = basicConstraints(certificate)?.isAuthority === true;
  const seen = isAuthority ? "an authority" : "of no authority";
  return finding("ekCertificate.endEntity", isAuthority ? "bad" : "good", { expected: "of no authority", seen });
}

/** An RSA EK is encrypted to, an ECC EK agrees on a secret. */
function checkKeyUsage(certificate: Certificate, key: SigningKey): Finding {
  const expected = key.type === "rsa" ? "keyEncipherment" : "keyAgreement";
  const usages = keyUsages(certificate);
  const isGood = usages?.includes(expected) && !usages.includes("keyCertSign");
  return finding("ekCertificate.keyUsage", isGood ? "good" : "bad", { expected, seen: usages?.join(", ") || "none" });
}

function checkPurpose(certificate: Certificate): Finding {
  const purposes = extendedKeyUsages(certificate);
  return finding("ekCertificate.purpose", purposes?.includes(TCG.ekCertificate) ? "good" : "bad", {
    expected: `${TCG.ekCertificate} (tcg-kp-EKCertificate)`,
    seen: purposes?.join(", ") || "none",
  });
}

function checkTpm({ manufacturer, model, version }: EkCertificate): Finding {
  const isGood = /^id:[0-9a-f]{8}$/i.test(manufacturer ?? "") && model && /^id:[0-9a-f]{1,16}$/i.test(version ?? "");
  const seen = `${manufacturer ?? "no manufacturer"}, ${model ?? "no model"}, ${version ?? "no version"}`;
  return finding("ekCertificate.tpm", isGood ? "good" : "bad", {
    expected: "a TPM's manufacturer, model and version in the subject's alternative name",
    seen,
    note: manufacturerText(manufacturer),
  });
}

/** "id:494E5443" are the letters INTC. */
export function manufacturerText(manufacturer: string | null): string | null {
  const pairs = /^id:([0-9a-f]{8})$/i.exec(manufacturer ?? "")?.[1]?.match(/../g) ?? [];
  const text = String.fromCharCode(...pairs.map((pair) => Number.parseInt(pair, 16))).replace(/[\0 ]+$/, "");
  return /^[\x21-\x7e][\x20-\x7e]*$/.test(text) ? text : null;
}

function checkSpecification({ specification }: EkCertificate): Finding {
  const expected = `the TPM specification ${FAMILY}`;
  if (specification === null) {
    const note = "the certificate does not say which specification the TPM has";
    return finding("ekCertificate.specification", "unknown", { expected, seen: "none", note });
  }
  const { family, level, revision } = specification;
  const seen = `${family}, level ${level}, revision ${revision}`;
  return finding("ekCertificate.specification", family === FAMILY ? "good" : "bad", { expected, seen });
}

function checkKey(certified: SigningKey, ek: AttestationKey | undefined): Finding {
  const seen = describeKey(certified);
  if (ek === undefined) {
    const note = "the TPM's EK was not given: whose certificate this is nobody knows";
    return finding("ekCertificate.key", "unknown", { seen, note });
  }
  let key: SigningKey;
  try {
    key = isPublicArea(ek) ? signingKeyOf(ek) : ek;
  } catch (error) {
    return finding("ekCertificate.key", "bad", { expected: (error as RangeError).message, seen });
  }
  const isGood = isSameKey(certified, key);
  const note = isGood ? "the certificate is of the EK" : "the certificate is of another key";
  return finding("ekCertificate.key", isGood ? "good" : "bad", { expected: describeKey(key), seen, note });
}
