/** The command line of `tabtpm fleet`. */
import { parseArgs } from "node:util";
import type { TpmProfile } from "../../public.ts";
import { UsageError } from "../errors.ts";
import { profileNamed } from "../profiles.ts";
import { OPTIONS } from "../socket/optionTable.ts";
import { type KeyOption, parseStateKey, STATE_KEY_OPTIONS } from "../stateKey.ts";
import { parseSubOptions } from "../subOptions.ts";
import { groupId, userId } from "../users.ts";
import type { FleetSettings } from "./house.ts";

export type FleetStore = { kind: "dir"; dir: string } | { kind: "postgres"; url: string };

export interface FleetServeOptions extends Pick<FleetSettings, "access" | "power" | "idleMs" | "maxInMemory"> {
  readonly store: FleetStore;
  readonly listen: string;
  readonly profile: TpmProfile | undefined;
  readonly key: KeyOption | undefined;
  readonly durability: "flush" | "none";
  /** Of a row in a database. */
  readonly leaseMs: number;
  /** 0 errors, 1 also who comes and goes. */
  readonly logLevel: number;
}

export type FleetRequest =
  | { do: "serve"; options: FleetServeOptions }
  | { do: "list" | "status"; listen: string; json: boolean }
  | { do: "create" | "remove"; listen: string; names: readonly string[] };

export const DEFAULT_IDLE_SECONDS = 60;
export const DEFAULT_IN_MEMORY = 200;
export const DEFAULT_LEASE_SECONDS = 15;
const MAX_LEASE_SECONDS = 3600;
const DEFAULT_MODE = 0o600;
const MAX_IDLE_SECONDS = 86_400;
const MAX_IN_MEMORY = 100_000;

const SPECIFICATION = {
  store: { type: "string" },
  listen: { type: "string" },
  mode: { type: "string" },
  owner: { type: "string" },
  group: { type: "string" },
  profile: { type: "string" },
  ...STATE_KEY_OPTIONS,
  flags: { type: "string" },
  idle: { type: "string" },
  "in-memory": { type: "string" },
  durability: { type: "string" },
  lease: { type: "string" },
  "log-level": { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

/** Of each, which options it has beside --listen. */
const QUESTIONS = { list: ["json"], status: ["json"], create: [], remove: [] } as const;
type Question = keyof typeof QUESTIONS;

const SEE = "See tabtpm fleet --help.";

/** @returns undefined when help is asked for. @throws UsageError */
export function parseFleetOptions(argv: readonly string[]): FleetRequest | undefined {
  const { values, positionals } = parsed(argv);
  if (values.help) return undefined;
  const { listen } = values;
  if (!listen) throw new UsageError(`--listen DIR is needed: the folder of the sockets. ${SEE}`);
  const [word, ...names] = positionals;
  if (word !== undefined) return question(word, names, listen, values);
  if (values.json) throw new UsageError("--json goes with list and status.");
  if (!values.store) throw new UsageError(`--store dir:DIR or --store postgres:... is needed. ${SEE}`);
  const flags = values.flags === undefined ? {} : parseSubOptions("--flags", values.flags, OPTIONS.flags.parts);
  const startup = flags["startup-clear"] ? "clear" : flags["startup-state"] ? "state" : undefined;
  return {
    do: "serve",
    options: {
      store: parseStore(values.store),
      listen,
      access: {
        mode: parseMode(values.mode),
        uid: userId("--owner", values.owner),
        gid: groupId("--group", values.group),
      },
      profile: values.profile === undefined ? undefined : profileNamed("--profile", values.profile),
      key: parseStateKey(values),
      power: { powerOn: flags["not-need-init"] === true || startup !== undefined, startup },
      idleMs: 1000 * wholeNumber("--idle", values.idle, DEFAULT_IDLE_SECONDS, 0, MAX_IDLE_SECONDS),
      maxInMemory: wholeNumber("--in-memory", values["in-memory"], DEFAULT_IN_MEMORY, 1, MAX_IN_MEMORY),
      durability: parseDurability(values.durability),
      leaseMs: 1000 * wholeNumber("--lease", values.lease, DEFAULT_LEASE_SECONDS, 1, MAX_LEASE_SECONDS),
      logLevel: wholeNumber("--log-level", values["log-level"], 0, 0, 2),
    },
  };
}

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], strict: true, allowPositionals: true, options: SPECIFICATION });
  } catch (error) {
    // An address that is not where it belongs may have a password in it.
    const message = (error as Error).message.replace(/\S*:\/\/[^']*/g, "ADDRESS");
    throw new UsageError(`${message.replace(/[.]?$/, ".")} ${SEE}`);
  }
}

function question(
  word: string,
  names: readonly string[],
  listen: string,
  values: Readonly<{ json?: boolean | undefined }>,
): FleetRequest {
  if (!Object.hasOwn(QUESTIONS, word)) {
    // Anything else may be an address that lacks its --store, with a password in it.
    const shown = /^[a-z-]{1,20}$/.test(word) ? JSON.stringify(word) : "what was given";
    throw new UsageError(`A fleet can't be asked to ${shown}. ${SEE}`);
  }
  const kind = word as Question;
  const allowed: readonly string[] = ["listen", ...QUESTIONS[kind]];
  const foreign = Object.keys(values).find((name) => !allowed.includes(name));
  if (foreign !== undefined) throw new UsageError(`tabtpm fleet ${word} has no option --${foreign}. ${SEE}`);
  if (kind === "list" || kind === "status") {
    if (names.length > 0) throw new UsageError(`tabtpm fleet ${word} takes no names. ${SEE}`);
    return { do: kind, listen, json: values.json === true };
  }
  if (names.length === 0) throw new UsageError(`tabtpm fleet ${word} needs the name of a TPM. ${SEE}`);
  return { do: kind, listen, names };
}

/** @throws UsageError, which never has a password in it. */
export function parseStore(text: string): FleetStore {
  if (text.startsWith("dir:") && text.length > "dir:".length) return { kind: "dir", dir: text.slice("dir:".length) };
  if (/^postgres(ql)?:/.test(text)) return { kind: "postgres", url: text };
  // What was meant may have a password in it.
  throw new UsageError("--store is dir:DIR or postgres://USER@HOST/DATABASE; what was given is neither.");
}

function parseMode(text: string | undefined): number {
  if (text === undefined) return DEFAULT_MODE;
  if (/^0?[0-7]{3}$/.test(text)) return Number.parseInt(text, 8);
  throw new UsageError(`--mode ${text}: permissions are three octal digits, such as 660.`);
}

function parseDurability(text: string | undefined): "flush" | "none" {
  if (text === undefined || text === "flush") return "flush";
  if (text === "none") return "none";
  throw new UsageError(`--durability needs flush or none; "${text}" is neither.`);
}

function wholeNumber(option: string, text: string | undefined, otherwise: number, from: number, to: number): number {
  if (text === undefined) return otherwise;
  const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= from && number <= to) return number;
  throw new UsageError(`${option} needs a whole number, ${from} to ${to}; "${text}" is none.`);
}
