/** Encryption of a TPM's state outside the TPM: AES in CBC mode, then an HMAC over everything. For Node. */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from "node:crypto";

/** "TABTPMS", then what it was sealed for: `f` for a file, `m` for the way to another host. */
const MAGIC = Buffer.from("TABTPMS");
const PURPOSES = { file: 0x66, migration: 0x6d } as const;
const IV_SIZE = 16;
const HEADER_SIZE = MAGIC.length + 1 + IV_SIZE;
const TAG_SIZE = 32;

export type SealPurpose = keyof typeof PURPOSES;

/** It was sealed with another key, or is damaged: the two can't be told apart. */
export class SealError extends Error {
  override name = "SealError";
}

/** A key of 16 or 32 bytes, for one purpose: what is sealed for one can't be opened for the other. */
export class Seal {
  readonly #purpose: SealPurpose;
  readonly #cipher: string;
  readonly #encryption: Uint8Array;
  readonly #authentication: Uint8Array;

  constructor(key: Uint8Array, purpose: SealPurpose) {
    if (key.length !== 16 && key.length !== 32) throw new RangeError("A key has 16 or 32 bytes.");
    this.#purpose = purpose;
    this.#cipher = `aes-${key.length * 8}-cbc`;
    const derive = (use: string, size: number) =>
      new Uint8Array(hkdfSync("sha256", key, "", `tabtpm ${purpose} ${use}`, size));
    this.#encryption = derive("encryption", key.length);
    this.#authentication = derive("authentication", 32);
  }

  /** magic, purpose, initialisation vector, ciphertext, HMAC-SHA-256 of all before it */
  seal(plain: Uint8Array): Uint8Array {
    const iv = randomBytes(IV_SIZE);
    const cipher = createCipheriv(this.#cipher, this.#encryption, iv);
    const parts = [MAGIC, Buffer.of(PURPOSES[this.#purpose]), iv, cipher.update(plain), cipher.final()];
    const sealed = Buffer.concat(parts);
    return Buffer.concat([sealed, this.#tag(sealed)]);
  }

  /** @throws SealError */
  open(sealed: Uint8Array): Uint8Array {
    const end = sealed.length - TAG_SIZE;
    const isWhole = sealedFor(sealed) === this.#purpose && end > HEADER_SIZE;
    if (!isWhole || !timingSafeEqual(this.#tag(sealed.subarray(0, end)), sealed.subarray(end))) {
      throw new SealError("It is encrypted with another key, or damaged.");
    }
    const iv = sealed.subarray(HEADER_SIZE - IV_SIZE, HEADER_SIZE);
    const decipher = createDecipheriv(this.#cipher, this.#encryption, iv);
    return Buffer.concat([decipher.update(sealed.subarray(HEADER_SIZE, end)), decipher.final()]);
  }

  #tag(bytes: Uint8Array): Uint8Array {
    return createHmac("sha256", this.#authentication).update(bytes).digest();
  }
}

/** What the bytes were sealed for; undefined when they were not sealed. */
export function sealedFor(bytes: Uint8Array): SealPurpose | undefined {
  if (bytes.length <= MAGIC.length || !MAGIC.equals(bytes.subarray(0, MAGIC.length))) return undefined;
  const purpose = bytes[MAGIC.length];
  return (Object.keys(PURPOSES) as SealPurpose[]).find((name) => PURPOSES[name] === purpose);
}
