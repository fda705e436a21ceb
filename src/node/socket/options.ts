/** The options of `swtpm socket` (swtpm 0.7 to 0.10): each one works, or is refused with the reason. */
import { readFileSync } from "node:fs";
import type { TpmProfile } from "../../public.ts";
import { UsageError } from "../errors.ts";
import type { ListenAddress } from "../net/listen.ts";
import { parsePort, parseProfile } from "../parse.ts";
import { type KeySource, parseKeySource } from "./key.ts";
import { parseSubOptions, type SubOption } from "./subOptions.ts";

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

export type DataSource = ListenAddress | { kind: "connected"; fd: number };
export type ControlSource = ListenAddress | { kind: "connected"; fd: number };

export interface User {
  name: string;
  uid: number;
  gid: number;
}

export interface LogOptions {
  /** Undefined: standard error. "-" in swtpm's words: null, no log. */
  target: { file: string; truncate: boolean } | { fd: number } | null | undefined;
  /** 0 nothing but errors, 1 connections and control commands, 2 and more TPM commands and responses too. */
  level: number;
  prefix: string;
}

/** An option that was asked for, and what makes it impossible here. */
const REFUSALS: Record<string, string> = {
  chroot: "Node needs its files at run time; start tabtpm in a container instead",
  migration: "the folder is locked from the start to the end; move the state by state blobs, without shared storage",
};
const VALUELESS = new Set(["daemon", "help", "terminate", "tpm2", "print-capabilities", "print-states"]);
const VALUED = new Set([
  ...["port", "fd", "server", "locality", "log", "pid", "tpmstate", "ctrl", "flags", "seccomp", "profile"],
  ...["key", "migration-key", "runas"],
  ...Object.keys(REFUSALS),
]);
const SHORT: Record<string, string> = {
  ...{ d: "daemon", h: "help", p: "port", f: "fd", t: "terminate", r: "runas", R: "chroot" },
};

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
  const given = readOptions(argv);
  if (given.has("help")) return undefined;
  if (given.has("print-capabilities")) return { kind: "print-capabilities" };
  for (const [name, why] of Object.entries(REFUSALS)) {
    if (given.has(name)) throw new UsageError(`--${name} is not supported: ${why}.`);
  }
  if (!given.has("tpm2")) throw new UsageError("tabtpm is a TPM 2.0 only: add --tpm2, as for swtpm.");
  checkSeccomp(given.get("seccomp"));
  const { dir, mode } = stateFolder(given.get("tpmstate"), env);
  if (given.has("print-states")) return { kind: "print-states", dir };

  const flags = parseSubOptions("--flags", given.get("flags") ?? "", FLAGS);
  if (flags["startup-deactivated"]) throw new UsageError("--flags startup-deactivated is for a TPM 1.2 only.");
  const startup = flags["startup-clear"] ? "clear" : flags["startup-state"] ? "state" : undefined;
  const locality = parseSubOptions("--locality", given.get("locality") ?? "", LOCALITY);
  const server = dataSource(given, env);
  const ctrl = given.has("ctrl") ? controlSource(given.get("ctrl") ?? "") : undefined;
  const keySource = (name: string) => {
    const text = given.get(name);
    return text === undefined ? undefined : parseKeySource(`--${name}`, text);
  };
  const runas = given.get("runas");
  if (!server && !ctrl) throw new UsageError("Nobody could talk to the TPM: give --server, --ctrl, --port or --fd.");
  return {
    kind: "serve",
    options: {
      dir,
      mode,
      key: keySource("key"),
      migrationKey: keySource("migration-key"),
      runas: runas === undefined ? undefined : userNamed(runas),
      profile: parseProfile(given.get("profile")),
      server: server?.source,
      ctrl: ctrl?.source,
      ctrlTerminate: ctrl?.terminate ?? false,
      terminate: given.has("terminate") || server?.source.kind === "connected",
      disconnect: server?.disconnect ?? false,
      powerOn: flags["not-need-init"] === true || startup !== undefined,
      startup,
      autoShutdown: flags["auto-shutdown"] === true && flags["disable-auto-shutdown"] !== true,
      allowSetLocality: locality["allow-set-locality"] === true,
      rejectLocality4: locality["reject-locality-4"] === true,
      log: logOptions(given.get("log")),
      pid: pidOptions(given.get("pid")),
      daemon: given.has("daemon"),
    },
  };
}

