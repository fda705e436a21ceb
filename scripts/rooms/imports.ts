/** What files import, read from their text, for rooms.ts. Understands TypeScript, AssemblyScript and style sheets. */
import { readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import type { Expression, Node } from "typescript";
import ts from "../typescript.ts";
import type { Source } from "./rooms.ts";

/**
 * Everything that the text of a file imports, as written there, each once: `import`, `import type`, `export ... from`,
 * `import(...)` as an expression and as a type, `import x = require(...)`, and the file of `new Worker(new URL(...))`.
 * @param file its name tells what it is: .ts, .tsx or .css.
 * @throws Error for an `import(...)` whose name is computed: no reader can tell what it imports.
 */
export function importsOf(file: string, text: string): string[] {
  const found = file.endsWith(".css") ? styleImports(text) : scriptImports(file, text);
  return [...new Set(found)];
}

function styleImports(text: string): string[] {
  const bare = text.replaceAll(/\/\*.*?\*\//gs, "");
  return Array.from(bare.matchAll(/@import\s+(?:url\(\s*)?(["']?)([^"'\s;)]+)\1/g), ([, , name]) => name!);
}

/** Everything that imports has one of these words. */
const WORD = /\b(?:import|export|Worker)\b/g;
const EXPORT_FROM = /^export\s+(?:type\s+)?[*{]/;

/** The text up to the end of the last statement that may import something: the rest is most of it, and takes long to parse. */
export function upToLastImport(text: string): string {
  let last = -1;
  for (const { index, 0: word } of text.matchAll(WORD))
    if (word !== "export" || EXPORT_FROM.test(text.slice(index, index + 100))) last = index;
  const end = text.indexOf(";", last);
  return last < 0 ? "" : end < 0 ? text : text.slice(0, end + 1);
}

function scriptImports(file: string, text: string): string[] {
  const source = ts.createSourceFile(file, upToLastImport(text), ts.ScriptTarget.Latest);
  const found: string[] = [];
  const visit = (node: Node): void => {
    const name = importedBy(node);
    if (name !== undefined) {
      if (!ts.isStringLiteralLike(name)) {
        const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
        throw new Error(`${file}:${line + 1}: what is imported here is computed; write the file's name out`);
      }
      found.push(name.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** The name that a node imports; undefined for one that imports nothing. */
function importedBy(node: Node): Node | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier;
  if (ts.isExternalModuleReference(node)) return node.expression;
  if (ts.isImportTypeNode(node)) return ts.isLiteralTypeNode(node.argument) ? node.argument.literal : node.argument;
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) return node.arguments[0];
  if (ts.isNewExpression(node) && ts.isIdentifier(node.expression) && /^(Shared)?Worker$/.test(node.expression.text)) {
    return workerFile(node.arguments?.[0]);
  }
  return undefined;
}

/** `new URL("./worker.ts", import.meta.url)`, as bundlers understand it; a worker from elsewhere is no import. */
function workerFile(argument: Expression | undefined): Node | undefined {
  if (argument === undefined || !ts.isNewExpression(argument)) return undefined;
  const [name, base] = argument.arguments ?? [];
  const isUrl = ts.isIdentifier(argument.expression) && argument.expression.text === "URL";
  return isUrl && base !== undefined ? name : undefined;
}

/**
 * Reads the files below some folders of a repository.
 * @param root its path.
 * @param folders from there: "web", "asm/tpm".
 * @param accept which files are read, by their paths from the root, with slashes. Default: .ts and .tsx.
 */
export function readSources(
  root: string,
  folders: readonly string[],
  accept: (file: string) => boolean = (file) => /\.tsx?$/.test(file),
): Source[] {
  return folders
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)),
    )
    .map((path) => path.split(sep).join("/"))
    .filter(accept)
    .sort()
    .map((file) => [file, importsOf(file, readFileSync(join(root, file), "utf8"))] as const);
}
