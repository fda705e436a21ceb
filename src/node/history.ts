/** `tabtpm history`: how the PCRs of a boot that the page has saved came to their values, and what differs from another. */
import { hashName } from "../firmware/eventLog.ts";
import { eventTypeName } from "../firmware/eventTypes.ts";
import {
  type BootRecord,
  compareBoots,
  type DifferenceKind,
  MAX_RECORD_SIZE,
  type PcrStep,
  parseBootRecord,
  traceChain,
} from "../history/index.ts";
import { UsageError } from "./errors.ts";
import { readLimited } from "./limitedFile.ts";
import { parseOptions } from "./parse.ts";
import { printable } from "./printable.ts";
import type { Streams } from "./terminal.ts";

export const HISTORY_HELP = `Usage: tabtpm history --boot FILE [--with FILE]

Prints how each PCR of a boot came to its value: every extend with its event or IMA entry, its time and the values, in every bank.
FILE is what the page's "PCR history" saves with "Save this boot…".

Options:
  --with FILE  an earlier boot: prints what is different instead, and which PCR differs first
  -h, --help   this text
`;

export interface HistoryOptions {
  readonly boot: string;
  readonly with: string | undefined;
}

/** @returns undefined when help is asked for. @throws UsageError */
export function parseHistoryOptions(argv: readonly string[]): HistoryOptions | undefined {
  const values = parseOptions("history", argv, {
    boot: { type: "string" },
    with: { type: "string" },
    help: { type: "boolean", short: "h" },
  });
  if (values.help) return undefined;
  if (!values.boot) throw new UsageError("--boot needs the name of a file. See tabtpm history --help.");
  if (values.with === "") throw new UsageError("--with needs the name of a file.");
  return { boot: values.boot, with: values.with };
}

/** @throws Error with the file's name for what can't be read or is no record of a boot. */
export async function printHistory(options: HistoryOptions, streams: Streams): Promise<void> {
  const boot = await readBoot(options.boot);
  const lines =
    options.with === undefined ? await describeBoot(boot) : describeDifferences(await readBoot(options.with), boot);
  streams.stdout.write(`${lines.join("\n")}\n`);
}

async function readBoot(path: string): Promise<BootRecord> {
  const octets = await readLimited(path, MAX_RECORD_SIZE);
  try {
    return parseBootRecord(octets);
  } catch (error) {
    throw new Error(`${path}: ${printable((error as Error).message)}`, { cause: error });
  }
}

/** What a step was, in a line. */
function titleOf({ kind, locality, source }: PcrStep): string {
  if (source?.kind === "firmware") return `${eventTypeName(source.type)} ${printable(source.text)}`;
  if (source?.kind === "ima") return `IMA ${printable(source.name)} ${printable(source.fileDigest)}`;
  const name = kind === "resume" ? "TPM2_Startup(STATE)" : kind === "hash sequence" ? "_TPM_Hash" : `TPM2_${kind}`;
  return locality === 0 ? name : `${name}, locality ${locality}`;
}

/** @returns lines of text: the PCRs that something was measured into, bank by bank. */
export async function describeBoot(boot: BootRecord): Promise<string[]> {
  const extended = new Set(boot.steps.flatMap(({ pcr }) => (pcr === null ? [] : [pcr])));
  const algorithms = new Set(boot.steps.flatMap(({ digests }) => digests.map(({ algorithm }) => algorithm)));
  const lines: string[] = [];
  for (const pcr of [...extended].sort((a, b) => a - b)) {
    for (const algorithm of [...algorithms].sort((a, b) => a - b)) {
      lines.push(`PCR ${pcr}, ${hashName(algorithm)}`);
      for (const { step, digest, after } of await traceChain(boot.steps, algorithm, pcr)) {
        lines.push(`  +${((step.at - boot.began) / 1000).toFixed(3)} s  ${titleOf(step)}`);
        if (digest !== null) lines.push(`    extended with ${digest}`);
        lines.push(`    value ${after ?? "not known"}`);
      }
    }
  }
  return lines;
}

const KINDS: Readonly<Record<DifferenceKind, string>> = {
  start: "begins with another value",
  digest: "something else was measured",
  added: "one more",
  missing: "one less",
  order: "another order",
  longer: "goes on",
  shorter: "ends earlier",
};

/** @returns lines of text: the PCR that differs first, then each that does with its first step that is not in both. */
export function describeDifferences(earlier: BootRecord, later: BootRecord): string[] {
  const { algorithms, pcrs, first } = compareBoots(earlier, later);
  if (algorithms.length === 0) return ["The two boots have no bank in common."];
  if (first === null) return ["Every PCR was made in the same way."];
  const lines = [`PCR ${first} is the first that differs.`];
  for (const { pcr, rows, difference } of pcrs) {
    if (difference === null) continue;
    lines.push(`PCR ${pcr}: ${KINDS[difference.kind]}, at step ${difference.row}`);
    const rest = rows.slice(difference.row);
    const there = rest.find((row) => row.earlier !== null)?.earlier;
    const here = rest.find((row) => row.later !== null)?.later;
    if (there) lines.push(`  - ${titleOf(there)}`);
    if (here) lines.push(`  + ${titleOf(here)}`);
  }
  return lines;
}
