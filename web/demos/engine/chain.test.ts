import { describe, expect, test } from "vitest";
import type { EventKind, PcrStep } from "../../../src/index.ts";
import { chainOf } from "./chain.ts";
import { SHA256 } from "./witness.ts";

let number = 0;
/** An extend of a PCR, with the event of the firmware's log where one is named. */
function extend(pcr: number, event?: EventKind): PcrStep {
  const index = number++;
  const digest = index.toString(16).padStart(64, "0");
  const step = { pcr, at: index, locality: 0, own: false, digests: [{ algorithm: SHA256, digest }] };
  if (event === undefined) return { ...step, kind: "PCR_Extend" };
  return { ...step, kind: "PCR_Extend", source: { kind: "firmware", index, type: 13, event, text: `its ${event}` } };
}
const startup: PcrStep = { kind: "Startup", pcr: null, at: 0, locality: 0, own: false, digests: [] };
const counts = (steps: readonly PcrStep[]) => chainOf(steps).map(({ name, count }) => `${name} ${count}`);

describe("the chain of a boot", () => {
  test("is dark before anything was measured", () => {
    expect(chainOf([startup]).map(({ count, digest, text }) => [count, digest, text])).toEqual(
      Array(6).fill([0, null, null]),
    );
  });

  test("lights up link by link while the log can't be read, the kernel before the initrd", () => {
    const steps = [startup, extend(1), extend(2), extend(9)];
    expect(counts(steps)).toEqual(["firmware 1", "roms 1", "kernel 1", "cmdline 0", "initrd 0", "ima 0"]);
    steps.push(extend(8), extend(9), extend(10));
    expect(counts(steps)).toEqual(["firmware 1", "roms 1", "kernel 1", "cmdline 1", "initrd 1", "ima 1"]);
    expect(chainOf(steps)[4]!.digest).toBe(steps[5]!.digests[0]!.digest);
  });

  test("counts only its own events once the log is read, and says what they are", () => {
    const steps = [
      startup,
      extend(1, "SMBIOS"),
      extend(2, "option ROM scan"),
      extend(2, "option ROM"),
      extend(2, "option ROM"),
      extend(1, "separator"),
      extend(2, "separator"),
      extend(9, "kernel"),
      extend(8, "command line"),
      extend(9, "initrd"),
      extend(10),
    ];
    expect(counts(steps)).toEqual(["firmware 1", "roms 2", "kernel 1", "cmdline 1", "initrd 1", "ima 1"]);
    expect(chainOf(steps).map(({ text }) => text)).toEqual([
      "its SMBIOS",
      "its option ROM",
      "its kernel",
      "its command line",
      "its initrd",
      null,
    ]);
  });

  test("takes nothing for a link that the log has as something else", () => {
    expect(counts([startup, extend(0, "separator"), extend(9), extend(9)])).toEqual([
      "firmware 0",
      "roms 0",
      "kernel 0",
      "cmdline 0",
      "initrd 0",
      "ima 0",
    ]);
  });
});
