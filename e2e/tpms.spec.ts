/** Several TPMs in one browser: made, used in turn, copied, renamed, exported, imported, deleted. */
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { DatabaseDump } from "../src/engine/testkit/blobs.ts";
import { ekTemplates } from "../src/index.ts";
import { expect, fitsDeskAndPhone, type Page, test } from "./fixtures.ts";
import { Guest } from "./guest.ts";
import { keptBlobs, leave, restoreDatabase, storedBlob } from "./stateDatabase.ts";

const dialog = (page: Page) => page.getByRole("dialog");
const entry = (page: Page, name: string) => dialog(page).locator(`[data-tpm="${name}"]`);
const names = (page: Page) =>
  dialog(page)
    .locator("[data-tpm]")
    .evaluateAll((entries) => entries.map((each) => each.getAttribute("data-tpm")));
const press = (page: Page, name: string) => dialog(page).getByRole("button", { name, exact: true }).click();

async function openTpms(page: Page): Promise<void> {
  await page.getByRole("button", { name: "TPMs…" }).click();
  await expect(dialog(page).locator("[data-tpm]").first()).toBeVisible();
}

/** Switches to another TPM; the page is another visit then. */
async function use(guest: Guest, name: string): Promise<void> {
  const { page } = guest;
  await entry(page, name)
    .getByRole("button", { name: `Use ${name}` })
    .click();
  const loaded = page.waitForEvent("load");
  await press(page, "Shut down and use it");
  await loaded;
  await guest.booted();
}

/** The Endorsement Key's public part. */
const endorsementKey = (guest: Guest) =>
  guest.sh(
    "tpm2_createek -G ecc -c /tmp/ek.ctx -u /tmp/ek.pem -f pem >/dev/null 2>&1 && tpm2_flushcontext -t && cat /tmp/ek.pem",
  );
const remember = (guest: Guest, words: string) =>
  guest.sh(
    `tpm2_nvdefine 0x1500016 -s ${words.length} -a "ownerread|ownerwrite|authread|authwrite" >/dev/null && printf %s ${words} | tpm2_nvwrite 0x1500016 -i -`,
  );
const remembered = (guest: Guest) => guest.sh("tpm2_nvread 0x1500016 2>/dev/null");

/** Makes one in the open dialog. */
async function make(page: Page, name: string, wants: { certificates: boolean; banks?: string[] }): Promise<void> {
  await press(page, "New…");
  await dialog(page).getByLabel("Name").fill(name);
  if (!wants.certificates) await dialog(page).getByLabel("Certificates of the Endorsement Keys").uncheck();
  for (const bank of ["SHA-1", "SHA-256", "SHA-384", "SHA-512"]) {
    if (wants.banks && !wants.banks.includes(bank)) await dialog(page).getByLabel(bank, { exact: true }).uncheck();
  }
  await press(page, "Make it");
}

async function copy(page: Page, name: string, to: string, choice: RegExp): Promise<void> {
  await entry(page, name)
    .getByRole("button", { name: `Copy ${name}` })
    .click();
  // Neither is chosen for the user.
  await expect(dialog(page).getByRole("button", { name: "Copy it" })).toBeDisabled();
  await dialog(page).getByLabel("Name").fill(to);
  await dialog(page).getByLabel(choice).check();
  await press(page, "Copy it");
  await expect(entry(page, to)).toBeVisible();
}

