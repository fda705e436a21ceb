/** The command line of `tabtpm import-swtpm`. */
import { UsageError } from "../errors.ts";
import type { KeySource } from "../keySource.ts";
import { optionLines, type TableOption } from "../optionRow.ts";
import { parseOptions } from "../parse.ts";
import { KEY_PARTS, type KeyOption, parseKeyOption } from "../stateKey.ts";
import { locationOfUri, type StateLocation } from "../stateLocation.ts";
import { parseSubOptions, type SubOptions } from "../subOptions.ts";

/** What swtpm has: no passphrases, and what is not encrypted it does not take under a key. */
const { passphrase: _passphrase, adopt: _adopt, ...SWTPM_KEY_PARTS } = KEY_PARTS;

const OPTIONS = {
  from: { value: "DIR", help: "swtpm's folder (dir:///DIR too), or the file tpm2-00.permall in it" },
  key: {
    value: "PARTS",
    help: "swtpm's own --key, where its state is encrypted: file=KEY[,mode=aes-256-cbc], pwdfile=FILE,kdf=pbkdf2",
  },
  to: { value: "DIR", help: "the folder of the new TPM: dir://DIR, or file://FILE for a state in one file" },
  "to-key": { value: "PARTS", help: "encrypts the new TPM's state, as tabtpm socket --key does" },
  export: { value: "FILE", help: "writes the new TPM to a file for Import in the page's TPMs, which is not encrypted" },
  "drop-volatile": {
    help: "leaves swtpm's volatile state out: PCRs, sessions and loaded objects of a TPM that was suspended",
  },
  "accept-new-ek": { help: "takes the state although EK certificates in it are of other keys than the TPM makes" },
  help: { short: "h", help: "this" },
} as const satisfies Record<string, TableOption>;
const rows = Object.entries(OPTIONS) as readonly (readonly [keyof typeof OPTIONS, TableOption])[];

export const IMPORT_SWTPM_HELP = `Usage: tabtpm import-swtpm --from DIR --to DIR [options]

Brings in the TPM that swtpm keeps in a folder (libtpms 0.9, as Debian has it): seeds, authorizations and policies, NV indices,
persistent objects, PCR banks, lockout, clock and counters. The new TPM has the profile libtpms-0.9, and makes the primary keys,
EKs among them, that it made there. The old folder is only read. Afterwards there are two of one TPM: delete the old one.

Options:
${optionLines(rows)}

Exit codes: 1 when it can't be done, 2 for a wrong command line, 3 when it was refused: swtpm has the state in use, there is a
volatile state, EK certificates are of other keys, or there is a TPM already. Nothing is changed then.
`;

export interface ImportCommand {
  readonly from: string;
  readonly key: KeySource | undefined;
  readonly to: StateLocation | undefined;
  readonly toKey: KeyOption | undefined;
  readonly exportFile: string | undefined;
  readonly dropVolatile: boolean;
  readonly acceptNewEk: boolean;
}

/** @returns undefined when help is asked for. @throws UsageError */
export function parseImportOptions(argv: readonly string[]): ImportCommand | undefined {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  const values = parseOptions("import-swtpm", argv, {
    ...{ from: text, key: text, to: text, "to-key": text, export: text },
    ...{ "drop-volatile": flag, "accept-new-ek": flag, help: { ...flag, short: "h" } },
  });
  if (values.help) return undefined;
  if (!values.from) throw new UsageError("--from needs swtpm's folder.");
  if (!values.to && !values.export) throw new UsageError("import-swtpm needs --to DIR or --export FILE.");
  if (values["to-key"] !== undefined && !values.to) throw new UsageError("--to-key encrypts what --to DIR gets.");
  return {
    from: values.from.startsWith("dir://") ? locationOfUri("--from ", values.from).dir : values.from,
    key: keyOf("--key", values.key, SWTPM_KEY_PARTS),
    to: values.to ? locationOf(values.to) : undefined,
    toKey: keyOf("--to-key", values["to-key"], KEY_PARTS),
    exportFile: values.export,
    dropVolatile: values["drop-volatile"] ?? false,
    acceptNewEk: values["accept-new-ek"] ?? false,
  };
}

const locationOf = (to: string): StateLocation =>
  /^(dir|file):\/\//.test(to) ? locationOfUri("--to ", to) : { dir: to };

function keyOf(option: string, text: string | undefined, parts: SubOptions): KeyOption | undefined {
  return text === undefined ? undefined : parseKeyOption(option, parseSubOptions(option, text, parts, "source"));
}
