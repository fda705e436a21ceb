/** What the evil maid may change, each for a boot. */
import type { BootChange } from "../../../src/index.ts";
import type { ChangeName } from "../../words/demoNames.ts";

export const changeNames: readonly ChangeName[] = ["argument", "initrd", "kernel", "rom", "script"];
export type { ChangeName };

/** The PCR in which each shows first. */
export const CHANGED_PCR: Readonly<Record<ChangeName, number>> = {
  argument: 8,
  initrd: 9,
  kernel: 9,
  rom: 2,
  script: 10,
};

export const ARGUMENT = "init=/bin/sh";
const MOTD = "The evil maid was here.\n";
const MAIDS_BUILD = 6;
export const ROM_TEXT = "The evil maid has put in a card.";

export function changeOf(name: ChangeName): BootChange {
  switch (name) {
    case "argument":
      return { append: ARGUMENT };
    case "initrd":
      return { initrdFiles: [{ path: "etc/motd", data: new TextEncoder().encode(MOTD) }] };
    case "kernel":
      return { kernelBuild: MAIDS_BUILD };
    case "rom":
      return { optionRom: ROM_TEXT };
    case "script":
      return {};
  }
}
