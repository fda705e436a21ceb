/**
 * A boot as it is kept and handed on: JSON, so that other programs can read it. Digests are in hex under their bank's
 * name, times in milliseconds after the boot's beginning.
 */
import { HASH_ALGORITHMS, hashName } from "../firmware/eventLog.ts";
import { EVENT_KINDS, type EventKind } from "./eventKind.ts";
import { MAX_STEPS } from "./recorder.ts";
import { bankSize, PCR_COUNT, type PcrStep, type StepDigest, type StepSource, stepKinds } from "./steps.ts";

export interface BankValues {
  /** TPM_ALG_ID. */
  readonly algorithm: number;
  /** `values[pcr]` in hex as the TPM gave it; null where it has no such PCR. */
  readonly values: readonly (string | null)[];
}

export interface BootRecord {
  /** When the power came or the PC was reset: milliseconds since 1970. */
  readonly began: number;
  readonly steps: readonly PcrStep[];
  /** PCR -> how many later steps were not kept. */
  readonly omitted: ReadonlyMap<number, number>;
  /** The PCRs as they were last read; empty where nobody has read them. */
  readonly banks: readonly BankValues[];
}

/** The octets are no record of a boot, or one that this version can't read. */
export class BootRecordError extends Error {
  override name = "BootRecordError";
  /** A newer version wrote it. */
  readonly isNewer: boolean;
  constructor(message: string, isNewer = false) {
    super(message);
    this.isNewer = isNewer;
  }
}

const FORMAT = "tabtpm boot record";
const VERSION = 1;
/** Octets of a record: what the steps that are kept take up at the most, and more than a browser should be asked for. */
export const MAX_RECORD_SIZE = 6 << 20;
/** Characters of what an event says or a file is called. */
const MAX_TEXT = 4096;
/** Milliseconds before and after 1970 that a Date can stand for: another time can't be shown. */
const LAST_TIME = 8.64e15;

/** @returns UTF-8. */
export function serializeBootRecord(record: BootRecord): Uint8Array {
  const { began, steps, omitted, banks } = record;
  const document = {
    format: FORMAT,
    version: VERSION,
    began,
    steps: steps.map(({ kind, pcr, at, locality, own, digests, source }) => ({
      kind,
      ...(pcr === null ? {} : { pcr }),
      ms: Math.round((at - began) * 1000) / 1000,
      ...(locality === 0 ? {} : { locality }),
      ...(own ? { own } : {}),
      ...(digests.length === 0 ? {} : { digests: byName(digests) }),
      ...(source === undefined ? {} : { source }),
    })),
    ...(omitted.size === 0 ? {} : { omitted: Object.fromEntries(omitted) }),
    banks: Object.fromEntries(banks.map(({ algorithm, values }) => [hashName(algorithm), values])),
  };
  return new TextEncoder().encode(`${JSON.stringify(document, null, 1)}\n`);
}

const byName = (digests: readonly StepDigest[]) =>
  Object.fromEntries(digests.map(({ algorithm, digest }) => [hashName(algorithm), digest]));

/** @throws BootRecordError for octets that {@link serializeBootRecord} does not give: what is wrong, and where. */
export function parseBootRecord(octets: Uint8Array): BootRecord {
  if (octets.length > MAX_RECORD_SIZE) throw wrong(`it has ${octets.length} octets, more than any record`);
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(octets));
  } catch {
    throw wrong("it is not JSON, or ends early");
  }
  const { format, version, began, steps, omitted, banks } = object(document, "it");
  if (format !== FORMAT) throw wrong(`its format is not “${FORMAT}”`);
  if (typeof version === "number" && version > VERSION) {
    throw new BootRecordError(`This record of a boot is of version ${version}; this page reads ${VERSION}.`, true);
  }
  if (version !== VERSION) throw wrong("it has no version");
  const start = number(began, "began", 0, LAST_TIME);
  return {
    began: start,
    steps: array(steps, "steps", MAX_STEPS + 100).map((step, index) => readStep(step, `steps[${index}]`, start)),
    omitted: new Map(
      Object.entries(object(omitted ?? {}, "omitted")).map(([pcr, count]) => [
        number(/^\d{1,2}$/.test(pcr) ? Number(pcr) : null, "a PCR of omitted", 0, PCR_COUNT - 1),
        integer(count, "omitted", 1, Number.MAX_SAFE_INTEGER),
      ]),
    ),
    banks: Object.entries(object(banks, "banks")).map(([name, values]) => {
      const algorithm = algorithmNamed(name, "banks");
      const all = array(values, `banks.${name}`, PCR_COUNT);
      return { algorithm, values: all.map((value) => (value === null ? null : digest(value, algorithm, "banks"))) };
    }),
  };
}

