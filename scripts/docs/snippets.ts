/** The examples in a page of Markdown: code between fences, and what it prints in the block of text behind it. */

/**
 * Where an example runs, as the first line of its block says: `js` in Node, `js page` in a page that Vite builds, `js console` in
 * the console of this project's page, `html` as a page, `sh` in a shell, `sh guest` in the shell of the PC in the page.
 */
export const PLACES = ["js", "js page", "js console", "html", "sh", "sh guest"] as const;
export type Place = (typeof PLACES)[number];

export interface Snippet {
  /** "docs/guide/embed.md:12". */
  readonly where: string;
  readonly place: Place;
  readonly code: string;
  /** What it prints, "…" for what differs; null where nothing is said of it. */
  readonly output: string | null;
}

const BLOCK = /^```([^\n`]*)\n(.*?)^```$/gms;
/** Languages of blocks that are no examples: what is printed, stored or sent. */
const NOT_RUN = ["", "text", "json"];

/**
 * @param path for what is wrong
 * @throws Error for a block whose place is unknown
 */
export function snippetsOf(path: string, markdown: string): Snippet[] {
  const blocks = [...markdown.matchAll(BLOCK)].map((match) => ({
    language: match[1]!.trim(),
    code: match[2]!,
    start: match.index,
    end: match.index + match[0].length,
  }));
  return blocks.flatMap(({ language, code, start, end }, index) => {
    if (NOT_RUN.includes(language)) return [];
    const where = `${path}:${markdown.slice(0, start).split("\n").length}`;
    const place = PLACES.find((name) => name === language);
    if (place === undefined) throw new Error(`${where}: nobody runs "${language}"; there are ${PLACES.join(", ")}.`);
    const next = blocks[index + 1];
    const isAnswer = next?.language === "text" && markdown.slice(end, next.start).trim() === "";
    return [{ where, place, code, output: isAnswer ? next.code.trimEnd() : null }];
  });
}

/** The pattern of an output: "…" in a line is the rest or a part of it, "…" by itself any lines. */
export function patternOf(output: string): RegExp {
  const lines = output.split("\n").map((line) =>
    line === "…"
      ? "[^]*"
      : line
          .split("…")
          .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"))
          .join(".*"),
  );
  return new RegExp(`^${lines.join("\n")}$`);
}
