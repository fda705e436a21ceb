/** What a boot lacks, by the kind of finding; what is given is what the library found. */
const after = (failure: string) => (failure === "" ? "" : ` after ${failure}`);

export const findings = {
  "no-tpm": (_about: readonly string[]) => "The firmware was offered no TPM, because the TPM could not be started.",
  "not-started": ([failure = ""]: readonly string[]) =>
    `The firmware did not start the TPM${after(failure)}: no TPM2_Startup has succeeded.`,
  "given-up": ([failure = ""]: readonly string[]) =>
    `The firmware gave up on the TPM${after(failure)} and switched its hierarchies off: the keys of owner, endorsement and platform can't be used.`,
  "hierarchies-off": (_about: readonly string[]) =>
    "The TPM's hierarchies are all switched off: the keys of owner, endorsement and platform can't be used.",
  "not-measured": ([part = ""]: readonly string[]): string =>
    part === "firmware"
      ? "This boot was not measured from its beginning: the event log has its kernel, and nothing of the firmware."
      : "This boot was not measured: the firmware's event log is empty.",
  "kernel-not-measured": ([missing = ""]: readonly string[]) =>
    `Not in the firmware's event log: ${missing}. It was not measured, or not logged; the console says which, and why.`,
  "banks-differ": ([onlyLog = "", onlyTpm = ""]: readonly string[]) => {
    const parts = [
      ...(onlyLog === "" ? [] : [`${onlyLog} only in the firmware's event log`]),
      ...(onlyTpm === "" ? [] : [`${onlyTpm} only in the TPM, where nothing of this boot is in it`]),
    ];
    return `PCR banks differ: ${parts.join("; ")}.`;
  },
  "log-damaged": ([problem = ""]: readonly string[]) => `This boot can't be verified. ${problem}`,
  "pcrs-differ": ([pcrs = ""]: readonly string[]) => `PCR ${pcrs}: not what the firmware's event log gives.`,
  unchecked: ([why = ""]: readonly string[]) => `What the firmware left in the TPM could not be checked: ${why}`,
  "no-driver": (_about: readonly string[]) =>
    "Linux has not found the TPM and has no /dev/tpm0: its driver sent no command.",
};
