import type { TpmBackend } from "../../engine/backend.ts";
import { loadGuestFromDirectory } from "../../guest/node.ts";
import { createTpm, type Tpm } from "../../node/index.ts";
import { readV86Wasm } from "../../node/v86Wasm.ts";
import type { StoreSpec } from "../../store/store.ts";
import type { ChangedBoot } from "../bootChange.ts";
import { createMachine, type Machine, type MachineOptions } from "../machine.ts";
import { GuestShell } from "./guestShell.ts";

/** The project's own guest with the project's own TPM. */
export interface Pc {
  machine: Machine;
  tpm: Tpm;
  shell: GuestShell;
  /** The machine is destroyed and the TPM's store given back. */
  close(): Promise<void>;
}

/**
 * Makes the PC and boots it to the prompt.
 * @param between what the machine sees of the TPM; the TPM itself by default.
 * @param before what is done with the machine before it has power.
 * @param options of the machine.
 */
export async function bootPc(
  store: StoreSpec = { kind: "memory" },
  between: (tpm: Tpm) => TpmBackend = (tpm) => tpm,
  before: (machine: Machine, tpm: Tpm) => void = () => {},
  options: Pick<MachineOptions, "interface" | "irq" | "bootMenu"> &
    Partial<Pick<MachineOptions, "images" | "wasm" | "files">> &
    ChangedBoot = {},
): Promise<Pc> {
  const tpm = createTpm({ store });
  const machine = await createMachine({
    images: await loadGuestFromDirectory(),
    wasm: await readV86Wasm(),
    tpm: between(tpm),
    ...options,
  });
  const shell = new GuestShell(machine);
  before(machine, tpm);
  await machine.powerOn();
  await shell.stage("shell");
  return {
    machine,
    tpm,
    shell,
    close: async () => {
      await machine.destroy();
      await tpm.close();
    },
  };
}
