/**
 * A random key for what is large: that is sealed with it once, and it is kept beside, wrapped: sealed with the key of a passphrase.
 * Another passphrase is another wrapping of some hundred octets, and two wrappings may stand side by side while one replaces
 * the other. What is wrapped: salt (16) and check value (16), which name the key in the head of what it sealed, and the key (32).
 */
import { DamagedBlobError } from "./errors.ts";
import { CHECK_SIZE, NO_COST, SALT_SIZE } from "./head.ts";
import { AES_KEY_SIZE, type PassphraseKey } from "./key.ts";
import { openWithPassphrase, sealWithPassphrase } from "./seal.ts";

const PURPOSE = "data-key";
const NAME_SIZE = SALT_SIZE + CHECK_SIZE;

export interface WrappingOptions {
  /** Of what the key is for: at most 255 octets of UTF-8. */
  readonly context: string;
}

/** @returns the key to seal and open with, and it wrapped. */
export async function makeDataKey(
  key: PassphraseKey,
  { context }: WrappingOptions,
): Promise<{ dataKey: PassphraseKey; wrapped: Uint8Array<ArrayBuffer> }> {
  const octets = crypto.getRandomValues(new Uint8Array(NAME_SIZE + AES_KEY_SIZE));
  try {
    const wrapped = await sealWithPassphrase(octets, key, { purpose: PURPOSE, context });
    return { dataKey: await keyIn(octets), wrapped };
  } finally {
    octets.fill(0);
  }
}

/**
 * The key in a wrapping.
 * @param passphrase itself, or the key that it was wrapped with.
 * @throws as openWithPassphrase
 */
export async function openDataKey(
  wrapped: Uint8Array,
  passphrase: string | PassphraseKey,
  { context }: WrappingOptions,
): Promise<PassphraseKey> {
  const octets = await openWithPassphrase(wrapped, passphrase, { purpose: PURPOSE, context });
  try {
    return await keyIn(octets);
  } finally {
    octets.fill(0);
  }
}

/**
 * The same data key, wrapped with another key.
 * @throws as openWithPassphrase
 */
export async function rewrapDataKey(
  wrapped: Uint8Array,
  before: PassphraseKey,
  after: PassphraseKey,
  { context }: WrappingOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const octets = await openWithPassphrase(wrapped, before, { purpose: PURPOSE, context });
  try {
    return await sealWithPassphrase(octets, after, { purpose: PURPOSE, context });
  } finally {
    octets.fill(0);
  }
}

async function keyIn(octets: Uint8Array<ArrayBuffer>): Promise<PassphraseKey> {
  if (octets.length !== NAME_SIZE + AES_KEY_SIZE) throw new DamagedBlobError("what it wraps is no key");
  const raw = octets.subarray(NAME_SIZE);
  return {
    cost: NO_COST,
    salt: octets.slice(0, SALT_SIZE),
    check: octets.slice(SALT_SIZE, NAME_SIZE),
    key: await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]),
  };
}
