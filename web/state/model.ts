/**
 * The state: what the page shows, as plain immutable data (this file), the store that holds it, what the buttons ask
 * for, and what follows from the data alone. The PC makes it, the components draw it; this room knows neither, nor
 * Preact.
 */

import type { Entity, EventKind, Refusal, SessionFlag, TcgEvent } from "../../src/index.ts";
import type { Catalogue, Language, Sentence } from "../words/index.ts";
import type { AskedFiles } from "./address.ts";
import { type Choices, initialChoices, type Plan } from "./choices.ts";
import type { Place } from "./place.ts";
import { type BootTimeline, noTimeline } from "./timeline.ts";

/** The steps from nothing to a prompt, in order. */
export const bootSteps = ["images", "tpm", "bios", "kernel", "shell"] as const;
export type BootStep = (typeof bootSteps)[number];

export type Power = "starting" | "on" | "off";

/**
 * - `initialising`: _TPM_Init was received; firmware and kernel are about to take it into use.
 * - `ready`: the firmware has measured the boot, Linux has the TPM, and the prompt is there.
 * - `resumed`: the PC goes on from a snapshot, whose boot was measured then, and nothing was measured anew.
 * - `not ready`: something of that is not so, see {@link PageState.findings}.
 * - `not checked`: nothing of that is known not to be so, but the TPM did not tell all.
 */
export type TpmStatus =
  | "starting"
  | "initialising"
  | "ready"
  | "resumed"
  | "not ready"
  | "not checked"
  | "failure mode"
  | "off"
  | "unavailable"
  | "taken over";

/** Something that this boot lacks. */
export interface Finding {
  readonly kind: keyof Catalogue["findings"];
  /** Where it went wrong. */
  readonly stage: BootStep;
  /** What the sentence of its kind is about. */
  readonly about: readonly string[];
}

export interface Download {
  /** Bytes. */
  readonly loaded: number;
  readonly total: number;
}

/** One PCR bank: `values[pcr]` is the digest in hex, or undefined where the TPM has no such PCR. */
export interface PcrBank {
  /** TPM_ALG_ID. */
  readonly algorithm: number;
  /** "SHA-256" */
  readonly name: string;
  readonly values: readonly (string | undefined)[];
}

export interface LogDigest {
  readonly bank: string;
  readonly hex: string;
}

export interface LogEntry {
  readonly pcr: number;
  /** "EV_SEPARATOR" */
  readonly type: string;
  readonly description: string;
  /** What it is, for its explanation. */
  readonly kind: EventKind;
  readonly digests: readonly LogDigest[];
}

export interface EventLog {
  readonly entries: readonly LogEntry[];
  /** As they stand in the log. */
  readonly events: readonly TcgEvent[];
  /** The digest that replaying the log gives: `replay[bank name][pcr]`, hex. */
  readonly replay: Readonly<Record<string, readonly (string | undefined)[]>>;
  /** What is wrong with the log, where something is. */
  readonly problem?: string;
}

/** One command that the TPM has answered. */
export interface CommandEntry {
  readonly sequence: number;
  /** "TPM2_PCR_Extend" */
  readonly name: string;
  /** What the command's handles stood for when it was sent. */
  readonly handles: readonly Entity[];
  /** All handles that it or its response names, with what they stood for. */
  readonly entities: ReadonlyMap<number, Entity>;
  readonly locality: number;
  /** "TPM_RC_SUCCESS", "TPM_RC_VALUE (parameter 1)" */
  readonly responseCodeName: string;
  readonly failed: boolean;
  /** When it was handed to the TPM: milliseconds since 1970. */
  readonly startedAt: number;
  /** Milliseconds from then to its response. */
  readonly duration: number;
  /** Sent by the page, not by the guest. */
  readonly own: boolean;
  readonly command: Uint8Array;
  readonly response: Uint8Array;
  /** Why the TPM refused it; null when it did not, or noted nothing. */
  readonly reason: Refusal | null;
}

/** One line of a decoded command or response. */
export interface Field {
  readonly name: string;
  readonly value: string;
  readonly depth: number;
  /** Where it lies in the octets. */
  readonly offset: number;
  readonly size: number;
  readonly secret: boolean;
  /** It is secret, and its value says no more than its size. */
  readonly isHidden: boolean;
  /** What the handle in it stands for. */
  readonly entity?: Entity;
  /** The attributes of a session that are in it. */
  readonly flags?: readonly SessionFlag[];
}

/** A command or its response, field by field. */
export interface DecodedMessage {
  readonly octets: Uint8Array;
  readonly fields: readonly Field[];
  /** What is wrong with the octets. */
  readonly problem?: string;
}

export interface DecodedEntry {
  readonly command: DecodedMessage;
  readonly response: DecodedMessage;
}

/** How a list of commands is saved. */
export type TraceFormat = "json" | "pcapng";

export type ChoiceKind =
  | "unlock"
  | "take-over"
  | "bring-here"
  | "take-back"
  | "save-again"
  | "download-state"
  | "new-tpm"
  | "reload";

/** A state in which the PC cannot run, and what the user can do about it. The words are those of its kind. */
export interface Problem {
  readonly kind: keyof Catalogue["problems"]["kinds"];
  /** What the error itself says. */
  readonly message: string;
  readonly choices: readonly { readonly kind: ChoiceKind; readonly primary?: boolean }[];
  /** The technical message, shown on demand. */
  readonly detail?: string;
}

