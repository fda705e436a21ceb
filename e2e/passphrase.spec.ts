/** A TPM that is encrypted with a passphrase: set, asked for, changed, taken away, exported to another profile. */
import { readFile } from "node:fs/promises";
import { isSealedWithPassphrase, openWithPassphrase } from "../src/index.ts";
import { expect, fitsDeskAndPhone, type Page, test } from "./fixtures.ts";
import { Guest } from "./guest.ts";
import { storedBlob } from "./stateDatabase.ts";

const MOVE_MS = 150_000;
const dialog = (page: Page) => page.getByRole("dialog");
const entry = (page: Page, name: string) => dialog(page).locator(`[data-tpm="${name}"]`);
const press = (page: Page, name: string) => dialog(page).getByRole("button", { name, exact: true }).click();
const fill = (page: Page, label: string, words: string) => dialog(page).getByLabel(label, { exact: true }).fill(words);

async function openTpms(page: Page): Promise<void> {
  await page.getByRole("button", { name: "TPMs…" }).click();
  await expect(dialog(page).locator("[data-tpm]").first()).toBeVisible();
}
async function openPassphrase(page: Page, name = "default"): Promise<void> {
  await openTpms(page);
  await dialog(page)
    .getByRole("button", { name: `Passphrase of ${name}` })
    .click();
}
async function fillNew(page: Page, words: string): Promise<void> {
  await fill(page, "New passphrase", words);
  await fill(page, "New passphrase once more", words);
}
/** The PC starts once it is right. */
async function unlock(guest: Guest, words: string): Promise<void> {
  await fill(guest.page, "Passphrase of the TPM", words);
  await press(guest.page, "Open it");
}
const isEncrypted = async (page: Page) => isSealedWithPassphrase((await storedBlob(page)) as Uint8Array);

test("a passphrase is set while the PC runs, asked for at the next visit, changed and taken away", async ({ page }) => {
  const guest = await new Guest(page).open();
  await guest.sh(
    "tpm2_nvdefine 0x1500016 -s 4 -a 'ownerread|ownerwrite' && printf kept | tpm2_nvwrite 0x1500016 -C o -i -",
  );
  const remembered = () => guest.sh("tpm2_nvread 0x1500016 -C o 2>/dev/null");
  expect(await isEncrypted(page)).toBe(false);

  await openPassphrase(page);
  await expect(dialog(page).getByRole("button", { name: "Encrypt it" })).toBeDisabled();
  await fill(page, "New passphrase", "one");
  await fill(page, "New passphrase once more", "two");
  await expect(dialog(page)).toContainText("The two are not the same");
  await fitsDeskAndPhone(page, "passphrase");
  await fillNew(page, "first passphrase");
  await press(page, "Encrypt it");
  await expect(entry(page, "default")).toContainText("encrypted");
  expect(await isEncrypted(page)).toBe(true);
  await press(page, "Close");
  // The TPM has noticed nothing of it, and what it stores from now on is encrypted.
  await guest.sh("printf KEPT | tpm2_nvwrite 0x1500016 -C o -i -");
  expect(await isEncrypted(page)).toBe(true);

  await page.reload();
  await expect(dialog(page)).toContainText("The TPM is encrypted");
  const before = await storedBlob(page);
  await unlock(guest, "first Passphrase");
  await expect(dialog(page).getByRole("alert")).toContainText("The passphrase is wrong");
  expect(await storedBlob(page)).toEqual(before);
  // Whoever closes the dialog finds the way back to it.
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await expect(page.locator("[data-problem=sealed]")).toBeVisible();
  await page.locator("[data-choice=unlock]").click();
  await expect(dialog(page).getByLabel("Passphrase of the TPM", { exact: true })).toBeVisible();
  // Also where the page has had no time to be drawn without it.
  await page.keyboard.press("Escape");
  await expect(dialog(page).getByLabel("Passphrase of the TPM", { exact: true })).toHaveCount(0);
  await dialog(page).evaluate((it: HTMLDialogElement) => {
    const back = () => document.querySelector<HTMLElement>("[data-choice=unlock]")?.click();
    it.addEventListener("close", back, { once: true });
    it.close();
  });
  await unlock(guest, "first passphrase");
  await guest.booted();
  expect(await remembered()).toBe("KEPT");

  await openPassphrase(page);
  await fill(page, "Passphrase now", "wrong");
  await fillNew(page, "second passphrase");
  await press(page, "Change it");
  await expect(dialog(page).getByRole("alert")).toContainText("The passphrase is wrong");
  await fill(page, "Passphrase now", "first passphrase");
  await press(page, "Change it");
  await expect(entry(page, "default")).toBeVisible();
  const opened = await openWithPassphrase((await storedBlob(page)) as Uint8Array, "second passphrase", {
    purpose: "permanent",
    context: "default",
  });
  expect(new TextDecoder().decode(opened.subarray(0, 8))).toBe("TABTPM20");

  await dialog(page).getByRole("button", { name: "Passphrase of default" }).click();
  await dialog(page)
    .getByLabel(/Take the passphrase away/)
    .check();
  await fill(page, "Passphrase now", "second passphrase");
  await press(page, "Take it away");
  await expect(entry(page, "default")).not.toContainText("encrypted");
  expect(await isEncrypted(page)).toBe(false);
  await page.reload();
  await guest.booted();
  expect(await remembered()).toBe("KEPT");
});

