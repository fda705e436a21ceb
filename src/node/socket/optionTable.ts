/**
 * The options of `swtpm socket` (swtpm 0.7 to 0.10), each once: parsing, the help and --print-capabilities read them
 * here. Each one works, or is refused with the reason and what to do instead.
 */
import type { SubOptions } from "./subOptions.ts";

export interface OptionRow {
  /** The letter that stands for it behind a single dash. */
  readonly short?: string;
  /** How its value looks, for the help; without any the option stands alone. */
  readonly forms?: readonly string[];
  /** The parts of its value; without them the value is one word. */
  readonly parts?: SubOptions;
  readonly help?: string;
  /** Why there is no such thing here, and what to do instead. */
  readonly refused?: string;
  /** What --print-capabilities says when the option works. */
  readonly features?: readonly string[];
}

/** Of an option that has sockets. */
const ADDRESS = {
  type: ["unixio", "tcp"],
  path: "text",
  port: "port",
  bindaddr: "text",
  ifname: "text",
  fd: "descriptor",
  mode: "mode",
  uid: "text",
  gid: "text",
} as const satisfies SubOptions;
const TCP = "type=tcp,port=N[,bindaddr=ADDRESS[,ifname=NAME]]";
const UNIX = "type=unixio,path=PATH[,mode=0770][,uid=USER][,gid=GROUP]";

export const KEY_PARTS = {
  file: "text",
  fd: "descriptor",
  pwdfile: "text",
  pwdfd: "descriptor",
  mode: ["aes-128-cbc", "aes-256-cbc", "aes-cbc"],
  format: ["hex", "binary"],
  kdf: ["pbkdf2", "sha512"],
  remove: "flag",
} as const satisfies SubOptions;

/** In the order of the help. */
export const OPTIONS = {
  tpm2: { help: "a TPM 2.0, which is the only one there is here", features: ["tpm-2.0"] },
  tpmstate: {
    forms: ["dir=DIR[,mode=0600]"],
    parts: {
      dir: "text",
      mode: "mode",
      "backend-uri": "text",
      lock: { refused: "the folder is locked in any case, from the start to the end; leave it out" },
    },
    help: "the folder of the TPM's state (made when missing); or TPM_PATH, or backend-uri=dir://DIR",
    features: ["nvram-backend-dir"],
  },
  server: {
    forms: [`${TCP}[,disconnect][,max-clients=N]`, `${UNIX}[,disconnect][,max-clients=N]`, "fd=N"],
    parts: { ...ADDRESS, disconnect: "flag", "max-clients": "number" },
    help:
      "where TPM commands come in; port 0 takes any that is free; fd is a connection; max-clients of them are served " +
      "at once (tabtpm only; default 1, the others wait)",
  },
  ctrl: {
    forms: [`${TCP}[,terminate]`, `${UNIX}[,terminate]`, "type=TYPE,fd=N|clientfd=N[,terminate]"],
    parts: { ...ADDRESS, clientfd: "descriptor", terminate: "flag" },
    help: "the control channel; fd is a listening socket, clientfd a connection; terminate ends it all with the client",
    features: ["ctrl-opt-terminate"],
  },
  port: { short: "p", forms: ["N"], help: "as --server type=tcp,port=N,disconnect; or TPM_PORT" },
  fd: { short: "f", forms: ["N"], help: "as --server fd=N" },
  terminate: { short: "t", help: "end when the client closes the data channel" },
  flags: {
    forms: ["not-need-init[,startup-clear|startup-state|startup-none][,auto-shutdown]"],
    parts: {
      "not-need-init": "flag",
      "startup-none": "flag",
      "startup-clear": "flag",
      "startup-state": "flag",
      "startup-deactivated": { refused: "it is for a TPM 1.2 only; leave it out" },
      // Of tabtpm only; swtpm sends TPM2_Shutdown by itself since 0.8, and takes the word that stops it.
      "auto-shutdown": "flag",
      "disable-auto-shutdown": "flag",
    },
    help:
      "take commands without CMD_INIT; send TPM2_Startup; send TPM2_Shutdown before a reset and at the end when the " +
      "client has not (tabtpm only; disable-auto-shutdown, the default, is taken)",
    features: ["flags-opt-startup", "flags-opt-disable-auto-shutdown"],
  },
  key: {
    forms: [
      "file=PATH|fd=N[,format=hex|binary][,mode=aes-128-cbc|aes-256-cbc][,remove]",
      "pwdfile=PATH|pwdfd=N[,kdf=pbkdf2|sha512][,mode=aes-128-cbc|aes-256-cbc][,remove]",
    ],
    parts: KEY_PARTS,
    help: "encrypt the state's files",
    features: ["cmdarg-key-fd", "cmdarg-pwd-fd"],
  },
  "migration-key": {
    forms: ["..."],
    parts: KEY_PARTS,
    help: "as --key: encrypt the state blobs that are sent to the next host",
  },
  locality: {
    forms: ["[allow-set-locality][,reject-locality-4]"],
    parts: { "allow-set-locality": "flag", "reject-locality-4": "flag" },
    help: "take TPM2_SetLocality of Linux's vTPM proxy; refuse locality 4",
  },
  log: {
    forms: ["[file=PATH|fd=N][,level=N][,prefix=TEXT][,truncate]"],
    parts: { file: "text", fd: "descriptor", level: "number", prefix: "text", truncate: "flag" },
    help: "0: errors; 1: connections and control commands; 2: TPM commands; 5: with parameters, without secrets",
  },
  pid: {
    forms: ["file=PATH|fd=N"],
    parts: { file: "text", fd: "descriptor" },
    help: "write the process's id there",
  },
  runas: { short: "r", forms: ["USER"], help: "go on as this user" },
  daemon: { short: "d", help: "go to the background as soon as it listens" },
  seccomp: {
    forms: ["action=none"],
    parts: { action: "text" },
    help: "taken; Node can't filter its own system calls, but a container can",
  },
  profile: {
    forms: ["NAME"],
    help: "what a new TPM is made with: full (default) or libtpms-0.9 (tabtpm only)",
  },
  "print-capabilities": { help: "print what tabtpm socket can do, in JSON" },
  "print-states": { help: "print which states the folder has, in JSON", features: ["cmdarg-print-states"] },
  help: { short: "h", help: "this text" },
  chroot: {
    short: "R",
    forms: ["PATH"],
    refused: "Node needs its files at run time; start tabtpm in a container instead",
    features: ["cmdarg-chroot"],
  },
  migration: {
    forms: ["incoming|release-lock-outgoing"],
    refused: "the folder is locked from the start to the end; move the state by state blobs, without shared storage",
    features: ["cmdarg-migration"],
  },
  "print-profiles": {
    refused: "tabtpm has no profiles of libtpms; --profile full and --profile libtpms-0.9 are those there are",
    features: ["cmdarg-print-profiles"],
  },
  "print-info": {
    forms: ["FLAGS"],
    refused: "ask a server that runs: swtpm_ioctl --info FLAGS; or see tabtpm inspect",
    features: ["cmdarg-print-info"],
  },
  version: { refused: "tabtpm --version prints it" },
} as const satisfies Readonly<Record<string, OptionRow>>;

export type OptionName = keyof typeof OPTIONS;
/** Options whose values have parts. */
export type OptionWithParts = {
  [Name in OptionName]: (typeof OPTIONS)[Name] extends { readonly parts: SubOptions } ? Name : never;
}[OptionName];

export const rows = Object.entries<OptionRow>(OPTIONS) as [OptionName, OptionRow][];
