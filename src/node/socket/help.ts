/** `tabtpm socket --help`, from the table of its options. */
import { formOf, partsOf } from "./given.ts";
import { type OptionRow, rows } from "./optionTable.ts";

const WIDTH = 120;
/** Where the explanations begin. */
const COLUMN = 32;

function linesOf(name: string, row: OptionRow): string[] {
  const head = `${row.short ? `-${row.short}, ` : ""}--${name} ${formOf(row)}`.trimEnd();
  return [
    ...explained(`  ${head}`, [row.help, row.idle && `taken, and does nothing: ${row.idle}`]),
    ...partsOf(row.parts ?? {}).flatMap(([{ help, idle }, form]) =>
      explained(`      ${form}`, [help, idle && `does nothing: ${idle}`]),
    ),
  ];
}

/** The explanation stands beside the head where that leaves room, below it where it does not. */
function explained(head: string, explanations: readonly (string | undefined)[]): string[] {
  const [first = "", ...more] = wrapped(explanations.filter(Boolean).join("; "), WIDTH - COLUMN);
  if (first === "") return [head];
  const isBeside = head.length < COLUMN - 1;
  return [
    ...(isBeside ? [head.padEnd(COLUMN) + first] : [head, " ".repeat(COLUMN) + first]),
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
TPM2TOOLS_TCTI=swtpm:port=2321, for swtpm_ioctl. SIGTERM, Ctrl-C or CMD_SHUTDOWN ends it. The value of an option that
has parts is a list of them with commas; a part without "=" may also be true or false.

Options:
${rows
  .filter(([, row]) => row.refused === undefined)
  .flatMap(([name, row]) => linesOf(name, row))
  .join("\n")}

Not supported, with the reason:
${rows.flatMap(([name, { refused }]) => (refused === undefined ? [] : explained(`  --${name}`, [refused]))).join("\n")}
`;
