/**
 * The options of `tabtpm provision`: swtpm_setup's (0.7 to 0.11) and our own, each once. Each one works, is idle for a
 * reason, or is refused with the reason.
 */
import type { OptionBase } from "../optionRow.ts";
import { PROFILE_NAMES } from "../profiles.ts";
import { defaultAuthorityFolder } from "./authorityFiles.ts";

interface SetupOption extends OptionBase {
  /** How its value looks; without one the option stands alone. */
  readonly value?: string;
  /** What it asks for is so in any case. */
  readonly isImplied?: boolean;
  /** What --print-capabilities says when the option works. */
  readonly feature?: string;
}

/** Each kind of Endorsement Key that the TPM can have gets its certificate, and no other key. */
const ALWAYS = { isImplied: true } as const;
const OWN_TOOLS = { idle: "no other program is started" } as const;
const TPM_1_2 = { refused: "it is for a TPM 1.2 only; leave it out" } as const;

/** In the order of the help. */
export const SETUP_OPTIONS = {
  state: { value: "DIR", help: "the folder of the TPM's state (made when missing), or dir://DIR, or file://FILE" },
  "tpm-state": { value: "DIR", help: "the same" },
  tpmstate: { value: "DIR", help: "the same" },
  tpm2: { help: "a TPM 2.0, which is the only one there is here", feature: "tpm-2.0" },
  profile: {
    value: "NAME|JSON",
    help: `${PROFILE_NAMES.join(", ")}; or as {"Name": "default-v1"}`,
    feature: "cmdarg-profile",
  },
  "profile-name": { value: "NAME", help: "the same, by its name" },
  "profile-file": { value: "FILE", help: "the same, from a file of JSON" },
  "profile-file-fd": { value: "N", help: "the same, from a descriptor" },
  "pcr-banks": {
    value: "LIST",
    help: 'the PCR banks that are active, of sha1, sha256, sha384, sha512; all by default, or "-"',
  },
  reconfigure: {
    help: "set the PCR banks of the TPM that is there, and nothing else",
    feature: "cmdarg-reconfigure-pcr-banks",
  },
  ca: {
    value: "DIR",
    help: `the folder of the demo CA, made when missing (${defaultAuthorityFolder({ XDG_DATA_HOME: "$XDG_DATA_HOME" })})`,
  },
  "create-platform-cert": { help: "make a platform certificate, too" },
  "platform-manufacturer": { value: "TEXT", help: "what stands in it" },
  "platform-model": { value: "TEXT", help: "the same" },
  "platform-version": { value: "TEXT", help: "the same" },
  vmid: { value: "TEXT", help: "the common name in the certificates, such as that of a virtual machine" },
  "lock-nvram": { help: "lock the certificates against writing" },
  overwrite: { help: "replace the TPM that is there. Its keys are gone for good" },
  "not-overwrite": { help: "if there is a TPM, leave it and succeed" },
  keyfile: {
    value: "FILE",
    help: "encrypt the state with this key, in hexadecimal; then socket needs --key file=FILE",
  },
  "keyfile-fd": { value: "N", help: "the same, from a descriptor", feature: "cmdarg-keyfile-fd" },
  pwdfile: { value: "FILE", help: "encrypt the state with a password; then socket needs --key pwdfile=FILE" },
  "pwdfile-fd": { value: "N", help: "the same, from a descriptor", feature: "cmdarg-pwdfile-fd" },
  cipher: { value: "NAME", help: "aes-128-cbc (default; aes-cbc is the same) or aes-256-cbc, as socket's --key mode=" },
  key: { value: "KEY", help: "as socket takes it: file=FILE, fd=N, pwdfile=FILE, passphrase=FILE and more" },
  "passphrase-file": { value: "FILE", help: "encrypt the state with the passphrase in this file's one line" },
  "passphrase-fd": { value: "N", help: "the same, from a descriptor" },
  logfile: { value: "FILE", help: "say there what happens" },
  runas: { value: "USER", help: "do it as this user" },
  "print-capabilities": { help: "print what this can do, in JSON" },
  "print-profiles": { help: "print what --profile takes, in JSON" },
  version: { help: "print the version" },
  help: { short: "h", help: "this text" },
  createek: ALWAYS,
  "create-ek-cert": ALWAYS,
  ecc: ALWAYS,
  decryption: ALWAYS,
  "rsa-keysize": { value: "BITS", ...ALWAYS },
  ek1keyalgo: { value: "NAME", ...ALWAYS },
  ek2keyalgo: { value: "NAME", ...ALWAYS },
  "no-iak": ALWAYS,
  display: { idle: "tabtpm inspect --state DIR prints what a TPM has" },
  config: { value: "FILE", idle: "nothing is configured by files" },
  "create-config-files": { value: "WORDS", idle: "nothing is configured by files" },
  "profile-remove-disabled": { value: "WORD", idle: "nothing here uses the host's OpenSSL" },
  tpm: { value: "COMMAND", ...OWN_TOOLS },
  swtpm_ioctl: { value: "COMMAND", ...OWN_TOOLS },
  "tcsd-system-ps-file": { value: "FILE", ...OWN_TOOLS },
  "allow-signing": { refused: "the Endorsement Keys are those of the TCG's templates, which decrypt; leave it out" },
  "create-spk": { refused: "make one with tpm2_createprimary and tpm2_evictcontrol" },
  iakkeyalgo: { value: "NAME", refused: "there are no IAKs here; leave it out" },
  idevidkeyalgo: { value: "NAME", refused: "there are no IDevIDs here; leave it out" },
  "write-ek-cert-files": { value: "DIR", refused: "tpm2_getekcertificate, or tpm2_nvread, writes them" },
  "take-ownership": TPM_1_2,
  ownerpass: { value: "TEXT", ...TPM_1_2 },
  "owner-well-known": TPM_1_2,
  srkpass: { value: "TEXT", ...TPM_1_2 },
  "srk-well-known": TPM_1_2,
} as const satisfies Readonly<Record<string, SetupOption>>;

export type SetupName = keyof typeof SETUP_OPTIONS;
export const setupRows = Object.entries<SetupOption>(SETUP_OPTIONS) as [SetupName, SetupOption][];

/** Where the explanations begin. */
const COLUMN = 31;

export function setupHelp(): string {
  const head = (name: string, { short, value }: SetupOption) =>
    `  ${short ? `-${short}, ` : ""}--${name}${value ? ` ${value}` : ""}`;
  const lines = setupRows.flatMap(([name, row]) =>
    row.help === undefined ? [] : [`${head(name, row).padEnd(COLUMN)} ${row.help}`],
  );
  const idle = setupRows.filter(([, row]) => row.isImplied || row.idle !== undefined).map(([name]) => `--${name}`);
  const words: string[] = [];
  for (const name of idle) {
    const last = words.at(-1) ?? "";
    if (words.length > 0 && last.length + name.length < 115) words[words.length - 1] = `${last}, ${name}`;
    else words.push(name);
  }
  return `${lines.join("\n")}\n\nTaken because swtpm_setup takes them; they change nothing:\n${words.map((line) => `  ${line}`).join("\n")}\n`;
}
