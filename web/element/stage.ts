/** The machine of a `<tab-tpm>` as lessons and demos use it; its TPM is there by then. */
import { MachineStage } from "../pc/lessons/machineStage.ts";
import type { SharedMachine } from "./sharedMachine.ts";

export const stageOf = (shared: SharedMachine): MachineStage =>
  new MachineStage({
    tpm: shared.tpm!,
    store: shared.state,
    files: shared,
    machine: () => shared.machine,
    onMachine: (listener) => shared.onMachine(listener),
    restart: (how, change) => shared.restart(how, change),
    reset: () => shared.reset(),
    restore: (permanent) => shared.restore(permanent),
    made: shared.made,
  });
