/** What the page says while the PC runs: a firmware that gave up, a TPM that does not answer, a clock that is behind. */
import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures.ts";
import { Guest } from "./guest.ts";

/** In the TPM's worker: its 4th command answers TPM_RC_FAILURE and is not executed. */
const FAIL_FOURTH = `{
  const { instantiate } = WebAssembly;
  let commands = 0;
  WebAssembly.instantiate = async (...given) => {
    const instance = await instantiate(...given);
    const { memory, responseBuffer, execute } = instance.exports;
    if (execute === undefined) return instance;
    const failing = (size, locality) => {
      if (++commands !== 4) return execute(size, locality);
      new Uint8Array(memory.buffer, responseBuffer(), 10).set([0x80, 1, 0, 0, 0, 10, 0, 0, 1, 1]);
      return 10;
    };
    return { exports: { ...instance.exports, execute: failing } };
  };
}`;

const tpm = (page: Page) => page.locator("[data-state=tpm] dd");

test("a firmware that gave up is named, and a reset makes the boot whole", async ({ page }) => {
  await page.route(/\/assets\/worker-.*\.js$/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${FAIL_FOURTH}\n${await response.text()}` });
  });
  const guest = await new Guest(page).open();
  const banner = page.locator("[data-notice=findings]");
  await expect(banner.locator("[data-finding=given-up]")).toContainText("TPM2_PCR_Extend answered TPM_RC_FAILURE");
  await expect(banner.locator("[data-finding=not-measured]")).toBeVisible();
  await expect(tpm(page)).toHaveText("not ready");
  await expect(page.locator("[data-replay]")).toHaveCount(0);
  await expect(page.locator(".boot li[data-step=bad]")).toHaveText("BIOS");
  for (const [width, height] of [
    [1280, 800],
    [390, 844],
  ] as const) {
    await page.setViewportSize({ width, height });
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow, `${width} pixels wide`).toBeLessThanOrEqual(0);
    await page.screenshot({ path: test.info().outputPath(`given-up-${width}.png`) });
  }
  await guest.reboots(() => banner.getByRole("button", { name: "Reset" }).click());
  await expect(tpm(page)).toHaveText("ready");
  await expect(banner).toHaveCount(0);
  await expect(page.locator("[data-replay=match]")).toBeVisible();
});
