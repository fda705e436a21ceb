import { DamagedBlobError, OtherPurposeError, WrongPassphraseError } from "./errors.ts";
import { headBytes, IV_SIZE, joined, partsOf, type SealedFor, type SealedHead } from "./head.ts";
import { isKeyOf, type KeyOptions, keyOfHead, makePassphraseKey, type PassphraseKey } from "./key.ts";
import type { DerivationOptions } from "./scrypt.ts";

export interface OpenOptions extends DerivationOptions {
  /** What it is: "permanent", "machine". Small letters, digits and hyphens, at most 32. */
  readonly purpose: string;
  /** Which of them: a TPM's identifier, a slot. Whoever opens it may ask for that very one. At most 255 octets of UTF-8. */
  readonly context?: string | undefined;
}

/** And the cost of the key, where one is made. */
export type SealOptions = OpenOptions & KeyOptions;

const MOST_SEALED = 2 ** 32 - 1;

/**
 * Encrypts and authenticates.
 * @param passphrase itself, which costs half a second and 128 MiB, or the key that was made of it.
 * @returns head, ciphertext, checksum: see head.ts.
 * @throws UnusablePassphraseError; RangeError for a purpose, a context or a size that can't be.
 */
export async function sealWithPassphrase(
  plain: Uint8Array,
  passphrase: string | PassphraseKey,
  { purpose, context = "", ...options }: SealOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  if (plain.length > MOST_SEALED) throw new RangeError("It is too large to be sealed in one piece.");
  // Nobody changes it while the key is made.
  const own = plain.slice();
  try {
    const key = typeof passphrase === "string" ? await makePassphraseKey(passphrase, options) : passphrase;
    // 96 random bits: one key may seal 2^32 things. [SP 800-38D, section 8.3]
    const iv = crypto.getRandomValues(new Uint8Array(IV_SIZE));
    const head = headBytes({ ...key, iv, size: own.length, purpose, context });
    const algorithm = { name: "AES-GCM", iv, additionalData: head };
    return joined(head, new Uint8Array(await crypto.subtle.encrypt(algorithm, key.key, own)));
  } finally {
    own.fill(0);
  }
}

/**
 * What was sealed. A context that is left out opens what was made for any.
 * @param passphrase itself, or the key that it was sealed with.
 * @throws DamagedBlobError, NewerVersionError, OtherPurposeError, all before a key is made; WrongPassphraseError; UnusablePassphraseError.
 */
export async function openWithPassphrase(
  sealed: Uint8Array,
  passphrase: string | PassphraseKey,
  { purpose, context, ...options }: OpenOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const { head, headBytes: additionalData, ciphertext } = await partsOf(sealed);
  if (head.purpose !== purpose || (context !== undefined && head.context !== context)) {
    throw new OtherPurposeError(head, { purpose, context });
  }
  if (typeof passphrase !== "string" && !isKeyOf(passphrase, head)) throw new WrongPassphraseError();
  const { key } = typeof passphrase === "string" ? await keyOfHead(head, passphrase, options) : passphrase;
  const iv = head.iv as Uint8Array<ArrayBuffer>;
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData }, key, ciphertext));
  } catch {
    throw new DamagedBlobError("its checksum is right, but it was changed without the passphrase");
  }
}

/**
 * Whether it was sealed with this very key, as its head says.
 * @throws DamagedBlobError, NewerVersionError
 */
export const isSealedWithKey = async (sealed: Uint8Array, key: PassphraseKey): Promise<boolean> =>
  isKeyOf(key, (await partsOf(sealed)).head);

export type SealedDescription = Pick<SealedHead, "version" | "size" | keyof SealedFor>;

/** What it says of itself without the passphrase. @throws DamagedBlobError, NewerVersionError */
export async function describeSealed(sealed: Uint8Array): Promise<SealedDescription> {
  const { version, size, purpose, context } = (await partsOf(sealed)).head;
  return { version, size, purpose, context };
}
