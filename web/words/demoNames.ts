/** What the words of the demos are for. */
export type DemoId = "honest-boot" | "evil-maid" | "allowed-update" | "bus" | "clone-rollback" | "remote-attestation";
export type LinkName = "firmware" | "roms" | "kernel" | "cmdline" | "initrd" | "ima";
export type ChangeName = "argument" | "initrd" | "kernel" | "rom" | "script";
export type FailureKind =
  | "not-measured"
  | "not-sealed"
  | "not-opened"
  | "not-refused"
  | "not-counted"
  | "not-the-same"
  | "not-attested"
  | "interrupted";
