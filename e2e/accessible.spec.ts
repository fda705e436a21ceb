/** What opens in the page, as axe-core sees it: each part in light and, once, in dark, as narrow as a small phone and on a desk, in both languages. */
import { test } from "@playwright/test";
import { expectAccessible } from "./axe.ts";
import { expect, type Page, sharedGuest } from "./fixtures.ts";
import { WRONG_AUTHORISATION } from "./guest.ts";

const guest = sharedGuest();

const DESK = { width: 1280, height: 800 };
const WIDTHS = [320, DESK.width];
const dialog = (page: Page) => page.getByRole("dialog");

/** Nothing is wrong with it, and nothing sticks out at either width. Screenshots are kept. Colours know no language: they are seen in English. */
async function looksRight(
  page: Page,
  name: string,
  looks: readonly ("light" | "dark")[] = ["light", "dark"],
): Promise<void> {
  const isGerman = (await page.locator("html").getAttribute("lang")) === "de";
  for (const colorScheme of isGerman ? (["light"] as const) : looks) {
    await page.emulateMedia({ colorScheme });
    for (const width of WIDTHS) {
      await page.setViewportSize({ ...DESK, width });
      const when = `${name}, ${colorScheme}, ${width} pixels wide`;
      const overflow = await page.evaluate(() => {
        const box = document.querySelector("dialog[open]") ?? document.documentElement;
        return box.scrollWidth - box.clientWidth;
      });
      expect(overflow, when).toBeLessThanOrEqual(0);
      await expectAccessible(page, when);
      await page.screenshot({ path: test.info().outputPath(`${name}-${colorScheme}-${width}.png`) });
    }
  }
  await page.setViewportSize(DESK);
}

test.afterEach(async () => {
  await guest.page.setViewportSize(DESK);
  await guest.page.emulateMedia({ colorScheme: null });
});

