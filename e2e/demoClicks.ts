/** Demos of measured boot, by clicks in the page. */
import { expect, type Page } from "./fixtures.ts";
import { Guest } from "./guest.ts";

/** Several boots, and commands typed at each. A patience, not a measurement. */
export const STEP_PATIENCE = 400_000;

export const drawer = (page: Page) => page.getByRole("dialog", { name: /^(Learn|Lernen)$/ });
export const step = (page: Page, id: string) => drawer(page).locator(`[data-step="${id}"]`);

/** Opens a link to a demo, and agrees to a TPM of its own. */
export async function begin(page: Page, id: string): Promise<void> {
  const guest = new Guest(page);
  await page.goto(`./#demo=${id}`);
  const begin = drawer(page).locator(".demo-ask button");
  await expect(begin).toBeVisible();
  await expect(drawer(page).locator("[data-step]")).toHaveCount(0);
  await guest.booted();
  const loaded = page.waitForEvent("load", { timeout: STEP_PATIENCE });
  await begin.click();
  await loaded;
  await expect(drawer(page).locator("[data-step]").first()).toBeVisible();
  await guest.booted();
}
