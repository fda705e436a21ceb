/** What a demo boots in place of the guest's own files; fetched when there is such a boot. */
import { type BootChange, type ChangedBoot, changedBoot, type GuestImages } from "../../src/index.ts";

/** Without the kernel's arguments, which go with those of the settings. */
export function changedFiles(images: GuestImages, { append: _, ...files }: BootChange): ChangedBoot {
  return changedBoot(images, files);
}
