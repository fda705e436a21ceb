import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { Results } from "./results.ts";

const folder = mkdtempSync(join(tmpdir(), "tabtpm-mutation-"));
afterAll(() => rmSync(folder, { recursive: true }));

it("what was killed stays killed, what survived is tried again", () => {
  const file = join(folder, "new", "mutation.json");
  const mutant = { file: "a.ts", line: 1, start: 10, end: 11, before: "+", after: "-" };
  const other = { ...mutant, start: 20 };
  const first = new Results(file, true);
  expect(first.killed(mutant)).toBeUndefined();
  first.add(mutant, { killedBy: "a test", seconds: 2 });
  first.add(other, { seconds: 3 });

  const next = new Results(file, true);
  expect(next.killed(mutant)).toEqual({ killedBy: "a test", seconds: 2 });
  expect(next.killed(other)).toBeUndefined();
  expect(next.killed({ ...mutant, after: "*" })).toBeUndefined();
  expect(new Results(file, false).killed(mutant)).toBeUndefined();
});
