/** The command line of `tabtpm provision`, which takes swtpm_setup's. */
import type { PlatformIdentity } from "../../provision/index.ts";
import type { TpmProfile } from "../../public.ts";
import { TPM_ALG } from "../../spec/algorithms.ts";
import { banks } from "../../spec/layout/entries.ts";
import { UsageError } from "../errors.ts";
import { CIPHERS, type KeySource } from "../keySource.ts";
import { parseOptions } from "../parse.ts";
import { profileNamed, profileOfFile, profileOfJson } from "../profiles.ts";
import { type KeyOption, parseStateKey } from "../stateKey.ts";
import { locationOfUri, type StateLocation } from "../stateLocation.ts";
import { type User, userNamed } from "../users.ts";
import { defaultAuthorityFolder } from "./authorityFiles.ts";
import { SETUP_OPTIONS, type SetupName, setupRows } from "./optionTable.ts";

/** By swtpm_setup's names: "sha256". Other algorithms have no banks. */
const BANKS = new Map<string, number>(
  banks.map((name) => [name.slice("TPM_ALG_".length).toLowerCase(), TPM_ALG[name]]),
);

export interface ProvisionCommand {
  kind: "provision" | "reconfigure";
  state: StateLocation;
  profile: TpmProfile | undefined;
  pcrBanks: readonly number[] | undefined;
  /** Folder of the demo CA. */
  ca: string;
  /** Make a platform certificate, too. */
  platform: PlatformIdentity | undefined;
  /** The common name in the certificates. */
  subject: string | undefined;
  lockNv: boolean;
  existing: "refuse" | "overwrite" | "keep";
  /** Encrypts the state. */
  key: (KeySource & Partial<Pick<KeyOption, "adopts">>) | undefined;
  logfile: string | undefined;
  runas: User | undefined;
  /** What was given and does nothing, with the reason. */
  idle: readonly string[];
}

export type ProvisionRequest =
  | ProvisionCommand
  | { kind: "print-capabilities" }
  | { kind: "print-profiles" }
  | { kind: "version" }
  /** There is nothing to configure. */
  | { kind: "nothing"; idle: readonly string[] };

type Values = Partial<Record<SetupName, string | boolean | undefined>>;

/** @returns undefined when help is asked for. @throws UsageError */
export function parseProvisionOptions(argv: readonly string[]): ProvisionRequest | undefined {
  const values: Values = parseOptions("provision", joined(argv), specification());
  if (values.help) return undefined;
  for (const kind of ["print-capabilities", "print-profiles", "version"] as const) if (values[kind]) return { kind };
  for (const [name, { refused }] of setupRows) {
    if (refused !== undefined && values[name]) throw new UsageError(`--${name} is not supported: ${refused}.`);
  }
  const idle = setupRows.flatMap(([name, { idle }]) =>
    idle !== undefined && values[name] ? [`--${name}: ${idle}`] : [],
  );
  if (values["create-config-files"] !== undefined) return { kind: "nothing", idle };
  const text = (name: SetupName) => values[name] as string | undefined;
  return {
    ...{ kind: values.reconfigure ? "reconfigure" : "provision", state: stateOf(text), profile: profileOf(text) },
    pcrBanks: banksOf(text, values.reconfigure === true),
    ca: nonEmpty("ca", text) ?? defaultAuthorityFolder(),
    platform: platformOf(values, text),
    subject: nonEmpty("vmid", text),
    lockNv: values["lock-nvram"] === true,
    existing: existingOf(values),
    key: keyOf(text),
    logfile: nonEmpty("logfile", text),
    runas: text("runas") === undefined ? undefined : userNamed("--runas", text("runas") as string),
    idle,
  };
}

/** @throws UsageError for what would set up a TPM 1.2. */
export function parseSetupOptions(argv: readonly string[]): ProvisionRequest | undefined {
  const request = parseProvisionOptions(argv);
  const isAbout = request?.kind === "provision" || request?.kind === "reconfigure";
  if (isAbout && !argv.includes("--tpm2"))
    throw new UsageError("tabtpm is a TPM 2.0 only: add --tpm2, as for swtpm_setup.");
  return request;
}

type Text = (name: SetupName) => string | undefined;

function specification(): Record<SetupName, { type: "string" | "boolean"; short?: string }> {
  const rows = setupRows.map(([name, { value, short }]) => [
    name,
    { type: value === undefined ? "boolean" : "string", ...(short && { short }) },
  ]);
  return Object.fromEntries(rows) as ReturnType<typeof specification>;
}

