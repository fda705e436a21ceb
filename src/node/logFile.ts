/** The file of a log: written line by line, by whoever may be root. */
import { closeSync, constants, fchmodSync, fstatSync, lstatSync, openSync } from "node:fs";

// Not on Windows, whatever the type declarations say.
const { O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants as { O_NOFOLLOW?: number; O_NONBLOCK?: number };
const { O_WRONLY, O_CREAT, O_APPEND, O_TRUNC } = constants;

export interface LogFileOptions {
  /** Permissions of a new file; default: 0640. */
  readonly mode?: number;
  /** A pipe that nobody reads is an error: by default its reader is waited for, and the whole process stands still. */
  readonly isImpatient?: boolean;
  /** A file that is there already gets `mode`, too, before anything is written. @throws where it is another user's */
  readonly setsMode?: boolean;
}

/**
 * A file, made when missing, a pipe or a terminal. No symbolic link is followed in its place: who can plant one in a
 * folder for logs would choose what is written to.
 * @param option what an error names. @returns the descriptor. @throws Error
 */
export function openLogFile(
  option: string,
  file: string,
  truncate: boolean,
  { mode = 0o640, isImpatient = false, setsMode = false }: LogFileOptions = {},
): number {
  try {
    if (O_NOFOLLOW === 0 && isLink(file)) throw linked(file);
    const flags = O_WRONLY | O_CREAT | O_NOFOLLOW | (truncate ? O_TRUNC : O_APPEND);
    const fd = openSync(file, flags | (isImpatient ? O_NONBLOCK : 0), mode);
    if (setsMode) setMode(fd, file, mode);
    return fd;
  } catch (cause) {
    const { message } = isLink(file) ? linked(file) : (cause as Error);
    throw new Error(`${option}: ${message}.`, { cause });
  }
}

function setMode(fd: number, file: string, mode: number): void {
  try {
    if (fstatSync(fd).isFile()) fchmodSync(fd, mode);
  } catch (cause) {
    closeSync(fd);
    const { message } = cause as Error;
    throw new Error(`${file} can't be made its owner's alone (${message}); give a file that is not there`, { cause });
  }
}

const isLink = (file: string) => lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() === true;
const linked = (file: string) =>
  new Error(
    `${file} is a symbolic link, and no link is followed there; give the file that it leads to, or for standard error the descriptor 2`,
  );
