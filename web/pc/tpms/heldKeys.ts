/**
 * The keys of TPMs that were opened in this page with their passphrase, by the TPMs' identifiers: what is kept beside a TPM is
 * encrypted with the same one. They are not extractable, are stored nowhere, and go with the page. Whoever takes one looks whether the
 * TPM still has it.
 */
import { isSealedWithKey, isSealedWithPassphrase, type PassphraseKey } from "../../../src/index.ts";

const keys = new Map<string, PassphraseKey>();

export const heldKeys = {
  of: (tpm: string): PassphraseKey | null => keys.get(tpm) ?? null,
  /** @param key null: it has none any more. */
  hold(tpm: string, key: PassphraseKey | null): void {
    if (key === null) keys.delete(tpm);
    else keys.set(tpm, key);
  },
};

/**
 * The key that a TPM is encrypted with.
 * @param state as it is stored; null for none.
 * @returns null where it is not encrypted; undefined where it is, and this page has not got the key.
 */
export async function heldKeyOf(tpm: string, state: Uint8Array | null): Promise<PassphraseKey | null | undefined> {
  if (state === null || !isSealedWithPassphrase(state)) return null;
  const key = heldKeys.of(tpm);
  return key !== null && (await isSealedWithKey(state, key)) ? key : undefined;
}
