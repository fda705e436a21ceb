/** What a demo runs on: a PC with a TPM of its own. The page has one, and a test in Node. */
import type { BootChange, KeptFolder, Machine, Tpm } from "../../../src/index.ts";

export interface DemoGround {
  readonly tpm: Pick<Tpm, "on" | "inspect">;
  /** Null while there is none. */
  machine(): Pick<Machine, "on" | "stage" | "log" | "readPhysical"> | null;
  /** The guest's /mnt. */
  files(): Promise<KeptFolder>;
  /** Types a line and Enter at the prompt, and waits for the next one. Rejects when `signal` is aborted. */
  run(line: string, signal: AbortSignal): Promise<void>;
  /** Switches the PC off in order, and on with this change. */
  boot(change: BootChange): Promise<void>;
}
