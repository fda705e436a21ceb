import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { Results } from "./results.ts";

const folder = mkdtempSync(join(tmpdir(), "tabtpm-mutation-"));
afterAll(() => rmSync(folder, { recursive: true }));

it("what was killed, or is none, stays so; what survived is tried again", () => {
  const file = join(folder, "new", "mutation.json");
  const mutant = { file: "a.ts", line: 1, start: 10, end: 11, before: "+", after: "-" };
  const other = { ...mutant, start: 20 };
  const broken = { ...mutant, start: 30 };
  const first = new Results(file, true);
  expect(first.settled(mutant)).toBeUndefined();
  first.add(mutant, { killedBy: "a test", seconds: 2 });
  first.add(other, { seconds: 3 });
  first.add(broken, "broken");

  const next = new Results(file, true);
  expect(next.settled(mutant)).toEqual({ killedBy: "a test", seconds: 2 });
  expect(next.settled(other)).toBeUndefined();
  expect(next.settled(broken)).toBe("broken");
  expect(next.settled({ ...mutant, after: "*" })).toBeUndefined();
  expect(new Results(file, false).settled(mutant)).toBeUndefined();
});
