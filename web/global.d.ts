import type { V86 } from "v86";
import type { Locality, Tpm, TpmClient, TpmSummary } from "../src/index.ts";

declare global {
  interface Window {
    /** The page's scripting interface: for the browser's console, for tests, for pages that embed this one. */
    readonly tabtpm: TabTpm;
  }

  interface TabTpm {
    /**
     * Resolves when the PC has been switched on for the first time. It stays pending while the page shows a problem
     * (the TPM in use in another tab, a damaged state) that the user may yet put right.
     */
    readonly ready: Promise<void>;
    /** The PC emulator. @throws Error before {@link ready}. */
    readonly emulator: V86;
    /** The PC and its clock stand still until {@link resume}, a reset or the end of its power. @throws Error before {@link ready}. */
    pause(): void;
    /** The PC goes on where it stood. @throws Error before {@link ready}. */
    resume(): void;
    readonly tpm: {
      /**
       * Executes one TPM command, given by its name and the names of its parameters in Part 3, and reads its response:
       * `await tabtpm.tpm.call("GetRandom", { parameters: { bytesRequested: 16 } })`. It queues behind the guest's.
       * Rejects with TpmError for a response code other than TPM_RC_SUCCESS.
       */
      call: TpmClient["call"];
      /**
       * Executes one TPM command, given as octets; it queues behind the guest's.
       * @param command 1..4096 bytes.
       * @param options.locality 0..4; 0 by default.
       * @returns the response, 10..4096 bytes. Rejects with TpmPoweredOffError when there is no power.
       */
      execute(command: Uint8Array, options?: { locality?: Locality }): Promise<Uint8Array>;
      /** What may be shown of the TPM; no secrets. */
      state(): TpmSummary;
      /** What the TPM is and holds, but for its secrets: no command is sent, and nothing changes. */
      inspect: Tpm["inspect"];
      /** The TPM's failure mode, as after a failed self-test, until the PC's next reset. No command of the guest's reaches it. */
      enterFailureMode: Tpm["enterFailureMode"];
      /**
       * Listens to the TPM: "command" (each command with its response: raw octets, with all secrets in the clear), "state", "power",
       * "storeError", "replaced" (another TPM is in its place).
       * @returns a function that removes the listener.
       */
      on: Tpm["on"];
    };
    readonly serial: {
      /** Types into the guest's console. Enter is "\r" or "\n". @throws Error before {@link ready}. */
      send(text: string): void;
      /** What the console has shown, at least its last half MiB. Empty before {@link ready}. */
      text(): string;
    };
  }
}
