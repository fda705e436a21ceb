/** "New TPM" where something of it fails: the old one goes on, nothing is lost, and there is a way on. */
import type { Page } from "@playwright/test";
import { expect, test, type Watch } from "./fixtures.ts";
import { Guest } from "./guest.ts";
import { FULL_WHILE_TOLD, fillDisk, prepareWorker } from "./preparedWorker.ts";
import { spoilState, storedBlob } from "./stateDatabase.ts";

const note = (page: Page) => page.locator("[data-notice=not-replaced]");
const newTpm = (page: Page) => page.getByRole("button", { name: "New TPM…" });

async function askForNewTpm(page: Page, confirm = "Delete it and start a new TPM"): Promise<void> {
  await newTpm(page).click();
  await page.getByRole("dialog").getByRole("button", { name: confirm }).click();
}

/** What the guest says of a TPM whose owner has a password. */
async function expectOldTpm(guest: Guest): Promise<void> {
  expect(await guest.sh("tpm2_getcap properties-variable | grep ownerAuthSet")).toMatch(/1$/);
}

/** The browser itself reports requests that fail. */
function forgiveFailedRequests(watch: Watch): void {
  for (const complaint of watch.complaints.splice(0)) expect(complaint).toMatch(/Failed to (load resource|fetch)/);
}

test("offline the PC goes on with the old TPM, and online it is replaced", async ({ page, context, watch }) => {
  const guest = await new Guest(page).open();
  await guest.sh("tpm2_changeauth -c owner mine; echo kept > /tmp/mark");
  await context.setOffline(true);
  await askForNewTpm(page);
  await expect(note(page)).toContainText("No new TPM was made");
  await expect(note(page)).toContainText("when the network is back");
  // The PC was not even reset.
  expect(await guest.sh("cat /tmp/mark")).toBe("kept");
  await expectOldTpm(guest);
  for (const name of ["Reset", "Power off", "Pull the plug", "New TPM…"]) {
    await expect(page.getByRole("button", { name })).toBeEnabled();
  }
  for (const [width, height] of [
    [1280, 800],
    [390, 844],
  ] as const) {
    await page.setViewportSize({ width, height });
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow, `${width} pixels wide`).toBeLessThanOrEqual(0);
    await page.screenshot({ path: test.info().outputPath(`offline-${width}.png`) });
  }
  await note(page).getByRole("button", { name: "Dismiss" }).click();
  await expect(note(page)).toHaveCount(0);
  await guest.reboots(() => page.getByRole("button", { name: "Reset" }).click());
  await expectOldTpm(guest);

  await askForNewTpm(page);
  await expect(note(page)).toBeVisible();
  await context.setOffline(false);
  await guest.reboots(() => note(page).getByRole("button", { name: "Try again" }).click());
  await expect(note(page)).toHaveCount(0);
  expect(await guest.sh("tpm2_getcap properties-variable | grep ownerAuthSet")).toMatch(/0$/);
  forgiveFailedRequests(watch);
});

for (const [what, path] of [
  ["the worker", /\/assets\/worker-.*\.js$/],
  ["the TPM's core", /\/assets\/tabtpm-.*\.wasm$/],
  ["the code for certificates", /\/assets\/certificates-.*\.js$/],
] as const) {
  test(`without ${what} there is no new TPM, and the old one is as it was`, async ({ page, watch }) => {
    const guest = await new Guest(page).open();
    await guest.sh("tpm2_changeauth -c owner mine; echo kept > /tmp/mark");
    let refused = 0;
    await page.route(path, async (route) => {
      refused++;
      await route.fulfill({ status: 503, body: "" });
    });
    await askForNewTpm(page);
    await expect(note(page)).toContainText("No new TPM was made");
    expect(refused).toBeGreaterThan(0);
    expect(await guest.sh("cat /tmp/mark")).toBe("kept");
    await expectOldTpm(guest);
    await page.unrouteAll();
    await guest.reboots(() => note(page).getByRole("button", { name: "Try again" }).click());
    expect(await guest.sh("tpm2_getcap properties-variable | grep ownerAuthSet")).toMatch(/0$/);
    forgiveFailedRequests(watch);
  });
}

test("what never arrives can be given up", async ({ page }) => {
  const guest = await new Guest(page).open();
  await guest.sh("tpm2_changeauth -c owner mine");
  await page.route(/\/assets\/worker-.*\.js$/, () => {});
  await askForNewTpm(page);
  const making = page.locator("[data-notice=making]");
  await expect(making).toContainText("A new TPM is being made");
  await expect(newTpm(page)).toBeDisabled();
  await guest.reboots(() => page.getByRole("button", { name: "Reset" }).click());
  await making.getByRole("button", { name: "Keep the old one" }).click();
  await expect(making).toHaveCount(0);
  await expect(newTpm(page)).toBeEnabled();
  await expectOldTpm(guest);
});

test("a new TPM that can't be stored leaves the old one, with which the PC boots again", async ({ page }) => {
  await prepareWorker(page, FULL_WHILE_TOLD);
  const guest = await new Guest(page).open();
  await guest.sh("tpm2_changeauth -c owner mine");
  const before = await storedBlob(page);
  await fillDisk(page, true);
  await guest.reboots(() => askForNewTpm(page));
  await expect(note(page)).toContainText("The new TPM could not be stored");
  await expect(note(page)).toContainText("quota");
  expect(await storedBlob(page)).toEqual(before);
  await fillDisk(page, false);
  // The boot with the full disk has a banner with a button of this name as well.
  const machine = page.getByRole("toolbar", { name: "Machine" });
  await guest.reboots(() => machine.getByRole("button", { name: "Reset" }).click());
  await expectOldTpm(guest);
  await guest.reboots(() => note(page).getByRole("button", { name: "Try again" }).click());
  expect(await guest.sh("tpm2_getcap properties-variable | grep ownerAuthSet")).toMatch(/0$/);
});

test("in place of a damaged one, too: offline its words and choices stay", async ({ page, context, watch }) => {
  const flip = (blob: Uint8Array) => blob.map((byte, at) => (at === blob.length >> 1 ? byte ^ 1 : byte));
  const spoiled = await spoilState(page, flip);
  const problem = page.locator("[data-problem=damaged-state]");
  await expect(problem).toBeVisible();
  await context.setOffline(true);
  await page.getByRole("button", { name: "Start a new TPM…" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Set it aside and start a new TPM" }).click();
  await expect(note(page)).toContainText("No new TPM was made");
  await expect(problem).toBeVisible();
  expect(await storedBlob(page)).toEqual(spoiled);
  await context.setOffline(false);
  await note(page).getByRole("button", { name: "Try again" }).click();
  await new Guest(page).booted();
  await expect(note(page)).toHaveCount(0);
  forgiveFailedRequests(watch);
});
