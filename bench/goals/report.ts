/** The table of the goals, for the terminal, docs/benchmarks-goals.md and programs. */
import type { Line } from "./lines.ts";
import { figureOf, type Rounds, ratioOf } from "./turns.ts";

/** node:crypto's RSA-2048 signature on the machine that the goals were set on, microseconds: 300 to 350 there. */
export const REFERENCE_SIGN = 325;
export const CALIBRATION = "calibration";
/** Whose turn it is, by its name. */
export const takerOf = (probe: string, who: string) => (probe === CALIBRATION ? CALIBRATION : `${probe} ${who}`);

/** What the rounds of a group have come to. */
export interface Measured {
  rounds: Rounds;
  isMean: boolean;
}

export interface Circumstances {
  machine: string;
  node: string;
  date: string;
  load: number;
  /** The checkouts: this one, and what it is compared with. Short descriptions. */
  own: string;
  against?: string;
  /** What could not be measured, and why. */
  notes: readonly string[];
}

/** A line with its figures, in the unit of the line; undefined where there is none. */
export interface Result {
  line: Line;
  own: number | undefined;
  /** What `own` would be on the reference machine; own itself where that does not depend on the processor. */
  scaled: number | undefined;
  against: number | undefined;
  /** Time or size, to the other checkout's: below 1 is better. */
  toAgainst: number | undefined;
  swtpm: number | undefined;
  toSwtpm: number | undefined;
  /** node:crypto or Node. */
  other: number | undefined;
  /** Microseconds in the same rounds: RSA-2048 signature, SHA-256 of a MiB. */
  sign: number | undefined;
  hash: number | undefined;
  /** undefined without a goal or without a figure. */
  holds: boolean | undefined;
}

export const OWN = "tabtpm";
export const AGAINST = "against";
const DIVISORS = { us: 1, ms: 1e3, s: 1e6, KiB: 1, times: 1 };

/** Of a time in microseconds for what the line says, or a size. */
function inUnit({ unit, per = 1 }: Line, value: number): number {
  return unit === "MB/s" ? per / value : value / per / DIVISORS[unit];
}

export function resultOf(line: Line, { rounds, isMean }: Measured): Result {
  const { probe, field } = line.figure;
  const taker = (who: string) => [takerOf(probe, who), field] as const;
  const convert = (value: number | undefined) => (value === undefined ? undefined : inUnit(line, value));
  const shown = (who: string) => {
    if (!line.to) return convert(figureOf(rounds, ...taker(who), isMean));
    const { to } = line;
    const ratio = ratioOf(rounds, taker(who), [takerOf(to.probe, to.of ?? who), to.field], isMean);
    return ratio && ratio / (to.times ?? 1);
  };
  const own = shown(OWN);
  const { by } = line;
  const yardstick = by ? ([takerOf(by.probe, by.of), by.field] as const) : ([CALIBRATION, "sign"] as const);
  const toYardstick = ratioOf(rounds, taker(OWN), yardstick, isMean);
  const scales = !line.isFixed && !line.to;
  const scaled = scales ? convert(toYardstick && toYardstick * (by?.there ?? REFERENCE_SIGN)) : own;
  const toAgainst = ratioOf(rounds, taker(OWN), taker(AGAINST), isMean);
  const isAsFast = toAgainst === undefined ? undefined : toAgainst <= 1;
  const isMet = (goal: number, value: number) => (line.unit === "MB/s" ? value >= goal : value <= goal);
  return {
    line,
    own,
    scaled,
    against: shown(AGAINST),
    toAgainst,
    swtpm: line.to ? undefined : shown("swtpm"),
    toSwtpm: line.to ? undefined : ratioOf(rounds, taker(OWN), taker("swtpm"), isMean),
    other: line.to ? undefined : (shown("node:crypto") ?? shown("Node")),
    sign: figureOf(rounds, CALIBRATION, "sign", isMean),
    hash: figureOf(rounds, CALIBRATION, "hash", isMean),
    holds: line.isAsFast
      ? isAsFast
      : line.goal === undefined || scaled === undefined
        ? undefined
        : isMet(line.goal, scaled),
  };
}

function significant(value: number | undefined): string {
  if (value === undefined) return "";
  return (Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(3))).toLocaleString("en");
}
const withUnit = (value: number | undefined, { unit }: Line) =>
  value === undefined ? "" : `${significant(value)}${unit === "times" ? "" : ` ${unit}`}`;
const ratio = (value: number | undefined) => (value === undefined ? "" : value.toPrecision(value >= 1 ? 3 : 2));
const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
const answer = (holds: boolean | undefined) => (holds === undefined ? "" : holds ? "yes" : "**no**");
const goalOf = (line: Line) =>
  line.isAsFast
    ? "as fast"
    : line.goal === undefined
      ? ""
      : `${line.unit === "MB/s" ? "≥" : "≤"} ${withUnit(line.goal, line)}`;

