import type { MachineOptions } from "../../src/index.ts";
import type { Plan } from "../state/choices.ts";
import { driveNames } from "../state/media.ts";
import { commandLine } from "../state/settings.ts";

type Options = Partial<Omit<MachineOptions, "images" | "wasm" | "tpm" | "files">>;

/**
 * What {@link createMachine} is asked for. With a kernel come the arguments; from a drive boots what lies there, with its own.
 * @param own the guest's own arguments.
 */
export function machineOptions({ settings, media, change }: Plan, own: string): Options {
  const { interface: registers, irq, menu } = settings;
  const append = [settings.append, change?.append ?? ""].filter((part) => part !== "").join(" ");
  const { files, bootFrom, usesGuestInitrd } = media;
  const disks = driveNames.flatMap((name) => {
    const file = files[name];
    return file === undefined ? [] : [[name, file.content] as const];
  });
  const { kernel, initrd } = files;
  return {
    interface: registers,
    ...(irq === null ? {} : { irq }),
    ...(menu ? { bootMenu: true } : {}),
    ...(disks.length === 0 ? {} : { disks: Object.fromEntries(disks) }),
    bootFrom,
    ...(bootFrom !== "kernel"
      ? {}
      : {
          cmdline: commandLine(own, append),
          ...(kernel === undefined ? {} : { kernel: kernel.content, kernelName: kernel.name }),
          ...(initrd === undefined ? {} : { initrd: initrd.content, initrdName: initrd.name }),
          ...(kernel !== undefined && initrd === undefined && usesGuestInitrd ? { initrd: "guest" as const } : {}),
        }),
  };
}
