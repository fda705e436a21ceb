/**
 * The file around libtpms' state, as swtpm 0.7 and later write it (src/swtpm/swtpm_nvstore.c there), big-endian:
 *
 *   u8 version = 2   u8 oldest version that reads it   u16 size of this header = 10   u16 flags   u32 size of the file
 *   then parts: u16 tag   u32 size   content
 *
 * With a key there are three parts: AES-CBC of the state, an initialisation vector as long as the key, of which AES takes the first
 * 16 octets, and an HMAC-SHA256 with the same key over ciphertext and vector.
 */
import { LibtpmsStateError } from "./errors.ts";

const VERSION = 2;
const OLDEST = 1;
const HEADER = 10;
const PART_HEADER = 6;
const ENCRYPTED = 0x01;
const KEY_OF_256_BITS = 0x08;
const DATA = 1;
const ENCRYPTED_DATA = 2;
const HMAC = 3;
const VECTOR = 6;
const BLOCK = 16;
const TAG_SIZE = 32;

/** It begins as a state of swtpm does, whatever follows. */
export function isSwtpmFile(file: Uint8Array): boolean {
  if (file.length < HEADER) return false;
  const view = viewOf(file);
  return view.getUint16(2) === HEADER && view.getUint32(6) === file.length && file[0] === VERSION;
}

/**
 * What swtpm keeps in a file: the state as libtpms wrote it.
 * @param key the key of 16 or 32 octets that swtpm's `--key` stands for.
 * @throws LibtpmsStateError
 */
export async function openSwtpmFile(file: Uint8Array, key?: Uint8Array): Promise<Uint8Array> {
  const { flags, parts } = readParts(file);
  if ((flags & ~(ENCRYPTED | KEY_OF_256_BITS)) !== 0)
    throw new LibtpmsStateError(
      `The file's flags are 0x${flags.toString(16)}: it was made for the way to another host; start it with swtpm there first.`,
      "unsupported",
    );
  if ((flags & ENCRYPTED) === 0) return plainState(flags, parts, key);
  const size = flags & KEY_OF_256_BITS ? 32 : 16;
  if (key === undefined)
    throw new LibtpmsStateError(`The state is encrypted with a key of ${size * 8} bits: give swtpm's --key.`, "key");
  if (key.length !== size)
    throw new LibtpmsStateError(
      `The state is encrypted with a key of ${size * 8} bits, and this one has ${key.length * 8}: mode=aes-${size * 8}-cbc.`,
      "key",
    );
  const [data, mac, vector] = [partOf(parts, ENCRYPTED_DATA), partOf(parts, HMAC), partOf(parts, VECTOR)];
  onlyParts(parts, 3);
  if (mac.length !== TAG_SIZE || vector.length !== size || data.length === 0 || data.length % BLOCK !== 0)
    throw damaged("a part of it has another size than swtpm gives it");
  return decrypted(key, data, mac, vector);
}

function plainState(flags: number, parts: ReadonlyMap<number, Uint8Array>, key: Uint8Array | undefined): Uint8Array {
  if (key !== undefined)
    throw new LibtpmsStateError("The state is not encrypted: leave --key out, if it is yours nevertheless.", "key");
  if (flags !== 0) throw damaged("it is not encrypted, and has the size of a key");
  const data = partOf(parts, DATA);
  onlyParts(parts, 1);
  return data;
}

function readParts(file: Uint8Array): { flags: number; parts: Map<number, Uint8Array> } {
  if (file.length < HEADER) throw damaged(`it has ${file.length} octets, fewer than its header`);
  const view = viewOf(file);
  if (view.getUint16(2) !== HEADER) throw damaged("it does not begin with swtpm's header, which has 10 octets");
  const [version = 0, minimum = 0] = file;
  if (version !== VERSION || minimum !== OLDEST)
    throw new LibtpmsStateError(
      `The file has version ${version} (for readers from ${minimum} on) of swtpm's format; ${VERSION} is known here.`,
      "version",
    );
  if (view.getUint32(6) !== file.length)
    throw damaged(`its header says ${view.getUint32(6)} octets, and there are ${file.length}`);
  const parts = new Map<number, Uint8Array>();
  for (let at = HEADER; at < file.length; ) {
    if (file.length - at < PART_HEADER) throw damaged(`${file.length - at} octets are left over at its end`);
    const [tag, size] = [view.getUint16(at), view.getUint32(at + 2)];
    at += PART_HEADER;
    if (size > file.length - at) throw damaged(`its part ${tag} has ${size} octets, and ${file.length - at} are left`);
    if (parts.has(tag)) throw damaged(`it has two parts ${tag}`);
    parts.set(tag, file.subarray(at, at + size));
    at += size;
  }
  return { flags: view.getUint16(4), parts };
}

function partOf(parts: ReadonlyMap<number, Uint8Array>, tag: number): Uint8Array {
  const part = parts.get(tag);
  if (part === undefined) throw damaged(`it has no part ${tag}, but ${[...parts.keys()].join(", ") || "none at all"}`);
  return part;
}

function onlyParts(parts: ReadonlyMap<number, Uint8Array>, count: number): void {
  if (parts.size !== count) throw damaged(`it has the parts ${[...parts.keys()].join(", ")}`);
}

async function decrypted(key: Uint8Array, data: Uint8Array, mac: Uint8Array, vector: Uint8Array): Promise<Uint8Array> {
  const octets = key.slice();
  const hmac = await crypto.subtle.importKey("raw", octets, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
  const signed = new Uint8Array(data.length + vector.length);
  signed.set(data);
  signed.set(vector, data.length);
  if (!(await crypto.subtle.verify("HMAC", hmac, mac.slice(), signed)))
    throw new LibtpmsStateError(
      "The key is not the one that the state was encrypted with, or the file is damaged: its HMAC is another one.",
      "wrongKey",
    );
  return withoutPadding(octets, data, vector.slice(0, BLOCK));
}

/** swtpm pads up to the size of the key, so by up to 32 octets, of which WebCrypto takes up to a block away. */
async function withoutPadding(
  key: Uint8Array<ArrayBuffer>,
  data: Uint8Array,
  iv: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array> {
  const aes = await crypto.subtle.importKey("raw", key, "AES-CBC", false, ["encrypt", "decrypt"]);
  // So there is a block of padding behind it that is ours: encrypted with the last block as its vector.
  const own = await crypto.subtle.encrypt({ name: "AES-CBC", iv: data.slice(-BLOCK) }, aes, new Uint8Array(0));
  const longer = new Uint8Array(data.length + BLOCK);
  longer.set(data);
  longer.set(new Uint8Array(own), data.length);
  const padded = new Uint8Array(await crypto.subtle.decrypt({ name: "AES-CBC", iv }, aes, longer));
  const count = padded.at(-1) ?? 0;
  const isPadding = count > 0 && count <= key.length && padded.subarray(-count).every((octet) => octet === count);
  if (!isPadding) throw damaged("what it decrypts to does not end as swtpm's padding does");
  return padded.subarray(0, padded.length - count);
}

const viewOf = (octets: Uint8Array) => new DataView(octets.buffer, octets.byteOffset, octets.length);

const damaged = (what: string) => new LibtpmsStateError(`The file is no whole state of swtpm: ${what}.`, "damaged");