for (const language of ["en", "de"] as const) {
  const says = (english: RegExp, german: RegExp) => (language === "en" ? english : german);

  test.describe(`in "${language}"`, () => {
    test.beforeAll(async () => {
      const { page } = guest;
      await page.getByRole("button", { name: /^(Settings|Einstellungen)…$/ }).click();
      await dialog(page)
        .getByRole("combobox", { name: /^(Language|Sprache)$/ })
        .selectOption(language);
      await expect(page.locator("html")).toHaveAttribute("lang", language);
      await page.keyboard.press("Escape");
    });

    test("the list of commands with a row that is open: why it failed, its fields, and what was done for it", async () => {
      const { page } = guest;
      await guest.sh("tpm2_createprimary -Q -C e -G ecc -c key.ctx && tpm2_readpublic -Q -c key.ctx");
      const failed = page.locator(".commands li:has([data-failed])").first();
      // None has failed yet, but for the other language's.
      const newest = async () => ((await failed.count()) === 0 ? "" : await failed.locator(".index").textContent());
      const last = await newest();
      await guest.refuses("tpm2_changeauth -c o -p wrong-one new", WRONG_AUTHORISATION);
      // The list is drawn a moment later, and its first row is another one then; how many there are need not grow, the oldest go.
      await expect.poll(newest).not.toBe(last);
      await failed.locator("summary").first().click();
      await expect(failed.getByRole("listbox").first()).toBeVisible();
      const served = page.locator(".commands li[data-served]").first();
      await served.locator("summary").first().click();
      await served.locator(".served summary").click();
      await expect(served.locator(".served li").first()).toBeVisible();
      await looksRight(page, "row");
      await failed.locator("summary").first().click();
      await served.locator("summary").first().click();
    });

    test("the explorer, with a key, an index and a hierarchy chosen", async () => {
      const { page } = guest;
      await guest.run("tpm2_evictcontrol -Q -C o -c 0x81000001; tpm2_nvundefine -C o 0x01500001");
      await guest.sh("tpm2_createprimary -Q -C o -G ecc -c key.ctx && tpm2_evictcontrol -Q -C o -c key.ctx 0x81000001");
      await guest.sh("tpm2_nvdefine -Q -C o -s 8 -a 'ownerread|ownerwrite|authread' 0x01500001");
      const explorer = page.locator("details.explorer");
      await explorer.locator("summary").click();
      await explorer.getByRole("treeitem", { name: /0x81000001/ }).click();
      await looksRight(page, "explorer-key");
      await explorer.getByRole("treeitem", { name: says(/^NV indices/, /^NV-Ind/) }).click();
      await explorer.getByRole("treeitem", { name: /0x01500001/ }).click();
      await looksRight(page, "explorer-index");
      await explorer.locator("summary").click();
    });

    test("the PCR history, with a step that is open and a boot to compare with", async () => {
      const { page } = guest;
      await page.getByRole("button", { name: says(/^History/, /^Geschichte|^Verlauf/) }).click();
      const steps = dialog(page).locator(".chain > li");
      await expect(steps.first()).toBeVisible();
      await steps.nth(1).locator("summary").click();
      await looksRight(page, "history");
      // One page serves both languages: what the first has kept, the second is asked about.
      const known = dialog(page)
        .locator("option")
        .filter({ hasText: says(/known good/, /gut bekannt/) });
      const isKept = (await known.count()) > 0;
      await dialog(page)
        .getByRole("button", { name: says(/^Keep as known good$/, /gut/) })
        .click();
      if (isKept) await page.getByRole("button", { name: says(/^Replace it$/, /^Ersetzen$/) }).click();
      await expect(dialog(page)).toHaveCount(1);
      await dialog(page).getByRole("combobox").first().selectOption({ index: 1 });
      await dialog(page).getByRole("tab", { name: "PCR 10", exact: true }).click();
      await looksRight(page, "history-compared");
      await page.keyboard.press("Escape");
      await expect(dialog(page)).toHaveCount(0);
    });

    test("the dialog of the TPMs: the list, and each of its forms", async () => {
      const { page } = guest;
      await page.getByRole("button", { name: "TPMs…" }).click();
      await expect(dialog(page).locator("[data-tpm]").first()).toBeVisible();
      await looksRight(page, "tpms");
      const buttons = dialog(page).locator(".actions button:enabled, .choices button:enabled:not(.primary)");
      const forms = await buttons.count();
      expect(forms).toBeGreaterThanOrEqual(5);
      for (let form = 0; form < forms; form++) {
        await buttons.nth(form).click();
        await expect(dialog(page).locator("[data-tpm]")).toHaveCount(0);
        // The colours are those of the list.
        await looksRight(page, `tpms-${form}`, ["light"]);
        // Back to the list, however often: a browser lets a page keep a dialog open a few times only.
        await page.keyboard.press("Escape");
        await expect(dialog(page).locator("[data-tpm]").first()).toBeVisible();
      }
      await page.keyboard.press("Escape");
      await expect(dialog(page)).toHaveCount(0);
    });

    test("the snapshots: without one, one that is kept, its forms, and what the TPM would lose", async () => {
      const { page } = guest;
      const press = (name: RegExp) => dialog(page).getByRole("button", { name }).click();
      const goBack = () => page.keyboard.press("Escape");
      await guest.run("tpm2_nvundefine -Q -C o 0x01500002");
      await page.getByRole("button", { name: says(/^Snapshots…$/, /^Momentaufnahmen…$/) }).click();
      await expect(dialog(page).getByRole("textbox")).toBeVisible();
      await looksRight(page, "snapshots-none");
      await dialog(page)
        .getByRole("textbox")
        .fill("A snapshot whose name has as many words as a name may well have".slice(0, 60));
      await press(says(/^Make a snapshot$/, /^Aufnahme machen$/));
      const kept = dialog(page).locator("[data-snapshot]");
      await expect(kept.locator("img")).toBeVisible();
      await looksRight(page, "snapshots-one");
      for (const [name, form] of [
        ["rename", says(/^Rename/, /umbenennen$/)],
        ["export", says(/^Export/, /exportieren$/)],
        ["remove", says(/^Delete/, /löschen$/)],
        ["import", says(/^Import…$/, /^Importieren…$/)],
      ] as const) {
        await press(form);
        await expect(kept).toHaveCount(0);
        await looksRight(page, `snapshots-${name}`, ["light"]);
        await goBack();
        await expect(kept).toBeVisible();
      }
      await goBack();
      await guest.sh("tpm2_nvdefine -Q -C o -s 8 0x01500002");
      await page.getByRole("button", { name: says(/^Snapshots…$/, /^Momentaufnahmen…$/) }).click();
      await press(says(/^Resume /, /fortsetzen$/));
      await expect(dialog(page).locator("[data-moved]")).toContainText("0x01500002");
      await looksRight(page, "snapshots-moved");
      await press(says(/^Leave it/, /^Lassen/));
      // The other language begins without one.
      await press(says(/^Delete/, /löschen$/));
      await dialog(page)
        .locator(".choices")
        .getByRole("button", { name: says(/^Delete$/, /^Löschen$/) })
        .click();
      await expect(dialog(page).getByRole("textbox")).toBeVisible();
      await goBack();
      await expect(dialog(page)).toHaveCount(0);
    });

    test("the dialog of a move", async () => {
      const { page } = guest;
      await page.getByRole("button", { name: says(/^Move…$/, /^Umziehen…$/) }).click();
      await expect(dialog(page).getByRole("button")).toHaveCount(3);
      await looksRight(page, "move");
      await page.keyboard.press("Escape");
      await expect(dialog(page)).toHaveCount(0);
    });

    test("the console's tools: time line, search, the VGA screen", async () => {
      const { page } = guest;
      const tools = page.locator(".console-tools");
      const tool = (name: RegExp) => tools.getByRole("button", { name });
      await tool(says(/^Time line$/, /^Zeitleiste$|^Zeit/)).click();
      await expect(page.locator(".timeline li").first()).toBeVisible();
      await tool(says(/^Search$/, /^Such/)).click();
      await looksRight(page, "timeline");
      await tool(says(/^Search$/, /^Such/)).click();
      await tool(says(/^VGA/, /VGA/)).click();
      await expect(page.locator(".vga canvas")).toBeVisible();
      await looksRight(page, "vga");
      await tool(says(/^VGA/, /VGA/)).click();
      await tool(says(/^Time line$/, /^Zeit/)).click();
    });
  });
}
