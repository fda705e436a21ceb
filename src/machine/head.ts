/** What a machine file says of itself before its parts: JSON, so that a newer tabtpm can add to it and an older one reads on. */
import { DamagedMachineFileError, MachineHeadError } from "./errors.ts";
import { HEAD_LIMIT } from "./format.ts";

/** Of a name, in characters. */
export const MACHINE_NAME_LIMIT = 80;
/** A part of a file is smaller than this, in octets. */
const PART_LIMIT = 2 ** 32;

/**
 * What was known of the guest's boot when the file was made.
 * - `good`: the firmware's event log explains PCR 0 to 9, and nothing else was found wrong.
 * - `bad`: something of the boot is not as it should be.
 * - `unknown`: nobody looked, or it was too early.
 */
export type BootLogState = "good" | "bad" | "unknown";

export interface MachineBoot {
  /** "bios", "kernel", "shell": as a machine's stage. */
  readonly stage: string;
  readonly log: BootLogState;
}

/**
 * - `state`: v86's own state, with the TPM in it.
 * - `picture`: of the screen, PNG or WebP.
 * - `eventLog`: the firmware's event log, in the TCG's binary form.
 * - `console`: what the serial console has shown, UTF-8.
 */
export type MachinePartName = "state" | "picture" | "eventLog" | "console";
const partNames: readonly string[] = ["state", "picture", "eventLog", "console"] satisfies MachinePartName[];

/** The octets of each part; `state` is always there. */
export type MachineParts = Readonly<Partial<Record<MachinePartName, Uint8Array>>> & { readonly state: Uint8Array };

export interface MachinePart {
  readonly name: MachinePartName;
  /** Octets, uncompressed. */
  readonly size: number;
}

export interface NewMachineHead {
  /** 1 to {@link MACHINE_NAME_LIMIT} characters, none of them a control character or half of one. */
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly savedAt: number;
  /** Of the guest's images: with others the state is not the machine's. What it is made of is the writer's. */
  readonly guest: string;
  /** As `TpmAttachment.v86Release`: null for one that was not tested. */
  readonly v86Release: string | null;
  /** "full", "libtpms-0.9" */
  readonly profile: string;
  /** "tis", "crb" */
  readonly registerInterface: string;
  /** Of the guest, in octets. */
  readonly memorySize: number;
  /** Of the TPM: two files of one have the same. */
  readonly tpmIdentity: string;
  readonly boot: MachineBoot;
  /** "image/png", "image/webp"; null without a picture. */
  readonly pictureType: string | null;
  /** With what the machine is to be made before it gets the state; JSON, the writer's own. */
  readonly machine: unknown;
}

export interface MachineHead extends NewMachineHead {
  /** In the order in which they lie in the file. */
  readonly parts: readonly MachinePart[];
}

/** @throws MachineHeadError */
export function headBytes(head: NewMachineHead, parts: MachineParts): Uint8Array<ArrayBuffer> {
  const whole: MachineHead = {
    ...head,
    parts: (partNames as MachinePartName[]).flatMap((name) => {
      const part = parts[name];
      return part === undefined ? [] : [{ name, size: part.length }];
    }),
  };
  const problem = problemOf(whole);
  if (problem !== null) throw new MachineHeadError(`This can't be written into a machine file: ${problem}.`);
  const bytes = new TextEncoder().encode(JSON.stringify(whole)) as Uint8Array<ArrayBuffer>;
  if (bytes.length > HEAD_LIMIT) {
    throw new MachineHeadError(`The head of the machine file has ${bytes.length} octets, more than ${HEAD_LIMIT}.`);
  }
  return bytes;
}

/**
 * @returns the head with nothing in it but what is known here
 * @throws DamagedMachineFileError
 */
export function parseHead(bytes: Uint8Array): MachineHead {
  let head: unknown;
  try {
    head = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new DamagedMachineFileError("The head of the machine file is no JSON.", { cause });
  }
  const problem = problemOf(head);
  if (problem !== null) throw new DamagedMachineFileError(`The head of the machine file is none: ${problem}.`);
  const {
    name,
    savedAt,
    guest,
    v86Release,
    profile,
    registerInterface,
    memorySize,
    tpmIdentity,
    pictureType,
    machine,
  } = head as MachineHead;
  const { boot, parts } = head as MachineHead;
  return {
    ...{ name, savedAt, guest, v86Release, profile, registerInterface, memorySize, tpmIdentity, pictureType },
    machine: machine ?? null,
    boot: { stage: boot.stage, log: boot.log },
    parts: parts.map(({ name, size }) => ({ name, size })),
  };
}

const isText = (value: unknown): value is string => typeof value === "string" && value.length <= 1024;
const isTextOrNull = (value: unknown) => value === null || isText(value);
const isSize = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < PART_LIMIT;
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const CONTROLS = /[\p{Cc}\p{Cs}]/u;

const isName = (value: unknown) =>
  typeof value === "string" && value.trim() !== "" && [...value].length <= MACHINE_NAME_LIMIT && !CONTROLS.test(value);

function isBoot(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { stage, log } = value;
  return isText(stage) && (log === "good" || log === "bad" || log === "unknown");
}

function areParts(value: unknown): boolean {
  if (!Array.isArray(value)) return false;
  const names = value.map((part: { name?: unknown; size?: unknown } | null) =>
    isSize(part?.size) ? part?.name : null,
  );
  return (
    names.includes("state") &&
    new Set(names).size === names.length &&
    names.every((name) => typeof name === "string" && partNames.includes(name))
  );
}

const fields: Readonly<Record<Exclude<keyof MachineHead, "machine">, (value: unknown) => boolean>> = {
  name: isName,
  savedAt: (value) => Number.isFinite(value) && Math.abs(value as number) <= 8.64e15,
  guest: isText,
  v86Release: isTextOrNull,
  profile: isText,
  registerInterface: isText,
  memorySize: isSize,
  tpmIdentity: isText,
  boot: isBoot,
  pictureType: isTextOrNull,
  parts: areParts,
};

/** @returns which field is wrong, with its value; null when none is. */
function problemOf(head: unknown): string | null {
  if (!isObject(head)) return "it is no object";
  for (const [name, isGood] of Object.entries(fields)) {
    const value = Object.hasOwn(head, name) ? head[name] : undefined;
    if (!isGood(value)) return `${name} is ${shown(value)}`;
  }
  return null;
}

function shown(value: unknown): string {
  const text = value === undefined ? "missing" : JSON.stringify(value);
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
