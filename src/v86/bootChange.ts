/**
 * The same boot with one thing changed: what an attacker does who has the PC in hand, or somebody who brings an update. What comes
 * of it really boots, and is measured as what it is.
 */
import { optionRom } from "../firmware/optionRom.ts";
import type { GuestImages } from "../guest/images.ts";
import { type InitrdFile, withInitrdFiles } from "../guest/initrdFiles.ts";
import { kernelVersion, withKernelVersion } from "../guest/kernelVersion.ts";
import type { MachineOptions } from "./machine.ts";

/** What is other than in the guest's own boot. What is left out stays as it is. */
export interface BootChange {
  /** More arguments for the kernel, behind the guest's own: PCR 8. */
  readonly append?: string;
  /** Another kernel: the same one, as if it were another build ("#2" in its version): PCR 9. */
  readonly kernelBuild?: number;
  /** Another initrd: the same one with files behind it, or in place of its own: PCR 9. */
  readonly initrdFiles?: readonly InitrdFile[];
  /** A card with an option ROM, which the firmware runs and which says this line: PCR 2. */
  readonly optionRom?: string;
}

/** What {@link createMachine} is given for it, besides the images. */
export type ChangedBoot = Pick<
  MachineOptions,
  "cmdline" | "kernel" | "kernelName" | "initrd" | "initrdName" | "optionRoms"
>;

/**
 * Changed files are measured under the names of the guest's own.
 * @throws BootFileError, RangeError for a change that can't be made.
 */
export function changedBoot(images: GuestImages, change: BootChange): ChangedBoot {
  const { append, kernelBuild, initrdFiles, optionRom: text } = change;
  const changed: ChangedBoot = {};
  if (append !== undefined) changed.cmdline = `${images.cmdline} ${append}`;
  if (kernelBuild !== undefined) {
    changed.kernel = withKernelVersion(images.kernel, kernelVersion(images.kernel).replace(/#\d+/, `#${kernelBuild}`));
    changed.kernelName = images.kernelName;
    changed.initrd = "guest";
  }
  if (initrdFiles !== undefined) {
    changed.initrd = withInitrdFiles(images.initrd, initrdFiles);
    changed.initrdName = images.initrdName;
  }
  if (text !== undefined) changed.optionRoms = [optionRom("card", text)];
  return changed;
}
