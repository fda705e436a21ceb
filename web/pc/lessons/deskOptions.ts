import type { BootChange, Machine, Tpm } from "../../../src/index.ts";
import type { PageState } from "../../state/model.ts";
import type { Store } from "../../state/store.ts";
import type { Files } from "../files.ts";
import type { TpmChoice } from "../tpms/choice.ts";
import type { TpmDesk } from "../tpms/desk.ts";

/** The page's PC, as lessons and demos need it. */
export interface LearnDeskOptions {
  readonly choice: TpmChoice;
  readonly store: Store<PageState>;
  readonly tpm: Tpm;
  readonly tpms: TpmDesk;
  readonly files: Files;
  readonly machine: () => Machine | null;
  /** Calls back with each machine from now on, before it gets power. */
  readonly onMachine: (listener: (machine: Machine) => void) => void;
  /** Switches the PC off in order, or cuts its power, and on with this change; undefined: as it was. */
  readonly restart: (how: "orderly" | "cut", change?: BootChange | null) => Promise<void>;
  readonly reset: () => void;
  /** Switches the PC off in order, and on as it was with this state of its TPM: what that had is gone. */
  readonly restore: (permanent: Uint8Array) => Promise<void>;
}
