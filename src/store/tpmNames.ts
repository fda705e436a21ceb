/** The names that users give TPMs: what may be one, and when two are the same. */

/** Characters. */
export const TPM_NAME_LIMIT = 40;

/**
 * - `empty`: there is nothing but space.
 * - `long`: it has more than {@link TPM_NAME_LIMIT} characters.
 * - `character`: one that is not seen, or turns the order of letters round, so that it looks like another name.
 * - `taken`: another TPM has it, or one that differs in case or width only.
 */
export type TpmNameProblem = "empty" | "long" | "character" | "taken";

/** What was given is no name for a TPM; nothing was changed. */
export class TpmNameError extends Error {
  override name = "TpmNameError";
  readonly reason: TpmNameProblem;
  constructor(message: string, reason: TpmNameProblem) {
    super(message);
    this.reason = reason;
  }
}

/** Control and format characters (those that turn the order round are such), separators of lines, halves of characters, no characters. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Cn}\p{Zl}\p{Zp}]/u;

/**
 * @returns the name as it is kept: in normal form C, without space around it and with single ones in it.
 * @throws TpmNameError
 */
export function checkTpmName(text: string): string {
  const unseen = UNSEEN.exec(text);
  if (unseen !== null) {
    const code = unseen[0].codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0");
    throw new TpmNameError(
      `A TPM's name has no invisible characters: take U+${code} at place ${unseen.index + 1} out.`,
      "character",
    );
  }
  const name = text.normalize("NFC").replace(/\s+/gu, " ").trim();
  if (name === "") throw new TpmNameError("A TPM needs a name: give it one of at least one character.", "empty");
  const length = [...name].length;
  if (length <= TPM_NAME_LIMIT) return name;
  throw new TpmNameError(
    `A TPM's name has at most ${TPM_NAME_LIMIT} characters; this one has ${length}. Make it shorter.`,
    "long",
  );
}

/** Whether two names would be taken for each other. */
export const isSameTpmName = (a: string, b: string): boolean => folded(a) === folded(b);

const folded = (name: string) => name.normalize("NFKC").toLowerCase();

/** @returns `wanted`, or with a number behind it what no one of `taken` is the same as: "lab", "lab 2". */
export function freeTpmName(wanted: string, taken: readonly string[]): string {
  for (let number = 1; ; number++) {
    const suffix = number === 1 ? "" : ` ${number}`;
    const name = [...wanted].slice(0, TPM_NAME_LIMIT - suffix.length).join("") + suffix;
    if (!taken.some((other) => isSameTpmName(other, name))) return name;
  }
}
