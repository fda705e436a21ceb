/** docs/lessons.md tells what there is. `npx vitest run -u --project machines scripts/lessons/guide.test.ts` prints it anew. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checks } from "../../src/lessons/checks/index.ts";
import { root } from "../root.mjs";
import { checksInWords, lessonsInWords, withSection } from "./guide.ts";
import { readLessons } from "./read.ts";

const FILE = join(root, "docs/lessons.md");

test("the guide has every check with its parameters, and every lesson with what its checks look at", async () => {
  const withChecks = withSection(readFileSync(FILE, "utf8"), "checks", checksInWords(checks));
  await expect(withSection(withChecks, "lessons", lessonsInWords(readLessons()))).toMatchFileSnapshot(FILE);
});

test("a document without the marks is refused", () => {
  expect(() => withSection("text", "checks", "more")).toThrow("has no <!-- checks: printed by the test -->");
});