function readStep(value: unknown, path: string, began: number): PcrStep {
  const { kind, pcr, ms, locality, own, digests, source } = object(value, path);
  return {
    kind: oneOf(stepKinds, kind, `${path}.kind`),
    pcr: pcr === undefined ? null : integer(pcr, `${path}.pcr`, 0, PCR_COUNT - 1),
    at: began + number(ms, `${path}.ms`, -LAST_TIME - began, LAST_TIME - began),
    locality: locality === undefined ? 0 : integer(locality, `${path}.locality`, 0, 255),
    own: own === true,
    digests: Object.entries(object(digests ?? {}, `${path}.digests`)).map(([name, hex]) => {
      const algorithm = algorithmNamed(name, path);
      return { algorithm, digest: digest(hex, algorithm, path) };
    }),
    ...(source === undefined ? {} : { source: readSource(source, `${path}.source`) }),
  };
}

function readSource(value: unknown, path: string): StepSource {
  const { kind, index, type, event, text, template, fileDigest, name, proven } = object(value, path);
  const at = integer(index, `${path}.index`, 0, 0xffff_ffff);
  if (kind === "firmware") {
    return {
      kind,
      index: at,
      type: integer(type, `${path}.type`, 0, 0xffff_ffff),
      event: oneOf<EventKind>(EVENT_KINDS, event, `${path}.event`),
      text: string(text, `${path}.text`),
    };
  }
  if (kind !== "ima") throw wrong(`${path}.kind is neither “firmware” nor “ima”`);
  return {
    kind,
    index: at,
    template: string(template, `${path}.template`),
    fileDigest: string(fileDigest, `${path}.fileDigest`),
    name: string(name, `${path}.name`),
    proven: proven === true,
  };
}

const wrong = (what: string) => new BootRecordError(`This is no record of a boot: ${what}.`);

function object(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw wrong(`${path} is not an object`);
}

function array(value: unknown, path: string, most: number): readonly unknown[] {
  if (!Array.isArray(value)) throw wrong(`${path} is not a list`);
  if (value.length > most) throw wrong(`${path} has ${value.length} elements; ${most} are the most`);
  return value;
}

function number(value: unknown, path: string, least: number, most: number): number {
  if (typeof value === "number" && value >= least && value <= most) return value;
  throw wrong(`${path} is not a number from ${least} to ${most}`);
}

function integer(value: unknown, path: string, least: number, most: number): number {
  if (Number.isInteger(value)) return number(value, path, least, most);
  throw wrong(`${path} is not a whole number`);
}

function string(value: unknown, path: string): string {
  if (typeof value === "string" && value.length <= MAX_TEXT) return value;
  throw wrong(`${path} is not a text of at most ${MAX_TEXT} characters`);
}

function oneOf<T extends string>(all: readonly T[], value: unknown, path: string): T {
  const found = all.find((one) => one === value);
  if (found === undefined) throw wrong(`${path} is none of ${all.join(", ")}`);
  return found;
}

function algorithmNamed(name: string, path: string): number {
  for (const [id, row] of HASH_ALGORITHMS) if (row.name === name) return id;
  throw wrong(`${path} names a bank “${name.slice(0, 20)}”`);
}

function digest(value: unknown, algorithm: number, path: string): string {
  const size = 2 * bankSize(algorithm);
  if (typeof value === "string" && value.length === size && /^[0-9a-f]*$/.test(value)) return value;
  throw wrong(`${path} has a ${hashName(algorithm)} digest that is not ${size} digits`);
}
