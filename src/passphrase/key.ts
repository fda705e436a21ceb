/** The key that a passphrase comes to: made once, it seals and opens many things. */
import { UnusablePassphraseError, WrongPassphraseError } from "./errors.ts";
import {
  CHECK_SIZE,
  DEFAULT_COST,
  isCost,
  isRandom,
  partsOf,
  SALT_SIZE,
  type ScryptCost,
  type SealedHead,
} from "./head.ts";
import { type DerivationOptions, scrypt } from "./scrypt.ts";

/**
 * The passphrase is not in it and can't be had from it. It survives a structured clone, so that it goes to a worker by
 * postMessage; it is to be stored nowhere.
 */
export interface PassphraseKey {
  readonly cost: ScryptCost;
  readonly salt: Uint8Array;
  /** Stands in the head of whatever it seals, and tells nothing of the key. */
  readonly check: Uint8Array;
  /** For AES-256-GCM, not extractable. */
  readonly key: CryptoKey;
}

export interface KeyOptions extends DerivationOptions {
  /** 128 MiB and about half a second by default. */
  readonly cost?: ScryptCost;
}

export const AES_KEY_SIZE = 32;
const MOST_CHARACTERS = 1024;

/**
 * A key of its own for this passphrase, with a fresh salt: to seal with.
 * @throws UnusablePassphraseError; RangeError for a cost that nothing opens.
 */
export async function makePassphraseKey(passphrase: string, options: KeyOptions = {}): Promise<PassphraseKey> {
  const { cost = DEFAULT_COST } = options;
  if (!isCost(cost)) throw new RangeError("Nothing that is sealed at this cost would be opened.");
  return derive(passphrase, crypto.getRandomValues(new Uint8Array(SALT_SIZE)), cost, options);
}

/**
 * The key that something was sealed with: opens all that was sealed with that key.
 * @throws WrongPassphraseError, UnusablePassphraseError, DamagedBlobError, NewerVersionError
 */
export async function passphraseKeyOf(
  sealed: Uint8Array,
  passphrase: string,
  options: DerivationOptions = {},
): Promise<PassphraseKey> {
  return keyOfHead((await partsOf(sealed)).head, passphrase, options);
}

/** @throws WrongPassphraseError, UnusablePassphraseError */
export async function keyOfHead(
  { salt, cost, check }: SealedHead,
  passphrase: string,
  options: DerivationOptions,
): Promise<PassphraseKey> {
  // A random key comes from no passphrase.
  if (isRandom(cost)) throw new WrongPassphraseError();
  const key = await derive(passphrase, salt, cost, options);
  if (!isSame(key.check, check)) throw new WrongPassphraseError();
  return key;
}

/** Whether the head's blob was sealed with that very key. */
export const isKeyOf = (key: PassphraseKey, head: SealedHead): boolean =>
  isSame(key.salt, head.salt) && isSame(key.check, head.check);

async function derive(
  passphrase: string,
  salt: Uint8Array,
  cost: ScryptCost,
  options: DerivationOptions,
): Promise<PassphraseKey> {
  const octets = octetsOf(passphrase);
  const derived = Uint8Array.from(await scrypt(octets, salt, AES_KEY_SIZE + CHECK_SIZE, cost, options));
  octets.fill(0);
  const raw = derived.subarray(0, AES_KEY_SIZE);
  const key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
  raw.fill(0);
  // PBKDF2, scrypt's last step, makes its blocks of 32 octets independently: this one tells nothing of the key.
  return { cost, salt, check: derived.slice(AES_KEY_SIZE), key };
}

/** @throws UnusablePassphraseError for what can't be one. */
export function checkPassphrase(passphrase: string): void {
  octetsOf(passphrase).fill(0);
}

/** The same for every keyboard that can type it. [Unicode Standard Annex 15] */
export function octetsOf(passphrase: string): Uint8Array {
  if (passphrase === "") throw new UnusablePassphraseError("A passphrase has at least one character.");
  if (passphrase.length > MOST_CHARACTERS) {
    throw new UnusablePassphraseError(`A passphrase has at most ${MOST_CHARACTERS} characters.`);
  }
  return new TextEncoder().encode(passphrase.normalize("NFKC"));
}

export function isSame(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] ?? 0);
  return difference === 0;
}
