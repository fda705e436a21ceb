/** A page whose words are written by hand and whose tables are printed: between `<!-- printed: NAME -->` and `<!-- end -->`. */

const END = "<!-- end -->";
const beginOf = (name: string) => `<!-- printed: ${name} -->`;

/** Puts other lines between the marks. @throws where the page has no place of that name */
export function withPart(page: string, name: string, lines: readonly string[]): string {
  const begin = beginOf(name);
  const from = page.indexOf(begin);
  const to = page.indexOf(END, from);
  if (from < 0 || to < 0) throw new Error(`the page has no place for "${name}": ${begin} and ${END}`);
  return `${page.slice(0, from)}${begin}\n\n${lines.join("\n")}\n\n${page.slice(to)}`;
}

/** The names of the places. */
export const partsOf = (page: string): string[] =>
  [...page.matchAll(/<!-- printed: (.+?) -->/g)].map(([, name = ""]) => name);

const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;

/** A table whose first column is words and whose others are numbers. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string[] => [
  row(head),
  row(head.map((_, column) => (column === 0 ? "---" : "---:"))),
  ...rows.map(row),
];

export const percent = (part: number) => `${(part * 100).toFixed(part < 0.0995 ? 1 : 0)} %`;
export const number = (value: number) =>
  (value >= 1000 ? Math.round(value) : Number(value.toPrecision(3))).toLocaleString("en");