const FLAGS = {
  "not-need-init": "flag",
  "startup-none": "flag",
  "startup-clear": "flag",
  "startup-state": "flag",
  "startup-deactivated": "flag",
  // Of tabtpm only; swtpm sends TPM2_Shutdown by itself since 0.8, and takes the word that stops it.
  "auto-shutdown": "flag",
  "disable-auto-shutdown": "flag",
} as const satisfies Record<string, SubOption>;
const LOCALITY = { "reject-locality-4": "flag", "allow-set-locality": "flag" } as const;
const SOCKET_FIELDS = {
  ...{ type: "text", path: "text", port: "number", bindaddr: "text", ifname: "text" },
  ...{ fd: "number", mode: "mode", uid: "text", gid: "text" },
} as const satisfies Record<string, SubOption>;

/** Each option once, the last one counting, as getopt_long reads them. */
function readOptions(argv: readonly string[]): Map<string, string> {
  const given = new Map<string, string>();
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i] ?? "";
    const [, long, inline] = /^--([^=]+)(?:=(.*))?$/s.exec(argument) ?? [];
    const [, short, attached] = /^-([a-zA-Z])(.*)$/s.exec(argument) ?? [];
    const name = long ?? (short && SHORT[short]);
    if (name !== undefined && VALUELESS.has(name) && inline === undefined && !attached) {
      given.set(name, "");
    } else if (name !== undefined && VALUED.has(name)) {
      const value = inline ?? (attached || argv[++i]);
      if (value === undefined) throw new UsageError(`${argument} needs a value. See tabtpm socket --help.`);
      given.set(name, value);
    } else {
      throw new UsageError(`There is no option "${argument}". See tabtpm socket --help.`);
    }
  }
  return given;
}

function stateFolder(text: string | undefined, env: SwtpmEnvironment): { dir: string; mode: number | undefined } {
  const {
    dir,
    mode,
    "backend-uri": uri,
  } = parseSubOptions("--tpmstate", text ?? "", {
    dir: "text",
    mode: "mode",
    "backend-uri": "text",
  });
  if (uri?.startsWith("file://")) {
    throw new UsageError("--tpmstate backend-uri=file://... is not supported: give a folder with dir=.");
  }
  if (uri !== undefined && !uri.startsWith("dir://"))
    throw new UsageError(`--tpmstate backend-uri=${uri} is no dir://.`);
  const folder = dir ?? uri?.slice("dir://".length) ?? env.TPM_PATH;
  if (!folder) throw new UsageError("--tpmstate dir=DIR is needed: the folder of the TPM's state.");
  return { dir: folder, mode };
}

function dataSource(
  given: Map<string, string>,
  env: SwtpmEnvironment,
): { source: DataSource; disconnect: boolean } | undefined {
  const fd = given.get("fd");
  if (fd !== undefined) return { source: { kind: "connected", fd: descriptor("--fd", fd) }, disconnect: false };
  const port = given.get("port");
  if (port !== undefined) {
    const source = { kind: "tcp", host: "127.0.0.1", port: parsePort(port, "--port") } as const;
    return { source, disconnect: true };
  }
  const text = given.get("server");
  if (text === undefined) return undefined;
  const option = "--server";
  const fields = parseSubOptions(option, text, { ...SOCKET_FIELDS, disconnect: "flag" });
  const disconnect = fields.disconnect === true;
  // What is given is a connection, as swtpm has it.
  if (fields.fd !== undefined) return { source: { kind: "connected", fd: fields.fd }, disconnect };
  const port0 = fields.port ?? (env.TPM_PORT === undefined ? undefined : parsePort(env.TPM_PORT, "TPM_PORT"));
  return { source: listenAddress(option, { ...fields, type: fields.type ?? "tcp", port: port0 }), disconnect };
}

function controlSource(text: string): { source: ControlSource; terminate: boolean } {
  const option = "--ctrl";
  const fields = parseSubOptions(option, text, { ...SOCKET_FIELDS, clientfd: "number", terminate: "flag" });
  return { source: controlAddress(option, fields), terminate: fields.terminate === true };
}

