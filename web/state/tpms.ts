/** The TPMs of this browser, as the dialog shows them, and what it asks for. */
import type { Making, StorageOutlook } from "./model.ts";
import type { Store } from "./store.ts";

export interface ListedTpm {
  readonly id: string;
  readonly name: string;
  /** Of the stored state, bytes. */
  readonly size: number;
  /** "full", "libtpms-0.9"; null until it was used. */
  readonly profile: string | null;
  /** EK certificates; null until they were counted. */
  readonly certificates: number | null;
  /** Milliseconds since 1970; null for one that was never used. */
  readonly usedAt: number | null;
  /** It is encrypted with a passphrase. */
  readonly isProtected?: true;
  /** By this page, by another one, by none. */
  readonly use: "here" | "elsewhere" | "none";
}

/** The PCR banks that there can be. */
export const pcrBanks = ["sha1", "sha256", "sha384", "sha512"] as const;
export type PcrBankName = (typeof pcrBanks)[number];
export type ProfileName = "full" | "libtpms-0.9";

export interface NewTpm {
  readonly name: string;
  readonly profile: ProfileName;
  /** At least one. */
  readonly banks: readonly PcrBankName[];
  /** EK certificates are made for it. */
  readonly certificates: boolean;
}

/**
 * - `name`: it can't be called so (`reason` as in TpmNameError).
 * - `file`: it can't be imported (`reason` as in StateFileError and TpmStateError, or `large`).
 * - `passphrase`: it is wrong, or what it is for can't be opened (`reason` as in SealedStateError).
 * - `in use`: a page has it open.
 * - `gone`: it is not there any more.
 * - `not loaded`: code of the page's did not arrive.
 * - `failed`: something else, in the words of what failed.
 */
export interface TpmsProblem {
  readonly kind: "name" | "file" | "passphrase" | "in use" | "gone" | "not loaded" | "failed";
  readonly reason: string;
}

export interface TpmsState {
  /** Null until it was read. */
  readonly list: readonly ListedTpm[] | null;
  readonly storage: StorageOutlook | null;
  /** A TPM is being made, of nothing or of another one. */
  readonly making: Making | null;
  /** Something else is under way. */
  readonly busy: boolean;
  readonly problem: TpmsProblem | null;
}

export const initialTpms: TpmsState = { list: null, storage: null, making: null, busy: false, problem: null };

/** Each promise tells whether it was done; where not, {@link TpmsState.problem} says why. */
export interface TpmsActions {
  /** Reads the list anew. */
  refresh(): Promise<boolean>;
  make(tpm: NewTpm): Promise<boolean>;
  /** @param passphrase of the TPM, where it has one; the copy gets it, too. */
  copy(id: string, name: string, identity: "same" | "new", passphrase?: string): Promise<boolean>;
  /** What is being made is not wanted any more. */
  cancelMaking(): void;
  rename(id: string, name: string): Promise<boolean>;
  /** @param passphrase encrypts the file; empty: not. One that is stored encrypted is saved as it is stored. */
  export(id: string, passphrase?: string): Promise<boolean>;
  /** @param passphrase of the file, where it is encrypted; the TPM gets it, too. */
  import(file: File, name: string, passphrase?: string): Promise<boolean>;
  /**
   * Sets, changes or takes away the passphrase.
   * @param current null where it has none. @param next null takes it away.
   */
  protect(id: string, current: string | null, next: string | null): Promise<boolean>;
  /** Opens the TPM of this page, and the PC starts. */
  unlock(passphrase: string): Promise<boolean>;
  remove(id: string): Promise<boolean>;
  /** Shuts the PC down and loads the page anew, with that TPM. */
  use(id: string): Promise<boolean>;
  askForPersistence(): Promise<boolean>;
  /** Takes the problem away. */
  dismiss(): void;
}

/** What the dialog draws, and asks. */
export interface OpenTpms {
  readonly actions: TpmsActions;
  readonly store: Store<TpmsState>;
  /** Of the TPM of this page. */
  readonly name: () => string;
}
