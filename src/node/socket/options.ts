/** The command line of `tabtpm socket`: what is asked for by the options of the table. */
import type { TpmProfile } from "../../public.ts";
import { UsageError } from "../errors.ts";
import { parseProfile } from "../parse.ts";
import {
  type ControlSource,
  controlAddress,
  type DataSource,
  descriptorAddress,
  portAddress,
  serverAddress,
} from "./addresses.ts";
import { type KeySource, parseKeySource } from "./key.ts";
import { OPTIONS, type OptionName, type OptionWithParts, rows } from "./optionTable.ts";
import { parseSubOptions, type SubValues } from "./subOptions.ts";
import { type User, userNamed } from "./users.ts";

export interface SocketOptions {
  /** Folder of the state. */
  dir: string;
  /** Permissions of its files; undefined: 0600. */
  mode: number | undefined;
  /** Encrypts the files. */
  key: KeySource | undefined;
  /** Encrypts state blobs on the control channel. */
  migrationKey: KeySource | undefined;
  /** Whose rights the process goes on with. */
  runas: User | undefined;
  profile: TpmProfile | undefined;
  /** Undefined: commands come over a descriptor that CMD_SET_DATAFD brings. */
  server: DataSource | undefined;
  ctrl: ControlSource | undefined;
  /** End when a client closes the data channel. */
  terminate: boolean;
  /** End when a client closes the control channel. */
  ctrlTerminate: boolean;
  /** Close the data channel after each response. */
  disconnect: boolean;
  /** That are served at once on the data channel; the others wait. They share the TPM's sessions and objects. */
  maxClients: number;
  /** _TPM_Init at the start, without waiting for CMD_INIT. */
  powerOn: boolean;
  /** TPM2_Startup to send at the start. */
  startup: "clear" | "state" | undefined;
  /** Send TPM2_Shutdown before the power is cut, when the client has not. */
  autoShutdown: boolean;
  allowSetLocality: boolean;
  rejectLocality4: boolean;
  log: LogOptions;
  pid: { file: string } | { fd: number } | undefined;
  daemon: boolean;
}

export interface LogOptions {
  /** Undefined: standard error. "-" in swtpm's words: null, no log. */
  target: { file: string; truncate: boolean } | { fd: number } | null | undefined;
  /** 0 nothing but errors, 1 connections and control commands, 2 and more TPM commands and responses too. */
  level: number;
  prefix: string;
}

export type SocketRequest =
  | { kind: "serve"; options: SocketOptions }
  | { kind: "print-capabilities" }
  | { kind: "print-states"; dir: string };

/** The environment variables that swtpm looks at. */
interface SwtpmEnvironment {
  TPM_PORT?: string | undefined;
  TPM_PATH?: string | undefined;
}

/**
 * @param env TPM_PORT and TPM_PATH stand in for --port and --tpmstate.
 * @returns undefined when help is asked for.
 * @throws UsageError
 */
export function parseSocketRequest(
  argv: readonly string[],
  env: SwtpmEnvironment = process.env,
): SocketRequest | undefined {
  const given = new Given(argv);
  if (given.has("help")) return undefined;
  if (given.has("print-capabilities")) return { kind: "print-capabilities" };
  for (const [name, { refused }] of rows) {
    if (refused !== undefined && given.has(name)) throw new UsageError(`--${name} is not supported: ${refused}.`);
  }
  if (!given.has("tpm2")) throw new UsageError("tabtpm is a TPM 2.0 only: add --tpm2, as for swtpm.");
  if (given.has("seccomp")) checkSeccomp(given.parts("seccomp"));
  const { dir, mode } = stateFolder(given.parts("tpmstate"), env);
  if (given.has("print-states")) return { kind: "print-states", dir };

  const flags = given.parts("flags");
  const startup = flags["startup-clear"] ? "clear" : flags["startup-state"] ? "state" : undefined;
  const locality = given.parts("locality");
  const { server, disconnect, maxClients } = dataSource(given, env);
  const ctrl = given.has("ctrl") ? given.parts("ctrl") : undefined;
  const runas = given.text("runas");
  if (!server && !ctrl) throw new UsageError("Nobody could talk to the TPM: give --server, --ctrl, --port or --fd.");
  return {
    kind: "serve",
    options: {
      dir,
      mode,
      key: given.has("key") ? parseKeySource("--key", given.parts("key")) : undefined,
      migrationKey: given.has("migration-key")
        ? parseKeySource("--migration-key", given.parts("migration-key"))
        : undefined,
      runas: runas === undefined ? undefined : userNamed("--runas", runas),
      profile: parseProfile(given.text("profile")),
      server,
      ctrl: ctrl && controlAddress(ctrl),
      ctrlTerminate: ctrl?.terminate === true,
      terminate: given.has("terminate") || server?.kind === "connected",
      disconnect,
      maxClients,
      powerOn: flags["not-need-init"] === true || startup !== undefined,
      startup,
      autoShutdown: flags["auto-shutdown"] === true && flags["disable-auto-shutdown"] !== true,
      allowSetLocality: locality["allow-set-locality"] === true,
      rejectLocality4: locality["reject-locality-4"] === true,
      log: logOptions(given),
      pid: given.has("pid") ? pidOptions(given.parts("pid")) : undefined,
      daemon: given.has("daemon"),
    },
  };
}

