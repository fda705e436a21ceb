/** Something in a lesson's file is wrong: where, what, and what to do. */
export class LessonError extends Error {
  override name = "LessonError";
  readonly file: string;
  /** From 1. */
  readonly line: number;
  constructor(file: string, line: number, problem: string) {
    super(`${file}:${line}: ${problem}`);
    this.file = file;
    this.line = line;
  }
}

/** A part of a lesson's file: for errors that say where. */
export interface Place {
  readonly file: string;
  /** Of its first line, from 1. */
  readonly line: number;
}

/** @param problem a sentence without its stop, with what to do */
export function refuse({ file, line }: Place, problem: string): never {
  throw new LessonError(file, line, problem);
}
