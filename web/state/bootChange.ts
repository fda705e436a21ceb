/** What a boot is made with, in place of what the settings say. */
export interface BootChange {
  /** More arguments for the kernel; measured into PCR 8. */
  readonly append?: string;
}
