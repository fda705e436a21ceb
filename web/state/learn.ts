/** The drawer "Learn": what it shows, what it asks for, and what lessons and demos act on. */
import type { Act, BootChange, KeptFolder, Lesson, Machine, Tpm } from "../../src/index.ts";
import type { PageState } from "./model.ts";
import type { Place } from "./place.ts";
import type { Store } from "./store.ts";

/** What lights up in the page, so that it is seen where to look. */
export interface Light {
  /** The panel: "log", or of a row in it where `pcr` or `command` says which. */
  readonly panel: "console" | "pcrs" | "commands" | "log" | "explorer" | "files";
  readonly pcr?: number;
  /** "TPM2_Create" */
  readonly command?: string;
}

export interface Lit {
  readonly lights: readonly Light[];
}

/** The machine, its TPM and its folder, as lessons and demos use them. */
export interface Stage {
  readonly tpm: Tpm;
  /** What the page shows of them. */
  readonly page: Store<PageState>;
  /** Null before the first is made, and while one is made in another's place. */
  machine(): Machine | null;
  /** Calls back with each machine before it gets power; with the present one at once. @returns a function that ends it. */
  onMachine(listener: (machine: Machine) => void): () => void;
  /** The guest's /mnt. */
  files(): Promise<KeptFolder>;
  /** Waits for the shell's prompt at the end of the console; at once where it is there. Rejects when `signal` is aborted. */
  prompt(signal: AbortSignal): Promise<void>;
  /** Types a line and Enter, and waits for the next prompt, whatever the line came to. Rejects when `signal` is aborted. */
  run(line: string, signal: AbortSignal): Promise<void>;
  /** The reset button. */
  reset(): void;
  /** Cuts the power without a word to the TPM, and switches the PC on again. */
  cutPower(): Promise<void>;
  /** Switches the PC off in order, and on again as it was. */
  powerCycle(): Promise<void>;
  /** Switches the PC off in order, and on with these changes to its settings; they hold until the next such boot. */
  boot(change: BootChange): Promise<void>;
  /**
   * Switches the PC off in order, puts this permanent state in the place of its TPM's, and switches it on as it was: what the TPM
   * had is gone. Rejects where the TPM is the user's.
   */
  restore(permanent: Uint8Array): Promise<void>;
  /** A second TPM with this permanent state, in memory beside the PC's and without power. Who asked for it closes it. */
  clone(permanent: Uint8Array): Promise<Tpm>;
  /** The TPM enters its failure mode, which no command can bring about. */
  failTpm(): Promise<void>;
  /** Lights up parts of the page, and no others; [] puts them out. */
  light(lights: readonly Light[]): void;
  /** What is lit. */
  readonly lit: Store<Lit>;
}

/** One of the list: how far it is. */
export interface ListedLesson {
  readonly id: string;
  readonly course: string;
  readonly title: string;
  readonly minutes: number;
  readonly steps: number;
  /** Steps that were passed in the present run; 0 where there is none. */
  readonly passed: number;
  /** It was passed, in this run or an earlier one. */
  readonly isPassed: boolean;
  /** There is a TPM of its own, on which it goes on. */
  readonly isBegun: boolean;
}

/** What is missing of a step. */
export interface Missing {
  /** What was seen and what was asked, in English. */
  readonly hint: string;
  /** Something was tried that the hint is about; false while nothing of the kind was seen. */
  readonly attempted: boolean;
}

/**
 * - `asking`: it needs a TPM of its own, which is made when the user says so.
 * - `elsewhere`: its TPM is there; the page is to be loaded anew with it.
 * - `making`: the TPM is made, or the page about to be loaded anew.
 * - `booting`, `preparing`: the guest comes to its prompt; what the lesson begins with is typed.
 * - `interrupted`: the page went or the PC booted in the middle of that, or the TPM was replaced: it has to be begun anew.
 * - `running`; `passed`: all steps are.
 */
export type LessonPhase =
  | "asking"
  | "elsewhere"
  | "making"
  | "booting"
  | "preparing"
  | "interrupted"
  | "running"
  | "passed";

/** A lesson that is open. */
export interface LessonState {
  readonly lesson: Lesson;
  readonly phase: LessonPhase;
  /** The current step, from 0; as many as there are when all were passed. */
  readonly step: number;
  /** Of the current step, by the last look; null before it, and for a step that is only to be read. */
  readonly missing: Missing | null;
  /** What was typed into the current step's question. */
  readonly answer: string;
  /** Lines are being typed, or the PC is being switched. */
  readonly busy: boolean;
  /** What went wrong, in words; null while nothing has. */
  readonly problem: string | null;
}

export interface LearnState {
  /** Null until it was read. */
  readonly list: readonly ListedLesson[] | null;
  /** The lesson that the drawer shows; null while it is fetched, and where there is none. */
  readonly open: LessonState | null;
  /** Of a lesson or list that did not arrive, in words; null otherwise. */
  readonly problem: string | null;
  /** The TPM in use was made for this one; null: it is the user's. */
  readonly own: Place | null;
  /** A TPM is being made, or the page about to be loaded anew. */
  readonly leaving: boolean;
}

export const initialLearn: LearnState = { list: null, open: null, problem: null, own: null, leaving: false };

export interface LearnActions {
  /** Shows it; nothing runs before {@link start}. */
  show(place: Place): void;
  /** Makes a TPM for the open lesson, and loads the page anew with it; one that it had before is deleted. */
  start(): void;
  /** Loads the page anew with the TPM that the open lesson has. */
  goOn(): void;
  /** Loads the page anew with the user's own TPM. */
  leave(): void;
  /** Types the lines and Enter, one at each prompt. */
  run(lines: readonly string[]): void;
  act(act: Act): void;
  answer(text: string): void;
  /** The current step was read; only where nothing of it is checked. */
  read(): void;
}

/** What the drawer draws, and asks. */
export interface OpenLearning {
  readonly store: Store<LearnState>;
  readonly actions: LearnActions;
  readonly stage: Stage;
}
