/**
 * Leads through one lesson on a machine: types what it begins with, looks at what came of each step when the guest's commands have
 * paused, and keeps how far it is. It looks at facts only (src/lessons); of the console it knows when there is a prompt.
 */
import {
  type Act,
  boots,
  FactKeeper,
  type Lesson,
  LessonRun,
  resumeLine,
  startLines,
  type Watch,
} from "../../../src/index.ts";
import type { LessonPhase, LessonState, Light, Stage } from "../../state/learn.ts";
import { QuietMoment } from "../quietMoment.ts";
import type { ProgressStore } from "./progress.ts";

export interface GuideOptions {
  readonly lesson: Lesson;
  readonly stage: Stage;
  readonly progress: ProgressStore;
  readonly onChange: (news: Partial<LessonState>) => void;
  /** A step was passed; `isLast`: with it the lesson. */
  readonly onStep?: (step: number, isLast: boolean) => void;
}

export const keyOf = ({ id }: Pick<Lesson, "id">): string => `lesson=${id}`;

export class Guide {
  readonly #options: GuideOptions;
  readonly #facts: FactKeeper;
  readonly #run: LessonRun;
  readonly #closing = new AbortController();
  readonly #undo: (() => void)[] = [];
  /** What is typed is typed in its order. */
  #turn: Promise<unknown> = Promise.resolve();
  /** A shell has begun that is not in the lesson's folder. */
  #isElsewhere = true;
  /** Somebody has typed by hand since: the shell may have gone to a folder of the user's. */
  #isUnsure = false;
  #isTyping = false;
  #step = -1;
  /** The number of the last command before the present step. */
  #before = 0;

