/** What a lesson's file says besides the lesson: for the tests that walk through it. */
import type { Act, Lesson } from "../lesson.ts";

/** A wrong turn: what is done instead, and what the learner must be told. */
export interface WrongTurn {
  readonly run: readonly string[];
  readonly act: Act | null;
  readonly answer: string | null;
  /** A part of the hint. */
  readonly told: string;
  /** What a learner does to get back, so that the right way is open again. */
  readonly undo: readonly string[];
  /** In the lesson's file. */
  readonly line: number;
}

export interface StepWalk {
  readonly wrong: readonly WrongTurn[];
  /** A command of the guest's whose output is the answer to the step's question; null without one. */
  readonly found: string | null;
}

export interface ParsedLesson {
  /** Its path. */
  readonly file: string;
  readonly lesson: Lesson;
  /** Beside the lesson's steps. */
  readonly walks: readonly StepWalk[];
}
