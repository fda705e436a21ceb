/**
 * Places where a source has something to change, and what to put there instead. AssemblyScript and TypeScript alike:
 * both parse as TypeScript.
 *
 * Left alone are: types and imports, which are no computation; reservations of memory (`memory.data(112, 16)`, where a
 * larger one is the same program). A table of numbers is one place, at which one of its numbers is changed: else the
 * tables of the ciphers would be most of all places.
 */
import type { Expression, Node, SourceFile } from "typescript";
import ts from "../typescript.ts";

export interface Place {
  /** Offsets into the source. */
  start: number;
  end: number;
  /** What may stand there instead. */
  replacements: readonly string[];
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
  "===": ["!=="],
  "!==": ["==="],
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

const COMPARISONS = new Set(["<", "<=", ">", ">=", "==", "!=", "===", "!=="]);

/** Operators, numbers and truth values of a source, in its order. */
export function valuesOf(source: string): Place[] {
  return placesOf(source, addValues);
}

/** Those of {@link valuesOf}, statements to leave out, conditions to negate, and `await` to leave out. */
export function actionsAndValuesOf(source: string): Place[] {
  return placesOf(source, (node, file, add) => {
    addActions(node, file, add);
    addValues(node, file, add);
  });
}

type Add = (start: number, end: number, replacements: readonly string[]) => void;

function placesOf(source: string, addPlaces: (node: Node, file: SourceFile, add: Add) => void): Place[] {
  const file = ts.createSourceFile("source.ts", source, ts.ScriptTarget.ESNext, true);
  const places: Place[] = [];
  const add: Add = (start, end, replacements) => {
    if (replacements.length > 0) places.push({ start, end, replacements });
  };
  const visit = (node: Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node) || ts.isTypeNode(node)) return;
    if (isReservation(node)) return;
    if (ts.isArrayLiteralExpression(node) && node.elements.length > TABLE) {
      // The middle one stands for all: which of them is changed must not depend on anything but the source.
      const middle = node.elements[node.elements.length >> 1] as Node;
      if (ts.isNumericLiteral(middle)) {
        add(middle.getStart(file), middle.getEnd(), otherNumbers(middle.getText(file)));
        return;
      }
    }
    addPlaces(node, file, add);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return places.sort((a, b) => a.start - b.start || b.end - a.end);
}

function addValues(node: Node, file: SourceFile, add: Add): void {
  const start = node.getStart(file);
  const end = node.getEnd();
  if (ts.isBinaryExpression(node)) {
    const { operatorToken } = node;
    add(operatorToken.getStart(file), operatorToken.getEnd(), OPERATORS[operatorToken.getText(file)] ?? []);
  }
  if (ts.isNumericLiteral(node)) add(start, end, otherNumbers(node.getText(file)));
  if (node.kind === ts.SyntaxKind.TrueKeyword) add(start, end, ["false"]);
  if (node.kind === ts.SyntaxKind.FalseKeyword) add(start, end, ["true"]);
  if (ts.isPrefixUnaryExpression(node)) {
    const text = node.getText(file);
    if (text.startsWith("++")) add(start, start + 2, ["--"]);
    else if (text.startsWith("--")) add(start, start + 2, ["++"]);
    else if (/^[~!-]/.test(text) && !ts.isNumericLiteral(node.operand)) add(start, start + 1, [""]);
  }
  if (ts.isPostfixUnaryExpression(node)) {
    add(end - 2, end, [node.operator === ts.SyntaxKind.PlusPlusToken ? "--" : "++"]);
  }
}

function addActions(node: Node, file: SourceFile, add: Add): void {
  if (isAction(node)) add(node.getStart(file), node.getEnd(), [";"]);
  if (ts.isAwaitExpression(node)) add(node.getStart(file), node.expression.getStart(file), [""]);
  const condition = conditionOf(node);
  // Of comparisons and of `!x`, the operator is a place already.
  if (!condition || ts.isPrefixUnaryExpression(condition)) return;
  if (ts.isBinaryExpression(condition) && COMPARISONS.has(condition.operatorToken.getText(file))) return;
  if (condition.kind === ts.SyntaxKind.TrueKeyword || condition.kind === ts.SyntaxKind.FalseKeyword) return;
  add(condition.getStart(file), condition.getEnd(), [`!(${condition.getText(file)})`]);
}

/** A statement that does something and leaves no value: a call, an assignment, a throw, a return of nothing. */
function isAction(node: Node): boolean {
  if (ts.isThrowStatement(node)) return true;
  if (ts.isReturnStatement(node)) return node.expression === undefined;
  // A constructor's super() can't be left out.
  return (
    ts.isExpressionStatement(node) &&
    !ts.isStringLiteral(node.expression) &&
    !(ts.isCallExpression(node.expression) && node.expression.expression.kind === ts.SyntaxKind.SuperKeyword)
  );
}

function conditionOf(node: Node): Expression | undefined {
  if (ts.isIfStatement(node) || ts.isWhileStatement(node) || ts.isDoStatement(node)) return node.expression;
  if (ts.isConditionalExpression(node) || ts.isForStatement(node)) return node.condition;
  return undefined;
}

/** `memory.data(size, alignment)`. */
function isReservation(node: Node): boolean {
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
