import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { World } from "./testkit/world.ts";

/** What holds at every moment, whoever was killed. Without `expect`, which takes longer than all the rest. */
function check(world: World): void {
  const { source, target, sourceDisk, targetDisk, sourceState, acknowledged } = world;
  const hold = (holds: boolean, what: string) => {
    if (!holds) throw new Error(`${what}: ${world.log.join("; ")}`);
  };
  hold(world.running.length <= 1, "More than one machine runs");
  for (const page of world.running) {
    hold(page.changes === acknowledged, "It goes on from before what was acknowledged");
    hold(world.diskOf(page).owner === page, "Its TPM belongs to another");
  }
  const isThere = world.isSameOrigin || !world.hasArrived ? sourceDisk : targetDisk;
  hold(isThere.changes === acknowledged, "A change is lost");
  const isBetween = sourceState?.phase === "givenUp" && !world.hasArrived && sourceDisk.isGivenUp;
  if (isBetween && !target.isRunning && !source.isRunning) hold(world.kept === acknowledged, "The machine is nowhere");
}

/** What is next: a number that chooses among what can happen, and whether it is something that goes wrong. */
type Turn = readonly [choice: number, isTrouble: boolean];

/** Plays a schedule. Then nothing bad happens any more, and persons do what they are offered. */
function play(isSameOrigin: boolean, schedule: readonly Turn[]): World {
  const world = new World(isSameOrigin);
  const run = (choose: (count: number) => number, isAllowed: (isTrouble: boolean) => boolean) => {
    const actions = world.actions().filter(({ isTrouble }) => isAllowed(isTrouble));
    const action = actions[choose(actions.length)];
    if (action === undefined) return;
    world.log.push(action.name);
    action.run();
    check(world);
  };
  for (const [choice, wanted] of schedule)
    run(
      (count) => choice % count,
      (isTrouble) => isTrouble === wanted,
    );
  // In turn, so that none waits for ever.
  for (let turn = 0; turn < 200; turn++) {
    const actions = world.actions().filter(({ isTrouble, name }) => !isTrouble && !name.includes("changes"));
    if (actions.length === 0) break;
    run(
      (count) => turn % count,
      (isTrouble) => !isTrouble,
    );
  }
  return world;
}

const choice = fc.nat({ max: 1 << 20 });
const calm = fc.constant(false);
// A whole migration takes some thirty turns, and is to come to its end now and then.
const seldom = fc.oneof({ weight: 14, arbitrary: calm }, { weight: 1, arbitrary: fc.constant(true) });
const schedules = (isTrouble: fc.Arbitrary<boolean>) =>
  fc.array(fc.tuple(choice, isTrouble), { maxLength: 120, size: "max" });

describe.each([
  ["two pages of one store", true],
  ["two browsers", false],
])("%s", (_name, isSameOrigin) => {
  test("kill either side at every moment: one machine at most runs, no change is lost, and in the end one runs", () => {
    fc.assert(
      fc.property(schedules(seldom), (schedule) => {
        const world = play(isSameOrigin, schedule);
        expect(world.running, world.log.join("; ")).toHaveLength(1);
      }),
      { numRuns: 2000 },
    );
  });

  test("where nothing goes wrong the machine runs at the target, with all that it had", () => {
    fc.assert(
      fc.property(schedules(calm), (schedule) => {
        const world = play(isSameOrigin, schedule);
        expect(world.running, world.log.join("; ")).toEqual([world.target]);
        expect(world.sourceState?.phase).toBe("moved");
        expect(world.targetState?.phase).toBe("started");
        expect(world.kept).toBe(null);
      }),
      { numRuns: 300 },
    );
  });
});