/** A column of the table. `only` says in which runs it is there. */
interface Column {
  title: string;
  cell(result: Result): string;
  only?: "against";
  isText?: boolean;
}
const COLUMNS: readonly Column[] = [
  { title: "", cell: ({ line }) => line.what, isText: true },
  { title: "before", cell: ({ line }) => withUnit(line.before, line) },
  { title: "goal", cell: ({ line }) => goalOf(line) },
  { title: "on that machine", cell: ({ scaled, line }) => withUnit(scaled, line) },
  { title: "holds", cell: ({ holds }) => answer(holds), isText: true },
  { title: "here", cell: ({ own, line }) => withUnit(own, line) },
  { title: "other checkout", cell: ({ against, line }) => withUnit(against, line), only: "against" },
  { title: "this to other", cell: ({ toAgainst }) => ratio(toAgainst), only: "against" },
  { title: "swtpm", cell: ({ swtpm, line }) => withUnit(swtpm, line) },
  { title: "to swtpm", cell: ({ toSwtpm }) => ratio(toSwtpm) },
  { title: "Node", cell: ({ other, line }) => withUnit(other, line) },
  { title: "RSA sign", cell: ({ sign }) => (sign === undefined ? "" : `${significant(sign)} us`) },
  { title: "SHA-256, MiB", cell: ({ hash }) => (hash === undefined ? "" : `${significant(hash)} us`) },
];

/** One line for the terminal. */
export function progress({ line, own, scaled, toAgainst, swtpm, other, holds }: Result): string {
  const parts = [
    line.what.padEnd(46),
    withUnit(own, line).padStart(10),
    (line.to || line.isFixed || scaled === undefined ? "" : `(${withUnit(scaled, line)})`).padStart(14),
    goalOf(line).padStart(11),
    answer(holds).padEnd(6),
    swtpm === undefined ? "" : `swtpm ${withUnit(swtpm, line)}`,
    other === undefined ? "" : `Node ${withUnit(other, line)}`,
    toAgainst === undefined ? "" : `this to other ${ratio(toAgainst)}`,
  ];
  return parts.join("  ").trimEnd();
}

/** The table, as Markdown. */
export function table(results: readonly Result[], hasOther: boolean): string[] {
  const columns = COLUMNS.filter(({ only }) => only === undefined || hasOther);
  return [
    row(columns.map(({ title }) => title)),
    row(columns.map(({ isText }) => (isText ? "---" : "---:"))),
    ...results.map((result) => row(columns.map(({ cell }) => cell(result)))),
  ];
}

/** docs/benchmarks-goals.md */
export function page(results: readonly Result[], about: Circumstances): string {
  const hasOther = about.against !== undefined;
  return `# The goals of speed, and what was measured

Printed by \`npm run bench:goals\`; not edited by hand. All of a group took turns in one run: this checkout,${hasOther ? " another one," : ""} Debian's swtpm, and
before each other the calibration, which is node:crypto's RSA-2048 signature and SHA-256 of a MiB. *Here* is what was measured: CPU time of the
TPM's process unless the line says *answer* or *wall*; medians of the rounds, or means where said. The goals were set on a machine where
node:crypto signs in 0.30 to 0.35 ms: *on that machine* is the median, over the rounds, of the figure divided by the signature's time in
the same round, times ${REFERENCE_SIGN} us; *holds* compares that, or where the goal is *as fast* the other checkout. A ratio and a size are not converted. A system call and a page of memory do
not become slower as a multiplication does: a small command over TCP is converted by the echo server beside it, which answered in 8.7 us there;
for the others that are mostly system calls the conversion is rough. *To swtpm*${hasOther ? " and *this to other* are" : " is"} the median of the rounds' ratios,
below 1 is faster. swtpm is reached over TCP, so its figures contain a socket's cost (*small command*); libtpms makes its own keys, while the
checkouts make the same ones. A command of the kernel's lines is one call of the crypto engine, without a TPM around it. *Node* is node:crypto, an echo server, or
\`node -e 0\`.

${about.machine}, load ${about.load.toFixed(1)} at the start, Node ${about.node}, ${about.date}; ${about.own}${hasOther ? `, beside ${about.against}` : ""}.

${table(results, hasOther).join("\n")}
${about.notes.length > 0 ? `\n${about.notes.map((note) => `- ${note}`).join("\n")}\n` : ""}
Where the time goes is in [where-the-time-goes.md](where-the-time-goes.md).
`;
}
