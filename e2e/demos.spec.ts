/** Demos of measured boot, by clicks: on a TPM of their own, with the real firmware, kernel and TPM. */
import { readFile } from "node:fs/promises";
import { expectAccessible } from "./axe.ts";
import { begin, drawer, STEP_PATIENCE, step } from "./demoClicks.ts";
import { expect, fitsDeskAndPhone, type Page, test } from "./fixtures.ts";
import { Guest } from "./guest.ts";

/** Presses a step's button, and waits for its tick. */
async function take(page: Page, id: string): Promise<void> {
  await step(page, id).getByRole("button").click();
  await expect(drawer(page).locator("[data-activity]")).not.toHaveAttribute("data-activity", "none");
  await expect(drawer(page).locator("[data-activity]")).toHaveAttribute("data-activity", "none", {
    timeout: STEP_PATIENCE,
  });
  await expect(drawer(page).locator(".demo-failure")).toHaveCount(0);
  await expect(step(page, id)).toHaveAttribute("data-state", "done");
}

const console = (page: Page) => page.evaluate(() => window.tabtpm.serial.text());

test("the honest boot: the chain is drawn as it runs, and the next boot opens what was sealed to it", async ({
  page,
}) => {
  await begin(page, "honest-boot");
  const measured = drawer(page).locator("[data-link][data-measured]");
  await expect(step(page, "seal").getByRole("button")).toBeDisabled();
  await take(page, "boot");
  await expect(measured).toHaveCount(6);
  // What the page's own panel shows of the same PCR.
  await expect(drawer(page).locator(".demo-chain .demo-done")).toContainText("PCR 0, 2, 8, 9, 10");
  await expectAccessible(page, "after the boot");
  await take(page, "seal");
  await expect(step(page, "seal")).toContainText("0x8100de01");
  expect(
    await page.evaluate(async () => (await window.tabtpm.tpm.inspect()).persistent.map((one) => one.handle)),
  ).toEqual([0x8100de01]);
  await take(page, "again");
  await expect(step(page, "again")).toContainText("The vault is open");
  expect((await console(page)).split("\r\nThe vault is open\r\n")).toHaveLength(3);
  await fitsDeskAndPhone(page, "honest-boot");
  await page.emulateMedia({ colorScheme: "dark" });
  await expectAccessible(page, "at the end, dark");
  await fitsDeskAndPhone(page, "honest-boot-dark");

  await Promise.all([
    page.waitForEvent("load", { timeout: STEP_PATIENCE }),
    drawer(page).getByRole("button", { name: "Leave" }).click(),
  ]);
  await new Guest(page).booted();
  expect(await page.evaluate(async () => (await window.tabtpm.tpm.inspect()).persistent.length)).toBe(0);
});

test("the evil maid: one thing is changed, the secret stays shut, and opens when it is put back", async ({ page }) => {
  await begin(page, "evil-maid");
  await take(page, "seal");
  await step(page, "attack")
    .getByRole("radio", { name: /A kernel argument/ })
    .check();
  await take(page, "attack");
  const difference = step(page, "attack").locator(".demo-difference");
  await expect(difference).toHaveAttribute("data-first", "8");
  await expect(difference.locator("dd").nth(0)).not.toContainText("init=/bin/sh");
  await expect(difference.locator("dd").nth(1)).toContainText("init=/bin/sh");
  const refusal = step(page, "attack").locator(".demo-refusal");
  await expect(refusal).toContainText("TPM2_Unseal was refused. TPM_RC_POLICY_FAIL");
  await expect(refusal.locator("[data-reason=noted]")).toBeVisible();
  await expectAccessible(page, "after the attack");
  await fitsDeskAndPhone(page, "evil-maid");
  await page.emulateMedia({ colorScheme: "dark" });
  await expectAccessible(page, "after the attack, dark");
  await fitsDeskAndPhone(page, "evil-maid-dark");

  await step(page, "attack")
    .getByRole("radio", { name: /A script on the disk/ })
    .check();
  await take(page, "attack");
  await expect(difference).toHaveAttribute("data-first", "10");
  await expect(difference.locator("dd").nth(1)).toContainText("/mnt/boot-demo/unlock");
  await take(page, "undo");
  await expect(step(page, "undo")).toContainText("The vault is open");
});