  /** It begins with {@link begin}; the facts are kept from now on. */
  constructor(options: GuideOptions) {
    this.#options = options;
    const { lesson, stage } = options;
    const { tpm } = stage;
    this.#facts = new FactKeeper({ tpm, readFile: async (path) => (await stage.files()).readFile(path) });
    let look = () => {};
    const quiet = new QuietMoment({ isBusy: () => tpm.busy, onQuiet: () => look() });
    this.#run = new LessonRun({
      lesson,
      facts: this.#facts,
      onPause: (next) => {
        look = next;
        quiet.commandSeen();
        quiet.ask();
      },
    });
    this.#undo.push(
      () => quiet.cancel(),
      this.#run.on("change", () => this.#show()),
      tpm.on("replaced", () => this.#lose()),
      stage.onMachine((machine) => {
        this.#facts.follow(machine);
        this.#isElsewhere = true;
        this.#undo.push(
          machine.serial.on("text", (text) => {
            if (!this.#isTyping && text.includes("\n")) this.#isUnsure = true;
          }),
          machine.on("stage", (at) => {
            if (at === "bios") this.#isElsewhere = true;
            // The shell of a later boot begins elsewhere, whoever booted it.
            if (at === "shell" && this.#step >= 0) void this.#inTurn(() => this.#enterAfterBoot()).catch(() => {});
          }),
        );
      }),
    );
  }

  /** Comes to the first step that was not passed yet. Never rejects: what is wrong is told by `onChange`. */
  async begin(): Promise<void> {
    const { lesson, stage, progress } = this.#options;
    const key = keyOf(lesson);
    const { signal } = this.#closing;
    try {
      const { passed, prepared } = await progress.read(key);
      if (prepared === "begun") return this.#phase("interrupted");
      this.#phase("booting");
      await this.#inTurn(async () => {
        await stage.prompt(signal);
        if (prepared === "yes") return this.#enter(true);
        this.#phase("preparing");
        await progress.change(key, { prepared: "begun" });
        this.#isElsewhere = false;
        this.#isUnsure = false;
        for (const line of startLines(lesson)) {
          await this.#type(line);
          // A boot in the middle: nobody knows what has been run.
          if (this.#isElsewhere) return;
        }
        await progress.change(key, { prepared: "yes" });
      });
      if (this.#isElsewhere) this.#phase("interrupted");
      else if (prepared === "yes") await this.#run.resume(passed);
      else await this.#run.begin();
    } catch (error) {
      if (!signal.aborted) this.#options.onChange({ phase: "interrupted", problem: messageOf(error) });
    }
  }

  /** Types lines, one at each prompt. */
  run(lines: readonly string[]): Promise<void> {
    return this.#busy(() =>
      this.#inTurn(async () => {
        await this.#enter(false, true);
        for (const line of lines) {
          await this.#type(line);
          // A boot in the middle: what is left was meant for another shell.
          if (this.#isElsewhere) return;
        }
      }),
    );
  }

  act(act: Act): Promise<void> {
    const { stage } = this.#options;
    return this.#busy(async () => {
      if (act.kind === "reset") stage.reset();
      else if (act.kind === "power-cut") await stage.cutPower();
      else if (act.kind === "power-cycle") await stage.powerCycle();
      else if (act.kind === "boot") await stage.boot({ append: act.append });
      else await stage.failTpm();
    });
  }

  async answer(text: string): Promise<void> {
    this.#options.onChange({ answer: text });
    await this.#run.answer(text);
  }

  /** Leaves a step that is only to be read. */
  async read(): Promise<void> {
    await this.#run.next();
  }

  /** Nothing of it goes on. What was passed stays so. */
  close(): void {
    this.#closing.abort();
    this.#run.close();
    this.#facts.close();
    for (const undo of this.#undo.splice(0)) undo();
    this.#options.stage.light([]);
  }

  /** Another TPM is in its TPM's place: what the lesson began with, and what was made in it, is gone. */
  #lose(): void {
    if (this.#run.isFinished) return;
    const { lesson, progress } = this.#options;
    this.close();
    progress.change(keyOf(lesson), { prepared: "begun" }).catch(() => {});
    this.#phase("interrupted");
  }

  #show(): void {
    const { lesson, stage, progress, onChange, onStep } = this.#options;
    const { current, result, isFinished } = this.#run;
    const isNew = current !== this.#step;
    if (isNew) {
      const isPassed = this.#step >= 0 && current > this.#step;
      this.#step = current;
      this.#before = stage.page.value.commands[0]?.sequence ?? 0;
      onChange({ answer: "" });
      if (isPassed) {
        const passedAt = isFinished ? { passedAt: Date.now() } : {};
        // Where the browser keeps nothing the lesson goes on all the same.
        progress.change(keyOf(lesson), { passed: current, ...passedAt }).catch(() => {});
        onStep?.(current, isFinished);
      }
    }
    const missing = result === null || result.passed ? null : { hint: result.hint, attempted: result.attempted };
    onChange({ phase: isFinished ? "passed" : "running", step: current, missing });
    stage.light((this.#run.step?.watch ?? []).map((watch) => this.#lightOf(watch)));
  }

  /** A row of the commands only once there is one of this step: before, the list is where to look. */
  #lightOf(watch: Watch): Light {
    if (watch.kind === "pcr") return { panel: "pcrs", pcr: watch.index };
    if (watch.kind !== "commands") return { panel: watch.kind };
    const command = `TPM2_${watch.name}`;
    const { commands } = this.#options.stage.page.value;
    const isThere = commands.some(({ name, sequence }) => name === command && sequence > this.#before);
    return isThere ? { panel: "commands", command } : { panel: "commands" };
  }

  #phase(phase: LessonPhase): void {
    this.#options.onChange({ phase });
  }

  /**
   * Goes to the lesson's folder, where the shell is not there yet.
   * @param afterBoot with what the boot took from the TPM
   * @param surely also where somebody may have left it: what is typed next deletes files, and not the user's
   */
  async #enter(afterBoot = false, surely = false): Promise<void> {
    if (!this.#isElsewhere && !(surely && this.#isUnsure)) return;
    const { lesson } = this.#options;
    await this.#type(resumeLine(lesson));
    this.#isElsewhere = false;
    this.#isUnsure = false;
    if (!afterBoot) return;
    for (const line of lesson.afterBoot) await this.#type(line);
  }

  async #type(line: string): Promise<void> {
    this.#isTyping = true;
    try {
      await this.#options.stage.run(line, this.#closing.signal);
    } finally {
      this.#isTyping = false;
    }
  }

  /** What is typed after a boot that no step asks for is none of the step's doing: the step begins anew. */
  async #enterAfterBoot(): Promise<void> {
    const { step } = this.#run;
    const isUnasked = step !== undefined && !boots(step) && this.#options.lesson.afterBoot.length > 0;
    if (!this.#isElsewhere) return;
    await this.#enter(isUnasked);
    if (isUnasked) await this.#run.resume(this.#run.current);
  }

  async #busy(work: () => Promise<void>): Promise<void> {
    const { onChange } = this.#options;
    onChange({ busy: true, problem: null });
    try {
      await work();
    } catch (error) {
      if (!this.#closing.signal.aborted) onChange({ problem: messageOf(error) });
    } finally {
      onChange({ busy: false });
    }
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {});
    return result;
  }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
