/** Two tabs, one TPM. */
import { expect, test } from "./fixtures.ts";
import { Guest } from "./guest.ts";

test("a second tab is told, can take over, and the first one is told", async ({ context, page }) => {
  const first = await new Guest(page).open();
  await first.sh("tpm2_changeauth -c owner shared");
  expect(await first.sh("tpm2_getcap properties-variable | grep ownerAuthSet")).toMatch(/1$/);

  const other = await context.newPage();
  await other.goto("./");
  const told = other.locator("[data-problem=in-use]");
  await expect(told).toContainText("in use in another tab");
  // Being told changes nothing for the first.
  await first.sh("tpm2_getrandom 4 --hex");
  await expect(page.locator("[data-problem]")).toHaveCount(0);

  await told.getByRole("button", { name: "Take over" }).click();
  const second = new Guest(other);
  await second.booted();
  expect(await second.sh("tpm2_getcap properties-variable | grep ownerAuthSet")).toMatch(/1$/);
  await second.sh("tpm2_changeauth -c owner -p shared changed");

  await expect(page.locator("[data-problem=taken-over]")).toContainText("took this TPM over");
  await expect(page.locator("[data-state=power] dd")).toHaveText("off");
  await expect(page.locator("[data-state=tpm] dd")).toHaveText("taken over");

  await page.getByRole("button", { name: "Use it here" }).click();
  await first.booted();
  await first.sh("tpm2_changeauth -c owner -p changed again");
  await expect(other.locator("[data-problem=taken-over]")).toBeVisible();
});

test("when the first tab is closed, the next one has the TPM without asking", async ({ context, page }) => {
  await page.goto("./");
  await page.evaluate(() => window.tabtpm.ready);
  await page.close();
  const other = await context.newPage();
  await other.goto("./");
  await other.evaluate(() => window.tabtpm.ready);
  await expect(other.locator("[data-state=tpm] dd")).toHaveText("ready");
  await expect(other.locator("[data-problem]")).toHaveCount(0);
});