/** What the database of the snapshots has: the beginning of each file, and what its row has in the clear. */
const storedSnapshots = (page: Page) =>
  page.evaluate(
    () =>
      new Promise<{ name: string; begins: string; hasPicture: boolean; keys: number }[]>((resolve, reject) => {
        const opening = indexedDB.open("tabtpm-snapshots");
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const transaction = opening.result.transaction(["list", "files"]);
          const rows = transaction.objectStore("list").getAll();
          const files = transaction.objectStore("files").getAll();
          transaction.onabort = () => reject(transaction.error);
          transaction.oncomplete = () => {
            opening.result.close();
            const begins = (file: ArrayBuffer) => String.fromCharCode(...new Uint8Array(file, 0, 8));
            const found = rows.result.map(({ name, picture, sealed }, i) => ({
              ...{ name, begins: begins(files.result[i]), hasPicture: picture !== null },
              keys: sealed?.keys.length ?? 0,
            }));
            resolve(found.sort((a, b) => (a.name < b.name ? -1 : 1)));
          };
        };
      }),
  );
/** How the machine begins that is kept while it moves. */
const keptMachine = (page: Page) =>
  page.evaluate(
    () =>
      new Promise<string>((resolve, reject) => {
        const opening = indexedDB.open("tabtpm-moves");
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const kept = opening.result.transaction("machines").objectStore("machines").get("default");
          kept.onerror = () => reject(kept.error);
          kept.onsuccess = () => {
            opening.result.close();
            resolve(String.fromCharCode(...new Uint8Array(kept.result.machine, 0, 8)));
          };
        };
      }),
  );
async function makeSnapshot(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name: "Snapshots…" }).click();
  await dialog(page).getByRole("textbox", { name: "Name" }).fill(name);
  await press(page, "Make a snapshot");
  await expect(dialog(page).locator(`[data-snapshot="${name}"]`)).toBeVisible();
  await press(page, "Close");
}

test("snapshots are encrypted with the TPM's passphrase, resumed once it is given, and plain without it", async ({
  page,
}) => {
  const guest = await new Guest(page).open();
  const plain = { begins: "TABTPMPC", hasPicture: true, keys: 0 };
  const sealed = { begins: "TABTPMP\0", hasPicture: false, keys: 1 };
  await makeSnapshot(page, "A");
  expect(await storedSnapshots(page)).toEqual([{ name: "A", ...plain }]);

  await openPassphrase(page);
  await fillNew(page, "first passphrase");
  await press(page, "Encrypt it");
  await expect(entry(page, "default")).toContainText("encrypted");
  expect(await storedSnapshots(page)).toEqual([{ name: "A", ...sealed }]);
  await press(page, "Close");
  await guest.sh("echo sealed > /tmp/word");
  await makeSnapshot(page, "B");
  const both = [
    { name: "A", ...sealed },
    { name: "B", ...sealed },
  ];
  expect(await storedSnapshots(page)).toEqual(both);

  await openPassphrase(page);
  await fill(page, "Passphrase now", "first passphrase");
  await fillNew(page, "second passphrase");
  await press(page, "Change it");
  await expect(entry(page, "default")).toBeVisible();
  expect(await storedSnapshots(page)).toEqual(both);
  await page.reload();
  await unlock(guest, "second passphrase");
  await guest.booted();
  await page.getByRole("button", { name: "Snapshots…" }).click();
  await expect(dialog(page).locator("[data-snapshot=B]").getByRole("img")).toBeVisible();
  await press(page, "Resume B");
  // It was started since.
  await press(page, "Roll the TPM back");
  await expect(page.locator("[data-state=tpm] dd")).toHaveText("resumed");
  expect(await guest.sh("cat /tmp/word")).toBe("sealed");

  await openPassphrase(page);
  await dialog(page)
    .getByLabel(/Take the passphrase away/)
    .check();
  await fill(page, "Passphrase now", "second passphrase");
  await press(page, "Take it away");
  await expect(entry(page, "default")).not.toContainText("encrypted");
  expect(await storedSnapshots(page)).toEqual([
    { name: "A", ...plain },
    { name: "B", ...plain },
  ]);
});

