/** `<tab-tpm>` as its documentation has it (docs/embed.md), in a page that has nothing else, under a strict policy. */
import { expect, type Page } from "@playwright/test";
import type { TabTpmElement } from "../web/element/publicTypes.ts";
import { withExamples } from "./examples.ts";

/** A patience, not a measurement. */
const PATIENCE = 150_000;

const { test, addressOf } = withExamples();

async function open(page: Page): Promise<void> {
  await page.goto(addressOf("blank"));
  await page.evaluate(() => customElements.whenDefined("tab-tpm"));
}

/** Puts an element into the page. Its events are noted in its data-heard attribute. */
function append(page: Page, attributes: Record<string, string>): Promise<void> {
  return page.evaluate((given) => {
    const element = document.createElement("tab-tpm") as TabTpmElement;
    const heard: string[] = [];
    const hear = (words: string) => {
      heard.push(words);
      element.setAttribute("data-heard", heard.join("\n"));
    };
    element.addEventListener("ready", () => hear(`ready ${element.tpm !== null && element.machine !== null}`));
    element.addEventListener("stage", ({ detail }) => hear(`stage ${detail.stage}`));
    element.addEventListener("error", ({ detail }) => hear(`error ${detail.attribute ?? ""} ${detail.message}`));
    for (const [name, value] of Object.entries(given)) element.setAttribute(name, value);
    document.body.append(element);
  }, attributes);
}

const heard = async (page: Page) => (await page.locator("tab-tpm").first().getAttribute("data-heard")) ?? "";
const stage = (page: Page) => page.locator("tab-tpm [data-stage]").first();

test("starts right after it was appended, is switched off and on, and gives the TPM's state back when it is removed", async ({
  page,
}) => {
  await open(page);
  await page.evaluate(async () => {
    const element = document.createElement("tab-tpm") as TabTpmElement;
    element.panels = "terminal";
    element.state = "lesson";
    document.body.append(element);
    await element.start();
    if (element.tpm?.power !== "on" || element.machine?.stage === "off") throw new Error("It has no power.");
  });
  await expect(stage(page)).toHaveAttribute("data-stage", "shell", { timeout: PATIENCE });
  const random = await page.evaluate(async () => {
    const element = document.querySelector("tab-tpm") as TabTpmElement;
    const seen = element.machine!.serial.waitFor(/[0-9a-f]{16}/);
    const answered = new Promise((resolve) => element.addEventListener("command", ({ detail }) => resolve(detail)));
    await element.type("tpm2_getrandom --hex 8\n");
    await answered;
    return await seen;
  });
  expect(random).toMatch(/[0-9a-f]{16}$/);
  await page.getByRole("button", { name: "Power off" }).click();
  await expect(stage(page)).toHaveAttribute("data-stage", "off");
  await page.getByRole("button", { name: "Power on" }).click();
  // The firmware may be through before anybody looks.
  await expect(stage(page)).toHaveAttribute("data-stage", /^(bios|kernel|shell)$/);
  // Another one of the same state: the TPM has one owner at a time.
  await page.evaluate(() => document.querySelector("tab-tpm")!.remove());
  await append(page, { panels: "pcrs", state: "lesson", machine: "another", autostart: "" });
  await expect.poll(() => heard(page), { timeout: PATIENCE }).toContain("stage shell");
  expect(await heard(page)).toMatch(/^ready true\nstage bios\nstage kernel\nstage shell$/);
  await expect(page.locator("tab-tpm .pcrs tr[data-value=measured]").first()).toBeVisible({ timeout: PATIENCE });
  await expect(page.locator("tab-tpm .xterm")).toHaveCount(0);
});

test("waits for a click, with what the page has put into it, and takes a theme from outside", async ({ page }) => {
  await open(page);
  await page.evaluate(() => {
    document.body.innerHTML = `<tab-tpm><p>A lesson's own words</p><b slot="heading">Above</b><i slot="footer">Below</i></tab-tpm>`;
  });
  for (const words of ["A lesson's own words", "Above", "Below"]) await expect(page.getByText(words)).toBeVisible();
  await expect(page.getByText("A PC with a TPM 2.0 that runs in this page.")).toBeHidden();
  const colour = () =>
    page.getByRole("button", { name: "Start" }).evaluate((button) => getComputedStyle(button).backgroundColor);
  const before = await colour();
  await page.evaluate(() => document.querySelector("tab-tpm")!.style.setProperty("--accent", "rgb(1, 2, 3)"));
  expect(await colour()).toBe("rgb(1, 2, 3)");
  expect(before).not.toBe("rgb(1, 2, 3)");
  await page.screenshot({ path: test.info().outputPath("idle.png"), caret: "initial" });
});

