/** What a row of the benchmark is, and how the commands of one call hang together. */
import type { Response } from "../../asm/testkit/harness.ts";

/** A command, or what makes one of the last answer. What is timed runs it, so it does no more than it must. */
export type Part = Uint8Array | ((answer: Uint8Array) => Uint8Array);
/** The commands that are one call. */
export type Call = readonly Part[];

/** What the platform does to a TPM. */
export interface Platform {
  /** _TPM_Init */
  init(): Promise<void>;
  /** Only where the subject has the signal. */
  setPhysicalPresence?(asserted: boolean): Promise<void>;
}

/** For what a call needs before it. */
export interface Setup {
  readonly platform: Platform;
  /** Runs a command. @throws where it fails. */
  send(bytes: Uint8Array): Promise<Response>;
  /** The command is sent when the row is through; the last one that was given first. */
  undo(bytes: Uint8Array): void;
}

export interface Row {
  /** The commands, and on what they work. */
  name: string;
  /** Of the call in process, microseconds at most. */
  goal?: number;
  /** Its time is a matter of luck: so many calls, and means. */
  samples?: number;
  /** The subjects that have it: libtpms 0.9.2 lacks some commands, and no server passes on physical presence. All unless given. */
  on?: "tabtpm" | "in process";
  /** Before each call, not timed. */
  before?(platform: Platform): Promise<void>;
  /** Makes what the call needs. */
  prepare(setup: Setup): Call | Promise<Call>;
}

/** The rows of a chapter of Part 3. */
export interface Chapter {
  number: number;
  rows: readonly Row[];
}

type Options = Omit<Row, "name" | "prepare">;

export function row(name: string, prepare: Row["prepare"], options: Options = {}): Row {
  return { name, prepare, ...options };
}
/** Commands that need nothing before them and leave everything as it was, at least when all have run. */
export function plain(name: string, call: Uint8Array | Call, options: Options = {}): Row {
  return row(name, () => (call instanceof Uint8Array ? [call] : call), options);
}

/** Octets of the last answer become octets of a command. */
export function carried(command: Uint8Array, to: number, from: number, size: number): Part {
  return (answer) => {
    for (let i = 0; i < size; i++) command[to + i] = answer[from + i] as number;
    return command;
  };
}
/** Behind the header of a command or an answer. */
const HANDLE = 10;
/** The handle that opens the last answer opens this command, and others that come later. */
export function onHandle(command: Uint8Array, ...later: Uint8Array[]): Part {
  const all = [command, ...later];
  return (answer) => {
    for (const one of all) for (let i = HANDLE; i < HANDLE + 4; i++) one[i] = answer[i] as number;
    return command;
  };
}
