/** What {@link attachTpm} is told, and what its attachment tells. */
import type { OnMovedOn, TpmBackend } from "../engine/backend.ts";
import type { UnknownAccess } from "../engine/registerDevice.ts";
import type { TpmInterface } from "../firmware/tpm2Table.ts";
import type { GuestClock } from "./guestClock.ts";

export interface AttachTpmOptions {
  tpm: TpmBackend;
  /**
   * The register interface on the bus, at 0xFED40000: `tis` (default), TIS 1.3 with five localities and a FIFO, or `crb`,
   * the Command Response Buffer with locality 0, without interrupts, and with commands and responses of up to 3,968 bytes.
   */
  interface?: TpmInterface;
  /**
   * ISA interrupt for the TPM, offered in `_CRS` and raised as TIS says. Without it drivers poll, as with QEMU; Linux
   * 6.1 tries the interrupt, says "TPM interrupt not working, polling instead", and polls, with any TPM. Free in v86 are
   * 7, and 3 where the machine has neither `uart1` nor `uart3`; any other is refused.
   */
  irq?: number;
  /**
   * The clock that `emulator` was made with (see {@link GuestClock.instantiate}). Without it the guest's clock is the
   * host's: while the TPM executes the processor is held all the same, but a process that is stopped, a busy thread or
   * a laptop that sleeps still runs the guest's time-outs down. {@link TpmAttachment.guestClock} tells which it is.
   */
  clock?: GuestClock;
  /**
   * What v86's `save_state`, `restore_state` and `initial_state` do. `with-tpm` (default): they have the TPM in them, as
   * {@link TpmAttachment.saveState} and {@link TpmAttachment.restoreState}. `refused`: they fail with a SnapshotRefusedError. `guest-only`: they have the guest alone, and
   * the TPM stays as it is.
   */
  snapshots?: "with-tpm" | "refused" | "guest-only";
  /** For `restore_state` and `initial_state`: what becomes of a TPM that has changed since the snapshot; `refuse` by default. */
  onMovedOn?: OnMovedOn;
  /** Told when the guest reads or writes a register that the TPM does not have. Called during the access. */
  onUnknownAccess?: (access: UnknownAccess) => void;
  /**
   * Told, in a sentence, that this v86 is none of the releases that were tested ({@link TESTED_V86_VERSIONS}); the TPM is attached all the same.
   * Without it the console is warned. {@link TpmAttachment.v86Release} tells which it is.
   */
  onUntestedV86?: (warning: string) => void;
}

export interface TpmAttachmentEvents {
  /** The guest reset itself or was reset, and the TPM with it. */
  reset: undefined;
  /** The guest powered itself off (ACPI S5, `poweroff`); the TPM has lost its power and the emulator is stopped. */
  "powered-off": undefined;
  /** The backend could not start or has failed: registers read 0 and the next boot is offered no ACPI table. */
  failed: unknown;
  /**
   * The firmware's variables could not be read (FirmwareVariablesError, StoreError: it has the defaults then) or not be stored
   * (the old ones stay).
   */
  "variables-failed": unknown;
  /** The guest has been held for more than a second, because the TPM has not answered; false when it goes on. */
  waiting: boolean;
}
