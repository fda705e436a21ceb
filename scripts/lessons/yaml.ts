/** YAML of a lesson's front matter and blocks, with the lines that its parts stand in. */
import { isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import { type Place, refuse } from "./lessonError.ts";

export interface YamlPart {
  readonly value: unknown;
  readonly place: Place;
}

/** @param place of the text's first line @returns its value, and the parts of a list or of a mapping with their places */
export function readYaml(
  text: string,
  place: Place,
): YamlPart & { readonly parts: ReadonlyMap<string | number, Place> } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, strict: true, uniqueKeys: true });
  const at = (offset: number): Place => ({ ...place, line: place.line + lines.linePos(offset).line - 1 });
  const [error] = [...document.errors, ...document.warnings];
  if (error !== undefined) refuse(at(error.pos[0]), `this is no YAML: ${error.message}`);
  const parts = new Map<string | number, Place>();
  const { contents } = document;
  if (isSeq(contents)) {
    for (const [index, item] of contents.items.entries()) parts.set(index, at(startOf(item)));
  } else if (isMap(contents)) {
    for (const { key } of contents.items) if (isScalar(key)) parts.set(String(key.value), at(startOf(key)));
  }
  return { value: document.toJS({ maxAliasCount: 0 }), place, parts };
}

function startOf(node: unknown): number {
  const { range } = node as { range?: [number, number, number] | null };
  return range?.[0] ?? 0;
}
