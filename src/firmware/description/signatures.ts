/** EFI_SIGNATURE_LIST and EFI_SIGNATURE_DATA (UEFI 2.10, 32.4.1): what PK, KEK, db, dbx and shim's lists consist of. */

import { toHex } from "../../engine/bytes.ts";
import { certificateSubject } from "./certificate.ts";
import { Fields, guid, listed } from "./fields.ts";

/** Certificates that a line names. */
const MAX_SUBJECTS = 8;
const LIST_HEADER = 28;
const OWNER = 16;

const X509 = "X.509";
/** EFI_CERT_*_GUID: name, and size of the signature without its owner where that is fixed. */
const TYPES = new Map<string, readonly [name: string, size: number | null]>([
  ["a5c059a1-94e4-4aa7-87b5-ab155c2bf072", [X509, null]],
  ["826ca512-cf10-4ac9-b187-be01496631bd", ["SHA-1", 20]],
  ["0b6e5233-a65c-44c9-9407-d9ab83bfc8bd", ["SHA-224", 28]],
  ["c1c41626-504c-4092-aca9-41f936934328", ["SHA-256", 32]],
  ["ff3e5307-9fd0-48c9-85f1-8ad56c701e01", ["SHA-384", 48]],
  ["093e0fae-a6c4-4f50-9f1b-d41e2b89c19a", ["SHA-512", 64]],
  ["57347f87-7a9b-403a-b93c-dc4afb7a0ebc", ["SM3", 32]],
  ["3c5766e8-269c-4e34-aa14-ed776e85b3b6", ["RSA-2048", 256]],
  ["e2b36190-879b-4a3d-ad8d-f2e7bba32784", ["RSA-2048 SHA-256", 256]],
  ["67f8444f-8743-48f1-a328-1eaab8736080", ["RSA-2048 SHA-1", 256]],
  ["3bd2a492-96c0-4079-b420-fcf98ef103ed", ["X.509 SHA-256", 48]],
  ["7076876e-80c2-4ee6-aad2-28b349a6865b", ["X.509 SHA-384", 64]],
  ["446dbf63-2502-4cda-bcfa-2465d2b0fe9d", ["X.509 SHA-512", 80]],
  ["60d807e5-10b4-49a9-9331-e40437888d37", ["X.509 SM3", 48]],
  ["4aafd29d-68df-49ee-8aa9-347d375665a7", ["PKCS #7", null]],
]);

/**
 * Lists one after the other: how many signatures of each kind, and whom the certificates are for:
 * "2 X.509, 77 SHA-256: CN=A; CN=B". null when the octets don't begin with a list.
 */
export function describeSignatureLists(bytes: Uint8Array): string | null {
  const counts = new Map<string, number>();
  const subjects: string[] = [];
  let at = 0;
  while (at < bytes.length) {
    const list = readList(bytes.subarray(at));
    if (list === null) break;
    counts.set(list.name, (counts.get(list.name) ?? 0) + list.signatures.length);
    if (list.name === X509) {
      for (const signature of list.signatures) subjects.push(certificateSubject(signature) ?? "not a certificate");
    }
    at += list.size;
  }
  if (at === 0) return null;
  const parts = Array.from(counts, ([name, count]) => `${count} ${name}`);
  if (at < bytes.length) parts.push(`${bytes.length - at} bytes that are no list`);
  const kinds = parts.join(", ");
  return subjects.length === 0 ? kinds : `${kinds}: ${listed(subjects, MAX_SUBJECTS, "; ")}`;
}

interface SignatureList {
  readonly name: string;
  readonly signatures: readonly Uint8Array[];
  readonly size: number;
}

function readList(bytes: Uint8Array): SignatureList | null {
  const fields = new Fields(bytes);
  const type = fields.guid();
  const [size, headerSize, signatureSize] = [fields.u32(), fields.u32(), fields.u32()];
  const known = TYPES.get(type);
  const room = size - LIST_HEADER - headerSize;
  if (!fields.intact || known === undefined || size > bytes.length || room < 0) return null;
  if (signatureSize <= OWNER || room % signatureSize !== 0) return null;
  const [name, fixed] = known;
  if (fixed !== null && signatureSize !== OWNER + fixed) return null;
  const signatures: Uint8Array[] = [];
  for (let at = LIST_HEADER + headerSize; at < size; at += signatureSize) {
    signatures.push(bytes.subarray(at + OWNER, at + signatureSize));
  }
  return { name, signatures, size };
}

/**
 * The one signature that verified something, with its owner or without: whom the certificate is for, or the hash.
 * null when it is neither.
 */
export function describeSignature(bytes: Uint8Array): string | null {
  const subject = certificateSubject(bytes) ?? certificateSubject(bytes.subarray(OWNER));
  if (subject !== null) return `${X509}: ${subject}`;
  const hash = [...TYPES.values()].find(([name, size]) => /^SHA/.test(name) && bytes.length === OWNER + (size ?? 0));
  if (hash === undefined) return null;
  return `${hash[0]} ${toHex(bytes.subarray(OWNER))} of owner ${guid(bytes)}`;
}
