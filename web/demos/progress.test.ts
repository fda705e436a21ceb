import { expect, test } from "vitest";
import { stepCounter } from "./progress.ts";

test("a step that is done is told once, also when it is done again, and all of them when none is left", () => {
  const told: string[] = [];
  const tell = stepCounter(
    (step, steps) => told.push(`${step}/${steps}`),
    (steps) => told.push(`all ${steps}`),
  );
  for (const number of [1, 2, 3]) tell(number, false);
  tell(1, true);
  tell(1, true);
  tell(2, true);
  // The second one is done anew.
  tell(2, false);
  tell(2, true);
  tell(3, true);
  expect(told).toEqual(["1/3", "2/3", "2/3", "3/3", "all 3"]);
});