type Parts<Name extends OptionWithParts> = SubValues<(typeof OPTIONS)[Name]["parts"]>;

/** What the command line gives: each option once, the last one counting, as getopt_long reads them. */
class Given {
  readonly #texts = new Map<OptionName, string>();

  /** @throws UsageError for what is no option, or has no value where it needs one. */
  constructor(argv: readonly string[]) {
    for (let i = 0; i < argv.length; i++) {
      const argument = argv[i] ?? "";
      const [, long, inline] = /^--([^=]+)(?:=(.*))?$/s.exec(argument) ?? [];
      const [, short, attached] = /^-([a-zA-Z])(.*)$/s.exec(argument) ?? [];
      const [name, row] = rows.find(([name, row]) => name === long || (short && row.short === short)) ?? [];
      if (name === undefined) {
        throw new UsageError(`tabtpm socket has no option "${argument}"; tabtpm socket --help lists those it has.`);
      }
      const here = inline ?? (attached || undefined);
      const [form] = row?.forms ?? [];
      if (form === undefined && here !== undefined) {
        throw new UsageError(`--${name} takes no value; leave "${here}" out.`);
      }
      const text = form === undefined ? "" : (here ?? argv[++i]);
      if (text === undefined) throw new UsageError(`--${name} needs a value: --${name} ${form}.`);
      this.#texts.set(name, text);
    }
  }

  has(name: OptionName): boolean {
    return this.#texts.has(name);
  }

  text(name: OptionName): string | undefined {
    return this.#texts.get(name);
  }

  /** None for an option that was not given. @throws UsageError */
  parts<Name extends OptionWithParts>(name: Name): Parts<Name> {
    return parseSubOptions(`--${name}`, this.text(name) ?? "", OPTIONS[name].parts) as Parts<Name>;
  }
}

function stateFolder(
  { dir, mode, "backend-uri": uri }: Parts<"tpmstate">,
  { TPM_PATH }: SwtpmEnvironment,
): { dir: string; mode: number | undefined } {
  if (uri?.startsWith("file://")) {
    throw new UsageError(`--tpmstate backend-uri=${uri}: a single file is not supported; give a folder with dir=.`);
  }
  if (uri !== undefined && !uri.startsWith("dir://")) {
    throw new UsageError(`--tpmstate backend-uri=${uri}: it begins with dir://.`);
  }
  const folder = dir ?? uri?.slice("dir://".length) ?? TPM_PATH;
  if (!folder) throw new UsageError("--tpmstate dir=DIR is needed: the folder of the TPM's state.");
  return { dir: folder, mode };
}

interface DataChannel {
  server: DataSource | undefined;
  disconnect: boolean;
  maxClients: number;
}

function dataSource(given: Given, env: SwtpmEnvironment): DataChannel {
  const [fd, port] = [given.text("fd"), given.text("port")];
  if (fd !== undefined) return { server: descriptorAddress(fd), disconnect: false, maxClients: 1 };
  if (port !== undefined) return { server: portAddress(port), disconnect: true, maxClients: 1 };
  if (!given.has("server")) return { server: undefined, disconnect: false, maxClients: 1 };
  const { disconnect = false, "max-clients": maxClients = 1, ...address } = given.parts("server");
  if (maxClients === 0) throw new UsageError("--server max-clients=0: give a number from 1 on.");
  return { server: serverAddress(address, env), disconnect, maxClients };
}

function logOptions(given: Given): LogOptions {
  const { file, fd, level = given.has("log") ? 1 : 0, prefix = "", truncate = false } = given.parts("log");
  if (file !== undefined && fd !== undefined)
    throw new UsageError("--log: file and fd exclude each other; give one of them.");
  if (file === "-") return { target: null, level, prefix };
  const target = file !== undefined ? { file, truncate } : fd !== undefined ? { fd } : undefined;
  return { target, level, prefix };
}

function pidOptions({ file, fd }: Parts<"pid">): { file: string } | { fd: number } {
  if (file !== undefined && fd === undefined) return { file };
  if (file === undefined && fd !== undefined) return { fd };
  throw new UsageError("--pid needs file= or fd=, and not both.");
}

function checkSeccomp({ action = "" }: Parts<"seccomp">): void {
  if (action === "none") return;
  throw new UsageError(
    `--seccomp action=${action}: Node can't filter its own system calls; use action=none, or the filter of a container.`,
  );
}
