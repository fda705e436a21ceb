/** `tabtpm socket --help`, from the table of its options. */
import { type OptionRow, rows } from "./optionTable.ts";

const WIDTH = 120;
/** Where the explanations begin. */
const COLUMN = 32;

function linesOf(name: string, { short, forms = [""], help = "" }: OptionRow): string[] {
  const heads = forms.map((form, i) => `${i === 0 && short ? `-${short}, ` : ""}--${name} ${form}`.trimEnd());
  const indented = heads.map((head) => `  ${head}`);
  const last = indented.at(-1) ?? "";
  const [first = "", ...more] = wrapped(help, WIDTH - COLUMN);
  // Beside the option where it fits, below it where it does not.
  const beside = last.length < COLUMN - 1;
  return [
    ...indented.slice(0, -1),
    ...(beside ? [last.padEnd(COLUMN) + first] : [last, " ".repeat(COLUMN) + first]),
    ...more.map((line) => " ".repeat(COLUMN) + line),
  ];
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}

export const SOCKET_HELP = `Usage: tabtpm socket --tpm2 --tpmstate dir=DIR [options]

Serves a TPM 2.0 as \`swtpm socket\` does, with its options and its protocol: for QEMU's -tpmdev emulator, for
TPM2TOOLS_TCTI=swtpm:port=2321, for swtpm_ioctl. SIGTERM, Ctrl-C or CMD_SHUTDOWN ends it.

Options:
${rows
  .filter(([, row]) => row.refused === undefined)
  .flatMap(([name, row]) => linesOf(name, row))
  .join("\n")}
`;
