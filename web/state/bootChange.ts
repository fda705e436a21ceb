/** What a boot of a lesson or demo is made with, in place of what the settings say: more arguments, another kernel or initrd, an option ROM. */
export type { BootChange } from "../../src/index.ts";
