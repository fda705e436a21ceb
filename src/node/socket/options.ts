/** The command line of `tabtpm socket`: what is asked for by the options of the table. */
import type { TpmProfile } from "../../public.ts";
import type { CaptureOptions } from "../captureFile.ts";
import { UsageError } from "../errors.ts";
import { profileNamed, profileOfJson } from "../profiles.ts";
import { type KeyOption, parseKeyOption, passphraseOption } from "../stateKey.ts";
import { locationOfUri, type StateLocation } from "../stateLocation.ts";
import { type User, userNamed } from "../users.ts";
import { type ControlSource, controlAddress, type DataSource, LOOPBACK, serverAddress } from "./addresses.ts";
import { Given, type Parts } from "./given.ts";
import type { MigrationOptions } from "./movableStore.ts";
import { rows } from "./optionTable.ts";

export interface SocketOptions {
  /** Folder of the state. */
  dir: string;
  /** Its one file there; undefined: the folder's own. */
  file?: string | undefined;
  /** Permissions of its files; undefined: 0600. */
  mode: number | undefined;
  /** None: a commit does not wait for the disk. */
  durability: "flush" | "none" | undefined;
  /** Encrypts the files. */
  key: KeyOption | undefined;
  /** Encrypts state blobs on the control channel. */
  migrationKey: KeyOption | undefined;
  /** Whose rights the process goes on with. */
  runas: User | undefined;
  profile: TpmProfile | undefined;
  /** Where the profile stands instead, as JSON. */
  profileFrom: { file: string } | { fd: number } | undefined;
  migration: MigrationOptions;
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
  /** Undefined: no capture. */
  pcap: CaptureOptions | undefined;
  pid: { file: string } | { fd: number } | undefined;
  daemon: boolean;
  /** File descriptors that are handed over, whatever for. */
  descriptors: readonly number[];
  /** What was given and does nothing, with the reason. */
  idle: readonly string[];
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
  | { kind: "print-profiles" }
  | { kind: "version" }
  | { kind: "print-states"; location: StateLocation }
  | {
      kind: "print-info";
      flags: number;
      location: StateLocation | undefined;
      key: KeyOption | undefined;
      profile: TpmProfile;
    };

const CHANNELS = rows.flatMap(([name, { isChannel }]) => (isChannel ? [`--${name}`] : [])).join(", ");

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
  for (const kind of ["print-capabilities", "print-profiles", "version"] as const) {
    if (given.has(kind)) return { kind };
  }
  given.refuse();
  if (!given.has("tpm2")) throw new UsageError("tabtpm is a TPM 2.0 only: add --tpm2, as for swtpm.");
  // Also what is not looked at any more is checked.
  const { idle, descriptors } = given;
  const profile = profileAsked(given.parts("profile"));
  const key = keyOption(given);
  const location = stateLocation(given.parts("tpmstate"), env);
  const info = given.value("print-info");
  if (info !== undefined) return { kind: "print-info", flags: info, location, key, profile: profile ?? "full" };
  if (location === undefined) throw new UsageError("--tpmstate dir=DIR is needed: the folder of the TPM's state.");
  if (given.has("print-states")) return { kind: "print-states", location };

  const flags = given.parts("flags");
  const startup = flags["startup-clear"] ? "clear" : flags["startup-state"] ? "state" : undefined;
  const locality = given.parts("locality");
  const migration = given.parts("migration");
  if (migration.incoming && (flags["not-need-init"] || startup)) {
    throw new UsageError(
      "--migration incoming waits for a state, and --flags starts without one; leave one of them out.",
    );
  }
  const { server, disconnect, maxClients } = dataSource(given, env);
  const ctrl = given.has("ctrl") ? given.parts("ctrl") : undefined;
  const runas = given.value("runas");
  if (!server && !ctrl) throw new UsageError(`Nobody could talk to the TPM: give one of ${CHANNELS}.`);
  return {
    kind: "serve",
    options: {
      ...location,
      mode: given.parts("tpmstate").mode,
      durability: given.value("durability"),
      key,
      migrationKey: given.has("migration-key")
        ? parseKeyOption("--migration-key", given.parts("migration-key"))
        : undefined,
      runas: runas === undefined ? undefined : userNamed("--runas", runas),
      profile,
      profileFrom: profileFrom(given.parts("profile")),
      migration: {
        incoming: migration.incoming === true,
        releaseLockOutgoing: migration["release-lock-outgoing"] === true,
      },
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
      pcap: captureOptions(given.parts("pcap")),
      pid: given.has("pid") ? pidOptions(given.parts("pid")) : undefined,
      daemon: given.has("daemon"),
      descriptors,
      idle,
    },
  };
}

/** @returns undefined when nothing says where. */
function stateLocation(
  { dir, "backend-uri": uri }: Parts<"tpmstate">,
  { TPM_PATH }: SwtpmEnvironment,
): StateLocation | undefined {
  if (dir === undefined && uri !== undefined) return locationOfUri("--tpmstate backend-uri=", uri);
  const folder = dir ?? TPM_PATH;
  return folder ? { dir: folder } : undefined;
}

function profileAsked({ name, profile }: Parts<"profile">): TpmProfile | undefined {
  if (name !== undefined) return profileNamed("--profile", name);
  return profile === undefined ? undefined : profileOfJson("--profile", profile);
}

/** Read when the server starts: a daemon's parent must not take it away. */
function profileFrom({ file, fd }: Parts<"profile">): SocketOptions["profileFrom"] {
  if (file !== undefined) return { file };
  return fd === undefined ? undefined : { fd };
}

interface DataChannel {
  server: DataSource | undefined;
  disconnect: boolean;
  maxClients: number;
}

function dataSource(given: Given, env: SwtpmEnvironment): DataChannel {
  const [fd, port] = [given.value("fd"), given.value("port")];
  if (fd !== undefined) return { server: { kind: "connected", fd }, disconnect: false, maxClients: 1 };
  if (port !== undefined) {
    return { server: { kind: "tcp", host: LOOPBACK, port }, disconnect: true, maxClients: 1 };
  }
  if (!given.has("server")) return { server: undefined, disconnect: false, maxClients: 1 };
  const { disconnect = false, "max-clients": maxClients = 1, ...address } = given.parts("server");
  return { server: serverAddress(address, env), disconnect, maxClients };
}

function logOptions(given: Given): LogOptions {
  const { file, fd, level = given.has("log") ? 1 : 0, prefix = "", truncate = false } = given.parts("log");
  if (file === "-") return { target: null, level, prefix };
  const target = file !== undefined ? { file, truncate } : fd !== undefined ? { fd } : undefined;
  return { target, level, prefix };
}

function captureOptions({ file, secrets = false }: Parts<"pcap">): CaptureOptions | undefined {
  if (file) return { file, revealSecrets: secrets };
  if (file === "" || secrets) throw new UsageError("--pcap needs a file: --pcap file=PATH.");
  return undefined;
}

const pidOptions = ({ file, fd = 0 }: Parts<"pid">) => (file === undefined ? { fd } : { file });

/** @throws UsageError where more than one is given. */
function keyOption(given: Given): KeyOption | undefined {
  const names = (["key", "passphrase-file", "passphrase-fd"] as const).filter((name) => given.has(name));
  if (names.length > 1) throw new UsageError(`--${names.join(" and --")} exclude each other; give one of them.`);
  switch (names[0]) {
    case "key":
      return parseKeyOption("--key", given.parts("key"));
    case "passphrase-file":
    case "passphrase-fd":
      return passphraseOption(`--${names[0]}`, String(given.value(names[0])));
    default:
      return undefined;
  }
}
