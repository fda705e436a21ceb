import type { Store } from "./store.ts";

/** A move of the running PC, as the dialog shows it. */
export interface MigrationState {
  /** - `ready`: nothing has begun. - `waiting`: for the other tab. - `leaving`, `coming`: the PC is on its way. - `late`: too late to cancel. - `kept`: it is here and was not started. - `unsure`: it stands still, and nobody can say whether the TPM was given up. - `lost`: its guest can't go on, its TPM can. */
  readonly phase: "ready" | "waiting" | "leaving" | "coming" | "late" | "kept" | "unsure" | "lost";
  /** Octets. */
  readonly done: number;
  /** 0: not known. */
  readonly total: number;
  /** Why the last one did not come to its end, in a sentence. */
  readonly trouble: string | null;
}

export interface MigrationActions {
  /** In a new tab, which asks for the PC. */
  openTab(): void;
  /** Gives the PC up, and saves it as a file. */
  saveFile(): void;
  stop(): void;
  /** Whether the TPM was given up. */
  lookAgain(): void;
  /** What came and was not started. */
  start(): void;
  discard(): void;
  /** The TPM without its guest: the PC boots. */
  bootAnew(): void;
  /** All stays as it is. */
  decline(): void;
}

export interface OpenMigration {
  readonly actions: MigrationActions;
  readonly store: Store<MigrationState>;
}