/** A value may begin with a dash, as in `--pcr-banks -`: what stands behind an option that needs one is it. */
function joined(argv: readonly string[]): string[] {
  const out: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i] as string;
    const name = argument.slice(2) as SetupName;
    const takes = argument.startsWith("--") && Object.hasOwn(SETUP_OPTIONS, name) && "value" in SETUP_OPTIONS[name];
    if (name === "create-config-files" && (argv[i + 1] ?? "-").startsWith("-")) out.push(`${argument}=`);
    else if (takes && argv[i + 1] !== undefined) out.push(`${argument}=${argv[++i]}`);
    else out.push(argument);
  }
  return out;
}

function stateOf(text: Text): StateLocation {
  const state = text("state") ?? text("tpmstate") ?? text("tpm-state") ?? "";
  if (state === "") throw new UsageError("provision needs the folder of the TPM: --state DIR.");
  return /^(dir|file):\/\//.test(state) ? locationOfUri("--state ", state) : { dir: state };
}

function profileOf(text: Text): TpmProfile | undefined {
  const given = (["profile", "profile-name", "profile-file", "profile-file-fd"] as const).filter(
    (name) => text(name) !== undefined,
  );
  const [name] = given;
  if (name === undefined) return undefined;
  if (given.length > 1) throw new UsageError(`--${given.join(" and --")} exclude each other; give one of them.`);
  const value = text(name) as string;
  switch (name) {
    case "profile":
      return value.startsWith("{") ? profileOfJson("--profile", value) : profileNamed("--profile", value);
    case "profile-name":
      return profileNamed("--profile-name", value.replace(/^builtin:/, ""));
    case "profile-file":
      return profileOfFile("--profile-file", { file: value });
    case "profile-file-fd":
      return profileOfFile("--profile-file-fd", { fd: descriptor(name, value) });
  }
}

function banksOf(text: Text, isReconfigured: boolean): number[] | undefined {
  const list = text("pcr-banks");
  if (isReconfigured && list === undefined) throw new UsageError("--reconfigure sets the PCR banks: --pcr-banks LIST.");
  if (list === "-" && isReconfigured) return [...BANKS.values()];
  if (list === undefined || list === "-") return undefined;
  return list.split(",").map((name) => {
    const bank = BANKS.get(name.trim().toLowerCase());
    if (bank === undefined)
      throw new UsageError(`--pcr-banks takes some of ${[...BANKS.keys()].join(", ")}; there is no "${name}".`);
    return bank;
  });
}

function platformOf(values: Values, text: Text): PlatformIdentity | undefined {
  if (!values["create-platform-cert"]) return undefined;
  return {
    manufacturer: nonEmpty("platform-manufacturer", text) ?? "tabtpm demo",
    model: nonEmpty("platform-model", text) ?? "virtual machine",
    version: nonEmpty("platform-version", text) ?? "1",
  };
}

function existingOf(values: Values): ProvisionCommand["existing"] {
  if (values.overwrite && values["not-overwrite"])
    throw new UsageError("--overwrite and --not-overwrite contradict each other.");
  return values.overwrite ? "overwrite" : values["not-overwrite"] ? "keep" : "refuse";
}

/** swtpm_setup's. */
const KEY_FILES = ["keyfile", "keyfile-fd", "pwdfile", "pwdfile-fd"] as const;

function keyOf(text: Text): ProvisionCommand["key"] {
  const given = ([...KEY_FILES, "key", "passphrase-file", "passphrase-fd"] as const).filter(
    (name) => text(name) !== undefined,
  );
  const [name] = given;
  const cipher = text("cipher");
  if (cipher !== undefined && !Object.hasOwn(CIPHERS, cipher))
    throw new UsageError(`--cipher is one of ${Object.keys(CIPHERS).join(", ")}; there is no "${cipher}".`);
  if (name === undefined) return undefined;
  if (given.length > 1) throw new UsageError(`--${given.join(" and --")} exclude each other; give one of them.`);
  const value = nonEmpty(name, text) as string;
  if (name === "key" || name === "passphrase-file" || name === "passphrase-fd") return parseStateKey({ [name]: value });
  return {
    option: `--${name}`,
    from: name.endsWith("-fd") ? { fd: descriptor(name, value) } : { file: value },
    form: name.startsWith("pwd") ? "pbkdf2" : "hex",
    size: CIPHERS[(cipher ?? "aes-128-cbc") as keyof typeof CIPHERS],
    removes: false,
  };
}

function nonEmpty(name: SetupName, text: Text): string | undefined {
  const value = text(name);
  if (value === "") throw new UsageError(`--${name} needs a value: --${name} ${looksOf(name)}.`);
  return value;
}
const looksOf = (name: SetupName) => setupRows.find(([row]) => row === name)?.[1].value;

function descriptor(name: SetupName, value: string): number {
  if (/^\d{1,9}$/.test(value)) return Number(value);
  throw new UsageError(`--${name} needs the number of a file descriptor; "${value}" is none.`);
}
