/**
 * Mutants of AssemblyScript: places where a source has an operator or a constant, and what to put there instead.
 *
 * Left alone are: types and imports, which are no computation; reservations of memory (`memory.data(112, 16)`, where a
 * larger one is the same program). A table of numbers is one place, at which one of its numbers is changed: else the
 * tables of the ciphers would be most of all places.
 */
import ts from "typescript";

export interface Place {
  /** Offsets into the source. */
  start: number;
  end: number;
  /** What may stand there instead. */
  replacements: readonly string[];
}

export interface Mutant {
  file: string;
  /** From 1. */
  line: number;
  start: number;
  end: number;
  before: string;
  after: string;
}

/** More numbers than this in an array make it a table. */
const TABLE = 8;

const OPERATORS: Record<string, readonly string[]> = {
  "+": ["-"],
  "-": ["+"],
  "*": ["+"],
  "/": ["*"],
  "%": ["/"],
  "&": ["|"],
  "|": ["&"],
  "^": ["|", "&"],
  "<<": [">>", "+"],
  ">>": ["<<"],
  ">>>": [">>", "<<"],
  "<": ["<=", ">="],
  "<=": ["<", ">"],
  ">": [">=", "<="],
  ">=": [">", "<"],
  "==": ["!="],
  "!=": ["=="],
  "&&": ["||"],
  "||": ["&&"],
  "+=": ["-="],
  "-=": ["+="],
  "*=": ["+="],
  "/=": ["*="],
  "%=": ["/="],
  "&=": ["|="],
  "|=": ["&="],
  "^=": ["|="],
  "<<=": [">>="],
  ">>=": ["<<="],
  ">>>=": [">>=", "<<="],
};

/** The places of a source, in its order. */
export function placesOf(source: string): Place[] {
  const file = ts.createSourceFile("kernel.ts", source, ts.ScriptTarget.ESNext, true);
  const places: Place[] = [];
  const add = (node: ts.Node, replacements: readonly string[]) => {
    if (replacements.length > 0) places.push({ start: node.getStart(file), end: node.getEnd(), replacements });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node) || ts.isTypeNode(node)) return;
    if (isReservation(node)) return;
    if (ts.isArrayLiteralExpression(node) && node.elements.length > TABLE) {
      // The middle one stands for all: which of them is changed must not depend on anything but the source.
      const middle = node.elements[node.elements.length >> 1] as ts.Node;
      if (ts.isNumericLiteral(middle)) add(middle, otherNumbers(middle.getText(file)));
      return;
    }
    if (ts.isBinaryExpression(node)) add(node.operatorToken, OPERATORS[node.operatorToken.getText(file)] ?? []);
    if (ts.isNumericLiteral(node)) add(node, otherNumbers(node.getText(file)));
    if (node.kind === ts.SyntaxKind.TrueKeyword) add(node, ["false"]);
    if (node.kind === ts.SyntaxKind.FalseKeyword) add(node, ["true"]);
    if (ts.isPrefixUnaryExpression(node)) {
      const text = node.getText(file);
      if (text.startsWith("++")) places.push(token(node.getStart(file), 2, ["--"]));
      else if (text.startsWith("--")) places.push(token(node.getStart(file), 2, ["++"]));
      else if (/^[~!-]/.test(text) && !ts.isNumericLiteral(node.operand))
        places.push(token(node.getStart(file), 1, [""]));
    }
    if (ts.isPostfixUnaryExpression(node)) {
      places.push(token(node.getEnd() - 2, 2, [node.operator === ts.SyntaxKind.PlusPlusToken ? "--" : "++"]));
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return places.sort((a, b) => a.start - b.start);
}

const token = (start: number, length: number, replacements: readonly string[]): Place => ({
  start,
  end: start + length,
  replacements,
});

/** `memory.data(size, alignment)`. */
function isReservation(node: ts.Node): boolean {
  return (
    ts.isCallExpression(node) &&
    node.expression.getText() === "memory.data" &&
    node.arguments.every((argument) => ts.isNumericLiteral(argument))
  );
}

/** One more, one less; of constants that are written in hexadecimal, a bit in the middle. */
function otherNumbers(text: string): string[] {
  if (!/^(0x[0-9a-f]+|\d+)$/i.test(text)) return [];
  const value = BigInt(text);
  if (!text.startsWith("0x")) return value === 0n ? ["1"] : [`${value + 1n}`, `${value - 1n}`];
  const middle = 1n << BigInt(value.toString(2).length >> 1);
  return [`0x${(value ^ middle).toString(16)}`, `0x${(value ^ 1n).toString(16)}`];
}

/** Numbers in 0 .. 1 from a seed (mulberry32). */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * All mutants of the sources in random order, each place once. A file comes up in proportion to the square root of its
 * places, so that rounds written out sixty-four times don't crowd out the rest.
 */
export function* shuffledMutants(sources: ReadonlyMap<string, string>, random: () => number): Generator<Mutant> {
  const below = (limit: number) => Math.floor(random() * limit);
  const rest = [...sources].map(([file, source]) => {
    const places = placesOf(source);
    return { file, source, places, weight: Math.sqrt(places.length) };
  });
  for (;;) {
    const open = rest.filter(({ places }) => places.length > 0);
    let at = random() * open.reduce((sum, { weight }) => sum + weight, 0);
    const chosen =
      open.find(({ weight }) => {
        at -= weight;
        return at < 0;
      }) ?? open.at(-1);
    if (!chosen) return;
    const [place] = chosen.places.splice(below(chosen.places.length), 1) as [Place];
    const { start, end, replacements } = place;
    const after = replacements[below(replacements.length)] as string;
    const line = chosen.source.slice(0, start).split("\n").length;
    yield { file: chosen.file, line, start, end, before: chosen.source.slice(start, end), after };
  }
}

export function applied(source: string, { start, end, after }: Mutant): string {
  return source.slice(0, start) + after + source.slice(end);
}
