/** What a source file of the page says in words of its own, which ought to be the catalogue's (web/words). */
import type { Node, SourceFile } from "typescript";
import ts from "../typescript.ts";

export interface Literal {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

/** Attributes and properties that a user sees or hears: nothing in them may be the file's own. */
const SAID = new Set([
  ..."title placeholder alt label hint confirm cancel".split(" "),
  ..."aria-label aria-description aria-valuetext aria-roledescription aria-placeholder".split(" "),
]);
/** Attributes whose values are for the browser. Not in it: `onClick` and the like, in which there is code. */
const FOR_THE_BROWSER =
  /^(class|type|id|key|role|rel|target|href|src|for|lang|scope|name|tone|value|inputMode|autocomplete|autocapitalize|accept|d|viewBox|fill|stroke.*|focusable|data-.*|aria-(?!label$|description$|valuetext$|roledescription$|placeholder$).*)$/;

const hasLetters = (text: string) => /\p{L}/u.test(text);
/**
 * In a component: two words, or one that begins as a sentence does. Elsewhere both: the names of commands and of states
 * are like one of them. What is neither is a name of something.
 */
function readsAsWords(file: string, text: string): boolean {
  const hasTwo = /\p{L}{2,}[,;:.]?\s+\p{L}/u.test(text);
  const begins = /^\s*\p{Lu}\p{Ll}*/u.test(text);
  return file.endsWith(".tsx") ? hasTwo || /^\s*\p{Lu}\p{Ll}+/u.test(text) : hasTwo && begins;
}

/**
 * The words of a file: text between tags, the attributes that are read or heard, and string literals and parts of
 * templates that read as words. Not those that are compared, imported, or types and names of properties.
 * @param file its name tells what it is: .ts or .tsx
 */
export function literalsOf(file: string, text: string): Literal[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: Literal[] = [];
  visit(source, false);
  return found;

  function visit(node: Node, isSaid: boolean): void {
    if (isNoText(node)) return;
    if (ts.isJsxAttribute(node)) {
      const name = node.name.getText(source);
      if (FOR_THE_BROWSER.test(name)) return;
      ts.forEachChild(node, (child) => visit(child, SAID.has(name)));
      return;
    }
    const words = textOf(node);
    if (words !== undefined && (isSaid || ts.isJsxText(node) ? hasLetters(words) : readsAsWords(file, words))) {
      found.push({ file, line: lineOf(source, node), text: words.replaceAll(/\s+/g, " ").trim() });
    }
    // Code in an attribute or between tags is no longer what is said, but what it chooses from is.
    const isChild = ts.isJsxExpression(node) && !ts.isJsxAttribute(node.parent);
    ts.forEachChild(node, (child) => visit(child, isChild || (isSaid && passesOn(node))));
  }
}

/** Whether a node's value is one of its children's: `a ? "yes" : "no"`, `{a}`, `a && "yes"`, `${a} of b`. */
const passesOn = (node: Node): boolean =>
  ts.isConditionalExpression(node) ||
  ts.isJsxExpression(node) ||
  ts.isParenthesizedExpression(node) ||
  ts.isTemplateExpression(node) ||
  ts.isTemplateSpan(node) ||
  ts.isBinaryExpression(node);

function textOf(node: Node): string | undefined {
  if (ts.isJsxText(node) || ts.isStringLiteralLike(node)) return node.text;
  return ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node) ? node.text : undefined;
}

const COMPARES = new Set([
  ts.SyntaxKind.EqualsEqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsEqualsToken,
  ts.SyntaxKind.InKeyword,
]);

/** Nothing in it comes before a user. */
function isNoText(node: Node): boolean {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node) || ts.isTypeNode(node)) return true;
  const { parent } = node;
  if (parent === undefined || !ts.isStringLiteralLike(node)) return false;
  if (ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent)) return parent.name === node;
  if (ts.isBinaryExpression(parent)) return COMPARES.has(parent.operatorToken.kind);
  return ts.isCaseClause(parent) || ts.isElementAccessExpression(parent);
}

const lineOf = (source: SourceFile, node: Node) => source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
