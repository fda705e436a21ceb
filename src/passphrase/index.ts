/**
 * Encryption with a passphrase, in browsers and in Node: scrypt makes a key of it, AES-256-GCM by WebCrypto encrypts. What
 * is sealed says what it is and whose, which is authenticated with it; every octet that changes is noticed. Knows no TPM.
 */
export { makeDataKey, openDataKey, rewrapDataKey, type WrappingOptions } from "./dataKey.ts";
export {
  DamagedBlobError,
  NewerVersionError,
  OtherPurposeError,
  PassphraseError,
  type PassphraseProblem,
  UnusablePassphraseError,
  WrongPassphraseError,
} from "./errors.ts";
export { claimedPurpose, isSealedWithPassphrase, type ScryptCost } from "./head.ts";
export { checkPassphrase, type KeyOptions, makePassphraseKey, type PassphraseKey, passphraseKeyOf } from "./key.ts";
export type { DerivationOptions } from "./scrypt.ts";
export {
  describeSealed,
  isSealedWithKey,
  type OpenOptions,
  openWithPassphrase,
  type SealedDescription,
  type SealOptions,
  sealWithPassphrase,
} from "./seal.ts";
