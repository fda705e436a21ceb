/** What the page says while the PC runs: a firmware that gave up, a TPM that does not answer, a clock that is behind. */
import type { Page } from "@playwright/test";
import { integrityCollection } from "../src/spec/commands/integrityCollection.ts";
import { expect, fitsDeskAndPhone, test } from "./fixtures.ts";
import { Guest, WRONG_AUTHORISATION } from "./guest.ts";
import { FULL_WHILE_TOLD, fillDisk, prepareWorker } from "./preparedWorker.ts";

const { code: PCR_EXTEND } = integrityCollection.PCR_Extend;

/**
 * Runs in the TPM's worker before anything else there: what the first TPM2_PCR_Extend does instead of, or before, its
 * work. It is the firmware's own: a count would take in what the page asks as soon as the firmware pauses.
 */
const atFirstExtend = (what: string) => `{
  const { instantiate } = WebAssembly;
  let extended = false;
  WebAssembly.instantiate = async (...given) => {
    const instance = await instantiate(...given);
    const { memory, commandBuffer, responseBuffer, execute } = instance.exports;
    if (execute === undefined) return instance;
    const other = (size, locality) => {
      if (!extended && new DataView(memory.buffer).getUint32(commandBuffer() + 6) === ${PCR_EXTEND}) {
        extended = true;
        ${what}
      }
      return execute(size, locality);
    };
    return { exports: { ...instance.exports, execute: other } };
  };
}`;
/** It answers TPM_RC_FAILURE and is not executed. */
const FAIL = `{
  new Uint8Array(memory.buffer, responseBuffer(), 10).set([0x80, 1, 0, 0, 0, 10, 0, 0, 1, 1]);
  return 10;
}`;
/** It takes three seconds. */
const PAUSE = `{
  const end = performance.now() + 3000;
  while (performance.now() < end);
}`;

const tpm = (page: Page) => page.locator("[data-state=tpm] dd");

test("a firmware that gave up is named, and a reset makes the boot whole", async ({ page }) => {
  await prepareWorker(page, atFirstExtend(FAIL));
  const guest = await new Guest(page).open();
  const banner = page.locator("[data-notice=findings]");
  await expect(banner.locator("[data-finding=given-up]")).toContainText("TPM2_PCR_Extend answered TPM_RC_FAILURE");
  await expect(banner.locator("[data-finding=not-measured]")).toBeVisible();
  await expect(tpm(page)).toHaveText("not ready");
  await expect(page.locator(".boot li[data-step=bad]")).toHaveText("BIOS");
  await fitsDeskAndPhone(page, "given-up");
  await guest.reboots(() => banner.getByRole("button", { name: "Reset" }).click());
  await expect(tpm(page)).toHaveText("ready");
  await expect(banner).toHaveCount(0);
  await expect(page.locator("[data-replay=match]")).toBeVisible();
});

/** As when the computer sleeps: the page's clock goes on and nothing else does. */
const sleep = (page: Page, milliseconds: number) =>
  page.evaluate((jump) => {
    const now = performance.now.bind(performance);
    performance.now = () => now() + jump;
  }, milliseconds);

test("waiting for the TPM is said, and a clock that is behind can be set", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await prepareWorker(page, atFirstExtend(PAUSE));
  await page.goto("./");
  await expect(page.locator(".boot")).toContainText("Waiting for the TPM");
  await expect(page.getByRole("status")).toHaveText("Waiting for the TPM");
  const guest = new Guest(page);
  await guest.booted();
  await expect(page.locator(".boot")).not.toContainText("Waiting for the TPM");
  await expect(tpm(page)).toHaveText("ready");
  await expect(page.locator("[data-notice]")).toHaveCount(0);

  await sleep(page, 3_780_000);
  const note = page.locator("[data-notice=clock]");
  await expect(note).toContainText(/The PC’s clock is 1 h \d min behind/);
  await fitsDeskAndPhone(page, "clock");
  await note.getByRole("button", { name: "Copy" }).click();
  const command = await page.evaluate(() => navigator.clipboard.readText());
  expect(command).toMatch(/^date -s @\d{10}$/);
  await guest.sh(command);
  expect(Number(await guest.sh("date +%s"))).toBeGreaterThanOrEqual(Number(command.slice("date -s @".length)));
  await note.getByRole("button", { name: "Dismiss" }).click();
  await expect(note).toHaveCount(0);

  await sleep(page, 36_000_000);
  await expect(note).toContainText(/11 h \d+ min behind/);
  await page.getByRole("button", { name: "Reset" }).click();
  await expect(note).toHaveCount(0);
  await guest.booted();
  await sleep(page, 36_000_000);
  await expect(note).toBeVisible();
  // A clock that does not run is not behind.
  await page.getByRole("button", { name: "Power off" }).click();
  await expect(note).toHaveCount(0);
});

