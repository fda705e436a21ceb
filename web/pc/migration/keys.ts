/** What the TPM of a PC that moves is encrypted with: what is kept of the PC is encrypted as well, and the tab that it goes to needs it. */
import { NamedTpms, type PassphraseKey, SealedStateError } from "../../../src/index.ts";
import { heldKeyOf } from "../tpms/heldKeys.ts";

/** @param tpm its identifier @returns null: it is not encrypted. @throws SealedStateError where this page has not got the key; nothing was changed. */
export async function keyOf(tpm: string): Promise<PassphraseKey | null> {
  const key = await heldKeyOf(tpm, (await new NamedTpms().read(tpm))?.state ?? null);
  if (key === undefined) throw new SealedStateError("The TPM is encrypted: it needs its passphrase.", "missing");
  return key;
}

/** What the tab that has the PC says to the one that it goes to, where the TPM is encrypted. */
export interface KeyMessage {
  readonly key: PassphraseKey;
}
export const isKeyMessage = (data: unknown): data is KeyMessage =>
  typeof data === "object" && data !== null && (data as { key?: { key?: unknown } }).key?.key instanceof CryptoKey;
