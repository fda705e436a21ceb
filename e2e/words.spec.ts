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

test("dialogs and notices are whole in both languages, and Escape leaves a dialog for where it was opened", async () => {
  const { page } = guest;
  await guest.sh("tpm2_changeauth -c lockout right");
  await guest.run("tpm2_dictionarylockout -c -p wrong");
  for (const language of ["de", "en"] as const) {
    await choose(page, language);
    for (const [, media] of LOOKS) {
      await page.emulateMedia(media);
      for (const width of [320, 1280]) {
        await page.setViewportSize({ width, height: 800 });
        await expectAccessible(page, `settings, ${width}`);
        const within = await dialog(page).evaluate((box) => box.scrollWidth - box.clientWidth);
        expect(within, `settings, ${width}`).toBeLessThanOrEqual(0);
      }
    }
    await dialog(page).screenshot({ path: test.info().outputPath(`settings-${language}.png`) });
    await page.keyboard.press("Escape");
    await expect(dialog(page)).toHaveCount(0);
    const opener = page.getByRole("button", { name: language === "de" ? "Neues TPM…" : "New TPM…" });
    await opener.click();
    // What changes nothing has the focus first.
    await expect(page.getByRole("button", { name: language === "de" ? "Abbrechen" : "Cancel" })).toBeFocused();
    await expectAccessible(page, "new TPM");
    await dialog(page).screenshot({ path: test.info().outputPath(`new-tpm-${language}.png`) });
    await page.keyboard.press("Escape");
    await expect(opener).toBeFocused();
    await page.locator("[data-state=lasting] button").click();
    const note = page.locator("[data-notice=storage]");
    await expect(note).toContainText(language === "de" ? "Der Browser" : "The browser");
    await expectAccessible(page, "a notice");
    await note.getByRole("button").click();
    await expect(page.locator(".xterm-helper-textarea")).toBeFocused();
  }
});

test("a screen reader hears of a boot its stages, each once, and nothing of what runs through the panels", async () => {
  const { page } = guest;
  await page.evaluate(() => {
    const heard: string[] = [];
    Object.assign(window, { heard });
    const live = "[aria-live]:not([aria-live=off]), [role=status], [role=alert], [role=log]";
    new MutationObserver((changes) => {
      for (const { target } of changes) {
        const element = target instanceof Element ? target : target.parentElement;
        const region = element?.closest(live);
        if (region) heard.push(region.textContent ?? "");
      }
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
  await guest.reboots(() => page.getByRole("button", { name: "Reset", exact: true }).click());
  await guest.sh("tpm2_getrandom 4 --hex; tpm2_pcrextend 16:sha256=$(echo hello | sha256sum | cut -d' ' -f1)");
  await expect(page.locator(".pcrs tr[data-pcr='16']")).toHaveAttribute("data-value", "measured");
  const heard = await page.evaluate(() => (window as unknown as { heard: string[] }).heard);
  // Drawn at most every 120 ms, so that a stage that is over by then is not said.
  expect(["Starting: BIOS", "Starting: kernel", "The shell is ready"]).toEqual(expect.arrayContaining(heard));
  expect(heard.at(-1)).toBe("The shell is ready");
  expect(new Set(heard).size).toBe(heard.length);
});

test("the header's buttons are one stop for Tab, the arrows go through them as they are read, and then comes a way round the console", async () => {
  const { page } = guest;
  const buttons = await page.getByRole("toolbar", { name: "Machine" }).locator("button:enabled").allTextContents();
  expect(buttons.length).toBeGreaterThanOrEqual(5);
  const here = () => page.evaluate(() => document.activeElement?.textContent ?? "");
  await page.locator("[data-state=lasting] button").focus();
  await page.keyboard.press("Tab");
  const reached = [await here()];
  for (let step = 1; step < buttons.length; step++) {
    await page.keyboard.press("ArrowRight");
    reached.push(await here());
  }
  // Tab comes back to the button that was left last, and the arrows go round.
  const first = buttons.indexOf(reached[0] ?? "");
  expect(reached).toEqual([...buttons.slice(first), ...buttons.slice(0, first)]);
  await page.keyboard.press("Tab");
  expect(await here()).toBe("Skip the console");
});