test("an update that is allowed: the maker's signature lets a new kernel in, and another one is refused", async ({
  page,
}) => {
  await begin(page, "allowed-update");
  await take(page, "seal");
  await take(page, "update");
  await expect(step(page, "update").locator(".demo-refusal")).toContainText("TPM2_PolicyAuthorize was refused.");
  await take(page, "approve");
  await expect(step(page, "approve")).toContainText("The vault is open");
  await take(page, "other");
  await expect(step(page, "other").locator(".demo-refusal")).toContainText("TPM2_PolicyAuthorize was refused.");
  await expectAccessible(page, "at the end");
  await fitsDeskAndPhone(page, "allowed-update");
});

test("the bus: a secret is read in the octets of the answer, and not where a session hides it", async ({ page }) => {
  await begin(page, "bus");
  await take(page, "prepare");
  await take(page, "plain");
  await expect(step(page, "plain").locator("mark").first()).toContainText("54 68 65 20 76 61 75 6c 74");
  await take(page, "salted");
  await expect(step(page, "salted").locator("dd")).toHaveCount(2);
  await expect(step(page, "salted").locator("mark")).toHaveCount(0);
  await expectAccessible(page, "at the end");
  await fitsDeskAndPhone(page, "bus");
});

test("clone and rollback: the same keys twice, and a counter that falls back, which only who is outside notices", async ({
  page,
}) => {
  await begin(page, "clone-rollback");
  await take(page, "prepare");
  await take(page, "copy");
  await expect(step(page, "copy").locator("tr[data-same=true]")).toHaveCount(2);
  await expect(step(page, "copy").locator("tr[data-same=false]")).toHaveCount(1);
  await take(page, "count");
  await expect(step(page, "count").locator(".demo-refusal")).toContainText("TPM2_PolicyNV was refused.");
  await take(page, "back");
  await expect(step(page, "back").locator("[data-report=counter]")).toHaveAttribute("data-fell", "true");
  await expect(step(page, "back").locator("[data-report=reset-count]")).toHaveAttribute("data-fell", "false");
  await expectAccessible(page, "rolled back");
  await take(page, "catch-up");
  await expect(step(page, "catch-up").locator("tr[data-fell=false]")).toHaveCount(3);
  const download = page.waitForEvent("download");
  await drawer(page).locator("[data-trace=json]").click();
  const trace = JSON.parse(await readFile(await (await download).path(), "utf8"));
  const names: string[] = trace.commands.map(({ name }: { name: string }) => name);
  // All of it, also what the page's own list, which has the last commands, has lost.
  expect(names.filter((name) => name === "NV_Increment").length).toBeGreaterThanOrEqual(3);
  expect(names.filter((name) => name === "Startup").length).toBeGreaterThanOrEqual(1);
  await fitsDeskAndPhone(page, "clone-rollback");
  await page.emulateMedia({ colorScheme: "dark" });
  await expectAccessible(page, "at the end, dark");
  await fitsDeskAndPhone(page, "clone-rollback-dark");
});

test("in German, and nothing runs before it was agreed to", async ({ page }) => {
  await page.goto("./?lang=de#demo=evil-maid");
  await expect(drawer(page).getByRole("heading", { name: "Das Zimmermädchen" })).toBeVisible();
  await expect(drawer(page).getByRole("button", { name: "Anlegen und beginnen" })).toBeVisible();
  await expectAccessible(page, "asked, in German");
  await expect(drawer(page).locator("[data-step]")).toHaveCount(0);
});
