import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Lesson, Machine, Tpm } from "../../../src/index.ts";
import type { LessonPhase, Stage } from "../../state/learn.ts";
import { Guide } from "./guide.ts";
import { type ProgressStore, progressInMemory } from "./progress.ts";

const lesson: Lesson = {
  id: "seal",
  course: "secrets",
  number: 1,
  title: "Seal",
  minutes: 1,
  clauses: [],
  certificates: false,
  start: ["make primary.ctx"],
  afterBoot: ["make primary.ctx again", "load seal.ctx"],
  introduction: [],
  steps: [
    { title: "Read", blocks: [], watch: [], checks: [] },
    { title: "Open", blocks: [], watch: [], checks: [{ check: "rebooted", parameters: {} }] },
    {
      title: "Boot",
      blocks: [{ kind: "act", act: { kind: "reset" } }],
      watch: [],
      checks: [{ check: "rebooted", parameters: {} }],
    },
  ],
  realMachine: [],
};

/** A PC whose shell takes each line, and tells it. */
class FakePc {
  readonly typed: string[] = [];
  readonly #stages = new Set<(stage: string) => void>();
  readonly #texts = new Set<(text: string) => void>();
  readonly #replaced = new Set<() => void>();
  /** What happens while a line is run. */
  during: (line: string) => void = () => {};
  readonly machine = {
    stage: "shell",
    on: (name: string, listener: (stage: string) => void) => {
      if (name === "stage") this.#stages.add(listener);
      return () => void this.#stages.delete(listener);
    },
    serial: {
      on: (_: string, listener: (text: string) => void) => {
        this.#texts.add(listener);
        return () => void this.#texts.delete(listener);
      },
    },
  };
  enter(stage: string): void {
    this.machine.stage = stage;
    for (const listener of this.#stages) listener(stage);
  }
  write(text: string): void {
    for (const listener of this.#texts) listener(text);
  }
  replaceTpm(): void {
    for (const listener of this.#replaced) listener();
  }
  boot(): void {
    this.enter("bios");
    this.enter("shell");
  }
  readonly asStage = {
    tpm: {
      on: (name: string, listener: () => void) => {
        if (name === "replaced") this.#replaced.add(listener);
        return () => void this.#replaced.delete(listener);
      },
      inspect: async () => null,
      busy: false,
    } as unknown as Tpm,
    page: { value: { commands: [] } },
    onMachine: (listener: (machine: Machine) => void) => {
      listener(this.machine as unknown as Machine);
      return () => {};
    },
    prompt: async () => {},
    run: async (line: string, signal: AbortSignal) => {
      signal.throwIfAborted();
      this.write(`${line}\n`);
      this.typed.push(line);
      this.during(line);
    },
    light: () => {},
  } as unknown as Stage;
}

let pc: FakePc;
let progress: ProgressStore;
let phase: LessonPhase;
let guide: Guide;
const CD = "cd /mnt/seal";

const lead = () =>
  new Guide({
    lesson,
    stage: pc.asStage,
    progress,
    onChange: (news) => {
      phase = news.phase ?? phase;
    },
  });

beforeEach(() => {
  pc = new FakePc();
  progress = progressInMemory();
  phase = "booting";
  guide = lead();
});
afterEach(() => guide.close());

test("a lesson begins with its lines, and what was typed by hand may have left its folder", async () => {
  await guide.begin();
  expect([phase, pc.typed.at(-1), pc.typed.length]).toEqual(["running", "make primary.ctx", 2]);
  pc.typed.length = 0;
  await guide.run(["rm secret.txt"]);
  expect(pc.typed).toEqual(["rm secret.txt"]);
  pc.write("cd /mnt/mine\r\n");
  await guide.run(["rm secret.txt"]);
  await guide.run(["ls"]);
  expect(pc.typed.slice(1)).toEqual([CD, "rm secret.txt", "ls"]);
});

test("gone on with after a reload, it makes again what the boot took", async () => {
  await progress.change("lesson=seal", { prepared: "yes", passed: 1 });
  await guide.begin();
  expect([phase, pc.typed]).toEqual(["running", [CD, ...lesson.afterBoot]]);
});

test("so it does after a boot that no step asks for, and not after one that the step is about", async () => {
  await guide.begin();
  pc.typed.length = 0;
  pc.boot();
  await vi.waitFor(() => expect(pc.typed).toEqual([CD, ...lesson.afterBoot]));
  guide.close();
  await progress.change("lesson=seal", { prepared: "yes", passed: 2 });
  guide = lead();
  await guide.begin();
  pc.typed.length = 0;
  pc.boot();
  await guide.run(["ls"]);
  expect(pc.typed).toEqual([CD, "ls"]);
});

test("a boot in the middle ends what is being typed", async () => {
  pc.during = () => pc.boot();
  await guide.begin();
  expect([phase, pc.typed.length]).toEqual(["interrupted", 1]);
  expect((await progress.read("lesson=seal")).prepared).toBe("begun");
});

test("with another TPM in its TPM's place it has to be begun anew, also after a reload", async () => {
  await guide.begin();
  await guide.read();
  pc.typed.length = 0;
  pc.replaceTpm();
  expect(phase).toBe("interrupted");
  pc.boot();
  await guide.run(["ls"]);
  expect([phase, pc.typed]).toEqual(["interrupted", []]);
  phase = "booting";
  guide = lead();
  await guide.begin();
  expect([phase, pc.typed]).toEqual(["interrupted", []]);
});

test("one that was passed stays so", async () => {
  await progress.change("lesson=seal", { prepared: "yes", passed: lesson.steps.length });
  await guide.begin();
  pc.replaceTpm();
  expect([phase, (await progress.read("lesson=seal")).prepared]).toEqual(["passed", "yes"]);
});
