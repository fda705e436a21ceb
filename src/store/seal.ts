/** Encryption of a TPM's state outside the TPM: AES in CBC mode, then an HMAC over everything. For Node. */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from "node:crypto";
import { claimedPurpose } from "../passphrase/index.ts";

/**
 * "TABTPMS", then what it was sealed for and how: `f` for a file, `s` for one slot of a file and one commit, which are
 * said then, `m` for the way to another host, all with the key as it was given; `F`, `S` and `M` with a key that comes
 * from a password and the salt that follows.
 */
const MAGIC = Buffer.from("TABTPMS");
const KINDS = {
  102: { purpose: "file", isSalted: false, isPlaced: false },
  115: { purpose: "file", isSalted: false, isPlaced: true },
  109: { purpose: "migration", isSalted: false, isPlaced: false },
  70: { purpose: "file", isSalted: true, isPlaced: false },
  83: { purpose: "file", isSalted: true, isPlaced: true },
  77: { purpose: "migration", isSalted: true, isPlaced: false },
} as const;
const SALT_SIZE = 16;
/** Slot (1), number of the commit (8). */
const PLACE_SIZE = 9;
const IV_SIZE = 16;
const TAG_SIZE = 32;

export type SealPurpose = "file" | "migration";

/** The slot of a file and the commit that something is sealed for: moved elsewhere, or kept for later, it is refused. */
export interface SealPlace {
  readonly index: number;
  readonly number: number;
}

/** What encrypts a TPM's files: a {@link Seal}, or a passphrase (passphraseSeal.ts). */
export interface StateSeal {
  seal(plain: Uint8Array, place?: SealPlace): Uint8Array;
  /** @param place where it lies; left out, it may have been sealed for any. @throws SealError, PassphraseError */
  open(sealed: Uint8Array, place?: SealPlace): Uint8Array;
}

/**
 * The key that a password makes with a salt, 16 or 32 bytes. Without a salt: as earlier versions made it, which had
 * none; asked for only to open what they have sealed.
 */
export type PasswordKey = (salt: Uint8Array | undefined) => Uint8Array;

/** It was sealed with another key, or is damaged: the two can't be told apart. */
export class SealError extends Error {
  override name = "SealError";
}

interface Keys {
  readonly cipher: string;
  readonly encryption: Uint8Array;
  readonly authentication: Uint8Array;
}

/** A key of 16 or 32 bytes, for one purpose: what is sealed for one can't be opened for the other. */
export class Seal implements StateSeal {
  readonly #purpose: SealPurpose;
  readonly #key: Uint8Array | PasswordKey;
  /** Of all that this one seals: to make a key of a password takes long. */
  #salt: Uint8Array | undefined;
  /** By salt, in hexadecimal. */
  readonly #keys = new Map<string, Keys>();

  constructor(key: Uint8Array | PasswordKey, purpose: SealPurpose) {
    this.#purpose = purpose;
    this.#key = key;
    if (typeof key !== "function") this.#keysFor(undefined);
  }

