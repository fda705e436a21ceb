import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Lesson, Step } from "./lesson.ts";
import { LessonRun, type LessonRunOptions } from "./run.ts";
import { Bench } from "./testkit/bench.ts";

const step = (title: string, ...checks: Step["checks"]): Step => ({ title, blocks: [], watch: [], checks });
const lesson: Lesson = {
  id: "example",
  course: "keys",
  number: 1,
  title: "An example",
  minutes: 1,
  clauses: [],
  certificates: false,
  start: [],
  afterBoot: [],
  introduction: [],
  steps: [
    step("Ask", { check: "command", parameters: { name: "GetRandom", succeeded: true } }),
    step("Read"),
    step("Answer", { check: "answer", parameters: { is: "24" } }),
    step("Ask again", { check: "command", parameters: { name: "GetRandom", succeeded: true } }),
  ],
  realMachine: [],
};

let bench: Bench;
/** What the run was told of news, and has not looked at yet. */
let pending: (() => void)[];
let run: LessonRun;
const onPause: NonNullable<LessonRunOptions["onPause"]> = (look) => pending.push(look);

beforeEach(async () => {
  bench = await Bench.start();
  pending = [];
  run = new LessonRun({ lesson, facts: bench.facts, onPause });
});
afterEach(async () => {
  run.close();
  await bench.close();
});

const random = () => bench.client.call("GetRandom", { parameters: { bytesRequested: 4 } });

describe("a walk through a lesson", () => {
  it("goes from step to step as their checks hold, and ends", async () => {
    let finished = 0;
    run.on("finished", () => finished++);
    expect(await run.look()).toBeNull();
    await run.begin();
    expect([run.step?.title, run.result]).toEqual(["Ask", null]);
    expect(await run.look()).toMatchObject({ passed: false, attempted: false });
    expect(run.result).toMatchObject({ hint: "TPM2_GetRandom was not sent to the TPM yet." });
    await run.next();
    expect(run.current).toBe(0);
    await random();
    expect(await run.look()).toEqual({ passed: true });
    expect([run.step?.title, run.result]).toEqual(["Read", null]);
    expect(await run.look()).toBeNull();
    await run.next();
    expect(await run.answer("25")).toMatchObject({ attempted: true, hint: "“25” is not the answer." });
    expect(await run.answer(" 0x24 ")).toEqual({ passed: true });
    expect([run.step?.title, await run.look()]).toMatchObject(["Ask again", { passed: false }]);
    expect([run.isFinished, finished]).toEqual([false, 0]);
    await random();
    await run.look();
    expect([run.isFinished, run.step, finished, run.progress]).toEqual([
      true,
      undefined,
      1,
      { lesson: "example", passed: 4 },
    ]);
    expect(await run.look()).toBeNull();
  });

  it("looks when commands pause, and tells when something has changed", async () => {
    await run.begin();
    let changes = 0;
    const changed = new Promise<void>((resolve) =>
      run.on("change", () => {
        changes++;
        resolve();
      }),
    );
    await random();
    await random();
    expect([pending.length, changes]).toEqual([2, 0]);
    for (const look of pending.splice(0)) look();
    await changed;
    expect([run.current, changes]).toEqual([1, 1]);
  });

  it("begins again, and goes on where it was left", async () => {
    await run.begin();
    await random();
    await run.look();
    await run.begin();
    expect([run.current, await run.look()]).toMatchObject([0, { passed: false }]);
    await run.resume(3);
    expect(run.step?.title).toBe("Ask again");
    await run.resume(99);
    expect([run.isFinished, run.current]).toEqual([true, 4]);
    await run.resume(-1);
    expect(run.current).toBe(0);
  });

  it("goes on with what was typed after the boot as the lesson's, and none of the step's", async () => {
    await run.begin();
    await random();
    await run.resume(3);
    expect(await run.look()).toMatchObject({ passed: false, attempted: false });
    const { commands, commandsOfLesson } = await bench.facts.look();
    expect([commands, commandsOfLesson.map(({ name }) => name)]).toEqual([[], ["GetRandom"]]);
  });

  it("hears nothing more when it is closed", async () => {
    await run.begin();
    run.close();
    await random();
    expect([pending.length, await run.look(), run.current]).toEqual([0, null, 0]);
  });
});

it("the pause is one in which nothing comes", async () => {
  run.close();
  run = new LessonRun({ lesson, facts: bench.facts });
  await run.begin();
  const changed = new Promise<void>((resolve) => run.on("change", () => resolve()));
  await random();
  await changed;
  expect(run.current).toBe(1);
});
