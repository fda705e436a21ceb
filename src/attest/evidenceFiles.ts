/** The files of a folder of evidence: what `tabtpm attest` writes and `tabtpm verify` takes. */
export const EVIDENCE_FILES = {
  /** TPMS_ATTEST, as `tpm2_quote -m`. */
  quote: "quote.msg",
  /** TPMT_SIGNATURE, as `tpm2_quote -s`. */
  signature: "quote.sig",
  /** The PCRs, as `tpm2_quote -o`. */
  pcrs: "pcrs.bin",
  /** TPM2B_PUBLIC, as `tpm2_readpublic -o`. */
  ak: "ak.pub",
  /** TPM2B_PUBLIC. */
  ek: "ek.pub",
  /** X.509, DER. */
  ekCertificate: "ek.crt",
  /** The TCG event log, as in /sys/kernel/security/tpm0/binary_bios_measurements. */
  eventLog: "eventlog.bin",
  /** IMA's list, as in /sys/kernel/security/ima/ascii_runtime_measurements or binary_runtime_measurements. */
  ima: "ima.log",
} as const;
