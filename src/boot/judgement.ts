/**
 * What a boot has come to: whether the firmware measured it, and whether Linux has its TPM. Firmware that gives up on
 * its TPM says so to nobody and boots on, so that it is to be told by signs. This file knows the signs and has the
 * words; bootWatch.ts collects them from a running machine.
 */
import type { Stage } from "../v86/machine.ts";

/** What was seen of a boot. */
export interface BootEvidence {
  readonly stage: Stage;
  /** Of the commands that came before the kernel. */
  readonly firmware: {
    /** TPM2_Startup succeeded. */
    readonly started: boolean;
    /** TPM2_HierarchyControl was sent: what SeaBIOS does when it gives up. */
    readonly gaveUp: boolean;
    /** The first command that failed before that: "TPM2_PCR_Extend answered TPM_RC_FAILURE". */
    readonly failure: string | null;
  };
  /** What was found when the kernel began; null until it has been looked at. */
  readonly handover: Handover | null;
  /** How many commands the guest has sent since the kernel began. */
  readonly linuxCommands: number;
}

/** The TPM and the event log as the firmware leaves them. */
export interface Handover {
  /** Events of the log that went into a PCR; null without a log: the firmware was offered no TPM. */
  readonly measurements: number | null;
  /** Those of PCR 0 to 7: what the firmware measures. The option ROM's, of kernel, command line and initrd, are in 8 and 9. */
  readonly firmwareMeasurements: number;
  /** Why the log can't be read to its end. */
  readonly logProblem: string | null;
  /** phEnable, shEnable and ehEnable are all clear; null where the TPM did not tell. */
  readonly hierarchiesOff: boolean | null;
  /** PCRs 0 to 9 that are not what the log gives; null where they could not be compared. */
  readonly unexplained: readonly number[] | null;
  /** What the option ROM was to measure and the log does not have: "/bzImage (PCR 9)". */
  readonly unlogged: readonly string[];
  /** Names of banks that only the log or only the TPM has. */
  readonly banks: { readonly onlyLog: readonly string[]; readonly onlyTpm: readonly string[] };
  /** Why something could not be asked of the TPM. */
  readonly unchecked: string | null;
}

export type BootFindingKind =
  | "no-tpm"
  | "not-started"
  | "given-up"
  | "hierarchies-off"
  | "not-measured"
  | "kernel-not-measured"
  | "banks-differ"
  | "log-damaged"
  | "pcrs-differ"
  | "unchecked"
  | "no-driver";

/** Something that a boot lacks. */
export interface BootFinding {
  readonly kind: BootFindingKind;
  /** Where it went wrong. */
  readonly stage: "bios" | "kernel";
  /** For the user: what is so, and what follows from it. */
  readonly sentence: string;
  /** What the sentence is about, for one in other words: the failure, the names or the PCRs that it has; empty where it has none. */
  readonly about: readonly string[];
}

/**
 * @returns what is wrong with a boot as far as it has come, the firmware's part first; empty when nothing is, or when
 * it is too early to say.
 */
export function judgeBoot({ stage, firmware, handover, linuxCommands }: BootEvidence): BootFinding[] {
  if (stage === "off" || stage === "bios" || handover === null) return [];
  const findings: BootFinding[] = [];
  const found = (kind: BootFindingKind, sentence: string, ...about: string[]) =>
    findings.push({ kind, stage: kind === "no-driver" ? "kernel" : "bios", sentence, about });
  const { measurements, firmwareMeasurements, logProblem, hierarchiesOff, unexplained, unlogged, banks, unchecked } =
    handover;
  if (measurements === null) {
    found("no-tpm", "The firmware was offered no TPM, because the TPM could not be started.");
    return findings;
  }
  const failure = firmware.failure ?? "";
  const after = failure === "" ? "" : ` after ${failure}`;
  if (!firmware.started) {
    found("not-started", `The firmware did not start the TPM${after}: no TPM2_Startup has succeeded.`, failure);
  }
  if (firmware.gaveUp) {
    found(
      "given-up",
      `The firmware gave up on the TPM${after} and switched its hierarchies off: the keys of owner, endorsement and platform can't be used.`,
      failure,
    );
  } else if (hierarchiesOff === true) {
    found(
      "hierarchies-off",
      "The TPM's hierarchies are all switched off: the keys of owner, endorsement and platform can't be used.",
    );
  }
  if (measurements === 0 && logProblem === null) {
    found("not-measured", "This boot was not measured: the firmware's event log is empty.");
  } else if (firmwareMeasurements === 0 && logProblem === null) {
    found(
      "not-measured",
      "This boot was not measured from its beginning: the event log has its kernel, and nothing of the firmware.",
      "firmware",
    );
  }
  if (unlogged.length > 0 && measurements > 0) {
    found(
      "kernel-not-measured",
      `Not in the firmware's event log: ${unlogged.join(", ")}. It was not measured, or not logged; the console says which, and why.`,
      unlogged.join(", "),
    );
  }
  const banksDiffer = [
    ...(banks.onlyLog.length > 0 ? [`${banks.onlyLog.join(", ")} only in the firmware's event log`] : []),
    ...(banks.onlyTpm.length > 0
      ? [`${banks.onlyTpm.join(", ")} only in the TPM, where nothing of this boot is in it`]
      : []),
  ];
  if (banksDiffer.length > 0) {
    const [onlyLog, onlyTpm] = [banks.onlyLog.join(", "), banks.onlyTpm.join(", ")];
    found("banks-differ", `PCR banks differ: ${banksDiffer.join("; ")}.`, onlyLog, onlyTpm);
  }
  if (logProblem !== null) found("log-damaged", `This boot can't be verified. ${logProblem}`, logProblem);
  if (unexplained !== null && unexplained.length > 0) {
    const pcrs = unexplained.join(", ");
    found("pcrs-differ", `PCR ${pcrs}: not what the firmware's event log gives.`, pcrs);
  }
  if (unchecked !== null) {
    found("unchecked", `What the firmware left in the TPM could not be checked: ${unchecked}`, unchecked);
  }
  if (stage === "shell" && linuxCommands === 0) {
    found("no-driver", "Linux has not found the TPM and has no /dev/tpm0: its driver sent no command.");
  }
  return findings;
}
