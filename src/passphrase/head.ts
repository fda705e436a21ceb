/**
 * What stands before the ciphertext, in the clear and authenticated, and the checksum behind it:
 *
 *     0  8  "TABTPMP" and 0
 *     8  2  version of the format, 1
 *    10  1  where the key comes from: 1, a passphrase by scrypt; 2, it is random, and wrapped elsewhere (dataKey.ts)
 *    11  1  log2 of scrypt's N; 0 where there is none
 *    12  1  r, likewise
 *    13  1  p, likewise
 *    14  2  0
 *    16 16  salt
 *    32 16  check value of the key
 *    48 12  initialisation vector of AES-256-GCM
 *    60  4  size of what is sealed, octets
 *    64  1  size of the purpose, u; then the purpose, ASCII
 *  65+u  1  size of the context, c; then the context, UTF-8
 *           ciphertext, as large as what is sealed; tag of GCM, 16
 *           SHA-256 of all before it, 32
 *
 * Numbers are big-endian. The checksum tells damage from a wrong passphrase before any key is made, and lies at the end in
 * every version: a version is believed only of what is whole.
 */
import { DamagedBlobError, NewerVersionError } from "./errors.ts";

const MAGIC = Uint8Array.from("TABTPMP\0", (character) => character.charCodeAt(0));
const VERSION = 1;
const SCRYPT = 1;
const RANDOM = 2;
export const SALT_SIZE = 16;
export const CHECK_SIZE = 16;
export const IV_SIZE = 12;
export const TAG_SIZE = 16;
const DIGEST_SIZE = 32;
const FIXED_SIZE = 64;
const MOST_CONTEXT = 255;
const PURPOSE = /^[a-z][a-z0-9-]{0,31}$/;

/** Cost of scrypt: N is 2^logN; it takes 128 * N * r octets of memory. [RFC 7914, section 2] */
export interface ScryptCost {
  readonly logN: number;
  readonly r: number;
  readonly p: number;
}

/** What OWASP's Password Storage Cheat Sheet asks for first: 128 MiB. */
export const DEFAULT_COST: ScryptCost = { logN: 17, r: 8, p: 1 };
/** A blob comes from anywhere: it may ask for 256 MiB at most, and for four times the work of that. */
const LEAST_LOG_N = 14;
const MOST_LOG_N = 18;
const ONLY_R = 8;
const MOST_P = 4;

export const isCost = ({ logN, r, p }: ScryptCost): boolean =>
  Number.isInteger(logN) && logN >= LEAST_LOG_N && logN <= MOST_LOG_N && r === ONLY_R && p >= 1 && p <= MOST_P;

/** Of a key that no passphrase comes to. */
export const NO_COST: ScryptCost = { logN: 0, r: 0, p: 0 };
export const isRandom = ({ logN, r, p }: ScryptCost): boolean => logN === 0 && r === 0 && p === 0;

/** What something is sealed as, and which of them it is. */
export interface SealedFor {
  /** What it is: small letters, digits and hyphens, at most 32. */
  readonly purpose: string;
  /** Which TPM's it is, or which of several: at most 255 octets of UTF-8. Empty for none. */
  readonly context: string;
}

export interface SealedHead extends SealedFor {
  readonly version: number;
  readonly cost: ScryptCost;
  readonly salt: Uint8Array;
  /** What the key has to come to. */
  readonly check: Uint8Array;
  readonly iv: Uint8Array;
  /** Of what is sealed, octets. */
  readonly size: number;
}

export function headBytes(head: Omit<SealedHead, "version">): Uint8Array<ArrayBuffer> {
  const { cost, salt, check, iv, size, purpose, context } = head;
  if (!PURPOSE.test(purpose)) throw new RangeError(`"${purpose}" is no purpose.`);
  const [purposeBytes, contextBytes] = [purpose, context].map((text) => new TextEncoder().encode(text));
  if (contextBytes!.length > MOST_CONTEXT) throw new RangeError(`A context has at most ${MOST_CONTEXT} octets.`);
  const bytes = new Uint8Array(FIXED_SIZE + 2 + purposeBytes!.length + contextBytes!.length);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  view.setUint16(8, VERSION);
  bytes.set([isRandom(cost) ? RANDOM : SCRYPT, cost.logN, cost.r, cost.p], 10);
  bytes.set(salt, 16);
  bytes.set(check, 32);
  bytes.set(iv, 48);
  view.setUint32(60, size);
  let at = FIXED_SIZE;
  for (const text of [purposeBytes!, contextBytes!]) {
    bytes[at] = text.length;
    bytes.set(text, at + 1);
    at += 1 + text.length;
  }
  return bytes;
}

