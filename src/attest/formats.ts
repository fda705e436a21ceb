/** Files of evidence as tpm2-tools write them, each told from the others by what it must have. */
import { marshalBuffer, TpmFormatError, unmarshalValue } from "../client/index.ts";
import { concat } from "../engine/bytes.ts";
import { TPM_ALG } from "../spec/algorithms.ts";
import { TPM_GENERATED } from "../spec/constants.ts";
import type { AttestationKey } from "./ak.ts";
import { isPublicArea } from "./ak.ts";
import { MAGIC, readSignature } from "./attestation.ts";
import { type PublicArea, type SigningKey, schemeOf, signingKeyOf } from "./attestKey.ts";
import { DER, readDer, readFirstDer } from "./derReader.ts";
import { EvidenceFormatError } from "./errors.ts";
import { publicAreaOctets } from "./names.ts";
import { equal, fromLatin1, latin1 } from "./octets.ts";
import { rsaSize } from "./rsa.ts";
import { signatureOctets } from "./signature.ts";
import { keyFromSpki } from "./spki.ts";

const uint16 = (octets: Uint8Array, at = 0): number => (octets[at] ?? 0) * 256 + (octets[at + 1] ?? 0);
const beginsWithMagic = (octets: Uint8Array, at: number): boolean =>
  uint16(octets, at) * 65536 + uint16(octets, at + 2) === TPM_GENERATED.TPM_GENERATED_VALUE;
/** Whether it is a TPM2B: two octets of size, and as many behind. */
const isSized = (octets: Uint8Array): boolean => octets.length > 2 && uint16(octets) === octets.length - 2;

/**
 * The octets of a TPMS_ATTEST: `tpm2_quote -m`, or a TPM2B_ATTEST.
 * @throws EvidenceFormatError for what begins as neither; the rest is for {@link checkQuote} to judge.
 */
export function readQuoteFile(octets: Uint8Array): Uint8Array {
  if (beginsWithMagic(octets, 0)) return octets;
  if (isSized(octets) && beginsWithMagic(octets, 2)) return octets.subarray(2);
  throw new EvidenceFormatError(
    `The quote is neither a TPMS_ATTEST (tpm2_quote -m) nor a TPM2B_ATTEST: it does not begin with ${MAGIC}.`,
  );
}

/**
 * A TPMT_SIGNATURE, in octets: `tpm2_quote -s`, or, for a key that names its scheme, what `-f plain` writes: the octets
 * of an RSA signature, or ECDSA's r and s in DER.
 * @throws EvidenceFormatError
 */
export function readSignatureFile(octets: Uint8Array, ak: AttestationKey): Uint8Array {
  try {
    readSignature(octets);
    return octets;
  } catch (error) {
    if (!(error instanceof TpmFormatError)) throw error;
  }
  const scheme = isPublicArea(ak) ? schemeOf(ak) : null;
  if (scheme === null || !isPublicArea(ak))
    throw new EvidenceFormatError(
      "The signature is no TPMT_SIGNATURE (tpm2_quote -s). A plain one needs the AK's public area, which names its scheme.",
    );
  const key = keyOf(ak);
  if (key.type === "rsa" && octets.length === rsaSize(key)) return signatureOctets(scheme, octets);
  if (key.type === "ecc" && octets[0] === DER.sequence) {
    const [r, s, ...more] = readDer(octets).children;
    if (r?.tag !== DER.integer || s?.tag !== DER.integer || more.length > 0)
      throw new EvidenceFormatError("The plain signature is no DER sequence of r and s.");
    return signatureOctets(scheme, unsigned(r.content), unsigned(s.content));
  }
  throw new EvidenceFormatError(
    "The signature is neither a TPMT_SIGNATURE (tpm2_quote -s) nor a plain one (-f plain) of the AK's kind and size.",
  );
}

function keyOf(ak: PublicArea): SigningKey {
  try {
    return signingKeyOf(ak);
  } catch (error) {
    throw new EvidenceFormatError(`The AK can't be used: ${(error as RangeError).message}.`);
  }
}

/** Of a DER INTEGER that is not negative. */
function unsigned(content: Uint8Array): Uint8Array {
  if ((content[0] ?? 0) & 0x80) throw new EvidenceFormatError("A number of the plain signature is negative.");
  return content[0] === 0 ? content.subarray(1) : content;
}

const TYPES: readonly number[] = [
  TPM_ALG.TPM_ALG_RSA,
  TPM_ALG.TPM_ALG_ECC,
  TPM_ALG.TPM_ALG_KEYEDHASH,
  TPM_ALG.TPM_ALG_SYMCIPHER,
];

/**
 * A public key: TPM2B_PUBLIC (`tpm2_readpublic -o`, `tpm2_createak -u`), TPMT_PUBLIC (`-f tpmt`), or SubjectPublicKeyInfo in
 * PEM or DER (`-f pem`, `-f der`), which says less: it has no attributes and no Name.
 * @throws EvidenceFormatError
 */
