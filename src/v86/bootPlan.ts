import type { DiskKind } from "../guest/diskSource.ts";

/** What the firmware boots: a kernel that is in RAM already, or a drive. */
export type BootDevice = "kernel" | DiskKind;