/** A new TPM is being made, beside the one that is there. */
export interface Making {
  /** Its EK certificates. */
  readonly done: number;
  readonly total: number;
}

/** The old TPM is still there, although a new one was asked for. */
export interface NotReplaced {
  /** The new one was complete, and could not be stored. */
  readonly isMade: boolean;
  /** Why, and what to do. */
  readonly reason: Sentence;
  readonly detail: string;
}

/** The TPM's protection against guessing (Part 1, "Dictionary Attack Protection"). */
export interface Lockout {
  readonly failedTries: number;
  readonly maxTries: number;
  /** What is protected answers TPM_RC_LOCKOUT. */
  readonly isLocked: boolean;
  /** After how long a failed try is forgotten, "2 h"; null: the protection is off. */
  readonly recovery: string | null;
  /** For how long lockoutAuth can't be used after a wrong one, "1 d"; null: until the next TPM Reset. */
  readonly lockoutRecovery: string | null;
  readonly isLockoutAuthSet: boolean;
}

/** How long the browser keeps the TPM: `forgotten` at the end of a private window, very likely. */
export type StorageOutlook = "persistent" | "not promised" | "forgotten";

/** Whether the page opens without a network: not known yet, it does, it does not, this browser can't have it so. */
export type Kept = "unknown" | "kept" | "not kept" | "unsupported";

/** Why the page, or a new release of it, is not kept in the browser. */
export interface KeepProblem {
  readonly problem: "full" | "damaged" | "unreachable";
  /** Empty for the page itself. */
  readonly file: string;
}

export interface PageState {
  /** Of the words. */
  readonly language: Language;
  readonly power: Power;
  readonly step: BootStep;
  readonly download: Download | null;
  /** Milliseconds from power on to the prompt, once it is there. */
  readonly bootTime: number | null;
  readonly tpm: TpmStatus;
  /** The PC stands still, because the TPM has not answered for more than a second. */
  readonly waiting: boolean;
  /** The user has made it stand still. */
  readonly paused: boolean;
  readonly timeline: BootTimeline;
  /** What this boot lacks, as far as it has come. */
  readonly findings: readonly Finding[];
  /** How far the PC's clock is behind, "1 h 3 min"; null where there is nothing to say of it. */
  readonly clockBehind: string | null;
  readonly making: Making | null;
  readonly notReplaced: NotReplaced | null;
  /** Null until it is known. */
  readonly lockout: Lockout | null;
  /** The user wants to know what the failed tries mean, or has to. */
  readonly explainsLockout: boolean;
  /** Null until it is known. */
  readonly storage: StorageOutlook | null;
  /** The user wants to know what that means. */
  readonly explainsStorage: boolean;
  /** Why the store refuses what the TPM is to keep; null while it does not. */
  readonly storeFailure: string | null;
  /** Why the firmware could not read, or not store, whom it asks before it changes the TPM; null while it can. */
  readonly variablesFailure: string | null;
  /** How many EK certificates the TPM has; null while that is not known. */
  readonly certificates: number | null;
  readonly banks: readonly PcrBank[];
  /** `${bank name}:${pcr}` of the PCRs that changed a moment ago. */
  readonly changed: ReadonlySet<string>;
  readonly log: EventLog | null;
  /** Newest first. */
  readonly commands: readonly CommandEntry[];
  readonly problem: Problem | null;
  /** A button's work is under way. */
  readonly busy: boolean;
  /** The PC goes on from a snapshot: no boot of this visit. */
  readonly resumed: boolean;
  readonly asking: "new-tpm" | "settings" | "address" | "tpms" | "passphrase" | "snapshots" | "move" | null;
  /** Where the drawer of lessons and demos is; null: it is closed. */
  readonly learning: Place | null;
  /** The name of the TPM that is in use. */
  readonly tpmName: string;
  readonly choices: Choices;
  /** What the PC that is there was made with; null before the first. */
  readonly running: Plan | null;
  /** The files that the page's address asks for. */
  readonly askedFiles: AskedFiles;
  /** The guest's own arguments for its kernel; null until they are known. */
  readonly ownArguments: string | null;
  readonly kept: Kept;
  /** A new release of the page waits for the user. */
  readonly hasUpdate: boolean;
  readonly keepProblem: KeepProblem | null;
  /** What of the settings could not be taken or kept, each in a sentence. */
  readonly settingsProblems: readonly Sentence[];
  /** What a screen reader is told. */
  readonly announcement: string;
}

export const initialState: PageState = {
  language: "en",
  power: "starting",
  step: "images",
  download: null,
  bootTime: null,
  tpm: "starting",
  waiting: false,
  paused: false,
  timeline: noTimeline,
  findings: [],
  clockBehind: null,
  making: null,
  notReplaced: null,
  lockout: null,
  explainsLockout: false,
  storage: null,
  explainsStorage: false,
  storeFailure: null,
  variablesFailure: null,
  certificates: null,
  banks: [],
  changed: new Set(),
  log: null,
  commands: [],
  problem: null,
  busy: false,
  resumed: false,
  asking: null,
  learning: null,
  tpmName: "default",
  choices: initialChoices,
  running: null,
  askedFiles: { addresses: {}, bootFrom: "kernel" },
  ownArguments: null,
  kept: "unknown",
  hasUpdate: false,
  keepProblem: null,
  settingsProblems: [],
  announcement: "",
};
