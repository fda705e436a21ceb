/** The console on a phone, and what is pasted into it. */
import { createHash } from "node:crypto";
import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures.ts";
import { COMMAND_PATIENCE, Guest, PROMPT } from "./guest.ts";

const paste = (page: Page, text: string) =>
  page.evaluate((words) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", words);
    const event = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
    document.querySelector(".xterm-helper-textarea")?.dispatchEvent(event);
  }, text);

/** Waits until the guest's last line is this. Where it is not, the report shows what can't be seen, too. */
const lastLine = (guest: Guest, pattern: RegExp) =>
  expect
    .poll(
      async () => {
        const line = (await guest.text()).split("\n").at(-1) ?? "";
        return pattern.test(line) ? "as it should be" : JSON.stringify(line);
      },
      { timeout: COMMAND_PATIENCE },
    )
    .toBe("as it should be");

/** Types a command line and waits until it runs, so that what comes next is not for the shell. */
async function begin(guest: Guest, command: string): Promise<void> {
  const begun = await guest.count("\nit runs");
  await guest.type(`echo it runs; ${command}\n`);
  await expect.poll(() => guest.count("\nit runs")).toBe(begun + 1);
}

test("what is pasted arrives whole: 9 kB with tabs and other scripts for a program, no completion at the prompt", async ({
  page,
}) => {
  const guest = await new Guest(page).open();
  const line = "\tein Zeichen für Zeichen eingefügter Text, 文字 und\tTabulatoren";
  const text = `${Array.from({ length: 135 }, (_, index) => `${index}${line}`).join("\n")}\n`;
  expect(Buffer.byteLength(text)).toBeGreaterThan(9000);
  await begin(guest, "cat > /tmp/pasted");
  await paste(page, text);
  await lastLine(guest, /^$/);
  await expect.poll(() => guest.count("134\tein"), { timeout: 60_000 }).toBe(1);
  await guest.type("\x04");
  await lastLine(guest, PROMPT);
  expect(await guest.sh("sha256sum < /tmp/pasted | cut -d' ' -f1")).toBe(
    createHash("sha256").update(text).digest("hex"),
  );

  const note = page.locator(".console-note");
  await expect(note).toHaveCount(0);
  // Up to the next eighth column.
  await paste(page, "printf '%s' 'a\tb' | sha256sum\n");
  await expect(note).toContainText("Tabs were pasted as spaces");
  const spaced = createHash("sha256").update("a  b").digest("hex");
  await expect.poll(() => guest.count(spaced)).toBe(1);
  await page.locator(".xterm-helper-textarea").press("Enter");
  await expect(note).toHaveCount(0);
});

test.describe("on a phone", () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

  test("a bar has the keys that its keyboard lacks, and what a PCR is for opens at a touch", async ({ page }) => {
    const guest = await new Guest(page).open();
    const keys = page.getByRole("toolbar", { name: "Keys" });
    await expect(keys).toBeVisible();
    const tap = (name: string) => keys.getByRole("button", { name, exact: true }).tap();
    const screen = page.locator(".xterm-helper-textarea");
    await screen.focus();

    // The page's own focus stays: the keyboard does not fold away.
    await tap("Tab");
    await expect(screen).toBeFocused();

    await begin(guest, "sleep 1000");
    await tap("Ctrl");
    await expect(keys.getByRole("button", { name: "Ctrl" })).toHaveAttribute("aria-pressed", "true");
    await page.keyboard.type("c");
    await lastLine(guest, PROMPT);
    await expect(keys.getByRole("button", { name: "Ctrl" })).toHaveAttribute("aria-pressed", "false");

    await guest.enter("echo $((6*7))");
    const answers = await guest.count("\n42");
    await tap("Arrow up");
    await page.keyboard.press("Enter");
    await expect.poll(() => guest.count("\n42")).toBe(answers + 1);

    await guest.type("ls /proc/cpuin");
    await tap("Tab");
    await lastLine(guest, /\/proc\/cpuinfo /);
    await page.keyboard.press("Enter");
    await lastLine(guest, PROMPT);

    await page.locator(".pcrs tr[data-pcr='7'] th button").tap();
    await expect(page.locator(".pcrs tr[data-pcr='7'] .usage")).toContainText("secure boot policy");
    await page.locator(".pcrs tr[data-pcr='7'] th button").press("ArrowDown");
    await page.keyboard.press("Enter");
    await expect(page.locator(".pcrs .usage")).toContainText("operating system");
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
    await page.screenshot({ path: test.info().outputPath("phone.png") });
    await page.screenshot({ path: test.info().outputPath("phone-full.png"), fullPage: true });
  });
});