test("says which value it can't take, in the console and by an event, and goes on without it", async ({
  page,
  watch,
}) => {
  await open(page);
  await append(page, { panels: "prcs pcrs", memory: "64" });
  const panel = '<tab-tpm panels>: there is no panel "prcs"; there are terminal, pcrs, trace and log.';
  const memory = '<tab-tpm memory>: memory is a number of MiB, 96 to 2047, not "64": it is 128 now.';
  expect(await heard(page)).toBe(`error panels ${panel}\nerror memory ${memory}`);
  await expect(page.getByRole("button", { name: "Start" })).toBeVisible();
  await expect.poll(() => watch.complaints.splice(0)).toEqual([`console.error: ${panel}`, `console.error: ${memory}`]);
});

test("says that there is no such lesson, or that a demo is for the project's own page, and starts without", async ({
  page,
  watch,
}) => {
  await open(page);
  await append(page, { demo: "remote-attestation", panels: "terminal", autostart: "" });
  const demo = "<tab-tpm demo>: there is no demo “remote-attestation” for other pages.";
  await expect.poll(() => heard(page), { timeout: PATIENCE }).toContain("stage bios");
  expect((await heard(page)).split("\n").slice(0, 2)).toEqual([`error demo ${demo}`, "ready true"]);
  await page.evaluate(() => document.querySelector("tab-tpm")!.remove());
  await append(page, { lesson: "none", panels: "terminal", autostart: "" });
  const lesson = "<tab-tpm lesson>: there is no lesson “none”.";
  await expect.poll(() => heard(page), { timeout: PATIENCE }).toContain("stage bios");
  expect((await heard(page)).split("\n").slice(0, 2)).toEqual([`error lesson ${lesson}`, "ready true"]);
  expect(watch.complaints.splice(0)).toEqual([`console.error: ${demo}`, `console.error: ${lesson}`]);
});

test("without images it says where it looked and what to do, and goes on once they are there", async ({
  page,
  watch,
}) => {
  await open(page);
  await append(page, { images: "/nowhere", autostart: "" });
  const alert = page.locator("tab-tpm").getByRole("alert");
  await expect(alert).toContainText(`They were looked for at ${addressOf("nowhere/")}.`, { timeout: PATIENCE });
  await expect(alert).toContainText('say where it is with images="…"');
  expect(await heard(page)).toMatch(/^error {2}.*\/nowhere\/manifest\.json.*404/);
  await page.screenshot({ path: test.info().outputPath("no-images.png"), caret: "initial" });
  expect(watch.complaints.splice(0)).toEqual([expect.stringContaining("404")]);
  await page.evaluate(() => document.querySelector("tab-tpm")!.setAttribute("images", "/guest"));
  await alert.getByRole("button", { name: "Try again" }).click();
  await expect.poll(() => heard(page), { timeout: PATIENCE }).toContain("stage bios");
});

test("a TPM that another tab has is taken over when the user says so, and the other tab says it", async ({
  page,
  context,
}) => {
  await open(page);
  await append(page, { state: "shared", panels: "terminal", autostart: "" });
  await expect.poll(() => heard(page), { timeout: PATIENCE }).toContain("stage bios");
  const other = await context.newPage();
  await open(other);
  await append(other, { state: "shared", panels: "terminal", autostart: "" });
  await expect(other.getByRole("alert")).toContainText("This TPM is in use in another tab", { timeout: PATIENCE });
  await other.getByRole("button", { name: "Take over" }).click();
  await expect.poll(() => heard(other), { timeout: PATIENCE }).toContain("stage bios");
  await expect(page.getByRole("alert")).toContainText("Another tab took this TPM over", { timeout: PATIENCE });
  // And back.
  await page.getByRole("button", { name: "Take over" }).click();
  await expect(page.locator("tab-tpm .xterm-screen")).toBeVisible({ timeout: PATIENCE });
  await expect(stage(page)).toHaveAttribute("data-stage", /^(bios|kernel|shell)$/, { timeout: PATIENCE });
  await expect(page.getByRole("alert")).toHaveCount(0);
});
