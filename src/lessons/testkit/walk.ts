/** Walks through a lesson on the real guest: its wrong turns, of each of which the learner must be told, and its right way. */
import type { CheckResult } from "../check.ts";
import { lessonFolder, resumeLine, startLines } from "../lesson.ts";
import { LessonRun } from "../run.ts";
import { LessonPc } from "./pc.ts";
import type { ParsedLesson, WrongTurn } from "./turns.ts";

export interface WalkOptions {
  /** The TPM's state at the beginning; a new TPM without it. */
  readonly permanent?: Uint8Array | undefined;
  /** Told of every line, of what it has written, and of what the learner would be told. */
  readonly onLine?: (line: string) => void;
  /** A folder of the user's has its name. The lesson is left after its first step, restarted, and walked through from its beginning. */
  readonly restarts?: boolean;
  /** The PC boots before each step but the first, as when the page was loaded anew, and no wrong turn is taken. */
  readonly reloads?: boolean;
}

/** A lesson does not go as its file says. */
class WalkError extends Error {
  override name = "WalkError";
}

/** @throws WalkError with the file, the step and the end of the console's text */
export async function walkLesson(parsed: ParsedLesson, options: WalkOptions = {}): Promise<void> {
  const pc = await LessonPc.boot(options.permanent);
  try {
    await new Walk(parsed, pc, options).run();
  } catch (error) {
    if (!(error instanceof WalkError)) throw error;
    throw new WalkError(`${error.message}\n--- the guest's console ends with:\n${pc.console.slice(-1500)}`);
  } finally {
    await pc.close();
  }
}

class Walk {
  readonly #parsed: ParsedLesson;
  readonly #pc: LessonPc;
  readonly #options: WalkOptions;
  readonly #say: (line: string) => void;
  #place = "";

  constructor(parsed: ParsedLesson, pc: LessonPc, options: WalkOptions) {
    this.#parsed = parsed;
    this.#pc = pc;
    this.#options = options;
    this.#say = options.onLine ?? (() => {});
  }

  get #folder(): string {
    return lessonFolder(this.#parsed.lesson);
  }

  async run(): Promise<void> {
    // Looked at when the guest has done what it was asked, not when commands pause.
    const run = new LessonRun({ lesson: this.#parsed.lesson, facts: this.#pc.facts, onPause: () => {} });
    if (this.#options.restarts) {
      await this.#typeWell(`mkdir ${this.#folder}; echo mine >${this.#folder}/own`);
      await this.#walk(run, 1);
      await this.#pc.renew(this.#options.permanent);
    }
    await this.#walk(run);
    run.close();
    if (!this.#options.restarts) return;
    const { output } = await this.#typeWell(`cat ${this.#folder}.*/own`);
    if (output.trim() !== "mine") this.#fail(`a folder of the user's has become “${output}”`);
  }

  async #walk(run: LessonRun, steps?: number): Promise<void> {
    const { lesson, walks } = this.#parsed;
    this.#place = "start";
    for (const line of startLines(lesson)) await this.#typeWell(line);
    await run.begin();
    for (const [at, { title }] of lesson.steps.slice(0, steps).entries()) {
      this.#place = `step ${at + 1}, “${title}”`;
      this.#say(`## ${this.#place}`);
      const { reloads = false } = this.#options;
      if (reloads && at > 0) await this.#reload(run, at);
      await this.#step(run, at, reloads ? [] : walks[at]!.wrong);
      if (run.current !== at + 1) this.#fail(`the lesson stands at step ${run.current + 1} after it`);
    }
  }

  async #reload(run: LessonRun, at: number): Promise<void> {
    const { lesson } = this.#parsed;
    await this.#pc.act({ kind: "boot", append: "" });
    for (const line of [resumeLine(lesson), ...lesson.afterBoot]) await this.#typeWell(line);
    await run.resume(at);
  }

  async #step(run: LessonRun, at: number, wrongTurns: readonly WrongTurn[]): Promise<void> {
    const { blocks, checks } = this.#parsed.lesson.steps[at]!;
    if (checks.length === 0) {
      await run.next();
      return;
    }
    this.#refused(await run.look(), "before anything was done");
    for (const turn of wrongTurns) await this.#wrong(run, turn);
    const doing = blocks.filter(({ kind }) => kind !== "prose");
    for (const [index, block] of doing.entries()) {
      if (block.kind === "run") {
        for (const [number, line] of block.lines.entries()) {
          const mayFail = block.fails && number === block.lines.length - 1;
          const { status } = await this.#type(line);
          if ((status !== 0) !== mayFail)
            this.#fail(
              `“${line}” ended with status ${status}: ${mayFail ? "it was to fail" : "it was to succeed; write “run fails” where a refusal is the point"}`,
            );
        }
      } else if (block.kind === "act") await this.#act(block.act);
      const isLast = index === doing.length - 1;
      const result = block.kind === "ask" ? await run.answer(await this.#find(at)) : await run.look();
      if (!isLast)
        this.#refused(
          result,
          `before its last block, the ${block.kind} block ${index + 1} of ${doing.length}, so that nothing checks what comes after it`,
        );
      else if (!result?.passed) this.#fail(`its check does not hold at the end: ${result?.hint}`);
    }
  }

  /** The learner does something else first. */
  async #wrong(run: LessonRun, { run: lines, act, answer, told, undo, line }: WrongTurn): Promise<void> {
    for (const each of lines) await this.#type(each);
    if (act !== null) await this.#act(act);
    const result = answer === null ? await run.look() : await run.answer(answer);
    const where = `after the wrong turn of line ${line}`;
    this.#refused(result, where);
    if (result === null || result.passed) return;
    if (!result.attempted)
      this.#fail(`${where} the hint would not be shown, since nothing of what was asked was tried: ${result.hint}`);
    if (!result.hint.includes(told))
      this.#fail(`${where} the learner is told “${result.hint}”, which does not say “${told}”`);
    for (const each of undo) await this.#typeWell(each);
    if (undo.length > 0) this.#refused(await run.look(), `${where} and the way back`);
  }

  async #find(at: number): Promise<string> {
    const { found } = this.#parsed.walks[at]!;
    const { output } = await this.#typeWell(found!);
    return output.trim();
  }

  async #act(act: Parameters<LessonPc["act"]>[0]): Promise<void> {
    this.#say(`* ${JSON.stringify(act)}`);
    await this.#pc.act(act);
    if (act.kind !== "failure-mode") await this.#typeWell(resumeLine(this.#parsed.lesson));
  }

  async #type(line: string): Promise<{ output: string; status: number }> {
    this.#say(`# ${line}`);
    const result = await this.#pc.shell.run(line);
    if (result.output !== "") this.#say(result.output);
    return result;
  }

  async #typeWell(line: string): Promise<{ output: string; status: number }> {
    const result = await this.#type(line);
    if (result.status !== 0) this.#fail(`“${line}” ended with status ${result.status}`);
    return result;
  }

  #refused(result: CheckResult | null, when: string): void {
    if (result?.passed) this.#fail(`its check holds ${when}`);
    if (result !== null && !result.passed) this.#say(`> ${result.hint}${result.attempted ? "" : " (not shown yet)"}`);
  }

  #fail(problem: string): never {
    throw new WalkError(`${this.#parsed.file}, ${this.#place}: ${problem}.`);
  }
}