test("a PC whose TPM is encrypted moves to another tab, and as an encrypted file; what is kept of it is encrypted", async ({
  context,
  page,
}) => {
  const guest = await new Guest(page).open();
  await openPassphrase(page);
  await fillNew(page, "on the way");
  await press(page, "Encrypt it");
  await expect(entry(page, "default")).toContainText("encrypted");
  await press(page, "Close");
  await guest.sh("echo moved > /tmp/word");

  const tab = await context.newPage();
  await tab.goto("./");
  await tab.getByRole("button", { name: "Bring the running PC here" }).click();
  await expect(page.locator("[data-problem=moved]")).toBeVisible({ timeout: MOVE_MS });
  const moved = new Guest(tab);
  await moved.booted();
  expect(await moved.sh("cat /tmp/word")).toBe("moved");
  expect(await isEncrypted(tab)).toBe(true);
  await page.close();

  await tab.getByRole("button", { name: "Move…" }).click();
  const [file] = await Promise.all([
    tab.waitForEvent("download", { timeout: MOVE_MS }),
    press(tab, "Give up and save as a file"),
  ]);
  expect(isSealedWithPassphrase(new Uint8Array(await readFile(await file.path())))).toBe(true);
  expect(await keptMachine(tab)).toBe("TABTPMP\0");
  // Another visit knows no key, and takes it back once it has the passphrase.
  await tab.reload();
  await tab.getByRole("button", { name: "Take it back" }).click();
  await fill(tab, "Passphrase of the TPM", "on the way");
  await press(tab, "Open it");
  await tab.getByRole("button", { name: "Take it back" }).click();
  await moved.booted();
  expect(await moved.sh("cat /tmp/word")).toBe("moved");
});

test("an encrypted export is opened in another profile, stays encrypted there, and needs its passphrase", async ({
  page,
  browser,
  baseURL,
}) => {
  const guest = await new Guest(page).open();
  const key = "tpm2_createek -G ecc -c /tmp/ek.ctx -u /tmp/ek.pem -f pem >/dev/null 2>&1 && cat /tmp/ek.pem";
  const endorsementKey = await guest.sh(key);
  await openTpms(page);
  await dialog(page).getByRole("button", { name: "Export default" }).click();
  await expect(dialog(page)).toContainText("unencrypted");
  await fill(page, "Passphrase for the file (left empty: not encrypted)", "on its way");
  await expect(dialog(page).getByRole("button", { name: "Save the file" })).toBeDisabled();
  await fill(page, "Passphrase once more", "on its way");
  await expect(dialog(page)).not.toContainText("Whoever has the file has the TPM");
  const download = page.waitForEvent("download");
  await press(page, "Save the file");
  const path = await (await download).path();
  expect(isSealedWithPassphrase(new Uint8Array(await readFile(path)))).toBe(true);

  const profile = await browser.newContext({ baseURL: baseURL! });
  const other = await new Guest(await profile.newPage()).open();
  await openTpms(other.page);
  await press(other.page, "Import…");
  const buffer = await readFile(path);
  await dialog(other.page)
    .getByLabel("File", { exact: true })
    .setInputFiles({ name: "Lab.state", mimeType: "application/octet-stream", buffer });
  await press(other.page, "Import it");
  await expect(dialog(other.page).getByRole("alert")).toContainText("give its passphrase");
  await fill(other.page, "Passphrase, if the file is encrypted", "on her way");
  await press(other.page, "Import it");
  await expect(dialog(other.page).getByRole("alert")).toContainText("The passphrase is wrong");
  await fill(other.page, "Passphrase, if the file is encrypted", "on its way");
  await press(other.page, "Import it");
  await expect(entry(other.page, "Lab")).toContainText("encrypted");
  await dialog(other.page).getByRole("button", { name: "Use Lab" }).click();
  const loaded = other.page.waitForEvent("load");
  await press(other.page, "Shut down and use it");
  await loaded;
  await expect(dialog(other.page)).toContainText("“Lab” is stored with a passphrase");
  await unlock(other, "on its way");
  await other.booted();
  expect(await other.sh(key)).toBe(endorsementKey);
  await profile.close();
});