/** Whether it begins as something that is sealed with a passphrase. */
export const isSealedWithPassphrase = (bytes: Uint8Array): boolean =>
  bytes.length >= MAGIC.length && MAGIC.every((octet, i) => bytes[i] === octet);

/** What it says that it was sealed as, true or not; undefined where it says nothing. */
export function claimedPurpose(bytes: Uint8Array): string | undefined {
  if (!isSealedWithPassphrase(bytes)) return undefined;
  return String.fromCharCode(...bytes.subarray(FIXED_SIZE + 1, FIXED_SIZE + 1 + (bytes[FIXED_SIZE] ?? 0)));
}

export interface Parted {
  readonly head: SealedHead;
  /** All that is authenticated beside the ciphertext. */
  readonly headBytes: Uint8Array<ArrayBuffer>;
  /** With its tag. */
  readonly ciphertext: Uint8Array<ArrayBuffer>;
}

/** Its parts, of which nothing is believed but that they are whole. @throws DamagedBlobError, NewerVersionError */
export async function partsOf(sealed: Uint8Array): Promise<Parted> {
  // An own copy: nobody changes it between two looks at it.
  const bytes = sealed.slice();
  return partsIn(bytes, await digestOf(bytes.subarray(0, -DIGEST_SIZE)));
}

/**
 * The same where the digest is at hand.
 * @param digest SHA-256 of all but the last 32 octets.
 * @throws DamagedBlobError, NewerVersionError
 */
export function partsIn(bytes: Uint8Array, digest: Uint8Array): Parted {
  if (!isSealedWithPassphrase(bytes)) throw new DamagedBlobError("it does not begin as such a thing does");
  const end = bytes.length - DIGEST_SIZE;
  if (end < FIXED_SIZE + 2 + TAG_SIZE) throw new DamagedBlobError(`it ends after ${bytes.length} octets`);
  if (digest.some((octet, i) => octet !== bytes[end + i])) throw new DamagedBlobError("its checksum is wrong");
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const version = view.getUint16(8);
  if (version > VERSION) throw new NewerVersionError(version, VERSION);
  const [kdf, logN = 0, r = 0, p = 0] = bytes.subarray(10, 14);
  const cost = { logN, r, p };
  const size = view.getUint32(60);
  const purposeEnd = FIXED_SIZE + 1 + (bytes[FIXED_SIZE] as number);
  const headEnd = purposeEnd + 1 + (bytes[purposeEnd] ?? 0);
  const isKnown = kdf === SCRYPT || (kdf === RANDOM && isRandom(cost));
  if (version !== VERSION || !isKnown || view.getUint16(14) !== 0) throw new DamagedBlobError("its head is wrong");
  if (kdf === SCRYPT && !isCost(cost)) {
    throw new DamagedBlobError(
      `it asks for scrypt with N=2^${logN}, r=${r} and p=${p}, and ${LEAST_LOG_N} to ${MOST_LOG_N}, ${ONLY_R} and 1 to ${MOST_P} are allowed`,
    );
  }
  if (headEnd + size + TAG_SIZE !== end) throw new DamagedBlobError("its parts are not as large as it says");
  const purpose = textOf(bytes.subarray(FIXED_SIZE + 1, purposeEnd));
  const context = textOf(bytes.subarray(purposeEnd + 1, headEnd));
  if (!PURPOSE.test(purpose)) throw new DamagedBlobError("its purpose is none");
  return {
    head: {
      version,
      cost,
      salt: Uint8Array.from(bytes.subarray(16, 32)),
      check: Uint8Array.from(bytes.subarray(32, 48)),
      iv: Uint8Array.from(bytes.subarray(48, 60)),
      size,
      purpose,
      context,
    },
    headBytes: Uint8Array.from(bytes.subarray(0, headEnd)),
    ciphertext: Uint8Array.from(bytes.subarray(headEnd, end)),
  };
}

/** The parts as they are stored, with the checksum behind them. */
export async function joined(head: Uint8Array, ciphertext: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const end = head.length + ciphertext.length;
  const bytes = new Uint8Array(end + DIGEST_SIZE);
  bytes.set(head);
  bytes.set(ciphertext, head.length);
  bytes.set(await digestOf(bytes.subarray(0, end)), end);
  return bytes;
}

const digestOf = async (bytes: Uint8Array<ArrayBuffer>) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new DamagedBlobError("what it was made for can't be read");
  }
}
