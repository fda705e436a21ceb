/** axe-core in a page: what it finds wrong for those who see, hear or move otherwise. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect, type Page } from "@playwright/test";
import type { AxeResults, RunOptions } from "axe-core";

const source = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const options: RunOptions = {
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  // Off by default: controls of 24 by 24 pixels, or with as much room around them (WCAG 2.2, 2.5.8).
  rules: { "target-size": { enabled: true } },
};

/** Nothing that axe knows is wrong with the page as it is drawn now. @param when for the report */
export async function expectAccessible(page: Page, when: string): Promise<void> {
  // Not by a script element, which the page's policy forbids.
  await page.evaluate(source);
  const { violations, passes } = await page.evaluate(
    (how) => (window as unknown as { axe: { run(o: RunOptions): Promise<AxeResults> } }).axe.run(how),
    options,
  );
  const found = violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target} ${failureSummary}`),
  );
  expect(found, when).toEqual([]);
  // It has looked.
  expect(passes.map(({ id }) => id)).toContain("color-contrast");
}
