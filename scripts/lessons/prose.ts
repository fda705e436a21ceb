/** Markdown to the few elements that a lesson's prose consists of. Anything else is refused: no HTML, no images, no tables. */
import type { Token, Tokens } from "marked";
import type { Prose, ProseElement } from "../../src/lessons/index.ts";
import { type Place, refuse } from "./lessonError.ts";

const ENTITY = /&(#\d+|#x[\da-f]+|[a-z][a-z0-9]*);/i;
const LINK = /^(https:\/\/|docs\/)/;

/** @param place of the token */
export function proseOf(token: Token, place: Place): ProseElement {
  switch (token.type) {
    case "paragraph":
      return { tag: "p", children: inlines(token.tokens, place) };
    case "blockquote":
      return { tag: "blockquote", children: blocks((token as Tokens.Blockquote).tokens, place) };
    case "list": {
      const { ordered, items } = token as Tokens.List;
      return {
        tag: ordered ? "ol" : "ul",
        children: items.map(({ tokens, task }) => {
          if (task) refuse(place, "a list has a box to tick: write a list without [ ]");
          return { tag: "li", children: itemProse(tokens, place) };
        }),
      };
    }
    case "code":
      return { tag: "pre", children: [(token as Tokens.Code).text] };
    default:
      return refuse(place, `${nameOf(token)} can't stand in a lesson: use paragraphs, lists, quotes and code`);
  }
}

const blocks = (tokens: readonly Token[], place: Place): Prose =>
  tokens.filter(({ type }) => type !== "space").map((token) => proseOf(token, place));

/** A short item has its text without a paragraph. */
const itemProse = (tokens: readonly Token[], place: Place): Prose =>
  tokens
    .filter(({ type }) => type !== "space")
    .flatMap((token) =>
      token.type === "text" ? inlines((token as Tokens.Text).tokens, place) : [proseOf(token, place)],
    );

function inlines(tokens: readonly Token[] | undefined, place: Place): Prose {
  const prose: (string | ProseElement)[] = [];
  for (const token of tokens ?? []) {
    const part = inline(token, place);
    const last = prose.at(-1);
    if (typeof part === "string" && typeof last === "string") prose[prose.length - 1] = last + part;
    else prose.push(part);
  }
  return prose;
}

function inline(token: Token, place: Place): string | ProseElement {
  switch (token.type) {
    case "text": {
      const { raw, text } = token as Tokens.Text;
      if (ENTITY.test(raw)) refuse(place, `write the character itself, not ${ENTITY.exec(raw)![0]}`);
      // A line's end in the file is a blank in a paragraph.
      return text.replaceAll("\n", " ");
    }
    case "escape":
      return (token as Tokens.Escape).text;
    case "codespan":
      return { tag: "code", children: [(token as Tokens.Codespan).text] };
    case "strong":
    case "em":
      return { tag: token.type, children: inlines((token as Tokens.Strong).tokens, place) };
    case "link": {
      const { href, tokens } = token as Tokens.Link;
      if (!LINK.test(href)) refuse(place, `the link ${href} must begin with https:// or docs/`);
      return { tag: "a", href, children: inlines(tokens, place) };
    }
    default:
      return refuse(place, `${nameOf(token)} can't stand in a lesson's text`);
  }
}

const nameOf = ({ type, raw }: Token) => `${type === "html" ? "HTML" : `this ${type}`} (${raw.trim().slice(0, 40)})`;

/** The text of prose, for whoever looks for words in it. */
export const textOf = (prose: Prose): string =>
  prose.map((part) => (typeof part === "string" ? part : textOf(part.children))).join("");
