/** The examples of docs/examples: `<tab-tpm>` in other people's pages, under a strict policy, with a real guest in it. */
import { expect, type Page } from "@playwright/test";
import { readLessons } from "../scripts/lessons/read.ts";
import type { TabTpmElement } from "../web/element/publicTypes.ts";
import { buildReactExample, withExamples } from "./examples.ts";
import { begun, handsAtElement, takeStep } from "./lessonClicks.ts";

/** A patience, not a measurement. */
const BOOT_PATIENCE = 300_000;

const { test, addressOf } = withExamples();

const booted = (page: Page) =>
  expect(page.locator("tab-tpm [data-stage=shell]").first()).toBeAttached({ timeout: BOOT_PATIENCE });
const consoleOf = (page: Page) =>
  page.evaluate(() => document.querySelector<TabTpmElement>("tab-tpm")?.machine?.serial.text() ?? "");

test("plain HTML: a boot, its PCRs and its log in two elements of one machine; the page's button types into it", async ({
  page,
}) => {
  await page.goto(addressOf("plain/"));
  await booted(page);
  const measured = page.locator("tab-tpm .pcrs tr[data-value=measured]");
  await expect.poll(() => measured.count(), { timeout: BOOT_PATIENCE }).toBeGreaterThanOrEqual(10);
  await expect(page.locator("tab-tpm [data-replay=match]")).toBeVisible({ timeout: BOOT_PATIENCE });
  await expect(page.locator("tab-tpm .xterm-rows")).toContainText("tabtpm#");
  const register = page.locator("tab-tpm .pcrs tr[data-pcr='16']");
  await expect(register).toHaveAttribute("data-value", "plain");
  await page.getByRole("button", { name: "Extend PCR 16" }).click();
  await expect(register).toHaveAttribute("data-value", "measured", { timeout: BOOT_PATIENCE });
  await page.screenshot({ path: test.info().outputPath("plain-1280.png"), fullPage: true, caret: "initial" });
  await page.emulateMedia({ colorScheme: "dark" });
  await page.screenshot({ path: test.info().outputPath("plain-dark.png"), fullPage: true, caret: "initial" });
  await page.setViewportSize({ width: 390, height: 844 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  await page.screenshot({ path: test.info().outputPath("plain-390.png"), fullPage: true, caret: "initial" });
});

test("React: the element lives through its being put away and back, and the page hears of stages and commands", async ({
  page,
}) => {
  await buildReactExample();
  await page.goto(addressOf("react/"));
  await booted(page);
  await expect(page.locator("[data-stage=shell] >> nth=0")).toBeAttached();
  await expect(page.locator("main p b")).toHaveText("shell");
  await expect(page.locator("tab-tpm .pcrs tr[data-value=measured]").first()).toBeVisible({ timeout: BOOT_PATIENCE });
  await page.getByRole("button", { name: "Random numbers" }).click();
  await expect.poll(() => consoleOf(page), { timeout: BOOT_PATIENCE }).toMatch(/getrandom --hex 16\r\n[0-9a-f]{32}/);
  await expect(page.locator("main p")).toContainText(/\d{2,} commands so far/);
  await page.screenshot({ path: test.info().outputPath("react.png"), caret: "initial" });
});

test("a slide deck: one machine on several slides, in German, started before it is seen", async ({ page }) => {
  await page.goto(addressOf("slides/"));
  await booted(page);
  await page.keyboard.press("ArrowRight");
  const terminal = page.locator("#s2 tab-tpm");
  await expect(terminal.getByRole("heading", { name: "Serielle Konsole" })).toBeVisible();
  await expect(terminal.locator(".xterm-rows")).toContainText("tabtpm#");
  await terminal.locator("textarea").first().focus();
  await page.keyboard.type("tpm2_getcap properties-fixed | head -3");
  await page.keyboard.press("Enter");
  await expect.poll(() => consoleOf(page), { timeout: BOOT_PATIENCE }).toContain("TPM2_PT_FAMILY_INDICATOR");
  await page.screenshot({ path: test.info().outputPath("slide-2.png"), caret: "initial" });
  await page.getByRole("heading", { name: "Ein PC" }).click();
  await page.keyboard.press("ArrowRight");
  await expect(page.locator("#s3 tab-tpm .pcrs tr[data-value=measured]").first()).toBeVisible();
  await expect(page.locator("#s3 tab-tpm [data-replay=match]")).toBeVisible({ timeout: BOOT_PATIENCE });
  await page.screenshot({ path: test.info().outputPath("slide-3.png"), caret: "initial" });
});

test("a lesson: shown beside its machine, wrong turns told, passed by its buttons, which the page hears; restarted on another TPM", async ({
  page,
}) => {
  const guest = handsAtElement(page);
  await page.goto(addressOf("lesson/"));
  await page.getByRole("button", { name: "Start" }).click();
  await begun(page);
  const parsed = readLessons().find(({ lesson }) => lesson.id === "pcrs")!;
  const count = parsed.lesson.steps.length;
  await takeStep(guest, parsed, 0);
  await expect(page.getByLabel("Steps passed")).toHaveJSProperty("value", 1);
  await page.screenshot({ path: test.info().outputPath("lesson-1280.png"), fullPage: true, caret: "initial" });
  for (let at = 1; at < count; at++) await takeStep(guest, parsed, at);
  await expect(page.locator("#said")).toHaveText(`Lesson “pcrs” passed, all ${count} steps.`);
  await page.getByRole("button", { name: "Restart the lesson…" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Restart", exact: true }).click();
  await begun(page);
  await expect(page.locator(".lesson")).toHaveAttribute("data-step", "0");
  await takeStep(guest, parsed, 0, false);
  await page.setViewportSize({ width: 390, height: 844 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  await page.screenshot({ path: test.info().outputPath("lesson-390.png"), fullPage: true, caret: "initial" });
});

test("a demo: shown beside its machine, done by its buttons, of which the page hears, and saved as a trace", async ({
  page,
}) => {
  await page.goto(addressOf("blank"));
  await page.evaluate(() => {
    const told: unknown[] = [];
    Object.assign(window, { told });
    const element = document.createElement("tab-tpm");
    element.demo = "bus";
    element.panels = "terminal trace";
    for (const name of ["demo-step", "demo-done"] as const) {
      element.addEventListener(name, ({ detail }) => told.push([name, detail]));
    }
    element.autostart = true;
    document.body.append(element);
  });
  const step = (id: string) => page.locator(`tab-tpm [data-step=${id}]`);
  await booted(page);
  for (const id of ["prepare", "plain", "salted"]) {
    await step(id).getByRole("button").click();
    await expect(step(id)).toHaveAttribute("data-state", "done", { timeout: BOOT_PATIENCE });
  }
  expect(await page.evaluate(() => (window as unknown as { told: unknown }).told)).toEqual([
    ...[1, 2, 3].map((each) => ["demo-step", { demo: "bus", step: each, steps: 3 }]),
    ["demo-done", { demo: "bus", steps: 3 }],
  ]);
  await page.screenshot({ path: test.info().outputPath("demo-1280.png"), fullPage: true, caret: "initial" });
  const download = page.waitForEvent("download");
  await page.locator("tab-tpm [data-trace=pcapng]").click();
  expect((await download).suggestedFilename()).toMatch(/^tabtpm-demo-.*\.pcapng$/);
});
