/** What the dialog of the TPMs does with passphrases: keys are made of them, and what is exported is encrypted. */
import {
  checkStateFile,
  isSealedWithPassphrase,
  openWithPassphrase,
  type PassphraseKey,
  passphraseKeyOf,
  type StoredTpm,
  sealWithPassphrase,
  stateInFile,
} from "../../../src/index.ts";
import { refuse } from "./refusals.ts";

/** Makes a key of its own for a passphrase. */
export type MakeKey = (passphrase: string) => Promise<PassphraseKey>;

export interface OpenedTpm extends StoredTpm {
  /** It is encrypted with this; undefined where with nothing. */
  readonly secret?: PassphraseKey;
}

/** A stored TPM without its encryption. @throws PassphraseError; Refusal where it needs a passphrase and none is given */
export async function opened(id: string, { state, variables }: StoredTpm, passphrase: string): Promise<OpenedTpm> {
  if (!isSealedWithPassphrase(state)) return { state, variables };
  if (passphrase === "") throw refuse("passphrase", "missing");
  const secret = await passphraseKeyOf(state, passphrase);
  const open = (bytes: Uint8Array, purpose: string) => openWithPassphrase(bytes, secret, { purpose, context: id });
  return {
    state: await open(state, "permanent"),
    variables: variables && (await open(variables, "variables")),
    secret,
  };
}

/** The TPM in a file, encrypted or not. @throws StateFileError, TpmStateError, PassphraseError, Refusal */
export async function openedFile(
  bytes: Uint8Array,
  passphrase: string,
  makeKey: MakeKey,
): Promise<Omit<OpenedTpm, "variables">> {
  const stored = await stateInFile(bytes);
  if (!isSealedWithPassphrase(stored)) return { state: stored };
  if (passphrase === "") throw refuse("passphrase", "missing");
  const state = await stateInFile(stored, passphrase);
  checkStateFile(state);
  return { state, secret: await makeKey(passphrase) };
}

/** What is saved as a file. One that is stored encrypted is saved as it is. */
export async function exported(
  state: Uint8Array,
  name: string,
  passphrase: string,
  makeKey: MakeKey,
): Promise<Uint8Array> {
  if (passphrase === "" || isSealedWithPassphrase(state)) return state;
  return sealWithPassphrase(state, await makeKey(passphrase), { purpose: "export", context: name });
}
