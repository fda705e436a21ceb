/** What a demo runs on: a PC with a TPM of its own. The page has one, and a test in Node. */
import type { BootChange, KeptFolder, Machine, Tpm } from "../../../src/index.ts";

export interface DemoGround {
  readonly tpm: Pick<Tpm, "on" | "inspect" | "exportState">;
  /** Null while there is none. */
  machine(): Pick<Machine, "on" | "stage" | "log" | "readPhysical"> | null;
  /** The guest's /mnt. */
  files(): Promise<KeptFolder>;
  /** Types a line and Enter at the prompt, and waits for the next one. Rejects when `signal` is aborted. */
  run(line: string, signal: AbortSignal): Promise<void>;
  /** Switches the PC off in order, and on with this change. */
  boot(change: BootChange): Promise<void>;
  /**
   * Switches the PC off in order, puts this permanent state in the place of its TPM's, and switches it on as it was. The TPM is
   * one that was made for the demo: what it had is gone.
   */
  restore(permanent: Uint8Array): Promise<void>;
  /** A second TPM with this permanent state, in memory beside the PC's and without power. Who asked for it closes it. */
  clone(permanent: Uint8Array): Promise<Tpm>;
}
