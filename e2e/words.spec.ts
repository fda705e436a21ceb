/** The page's words in both languages, and whom they reach: keyboard, screen reader, small and large screens. */
import { test } from "@playwright/test";
import { expectAccessible } from "./axe.ts";
import { expect, type Page, sharedGuest } from "./fixtures.ts";

const guest = sharedGuest();

const SIZES = [
  ["a small phone", 320, 640],
  ["a phone", 390, 844],
  ["a desk at 200 % zoom", 640, 400],
  ["a desk", 1280, 800],
  ["a large screen", 2560, 1440],
] as const;
const LOOKS = [
  ["light", { colorScheme: "light", forcedColors: "none" }],
  ["dark", { colorScheme: "dark", forcedColors: "none" }],
  ["forced colours", { colorScheme: "dark", forcedColors: "active" }],
] as const;

const DESK = { width: 1280, height: 800 };
const dialog = (page: Page) => page.getByRole("dialog");

async function choose(page: Page, language: "en" | "de"): Promise<void> {
  await page.getByRole("button", { name: /^(Settings|Einstellungen)…$/ }).click();
  await dialog(page)
    .getByRole("combobox", { name: /^(Language|Sprache)$/ })
    .selectOption(language);
  await expect(page.locator("html")).toHaveAttribute("lang", language);
}

test.afterEach(async () => {
  await guest.page.setViewportSize(DESK);
  await guest.page.emulateMedia({ colorScheme: null, forcedColors: null });
});

test("the language is chosen in the settings, takes effect at once, and is kept", async () => {
  const { page } = guest;
  await expect(page.locator("html")).toHaveAttribute("lang", "en");
  await choose(page, "de");
  // The form itself is drawn anew, while the PC goes on.
  await expect(dialog(page).getByRole("heading")).toHaveText("Einstellungen des PC");
  await page.keyboard.press("Escape");
  await expect(dialog(page)).toHaveCount(0);
  const settings = page.getByRole("button", { name: "Einstellungen…" });
  await expect(settings).toBeFocused();
  await expect(page.locator("[data-state=tpm] dd")).toHaveText("bereit");
  await expect(page).toHaveTitle(/im Browser-Tab/);
  await guest.sh("tpm2_getrandom 4 --hex");
  await page.reload();
  await guest.booted();
  await expect(page.locator("html")).toHaveAttribute("lang", "de");
  await choose(page, "en");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("button", { name: "Settings…" })).toBeFocused();
});

for (const language of ["en", "de"] as const) {
  test(`nothing is wrong in "${language}", in any look, at any size`, async () => {
    const { page } = guest;
    await choose(page, language);
    await page.keyboard.press("Escape");
    for (const [look, media] of LOOKS) {
      await page.emulateMedia(media);
      for (const [screen, width, height] of SIZES) {
        await page.setViewportSize({ width, height });
        const when = `${screen}, ${look}`;
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect(overflow, when).toBeLessThanOrEqual(0);
        await expectAccessible(page, when);
        const path = test.info().outputPath(`${language}-${look}-${width}.png`);
        await page.screenshot({ path });
      }
    }
  });
}
