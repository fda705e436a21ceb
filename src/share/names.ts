/** Names of files. */
import { FileError } from "./errors.ts";

/** Octets of a name in UTF-8: NAME_MAX. */
export const LONGEST_NAME = 255;

const encoder = new TextEncoder();

/** What a lone surrogate would become: nothing that is stored could be found again under its name. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * @param name of a file or folder, not a path
 * @throws FileError EINVAL, EILSEQ or ENAMETOOLONG for what Linux could not have as a name either
 */
export function checkName(name: string): void {
  if (name === "" || name === "." || name === "..") {
    throw new FileError("EINVAL", `${JSON.stringify(name)} can't be the name of a file`);
  }
  if (/[/\0]/.test(name)) throw new FileError("EINVAL", `${JSON.stringify(name)}: a name has no "/" and no NUL`);
  if (LONE_SURROGATE.test(name)) throw new FileError("EILSEQ", `${JSON.stringify(name)}: the name is no Unicode text`);
  const size = encoder.encode(name).length;
  if (size > LONGEST_NAME) {
    throw new FileError("ENAMETOOLONG", `A name has at most ${LONGEST_NAME} octets in UTF-8; this one has ${size}`);
  }
}

/**
 * @param name that is taken: "report.txt"
 * @param number of the try, from 2 on
 * @returns "report-2.txt", shortened where it would be too long
 */
export function numbered(name: string, number: number): string {
  const [, stem = name, end = ""] = /^(.+?)((?:\.[^./]{1,16})?)$/s.exec(name) ?? [];
  const suffix = `-${number}${end}`;
  const room = LONGEST_NAME - encoder.encode(suffix).length;
  let short = stem;
  while (encoder.encode(short).length > room) short = [...short].slice(0, -1).join("");
  return short + suffix;
}
