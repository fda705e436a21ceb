/** Snapshots of the PC with its TPM in the page: made, resumed, asked about, exported, imported, offered at the next visit. */
import { readFile } from "node:fs/promises";
import { expect, type Page, test } from "./fixtures.ts";
import { Guest } from "./guest.ts";

const dialog = (page: Page) => page.getByRole("dialog");
const press = (page: Page, name: string) => dialog(page).getByRole("button", { name, exact: true }).click();

async function open(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Snapshots…" }).click();
  await expect(dialog(page).getByRole("textbox", { name: "Name" })).toBeVisible();
}

async function make(page: Page, name: string, isOffered = false): Promise<void> {
  await open(page);
  await dialog(page).getByRole("textbox", { name: "Name" }).fill(name);
  if (isOffered) await dialog(page).getByLabel("Offer it at the next visit").check();
  await press(page, "Make a snapshot");
  await expect(dialog(page).locator(`[data-snapshot="${name}"]`)).toBeVisible();
  await press(page, "Close");
}

/** Until the dialog is gone, or the TPM has something to lose. */
async function resume(page: Page, name: string): Promise<void> {
  await open(page);
  await press(page, `Resume ${name}`);
}

const isResumed = (page: Page) => expect(page.locator("[data-state=tpm] dd")).toHaveText("resumed");
const define =
  "tpm2_nvdefine 0x1500016 -s 4 -a 'ownerread|ownerwrite|authread|authwrite' >/dev/null && printf good | tpm2_nvwrite 0x1500016 -i -";

test("guest and TPM are as they were, and what the TPM would lose is asked about", async ({ page }) => {
  const guest = await new Guest(page).open();
  await guest.sh("echo before > /tmp/when; tpm2_pcrextend 16:sha256=$(echo one | sha256sum | cut -d' ' -f1)");
  const pcr = await guest.sh("tpm2_pcrread sha256:16");
  await make(page, "Mine");
  await guest.sh("echo after > /tmp/when; tpm2_pcrextend 16:sha256=$(echo two | sha256sum | cut -d' ' -f1)");
  await guest.sh(define);

  await resume(page, "Mine");
  await expect(dialog(page).locator("[data-moved]")).toContainText("NV indices: 0x01500016");
  await press(page, "Leave it as it is");
  await press(page, "Close");
  expect(await guest.sh("cat /tmp/when; tpm2_nvread 0x1500016 2>/dev/null")).toBe("after\ngood");

  await resume(page, "Mine");
  await press(page, "Roll the TPM back");
  await expect(dialog(page)).toHaveCount(0);
  await isResumed(page);
  expect(await guest.sh("cat /tmp/when")).toBe("before");
  expect(await guest.sh("tpm2_pcrread sha256:16")).toBe(pcr);
  expect(await guest.sh("tpm2_getcap handles-nv-index | grep -c 1500016 || true")).toBe("0");
});

test("an exported file goes on in another browser's page, encrypted on the way", async ({ page, browser, baseURL }) => {
  const guest = await new Guest(page).open();
  await guest.sh(`echo travels > /tmp/word; ${define}`);
  await make(page, "Travels");
  await open(page);
  await press(page, "Export Travels");
  await dialog(page).getByLabel("Passphrase").fill("correct horse");
  const download = page.waitForEvent("download");
  await press(page, "Save the file");
  const file = await readFile(await (await download).path());
  expect(file.includes("travels")).toBe(false);

  const context = await browser.newContext({ baseURL: baseURL! });
  const elsewhere = await context.newPage();
  const other = await new Guest(elsewhere).open();
  await open(elsewhere);
  await press(elsewhere, "Import…");
  await dialog(elsewhere).getByLabel("File").setInputFiles({ name: "x.tabtpm", mimeType: "", buffer: file });
  await dialog(elsewhere).getByLabel("Passphrase").fill("wrong");
  await press(elsewhere, "Import");
  await expect(dialog(elsewhere).locator("[data-problem-kind=passphrase]")).toBeVisible();
  await dialog(elsewhere).getByLabel("Passphrase").fill("correct horse");
  await press(elsewhere, "Import");
  await expect(dialog(elsewhere).locator("[data-arrived=copy]")).toContainText("is a clone");
  await press(elsewhere, "Beside these snapshots");
  await expect(dialog(elsewhere).locator("[data-snapshot=Travels]")).toBeVisible();
  await press(elsewhere, "Resume Travels");
  await expect(dialog(elsewhere).locator("[data-moved]")).toContainText("This is another TPM");
  await press(elsewhere, "Roll the TPM back");
  await expect(dialog(elsewhere)).toHaveCount(0);
  expect(await other.sh("cat /tmp/word; tpm2_nvread 0x1500016 2>/dev/null")).toBe("travels\ngood");
  await context.close();
});

test("a snapshot is offered at the next visit, and is no boot", async ({ page }) => {
  const guest = await new Guest(page).open();
  await guest.sh("echo stays > /tmp/word");
  await make(page, "Start", true);
  await page.reload();
  await expect(dialog(page).locator("[data-offer]")).toContainText("It is no new boot");
  await press(page, "Resume");
  const moved = dialog(page).locator("[data-moved]");
  await expect(moved.or(page.locator("[data-state=tpm] dd", { hasText: "resumed" }))).toBeVisible();
  if (await moved.isVisible()) await press(page, "Roll the TPM back");
  await isResumed(page);
  await expect(page.locator(".boot")).toContainText("resumed, not measured anew");
  expect(await guest.sh("cat /tmp/word")).toBe("stays");

  await page.reload();
  await press(page, "Boot, measured anew");
  await guest.booted();
  expect(await guest.sh("cat /tmp/word 2>/dev/null || echo none")).toBe("none");
});

test("a key that was being made when the snapshot was taken is there once", async ({ page }) => {
  const guest = await new Guest(page).open();
  let isOver = false;
  // One after the other, so that one is being made whenever the snapshot comes.
  const making = guest
    .sh(
      `for i in $(seq 10); do tpm2_createprimary -C o -G rsa2048 -c /tmp/k.ctx >/dev/null && tpm2_flushcontext -t; done; tpm2_createprimary -C o -G rsa2048 -c /tmp/k.ctx >/dev/null && tpm2_evictcontrol -c /tmp/k.ctx >/dev/null; echo $?`,
    )
    .finally(() => {
      isOver = true;
    });
  await make(page, "Making");
  expect(isOver).toBe(false);
  expect(await making).toBe("0");
  await resume(page, "Making");
  await expect(dialog(page).locator("[data-moved]")).toContainText("Persistent keys: 0x81");
  await press(page, "Roll the TPM back");
  await isResumed(page);
  // The shell answers when its loop has come to its end for the second time.
  expect(await guest.sh("tpm2_getcap handles-persistent | grep -c 0x81")).toBe("1");
});
