/**
 * The options of `swtpm socket` (swtpm 0.7 to 0.11) and those of our own, each once: parsing, checks, the help and
 * --print-capabilities come from here. Each one works, is idle for a reason, or is refused with the reason.
 */
import type { OptionBase } from "../optionRow.ts";
import { PROFILE_NAMES } from "../profiles.ts";
import { KEY_PARTS } from "../stateKey.ts";
import type { SubOption, SubOptions } from "../subOptions.ts";

export interface OptionRow extends OptionBase {
  /** Its value, where that is one word; without value and parts the option stands alone. */
  readonly value?: SubOption;
  /** The parts of its value. */
  readonly parts?: SubOptions;
  /** The group of parts of which one must be there. */
  readonly needs?: string;
  /** The part that a value without "=" stands for. */
  readonly bare?: string;
  /** A client could reach the TPM there. */
  readonly isChannel?: boolean;
  /** What --print-capabilities says when the option works. */
  readonly features?: readonly string[];
}

const text = (looks: string, help?: string) => ({ is: "text", looks, ...(help && { help }) }) as const;
const fd = (help?: string) => ({ is: "descriptor", looks: "N", ...(help && { help }) }) as const;
const flag = (help?: string) => ({ is: "flag", ...(help && { help }) }) as const;

/** Of an option that has sockets. */
const ADDRESS = {
  type: { is: ["unixio", "tcp"] },
  path: text("PATH", "of a Unix socket"),
  port: { is: "port", looks: "N", help: "of TCP; 0 takes any that is free" },
  bindaddr: text("ADDRESS", "of TCP; 127.0.0.1 by default"),
  ifname: text("NAME", "the interface of an IPv6 address that is local to a link"),
  mode: { is: "mode", looks: "0770", help: "permissions of the Unix socket" },
  uid: text("USER", "its owner"),
  gid: text("GROUP", "its group"),
} as const satisfies SubOptions;

