/** What the page shows of how the PCRs came to their values, and of the boots that are kept. */
import type { BootRecord } from "../../src/index.ts";
import type { Sentence } from "../words/index.ts";

/** Boots beside the present one: the one before, the one that the user keeps as known good, one from a file. */
export type KeptBoot = "last" | "good" | "file";

/** IMA's list of measurements, as the guest has given it. */
export interface ImaNews {
  readonly entries: number;
  /** It ended within a line, which is left out. */
  readonly isCut: boolean;
  /** Names of its entries that no PCR was extended with. */
  readonly unextended: readonly string[];
}

export interface HistoryState {
  /** The PCR whose history is open; null while none is. */
  readonly open: number | null;
  /** As far as it has come; null without power, and while the history is closed. */
  readonly present: BootRecord | null;
  /** Events of the firmware's log that no PCR was extended with: their PCR and what they say. */
  readonly unextended: readonly { readonly pcr: number; readonly text: string }[];
  readonly boots: Readonly<Record<KeptBoot, BootRecord | null>>;
  readonly fileName: string;
  readonly ima: ImaNews | null;
  /** What could not be read or kept. */
  readonly problem: Sentence | null;
  /** What was done. */
  readonly note: Sentence | null;
}

export const initialHistory: HistoryState = {
  open: null,
  present: null,
  unextended: [],
  boots: { last: null, good: null, file: null },
  fileName: "",
  ima: null,
  problem: null,
  note: null,
};

export interface HistoryActions {
  /** Opens the history of a PCR. */
  show(pcr: number): void;
  close(): void;
  /** Keeps the present boot as known good, in the place of the one that was. */
  keepAsGood(): void;
  /** Offers a boot to the user as a file. */
  save(boot: KeptBoot | "present"): void;
  /** Takes a boot from a file of the user's, to compare with. */
  load(file: File): void;
  /** Takes IMA's list from a file of the user's, or from the guest's /mnt. */
  readIma(file: File | null): void;
}

/** Where the guest puts its list for the page. */
export const IMA_FILE = "ima.txt";
/** The command that does so. */
export const IMA_COMMAND = `cat /sys/kernel/security/ima/ascii_runtime_measurements > /mnt/${IMA_FILE}`;