function controlAddress(option: string, fields: SocketFields & { fd?: number; clientfd?: number }): ControlSource {
  if (fields.type === undefined) throw new UsageError(`${option} needs type=unixio or type=tcp.`);
  if (fields.fd !== undefined && fields.clientfd !== undefined) {
    throw new UsageError(`${option}: fd and clientfd exclude each other.`);
  }
  if (fields.fd !== undefined) return { kind: "fd", fd: fields.fd };
  if (fields.clientfd !== undefined) {
    if (fields.type !== "unixio") throw new UsageError(`${option}: clientfd is for type=unixio.`);
    return { kind: "connected", fd: fields.clientfd };
  }
  return listenAddress(option, fields);
}

interface SocketFields {
  type?: string | undefined;
  path?: string | undefined;
  port?: number | undefined;
  bindaddr?: string | undefined;
  ifname?: string | undefined;
  mode?: number | undefined;
  uid?: string | undefined;
  gid?: string | undefined;
}

function listenAddress(option: string, fields: SocketFields): ListenAddress {
  const { type, path, port, bindaddr = "127.0.0.1", ifname, mode = 0o770, uid, gid } = fields;
  switch (type) {
    case "unixio":
      if (path === undefined) throw new UsageError(`${option} type=unixio needs path=.`);
      return { kind: "unix", path, mode, uid: userId(option, uid), gid: groupId(option, gid) };
    case "tcp":
      if (port === undefined) throw new UsageError(`${option} type=tcp needs port=.`);
      if (port > 65535) throw new UsageError(`${option}: port=${port} is none; ports end at 65535.`);
      return { kind: "tcp", host: ifname === undefined ? bindaddr : `${bindaddr}%${ifname}`, port };
    default:
      throw new UsageError(`${option} type=${type} is not supported; there are unixio and tcp.`);
  }
}

/** A name, or a number, of a user with an entry in /etc/passwd. */
function userNamed(text: string): User {
  const entries = readFileSync("/etc/passwd", "utf8").split("\n");
  const entry = entries.map((line) => line.split(":")).find(([name, , uid]) => name === text || uid === text);
  if (!entry) throw new UsageError(`--runas ${text}: there is no such user in /etc/passwd.`);
  const [name = "", , uid, gid] = entry;
  return { name, uid: Number(uid), gid: Number(gid) };
}

const userId = (option: string, name: string | undefined) => idOf(option, "uid", name, "/etc/passwd");
const groupId = (option: string, name: string | undefined) => idOf(option, "gid", name, "/etc/group");

/** A number, or a name that the system's file knows. */
function idOf(option: string, field: string, name: string | undefined, file: string): number | undefined {
  if (name === undefined) return undefined;
  if (/^\d+$/.test(name)) return Number(name);
  const lines = readFileSync(file, "utf8").split("\n");
  const id = lines.map((line) => line.split(":")).find(([first]) => first === name)?.[2];
  if (id === undefined) throw new UsageError(`${option}: ${field}=${name} is not in ${file}.`);
  return Number(id);
}

function logOptions(text: string | undefined): LogOptions {
  const fields = parseSubOptions("--log", text ?? "", {
    file: "text",
    fd: "number",
    level: "number",
    prefix: "text",
    truncate: "flag",
  });
  const { file, fd, level = text === undefined ? 0 : 1, prefix = "", truncate = false } = fields;
  if (file !== undefined && fd !== undefined) throw new UsageError("--log: file and fd exclude each other.");
  if (file === "-") return { target: null, level, prefix };
  const target = file !== undefined ? { file, truncate } : fd !== undefined ? { fd } : undefined;
  return { target, level, prefix };
}

function pidOptions(text: string | undefined): { file: string } | { fd: number } | undefined {
  if (text === undefined) return undefined;
  const { file, fd } = parseSubOptions("--pid", text, { file: "text", fd: "number" });
  if (file !== undefined && fd === undefined) return { file };
  if (file === undefined && fd !== undefined) return { fd };
  throw new UsageError("--pid needs file= or fd=.");
}

function checkSeccomp(text: string | undefined): void {
  if (text === undefined) return;
  const { action } = parseSubOptions("--seccomp", text, { action: "text" });
  if (action === "none") return;
  throw new UsageError(
    "--seccomp: Node can't filter its own system calls; use action=none, or the filter of a container.",
  );
}

function descriptor(option: string, text: string): number {
  const fd = Number(text);
  if (!/^\d+$/.test(text) || fd < 3)
    throw new UsageError(`${option} needs the number of an open descriptor, from 3 on.`);
  return fd;
}
