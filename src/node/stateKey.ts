/** The key or passphrase of a TPM's files on the command line: the same words for every command that opens a TPM. */
import { UsageError } from "./errors.ts";
import { CIPHERS, type KeySource } from "./keySource.ts";
import { parseSubOptions, type SubOptions, type SubValues } from "./subOptions.ts";

/** The parts of `--key`: swtpm's, and `passphrase`. */
export const KEY_PARTS = {
  file: { is: "text", looks: "PATH", help: "a key", group: "source" },
  fd: { is: "descriptor", looks: "N", help: "a key", group: "source" },
  pwdfile: { is: "text", looks: "PATH", help: "a password", group: "source" },
  pwdfd: {
    is: "descriptor",
    looks: "N",
    help: "a password, read once, up to 1,024 bytes at a time",
    group: "source",
  },
  passphrase: { is: "text", looks: "PATH", help: "a passphrase: as --passphrase-file", group: "source" },
  mode: { is: ["aes-128-cbc", "aes-256-cbc", "aes-cbc"], help: "the cipher; aes-cbc is aes-128-cbc, the default" },
  format: { is: ["hex", "binary"], help: "of a key" },
  kdf: { is: ["pbkdf2", "sha512"], help: "what makes a key of a password" },
  remove: { is: "flag", help: "delete the file once it is read" },
  adopt: { is: "flag", help: "take a state that is not encrypted yet: once, by who knows where it comes from" },
} as const satisfies SubOptions;

/** A key, and whether what is not encrypted is taken under it. */
export interface KeyOption extends KeySource {
  adopts: boolean;
}

/** @param parts with one of the sources among them. */
export function parseKeyOption(option: string, parts: SubValues<typeof KEY_PARTS>): KeyOption {
  const { file, fd, pwdfile, pwdfd, passphrase, mode = "aes-128-cbc", format = "hex", kdf = "pbkdf2" } = parts;
  const isPassword = pwdfile !== undefined || pwdfd !== undefined;
  const path = file ?? pwdfile ?? passphrase;
  return {
    option,
    from: path === undefined ? { fd: (fd ?? pwdfd) as number } : { file: path },
    form: passphrase !== undefined ? "passphrase" : isPassword ? kdf : format,
    size: CIPHERS[mode],
    removes: parts.remove ?? false,
    adopts: parts.adopt ?? false,
  };
}

/** For `parseOptions`. */
export const STATE_KEY_OPTIONS = {
  key: { type: "string" },
  "passphrase-file": { type: "string" },
  "passphrase-fd": { type: "string" },
} as const;

/** For a help whose explanations begin in the 20th column. */
export const STATE_KEY_HELP = `  --passphrase-file FILE
                   the TPM's files are encrypted with the passphrase in this file's one line, as pages do it too
  --passphrase-fd N  the same, from a descriptor
  --key KEY        the same with a key: file=FILE or pwdfile=FILE and more, as tabtpm socket --help tells
`;

export interface StateKeyValues {
  readonly key?: string | undefined;
  readonly "passphrase-file"?: string | undefined;
  readonly "passphrase-fd"?: string | undefined;
}

/** @returns undefined where none is given. @throws UsageError */
export function parseStateKey(values: StateKeyValues): KeyOption | undefined {
  const given = (["key", "passphrase-file", "passphrase-fd"] as const).filter((name) => values[name] !== undefined);
  const [name] = given;
  if (name === undefined) return undefined;
  if (given.length > 1) throw new UsageError(`--${given.join(" and --")} exclude each other; give one of them.`);
  const value = values[name] as string;
  if (name === "key") return parseKeyOption("--key", parseSubOptions("--key", value, KEY_PARTS, "source"));
  return passphraseOption(`--${name}`, value);
}

/** @param option --passphrase-file or --passphrase-fd. @throws UsageError */
export function passphraseOption(option: string, value: string): KeyOption {
  if (value === "") throw new UsageError(`${option} needs a value.`);
  const isDescriptor = option.endsWith("-fd");
  if (isDescriptor && !/^\d{1,9}$/.test(value))
    throw new UsageError(`${option} needs the number of a file descriptor; "${value}" is none.`);
  const from = isDescriptor ? { fd: Number(value) } : { file: value };
  return { option, from, form: "passphrase", size: 32, removes: false, adopts: false };
}
