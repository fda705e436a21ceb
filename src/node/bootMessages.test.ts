import { describe, expect, it } from "vitest";
import { Emitter } from "../engine/events.ts";
import type { MachineEvents } from "../v86/machine.ts";
import { sayWhatHappens } from "./boot.ts";
import { createTpm } from "./index.ts";

function watched(interactive: boolean) {
  const events = new Emitter<MachineEvents>();
  const on: Emitter<MachineEvents>["on"] = (name, listener) => events.on(name, listener);
  const said: string[] = [];
  const tpm = createTpm({ store: { kind: "memory" } });
  const machine = { on, log: undefined, readPhysical: () => new Uint8Array(0) };
  sayWhatHappens(machine, tpm, { say: (text) => void said.push(text), interactive });
  return { events, said, tpm };
}

describe("what tabtpm boot says beside the guest's console", () => {
  it("that it waits for the TPM, and that it goes on", () => {
    const { events, said } = watched(true);
    events.emit("tpm-waiting", true);
    events.emit("tpm-waiting", false);
    expect(said).toEqual(["tabtpm: waiting for the TPM", "tabtpm: no longer waiting for the TPM"]);
  });

  it("how far the clock is behind and what sets it; again when that has doubled, and after a reset", () => {
    const { events, said } = watched(true);
    for (const behind of [3_780_000, 3_790_000, 0, 40_000]) events.emit("clock-behind", behind);
    expect(said).toHaveLength(2);
    expect(said[0]).toMatch(/the PC's clock is 1 h 3 min behind.*`date -s @\d{10}` sets it\.$/);
    expect(said[1]).toMatch(/ 40 s behind/);
  });

  it("what a boot lacks, once for each boot, with what to do", () => {
    const { events, said } = watched(true);
    for (const stage of ["bios", "kernel", "shell"] as const) events.emit("stage", stage);
    expect(said).toEqual([
      "tabtpm: The firmware was offered no TPM, because the TPM could not be started.",
      "tabtpm: `reboot -f` in the guest starts the TPM, the firmware and Linux afresh; Ctrl-] quits.",
    ]);
    for (const stage of ["bios", "kernel"] as const) events.emit("stage", stage);
    expect(said).toHaveLength(4);
  });

  it("nothing of a key where there is no terminal", () => {
    const { events, said } = watched(false);
    for (const stage of ["bios", "kernel"] as const) events.emit("stage", stage);
    expect(said[1]).toMatch(/afresh\.$/);
  });
});