test("a second TPM is another one, and the first has what it had when the PC comes back to it", async ({ page }) => {
  const guest = await new Guest(page).open();
  const first = await endorsementKey(guest);
  await remember(guest, "kept-by-the-first");
  await openTpms(page);
  await expect.poll(() => names(page)).toEqual(["default"]);
  await expect(entry(page, "default")).toContainText("in use");
  await expect(entry(page, "default")).toContainText("profile full");
  await make(page, "Lab", { certificates: false, banks: ["SHA-256"] });
  await expect(entry(page, "Lab")).toContainText("no EK certificates");
  await expect(entry(page, "Lab")).toContainText("never used");
  await fitsDeskAndPhone(page, "list");
  await use(guest, "Lab");

  expect(await endorsementKey(guest)).not.toBe(first);
  await guest.refuses("tpm2_nvread 0x1500016", /handle/);
  expect((await guest.sh("tpm2_getcap pcrs")).match(/sha\d+: \[ \d/g)).toEqual(["sha256: [ 0"]);
  await remember(guest, "kept-by-Lab");
  // The choice is there at the next visit.
  await page.reload();
  await guest.booted();
  expect(await remembered(guest)).toBe("kept-by-Lab");

  await openTpms(page);
  await expect(entry(page, "Lab")).toHaveAttribute("data-use", "here");
  await use(guest, "default");
  expect(await remembered(guest)).toBe("kept-by-the-first");
  expect(await endorsementKey(guest)).toBe(first);
  // It was shut down in order.
  expect(await guest.sh("tpm2_getcap properties-variable | grep TPM2_PT_LOCKOUT_COUNTER")).toMatch(/0x0$/);

  // The address chooses for a visit; a name that there is not makes no TPM.
  await page.goto("./?tpm=lab");
  await page.waitForFunction(() => window.tabtpm.tpm !== undefined);
  await guest.booted();
  expect(await remembered(guest)).toBe("kept-by-Lab");
  await page.goto("./?tpm=Nobody");
  await page.waitForFunction(() => window.tabtpm.tpm !== undefined);
  await guest.booted();
  await expect(page.locator(".notices")).toContainText("no TPM called");
  expect(await remembered(guest)).toBe("kept-by-the-first");
  await openTpms(page);
  await expect.poll(() => names(page)).toEqual(["default", "Lab"]);
});

test("a clone has the same keys and data, a copy with a new identity neither; a new name changes nothing", async ({
  page,
}) => {
  const guest = await new Guest(page).open();
  const first = await endorsementKey(guest);
  await remember(guest, "mine");
  await page.getByRole("button", { name: "Settings…" }).click();
  await dialog(page).getByLabel("Kernel arguments").fill("tabtpm.note=1");
  await press(page, "Save for the next boot");
  await openTpms(page);
  await copy(page, "default", "Twin", /^A clone/);
  await copy(page, "default", "Other", /new identity/);
  await entry(page, "default").getByRole("button", { name: "Rename default" }).click();
  await fitsDeskAndPhone(page, "rename");
  await dialog(page).getByLabel("Name").fill("twin");
  await press(page, "Rename");
  await expect(dialog(page).getByRole("alert")).toContainText("There is a TPM of that name already");
  await dialog(page).getByLabel("Name").fill("Werk\u202ebank");
  await press(page, "Rename");
  await expect(dialog(page).getByRole("alert")).toContainText("not seen");
  await dialog(page).getByLabel("Name").fill("Werkbank");
  await press(page, "Rename");
  await expect(entry(page, "Werkbank")).toHaveAttribute("data-use", "here");
  await expect.poll(() => names(page)).toEqual(["Other", "Twin", "Werkbank"]);

  await use(guest, "Twin");
  expect(await endorsementKey(guest)).toBe(first);
  expect(await remembered(guest)).toBe("mine");
  expect(await guest.sh("cat /proc/cmdline")).toContain("tabtpm.note=1");

  await openTpms(page);
  await use(guest, "Other");
  expect(await endorsementKey(guest)).not.toBe(first);
  await guest.refuses("tpm2_nvread 0x1500016", /handle/);
  expect(await guest.sh("cat /proc/cmdline")).toContain("tabtpm.note=1");

  await openTpms(page);
  await use(guest, "Werkbank");
  expect(await endorsementKey(guest)).toBe(first);
  expect(await remembered(guest)).toBe("mine");
});

test("one that is exported and deleted, which is asked about, is there again when it is imported", async ({ page }) => {
  const guest = await new Guest(page).open();
  await openTpms(page);
  await make(page, "Lab", { certificates: true });
  await expect(dialog(page).locator("[data-making]")).toContainText("The TPM is being made");
  await expect(entry(page, "Lab")).toContainText(`${ekTemplates.length} EK certificates`);
  await use(guest, "Lab");
  await remember(guest, "worth-keeping");
  await openTpms(page);
  await expect(dialog(page).getByRole("button", { name: "Delete Lab" })).toBeDisabled();
  await entry(page, "Lab").getByRole("button", { name: "Export Lab" }).click();
  await expect(dialog(page)).toContainText("every secret of the TPM");
  const downloading = page.waitForEvent("download");
  await press(page, "Save the file");
  const download = await downloading;
  expect(download.suggestedFilename()).toBe("Lab.state");
  const content = await readFile(await download.path());
  await use(guest, "default");

  await openTpms(page);
  await entry(page, "Lab").getByRole("button", { name: "Delete Lab" }).click();
  await fitsDeskAndPhone(page, "delete");
  // The keyboard is in the question, at what changes nothing.
  await expect(dialog(page).getByRole("button", { name: "Back" })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect.poll(() => names(page)).toEqual(["default", "Lab"]);
  await page.keyboard.press("Escape");
  await expect(dialog(page)).toHaveCount(0);
  await openTpms(page);
  await entry(page, "Lab").getByRole("button", { name: "Delete Lab" }).click();
  await press(page, "Delete it");
  await expect(entry(page, "default")).toBeVisible();
  await expect.poll(() => names(page)).toEqual(["default"]);

  await press(page, "Import…");
  // Who leaves the chooser of files stays in the form.
  await dialog(page).getByLabel("File", { exact: true }).dispatchEvent("cancel");
  const upload = (name: string, buffer: Buffer) =>
    dialog(page)
      .getByLabel("File", { exact: true })
      .setInputFiles({ name, mimeType: "application/octet-stream", buffer });
  const damaged = Buffer.from(content);
  damaged[damaged.length >> 1]! ^= 1;
  const swtpm = Buffer.alloc(1315);
  swtpm.set([2, 1, 0, 10, 0, 0, 0, 0, 5, 0x23]);
  for (const [buffer, why] of [
    [damaged, "damaged"],
    [content.subarray(0, 100), "not whole"],
    [swtpm, "swtpm"],
    [Buffer.from("TABTPMSf and so on"), "encrypted"],
    [Buffer.from("a letter"), "no TPM state"],
  ] as const) {
    await upload("Lab.state", buffer);
    await press(page, "Import it");
    await expect(dialog(page).getByRole("alert")).toContainText(why);
  }
  await fitsDeskAndPhone(page, "import");
  await upload("default.state", content);
  await dialog(page).getByLabel("Name").fill("default");
  await press(page, "Import it");
  // It never takes another one's place.
  await expect(dialog(page).getByRole("alert")).toContainText("There is a TPM of that name already");
  await dialog(page).getByLabel("Name").fill("Lab again");
  await press(page, "Import it");
  await expect(entry(page, "Lab again")).toContainText(`${ekTemplates.length} EK certificates`);
  await expect.poll(() => names(page)).toEqual(["default", "Lab again"]);
  await use(guest, "Lab again");
  expect(await remembered(guest)).toBe("worth-keeping");
});

test("one that is being made can be given up, and one that another tab has can't be deleted", async ({
  context,
  page,
}) => {
  await page.goto("./");
  await page.evaluate(() => window.tabtpm.ready);
  await openTpms(page);
  await page.route(/\/assets\/worker-.*\.js$/, () => {});
  await make(page, "Never", { certificates: true });
  await expect(dialog(page).locator("[data-making]")).toBeVisible();
  await fitsDeskAndPhone(page, "making");
  await press(page, "Stop");
  await page.unrouteAll();
  await press(page, "Back");
  await expect.poll(() => names(page)).toEqual(["default"]);
  await make(page, "Lab", { certificates: false });
  await expect(entry(page, "Lab")).toBeVisible();
  await press(page, "Close");

  // A tab that finds its TPM in use goes on with another one.
  const other = await context.newPage();
  await other.goto("./");
  await expect(other.locator("[data-problem=in-use]")).toBeVisible();
  await openTpms(other);
  await expect(entry(other, "default")).toContainText("in use in another tab");
  await entry(other, "Lab").getByRole("button", { name: "Use Lab" }).click();
  const loaded = other.waitForEvent("load");
  await press(other, "Shut down and use it");
  await loaded;
  await other.evaluate(() => window.tabtpm.ready);
  await expect(other.locator("[data-problem]")).toHaveCount(0);
  await openTpms(page);
  await expect(entry(page, "Lab")).toContainText("in use in another tab");
  await expect(entry(page, "Lab").getByRole("button", { name: "Delete Lab" })).toBeDisabled();
  await press(page, "Close");
  await other.close();
  // The next visit has what was chosen last, wherever.
  await page.goto("./");
  await page.evaluate(() => window.tabtpm.ready);
  await openTpms(page);
  await expect(entry(page, "Lab")).toHaveAttribute("data-use", "here");
  await entry(page, "default").getByRole("button", { name: "Delete default" }).click();
  await press(page, "Delete it");
  await expect(entry(page, "Lab")).toBeVisible();
  await expect.poll(() => names(page)).toEqual(["Lab"]);
});

test("the TPM that a page of an earlier version kept is in the list, and lies where it lay", async ({ page }) => {
  const dump = fileURLToPath(new URL("../src/engine/testdata/2026-11-28/indexeddb.json", import.meta.url));
  await leave(page);
  await restoreDatabase(page, JSON.parse(readFileSync(dump, "utf8")) as DatabaseDump);
  const kept = await keptBlobs(page);
  const guest = await new Guest(page).open();
  await openTpms(page);
  await expect.poll(() => names(page)).toEqual(["default"]);
  await make(page, "Lab", { certificates: false });
  await entry(page, "default").getByRole("button", { name: "Rename default" }).click();
  await dialog(page).getByLabel("Name").fill("Old one");
  await press(page, "Rename");
  await use(guest, "Lab");
  await leave(page);
  expect(await keptBlobs(page)).toEqual(kept);
  const stored = await storedBlob(page);
  await page.goto("./?tpm=Old%20one");
  await page.waitForFunction(() => window.tabtpm.tpm !== undefined);
  await guest.booted();
  // What it holds has become another state of the same TPM.
  expect(await storedBlob(page)).not.toEqual(stored);
  await openTpms(page);
  await expect(entry(page, "Old one")).toHaveAttribute("data-use", "here");
});