export function readPublicFile(octets: Uint8Array): AttestationKey {
  if (isSized(octets) && TYPES.includes(uint16(octets, 2))) return readPublicArea(octets.subarray(2));
  if (TYPES.includes(uint16(octets))) return readPublicArea(octets);
  const pem = readPem(octets);
  if (pem !== null) {
    const [block, ...more] = pem;
    if (block === undefined || block.label !== "PUBLIC KEY" || more.length > 0)
      throw new EvidenceFormatError("The PEM of a public key has one block: -----BEGIN PUBLIC KEY-----.");
    return keyFromSpki(block.octets);
  }
  if (octets[0] === DER.sequence) return keyFromSpki(octets);
  throw new EvidenceFormatError(
    "The public key is no TPM2B_PUBLIC or TPMT_PUBLIC (tpm2_readpublic -o), and no public key in PEM or DER.",
  );
}

/** A TPMT_PUBLIC. @throws EvidenceFormatError */
export function readPublicArea(octets: Uint8Array): PublicArea {
  let area: PublicArea;
  try {
    area = unmarshalValue("TPMT_PUBLIC", octets) as unknown as PublicArea;
  } catch (error) {
    if (!(error instanceof TpmFormatError)) throw error;
    throw new EvidenceFormatError(`The public area can't be read: ${error.message}.`);
  }
  // Its Name is a digest of these octets.
  if (!equal(publicAreaOctets(area), octets))
    throw new EvidenceFormatError("The public area does not come out the same when it is written again.");
  return area;
}

/** A TPM2B_NAME's content: `tpm2_createak -n` writes it bare, others with its size before it. @throws EvidenceFormatError */
export function readNameFile(octets: Uint8Array): Uint8Array {
  if (isSized(octets)) return octets.subarray(2);
  if (octets.length > 2) return octets;
  throw new EvidenceFormatError("The Name is too short to be one.");
}

/** A credential, as `tpm2_makecredential -o` writes it. */
export interface CredentialFile {
  /** The content of a TPM2B_ID_OBJECT. */
  readonly credential: Uint8Array;
  /** The content of a TPM2B_ENCRYPTED_SECRET. */
  readonly secret: Uint8Array;
}

const CREDENTIAL_MAGIC = Uint8Array.of(0xba, 0xdc, 0xc0, 0xde, 0, 0, 0, 1);

/** @throws EvidenceFormatError */
export function readCredentialFile(octets: Uint8Array): CredentialFile {
  const head = octets.subarray(0, CREDENTIAL_MAGIC.length);
  const first = octets.subarray(CREDENTIAL_MAGIC.length);
  const second = first.subarray(2 + uint16(first));
  if (!equal(head, CREDENTIAL_MAGIC) || first.length < 2 || !isSized(second))
    throw new EvidenceFormatError("The file is no credential of tpm2_makecredential, version 1.");
  return { credential: first.subarray(2, 2 + uint16(first)), secret: second.subarray(2) };
}

/** As `tpm2_activatecredential -i` takes it. */
export function writeCredentialFile({ credential, secret }: CredentialFile): Uint8Array {
  return concat(CREDENTIAL_MAGIC, marshalBuffer(credential), marshalBuffer(secret));
}

/** TPM2B_PUBLIC, as tpm2-tools take it. */
export const writePublicFile = (area: PublicArea): Uint8Array => marshalBuffer(publicAreaOctets(area));

interface PemBlock {
  readonly label: string;
  readonly octets: Uint8Array;
}

const PEM_BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[ \t\r]*\n([A-Za-z0-9+/=\s]*)-----END \1-----/g;

/** The blocks of a PEM file (RFC 7468), or null for what is none. @throws EvidenceFormatError for a block that is broken */
export function readPem(octets: Uint8Array): PemBlock[] | null {
  const text = latin1(octets);
  if (!text.includes("-----BEGIN ")) return null;
  const blocks = [...text.matchAll(PEM_BLOCK)].map(([, label = "", base64 = ""]) => {
    try {
      return { label, octets: fromLatin1(atob(base64.replace(/\s/g, ""))) };
    } catch {
      throw new EvidenceFormatError(`The PEM block ${label} is no base64.`);
    }
  });
  if (blocks.length !== text.split("-----BEGIN ").length - 1)
    throw new EvidenceFormatError("A block of the PEM file has no end, or characters that base64 does not have.");
  return blocks;
}

/**
 * Certificates in DER, of a file or an NV Index: one in DER, with what fills an NV Index (00 or ff) behind it, or any number in PEM.
 * @throws EvidenceFormatError
 */
export function readCertificateFile(octets: Uint8Array): Uint8Array[] {
  const pem = readPem(octets);
  if (pem !== null) {
    const wrong = pem.find(({ label }) => label !== "CERTIFICATE" && label !== "TRUSTED CERTIFICATE");
    if (wrong !== undefined) throw new EvidenceFormatError(`The PEM file has a ${wrong.label} among its certificates.`);
    return pem.map((block) => block.octets);
  }
  if (octets[0] !== DER.sequence)
    throw new EvidenceFormatError("The certificate is neither DER nor PEM: it does not begin as one of them.");
  const { node, rest } = readFirstDer(octets);
  if (!rest.every((octet) => octet === rest[0]) || (rest.length > 0 && rest[0] !== 0 && rest[0] !== 0xff))
    throw new EvidenceFormatError(
      `Behind the certificate are ${rest.length} octets that are no filling of an NV Index.`,
    );
  return [node.whole];
}