test("a store that is full is said, with what to do, until a commit works again", async ({ page }) => {
  await prepareWorker(page, FULL_WHILE_TOLD);
  const guest = await new Guest(page).open();
  const note = page.locator("[data-notice=store]");
  await expect(note).toHaveCount(0);
  await fillDisk(page, true);
  await guest.refuses("tpm2_changeauth -c owner mine", "NV");
  await expect(note).toContainText("TPM_RC_NV_UNAVAILABLE");
  await expect(note).toContainText("Free disk space, but keep this site's data");
  // What changes nothing permanent works, and says nothing of the store.
  await guest.sh("tpm2_getrandom 4 --hex");
  await expect(note).toBeVisible();
  await fillDisk(page, false);
  await guest.sh("tpm2_changeauth -c owner mine");
  await expect(note).toHaveCount(0);
});

test("failed tries are counted before the user's eyes, and the way out is there to be copied", async ({
  page,
  context,
}) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const guest = await new Guest(page).open();
  const tries = page.locator("[data-state=tries]");
  const note = page.locator("[data-notice=lockout]");
  await expect(tries).toHaveCount(0);
  await guest.sh("tpm2_nvdefine -Q 0x1500001 -C o -s 8 -a 'ownerread|authread|authwrite' -p right");
  await guest.sh("tpm2_dictionarylockout --setup-parameters -n 3 -t 7200 -l 86400");
  const guess = () => guest.refuses("printf guess | tpm2_nvwrite 0x1500001 -P wrong -i-", WRONG_AUTHORISATION);
  await guess();
  await expect(tries.locator("dd")).toHaveText("1 of 3 failed");
  await expect(note).toHaveCount(0);
  await tries.getByRole("button").click();
  await expect(note).toContainText("1 of 3 failed tries are counted");
  await expect(note).toContainText("forgets one every 2 h");
  await expect(note).toContainText("lockoutAuth is not set, so no password is needed");
  await note.getByRole("button", { name: "Dismiss" }).click();

  await guess();
  await guess();
  await expect(note).toContainText("The TPM is locked out");
  await expect(tries.locator("dd")).toHaveText("locked out");
  await guest.refuses("printf guess | tpm2_nvwrite 0x1500001 -P right -i-", "lockout");
  await fitsDeskAndPhone(page, "lockout");
  await note.getByRole("button", { name: "Copy" }).click();
  await guest.sh(await page.evaluate(() => navigator.clipboard.readText()));
  await expect(note).toHaveCount(0);
  await expect(tries).toHaveCount(0);
});

test("contexts that the kernel moves in and out are folded into the command they served; nothing of it is red", async ({
  page,
}) => {
  const guest = await new Guest(page).open();
  await guest.sh("tpm2_startauthsession -S /tmp/s.ctx && tpm2_flushcontext /tmp/s.ctx");
  await guest.sh("tpm2_createprimary -Q -C o -G ecc -c /tmp/p.ctx && tpm2_readpublic -Q -c /tmp/p.ctx");
  const commands = page.locator(".commands");
  const made = commands.locator("li[data-command=TPM2_CreatePrimary][data-served]").first();
  await expect(made).toBeVisible();
  await expect(commands.locator("[data-failed]")).toHaveCount(0);
  await made.locator("summary").first().click();
  const served = made.locator(".served");
  await served.locator("summary").first().click();
  await expect(served.locator("[data-command]").first()).toBeVisible();
  for (const result of await served.locator(".result").all()) {
    await expect(result).not.toHaveCSS("color", "rgb(179, 38, 30)");
  }
});