/** In the order of the help. */
export const OPTIONS = {
  tpm2: { help: "a TPM 2.0, which is the only one there is here", features: ["tpm-2.0"] },
  tpmstate: {
    parts: {
      dir: text("DIR", "the folder of the TPM's state (made when missing); or TPM_PATH"),
      "backend-uri": text("URI", "dir://DIR, or file://FILE for a state in one file"),
      mode: { is: "mode", looks: "0600", help: "permissions of its files" },
      lock: flag("as it is in any case: the state is locked from the start to the end"),
      fsync: flag("as it is in any case: what is acknowledged is on the disk"),
      backup: { is: "flag", idle: "no copy is kept; a commit leaves the old state or the new one, whole" },
    },
    help: "where the TPM's state lies",
    features: ["nvram-backend-dir", "nvram-backend-file", "tpmstate-opt-lock", "tpmstate-dir-backend-opt-fsync"],
  },
  server: {
    parts: {
      ...ADDRESS,
      fd: fd("a connection that is there already; it ends it all with the client"),
      disconnect: flag("close after each response"),
      "max-clients": {
        is: "number",
        from: 1,
        looks: "N",
        help: "served at once; the others wait (tabtpm only; default 1)",
      },
    },
    isChannel: true,
    help: "where TPM commands come in; type=tcp by default",
  },
  ctrl: {
    parts: {
      ...ADDRESS,
      fd: { ...fd("a listening socket"), group: "descriptor" },
      clientfd: { ...fd("a connection that is there already"), group: "descriptor" },
      terminate: flag("end it all with the client"),
    },
    isChannel: true,
    help: "the control channel",
    features: ["ctrl-opt-terminate"],
  },
  port: {
    short: "p",
    value: { is: "port", looks: "N" },
    isChannel: true,
    help: "as --server type=tcp,port=N,disconnect; or TPM_PORT",
  },
  fd: {
    short: "f",
    // The standard streams are none.
    value: { is: "descriptor", looks: "N", from: 3 },
    isChannel: true,
    help: "as --server fd=N",
  },
  terminate: { short: "t", help: "end when the client closes the data channel" },
  flags: {
    parts: {
      "not-need-init": flag("take commands without CMD_INIT"),
      "startup-none": flag(),
      "startup-clear": flag("send TPM2_Startup(CLEAR), without CMD_INIT"),
      "startup-state": flag("send TPM2_Startup(STATE), without CMD_INIT"),
      "startup-deactivated": { is: "flag", refused: "it is for a TPM 1.2 only; leave it out" },
      // Of tabtpm only; swtpm sends TPM2_Shutdown by itself since 0.8, and takes the word that stops it.
      "auto-shutdown": flag(
        "send TPM2_Shutdown before a reset and at the end when the client has not (tabtpm only; swtpm always does)",
      ),
      "disable-auto-shutdown": flag("don't; the default"),
    },
    help: "how it starts and ends",
    features: ["flags-opt-startup", "flags-opt-disable-auto-shutdown"],
  },
  durability: {
    value: { is: ["flush", "none"] },
    help:
      "none: don't wait for the disk. A power cut or crash of the machine may then take the TPM, all of it: for TPMs that are thrown " +
      "away, as in CI (tabtpm only; default flush)",
  },
  key: {
    parts: KEY_PARTS,
    needs: "source",
    help: "encrypt the state's files, and take no others",
    features: ["cmdarg-key-fd", "cmdarg-pwd-fd"],
  },
  "passphrase-file": {
    value: text("PATH"),
    help: "the same with the passphrase in this file's one line, as pages do it too",
  },
  "passphrase-fd": { value: fd(), help: "the same, from a descriptor" },
  "migration-key": {
    parts: KEY_PARTS,
    needs: "source",
    help: "encrypt the state blobs that are sent to the next host, and take no others",
  },
  locality: {
    parts: {
      "allow-set-locality": flag("take TPM2_SetLocality of Linux's vTPM proxy"),
      "reject-locality-4": flag("refuse locality 4"),
    },
    help: "which localities clients may have",
  },
  log: {
    parts: {
      file: { ...text("PATH", '"-" is none'), group: "target" },
      fd: { ...fd("standard error is 2, the default"), group: "target" },
      level: {
        is: "number",
        looks: "N",
        help: "0: errors; 1: connections and control commands; 2: TPM commands; 5: with parameters, without secrets",
      },
      prefix: text("TEXT", "before each line"),
      truncate: flag("empty the file first"),
    },
    help: "say what happens",
  },
  pcap: {
    parts: {
      file: text("PATH", "of the capture, which is begun anew"),
      secrets: flag("with secrets (tabtpm only; by default each is zeros of the same length, swtpm always has them)"),
    },
    bare: "file",
    help: "write commands and responses for Wireshark; a file that can't be written stops nothing",
    features: ["cmdarg-pcap"],
  },
  pid: {
    parts: { file: { ...text("PATH"), group: "target" }, fd: { ...fd(), group: "target" } },
    needs: "target",
    help: "write the process's id there",
  },
  runas: { short: "r", value: text("USER"), help: "go on as this user" },
  daemon: { short: "d", help: "go to the background as soon as it listens" },
  seccomp: {
    parts: { action: { is: ["none", "log", "kill"] } },
    idle: "Node can't filter its own system calls; a container can",
  },
  profile: {
    parts: {
      name: { is: "text", looks: PROFILE_NAMES.join("|"), group: "source" },
      profile: { ...text("JSON", 'as {"Name": "default-v1"}'), group: "source" },
      file: { ...text("PATH", "a file of JSON"), group: "source" },
      fd: { ...fd("the same"), group: "source" },
      "remove-disabled": { is: ["check", "fips-host"], idle: "nothing here uses the host's OpenSSL" },
    },
    needs: "source",
    bare: "name",
    help: "what a new TPM is made with; full is the default",
    features: ["cmdarg-profile"],
  },
  migration: {
    parts: {
      incoming: flag("neither read nor lock the state until a state blob comes, or CMD_INIT"),
      "release-lock-outgoing": flag("give the lock back once a client has taken all of the state"),
    },
    help: "for a folder that two hosts share",
    features: ["cmdarg-migration"],
  },
  "print-capabilities": { help: "print what tabtpm socket can do, in JSON" },
  "print-states": { help: "print which states the folder has, in JSON", features: ["cmdarg-print-states"] },
  "print-profiles": { help: "print what --profile takes, in JSON", features: ["cmdarg-print-profiles"] },
  "print-info": {
    value: { is: "bits", looks: "FLAGS" },
    help:
      "print about the TPM, in JSON: 1 its specification, 2 who made it, 4 its key sizes, 0x20 its profile, 0x40 all " +
      "profiles; with --tpmstate the one that is there",
    features: ["cmdarg-print-info"],
  },
  version: { help: "print the version" },
  help: { short: "h", help: "this text" },
  chroot: {
    short: "R",
    value: text("PATH"),
    refused: "Node has no chroot, and needs its own files at run time; start tabtpm in a container instead",
    features: ["cmdarg-chroot"],
  },
} as const satisfies Readonly<Record<string, OptionRow>>;

export type OptionName = keyof typeof OPTIONS;
type OptionWith<Key extends keyof OptionRow> = {
  [Name in OptionName]: (typeof OPTIONS)[Name] extends { readonly [K in Key]: unknown } ? Name : never;
}[OptionName];
/** Options whose values have parts, and options whose value is one word. */
export type OptionWithParts = OptionWith<"parts">;
export type OptionWithValue = OptionWith<"value">;

export const rows = Object.entries<OptionRow>(OPTIONS) as [OptionName, OptionRow][];
