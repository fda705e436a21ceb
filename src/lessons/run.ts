/** One walk through a lesson: which step is the present one, and whether its check holds. */
import { Emitter } from "../engine/events.ts";
import type { CheckResult } from "./check.ts";
import { runChecks } from "./checks/index.ts";
import type { FactKeeper, Facts } from "./facts.ts";
import type { Lesson, Step } from "./lesson.ts";

/** What is kept of a walk: plain data. */
export interface LessonProgress {
  readonly lesson: string;
  /** Steps that are passed. */
  readonly passed: number;
}

export interface LessonRunEvents {
  /** The present step is another, or its last result is. */
  change: undefined;
  /** All steps are passed. */
  finished: undefined;
}

export interface LessonRunOptions {
  readonly lesson: Lesson;
  readonly facts: FactKeeper;
  /** Calls `look` when the guest has stopped sending commands; each call is about news. By default after 200 ms without more. */
  readonly onPause?: (look: () => void) => void;
}

const PAUSE_MS = 200;

export class LessonRun {
  readonly lesson: Lesson;
  readonly #facts: FactKeeper;
  readonly #events = new Emitter<LessonRunEvents>();
  readonly #removeListener: () => void;
  #passed = 0;
  #result: CheckResult | null = null;
  /** One look after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  /** The step has begun: what it compares with is known. */
  #isReady = false;

  /** It begins with {@link begin}. */
  constructor({ lesson, facts, onPause = afterPause() }: LessonRunOptions) {
    this.lesson = lesson;
    this.#facts = facts;
    this.#removeListener = facts.on("news", () => onPause(() => void this.look()));
  }

  on<Name extends keyof LessonRunEvents>(event: Name, listener: (value: LessonRunEvents[Name]) => void): () => void {
    return this.#events.on(event, listener);
  }

  /** The present step; undefined when all are passed. */
  get step(): Step | undefined {
    return this.lesson.steps[this.#passed];
  }

  /** Its number, from 0; the number of steps when all are passed. */
  get current(): number {
    return this.#passed;
  }

  get isFinished(): boolean {
    return this.#passed >= this.lesson.steps.length;
  }

  /** Of the last look at the present step; null before the first. */
  get result(): CheckResult | null {
    return this.#result;
  }

  get progress(): LessonProgress {
    return { lesson: this.lesson.id, passed: this.#passed };
  }

  /** The lesson's start commands have run, and the first step begins; also to begin again. */
  begin(): Promise<void> {
    return this.#beginAt(0, () => this.#facts.beginLesson());
  }

  /**
   * The PC has booted anew, and what the lesson types after a boot has run: that belongs to the lesson, and the step begins.
   * @param passed steps that were passed before, on the same TPM.
   */
  resume(passed: number): Promise<void> {
    return this.#beginAt(passed, () => this.#facts.beginStep());
  }

  #beginAt(passed: number, begin: () => Promise<void>): Promise<void> {
    this.#isReady = false;
    return this.#inTurn(async () => {
      this.#passed = Math.max(0, Math.min(passed, this.lesson.steps.length));
      this.#result = null;
      await begin();
      this.#isReady = true;
      this.#events.emit("change", undefined);
    });
  }

  /** Looks whether the present step's checks hold, and goes on to the next where they do. A step without checks waits for {@link next}. */
  look(): Promise<CheckResult | null> {
    return this.#inTurn(async () => {
      const { step } = this;
      if (!this.#isReady || step === undefined || step.checks.length === 0) return null;
      const facts = await this.#facts.look();
      const result = await runChecks(step.checks, facts);
      this.#result = result;
      if (result.passed) await this.#goOn(facts);
      else this.#events.emit("change", undefined);
      return result;
    });
  }

  /** The learner has answered the step's question. */
  answer(text: string): Promise<CheckResult | null> {
    this.#facts.answer(text);
    return this.look();
  }

  /** Leaves a step that is only to be read. Does nothing at one that has checks. */
  next(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#isReady && this.step?.checks.length === 0) await this.#goOn();
    });
  }

  close(): void {
    this.#removeListener();
    this.#isReady = false;
  }

  async #goOn(after?: Facts): Promise<void> {
    this.#passed++;
    this.#result = null;
    await this.#facts.beginStep(after);
    this.#events.emit("change", undefined);
    if (this.isFinished) this.#events.emit("finished", undefined);
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {});
    return result;
  }
}

function afterPause(): (look: () => void) => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return (look) => {
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE_MS);
  };
}
