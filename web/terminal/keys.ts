/** What keys and pasted text are on a serial line. Knows no terminal. */

export const arrows = ["left", "up", "down", "right"] as const;
export type Arrow = (typeof arrows)[number];
export type Key = "escape" | "tab" | Arrow;

const FINALS: Record<Arrow, string> = { up: "A", down: "B", right: "C", left: "D" };

/** @param application the program has asked for application cursor keys (DECCKM). */
export function keySequence(key: Key, application: boolean): string {
  if (key === "escape") return "\x1b";
  if (key === "tab") return "\t";
  return `\x1b${application ? "O" : "["}${FINALS[key]}`;
}

/** What Ctrl makes of a character: Ctrl-C is 03. The character itself where it makes nothing of it. */
export function withControl(character: string): string {
  if (character.length !== 1) return character;
  if (character === " ") return "\0";
  if (character === "?") return "\x7f";
  const code = character.toUpperCase().charCodeAt(0);
  return code >= 0x40 && code <= 0x5f ? String.fromCharCode(code & 0x1f) : character;
}

/** What takes the text that is pasted. */
export interface PasteTarget {
  /** The program has asked for bracketed paste (DECSET 2004). */
  readonly bracketed: boolean;
  /** The shell edits a line: it takes a tab for a wish to complete, and has no way to be given one. */
  readonly editsLine: boolean;
}

const TAB_STOP = 8;
const BEGIN = "\x1b[200~";
const END = "\x1b[201~";

/** What is sent for text that is pasted: Enter at the end of each line, and tabs as spaces where no tab would arrive. */
export function pasted(text: string, { bracketed, editsLine }: PasteTarget): string {
  const lines = text.split(/\r\n|\r|\n/);
  if (bracketed) return `${BEGIN}${lines.join("\r").replaceAll(END, "")}${END}`;
  return (editsLine ? lines.map(withoutTabs) : lines).join("\r");
}

function withoutTabs(line: string): string {
  let spaced = "";
  for (const character of line) {
    spaced += character === "\t" ? " ".repeat(TAB_STOP - ([...spaced].length % TAB_STOP)) : character;
  }
  return spaced;
}

/** Whether a line of the screen is a shell's with its prompt: "tabtpm# ls", "> " of an unfinished command. */
export const isPromptLine = (line: string): boolean => /^\S*[#$>] /.test(line);