  /** magic, purpose, the salt and the place if there are, initialisation vector, ciphertext, HMAC-SHA-256 of all before it */
  seal(plain: Uint8Array, place?: SealPlace): Uint8Array {
    if (typeof this.#key === "function") this.#salt ??= randomBytes(SALT_SIZE);
    const keys = this.#keysFor(this.#salt);
    const iv = randomBytes(IV_SIZE);
    const cipher = createCipheriv(keys.cipher, keys.encryption, iv);
    const kind = Buffer.of(this.#kind(this.#salt !== undefined, place !== undefined));
    const head = [MAGIC, kind, this.#salt ?? Buffer.alloc(0), placeBytes(place), iv];
    const sealed = Buffer.concat([...head, cipher.update(plain), cipher.final()]);
    return Buffer.concat([sealed, tagOf(sealed, keys)]);
  }

  /** @param place where it lies; left out, it may have been sealed for any. @throws SealError */
  open(sealed: Uint8Array, place?: SealPlace): Uint8Array {
    const kind = kindOf(sealed);
    const isOurs = kind?.purpose === this.#purpose && (!kind.isSalted || typeof this.#key === "function");
    const saltEnd = MAGIC.length + 1 + (kind?.isSalted ? SALT_SIZE : 0);
    const start = saltEnd + (kind?.isPlaced ? PLACE_SIZE : 0);
    const end = sealed.length - TAG_SIZE;
    if (!isOurs || end <= start + IV_SIZE) throw refused();
    if (place && !placeBytes(place).equals(sealed.subarray(saltEnd, start))) throw refused();
    const salt = kind.isSalted ? sealed.slice(MAGIC.length + 1, saltEnd) : undefined;
    const keys = this.#keysFor(salt);
    if (!timingSafeEqual(tagOf(sealed.subarray(0, end), keys), sealed.subarray(end))) {
      // Nobody chooses how many keys are kept.
      if (salt !== this.#salt) this.#keys.delete(nameOf(salt));
      throw refused();
    }
    this.#salt ??= salt;
    const decipher = createDecipheriv(keys.cipher, keys.encryption, sealed.subarray(start, start + IV_SIZE));
    return Buffer.concat([decipher.update(sealed.subarray(start + IV_SIZE, end)), decipher.final()]);
  }

  #kind(isSalted: boolean, isPlaced: boolean): number {
    const found = Object.entries(KINDS).find(
      ([, kind]) => kind.purpose === this.#purpose && kind.isSalted === isSalted && kind.isPlaced === isPlaced,
    );
    if (!found) throw new RangeError(`Nothing is sealed for a slot and for ${this.#purpose}.`);
    return Number(found[0]);
  }

  #keysFor(salt: Uint8Array | undefined): Keys {
    const known = this.#keys.get(nameOf(salt));
    if (known !== undefined) return known;
    const key = typeof this.#key === "function" ? this.#key(salt) : this.#key;
    if (key.length !== 16 && key.length !== 32) throw new RangeError("A key has 16 or 32 bytes.");
    const derive = (use: string, size: number) =>
      new Uint8Array(hkdfSync("sha256", key, "", `tabtpm ${this.#purpose} ${use}`, size));
    const keys = {
      cipher: `aes-${key.length * 8}-cbc`,
      encryption: derive("encryption", key.length),
      authentication: derive("authentication", 32),
    };
    this.#keys.set(nameOf(salt), keys);
    return keys;
  }
}

function placeBytes(place: SealPlace | undefined): Buffer {
  if (place === undefined) return Buffer.alloc(0);
  const bytes = Buffer.alloc(PLACE_SIZE);
  bytes.writeUInt8(place.index);
  bytes.writeBigUInt64BE(BigInt(place.number), 1);
  return bytes;
}

const nameOf = (salt: Uint8Array | undefined) => (salt === undefined ? "" : Buffer.from(salt).toString("hex"));
const tagOf = (bytes: Uint8Array, { authentication }: Keys) =>
  createHmac("sha256", authentication).update(bytes).digest();
const refused = () => new SealError("It is encrypted with another key, or damaged.");

function kindOf(bytes: Uint8Array): (typeof KINDS)[keyof typeof KINDS] | undefined {
  if (bytes.length <= MAGIC.length || !MAGIC.equals(bytes.subarray(0, MAGIC.length))) return undefined;
  return KINDS[bytes[MAGIC.length] as keyof typeof KINDS];
}

/** What the bytes were sealed for, with a key or a passphrase; undefined when they were not sealed. */
export function sealedFor(bytes: Uint8Array): SealPurpose | undefined {
  const claimed = claimedPurpose(bytes);
  if (claimed !== undefined) return claimed === "migration" ? "migration" : "file";
  return kindOf(bytes)?.purpose;
}
