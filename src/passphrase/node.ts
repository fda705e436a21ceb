/** The same format at once, for what stores in Node: by Node's own crypto, which needs no promises. */
import { createCipheriv, createDecipheriv, createHash, randomBytes, scryptSync } from "node:crypto";
import { DamagedBlobError, OtherPurposeError, WrongPassphraseError } from "./errors.ts";
import {
  CHECK_SIZE,
  DEFAULT_COST,
  headBytes,
  IV_SIZE,
  isRandom,
  partsIn,
  SALT_SIZE,
  type ScryptCost,
  type SealedFor,
  TAG_SIZE,
} from "./head.ts";
import { AES_KEY_SIZE, isSame, octetsOf } from "./key.ts";
import { memoryOf } from "./scrypt.ts";

interface Derived {
  readonly salt: Uint8Array;
  readonly cost: ScryptCost;
  readonly key: Uint8Array;
  readonly check: Uint8Array;
}

export interface SyncSealerOptions {
  readonly cost?: ScryptCost | undefined;
}

/** A passphrase, and the keys that it came to: half a second and 128 MiB each, made once. */
export class SyncSealer {
  readonly #passphrase: string;
  readonly #cost: ScryptCost;
  /** By salt and cost. Only those that were right. */
  readonly #keys = new Map<string, Derived>();
  /** Of all that this one seals. */
  #own: Derived | undefined;

  /** @throws UnusablePassphraseError */
  constructor(passphrase: string, { cost = DEFAULT_COST }: SyncSealerOptions = {}) {
    octetsOf(passphrase);
    this.#passphrase = passphrase;
    this.#cost = cost;
  }

  /** @returns what `openWithPassphrase` opens as well. */
  seal(plain: Uint8Array, { purpose, context }: SealedFor): Uint8Array {
    this.#own ??= this.#derive(randomBytes(SALT_SIZE), this.#cost);
    const { salt, cost, check, key } = this.#own;
    const iv = randomBytes(IV_SIZE);
    const head = headBytes({ cost, salt, check, iv, size: plain.length, purpose, context });
    const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(head);
    const sealed = Buffer.concat([head, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    return Buffer.concat([sealed, sha256(sealed)]);
  }

  /**
   * @param isExpected whether what it was sealed as is what belongs there.
   * @param expected for the message where it is not.
   * @throws as `openWithPassphrase`
   */
  open(
    sealed: Uint8Array,
    isExpected: (found: SealedFor) => boolean,
    expected: { purpose: string; context?: string | undefined },
  ): Uint8Array {
    const { head, headBytes, ciphertext } = partsIn(sealed, sha256(sealed.subarray(0, -32)));
    if (!isExpected(head)) throw new OtherPurposeError(head, expected);
    // A random key comes from no passphrase.
    if (isRandom(head.cost)) throw new WrongPassphraseError();
    const name = `${Buffer.from(head.salt).toString("hex")} ${head.cost.logN} ${head.cost.p}`;
    const derived = this.#keys.get(name) ?? this.#derive(head.salt, head.cost);
    if (!isSame(derived.check, head.check)) throw new WrongPassphraseError();
    this.#keys.set(name, derived);
    // What it seals from now on needs no other key.
    this.#own ??= derived;
    const decipher = createDecipheriv("aes-256-gcm", derived.key, head.iv, { authTagLength: TAG_SIZE });
    decipher.setAAD(headBytes).setAuthTag(ciphertext.subarray(-TAG_SIZE));
    try {
      return Buffer.concat([decipher.update(ciphertext.subarray(0, -TAG_SIZE)), decipher.final()]);
    } catch {
      throw new DamagedBlobError("its checksum is right, but it was changed without the passphrase");
    }
  }

  #derive(salt: Uint8Array, cost: ScryptCost): Derived {
    const { logN, r, p } = cost;
    const limits = { N: 2 ** logN, r, p, maxmem: memoryOf(cost) };
    const derived = scryptSync(octetsOf(this.#passphrase), salt, AES_KEY_SIZE + CHECK_SIZE, limits);
    return { salt, cost, key: derived.subarray(0, AES_KEY_SIZE), check: derived.subarray(AES_KEY_SIZE) };
  }
}

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();
