/** The machine around its console: tools, screen, time line, pause, drawer, folded panels. One boot for all that need no other. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { fitsDeskAndPhone, sharedGuest } from "./fixtures.ts";
import { COMMAND_PATIENCE, Guest } from "./guest.ts";

test.describe.configure({ mode: "serial" });

const guest = sharedGuest();
const tool = (name: string) =>
  guest.page.getByRole("toolbar", { name: "Console tools" }).getByRole("button", { name, exact: true });
const note = () => guest.page.locator(".console-note");
const instructions = () => guest.page.evaluate(() => window.tabtpm.emulator.get_instruction_counter());
/** Rows and columns of the guest's terminal. */
const size = async () => (await guest.sh("stty size </dev/ttyS0")).split(" ").map(Number) as [number, number];
const saved = async (click: () => Promise<void>) => {
  const download = guest.page.waitForEvent("download");
  await click();
  const file = await download;
  return { name: file.suggestedFilename(), content: await readFile(await file.path()) };
};

test("copy and paste by button, and by key; where the browser refuses, the page says what to do", async () => {
  const { page } = guest;
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await guest.sh("echo sign $((2*21))");
  await tool("Copy").click();
  await expect(note()).toContainText("Copied");
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
  expect(await clipboard()).toMatch(/sign 42.*tabtpm#$/s);

  await page.evaluate(() => navigator.clipboard.writeText("echo pasted $((6*7))\n"));
  await tool("Paste").click();
  await expect.poll(() => guest.count("\npasted 42")).toBe(1);

  await page.evaluate(() => navigator.clipboard.writeText("old"));
  await page.locator(".xterm-helper-textarea").press("Control+Shift+c");
  await expect.poll(clipboard).toContain("pasted 42");
  // It did not reach the guest.
  expect(await guest.sh("echo still here")).toBe("still here");

  await page.evaluate(() => {
    const refuse = () => Promise.reject(new DOMException("no", "NotAllowedError"));
    Object.assign(navigator.clipboard, { readText: refuse, writeText: refuse });
  });
  await tool("Copy").click();
  await expect(note()).toContainText("Select the text and use the browser’s own Copy");
  await tool("Paste").click();
  await expect(note()).toContainText("use the keyboard’s own paste");
});

test("search finds what has scrolled away, and says how often it is there", async () => {
  const { page } = guest;
  // Not numbers alone: the kernel's seconds have any four digits somewhere.
  await guest.sh("seq 1001 1300 | sed 's/^/row /'; true");
  await page.locator(".xterm-helper-textarea").press("Control+Shift+f");
  const field = page.getByRole("searchbox", { name: "Search the console" });
  await expect(field).toBeFocused();
  await field.fill("row 1077");
  await expect(page.locator(".matches")).toHaveText("1 of 1");
  await expect(page.locator(".xterm-rows")).toContainText("row 1077");
  await field.fill("no such words");
  await expect(page.locator(".matches")).toHaveText("not found");
  await page.screenshot({ path: test.info().outputPath("search.png") });
  await field.press("Escape");
  await expect(field).toHaveCount(0);
  await expect(page.locator(".xterm-helper-textarea")).toBeFocused();
});

test("larger text and the full width change the guest's terminal, too", async () => {
  const { page } = guest;
  const [rows, columns] = await size();
  for (let step = 0; step < 4; step++) await tool("Larger text").click();
  await expect.poll(async () => (await size())[0]).toBeLessThan(rows);
  for (let step = 0; step < 4; step++) await tool("Smaller text").click();
  await expect.poll(size).toEqual([rows, columns]);
  await tool("Full width").click();
  await expect(page.locator(".pcrs")).toBeHidden();
  await expect.poll(async () => (await size())[1]).toBeGreaterThan(columns);
  await page.screenshot({ path: test.info().outputPath("wide.png") });
  await tool("Full width").click();
  await expect(page.locator(".pcrs")).toBeVisible();
  await expect.poll(size).toEqual([rows, columns]);
});

test("the console's text is saved as a file: all of it, and no colours", async () => {
  const { name, content } = await saved(() => tool("Save text").click());
  expect(name).toBe("tabtpm-console.txt");
  const text = content.toString("utf8");
  expect(text).toContain("SeaBIOS (version");
  expect(text).toContain("\nrow 1300\n");
  expect(text).not.toContain("\x1b");
});

test("the time line has each stage of the boot with its seconds, and what has come of it", async () => {
  const { page } = guest;
  await tool("Time line").click();
  const line = page.locator(".timeline");
  await expect(line.locator("li[data-reached]")).toHaveCount(6);
  const seconds = await line.locator(".at").evaluateAll((all) => all.map((at) => Number.parseFloat(at.textContent!)));
  expect(seconds).toEqual([...seconds].sort((a, b) => a - b));
  expect(seconds.at(-1)).toBeGreaterThan(0);
  // SeaBIOS and the option ROM measure more than the eight separators.
  const count = /(\d+) × TPM2_PCR_Extend/.exec((await line.textContent())!)?.[1];
  const logged = await page.locator(".event-log li[data-pcr]").count();
  expect(Number(count)).toBeGreaterThan(8);
  // One event of the log, the specification's number, is not measured.
  expect(Number(count)).toBe(logged - 1);
  await expect(line.locator("[data-outcome=good]")).toBeVisible();
  await page.screenshot({ path: test.info().outputPath("timeline.png") });
  await fitsDeskAndPhone(page, "timeline");
  await tool("Time line").click();
  await expect(line).toHaveCount(0);
});

test("a paused PC executes nothing; what is typed meanwhile waits for it", async () => {
  const { page } = guest;
  await page.getByRole("toolbar", { name: "Machine" }).getByRole("button", { name: "Pause" }).click();
  await expect(page.locator("[data-state=power] dd")).toHaveText("paused");
  const before = await instructions();
  await guest.type("echo typed $((7*6))\n");
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  expect(await instructions()).toBe(before);
  expect(await guest.count("\ntyped 42")).toBe(0);
  await page.getByRole("toolbar", { name: "Machine" }).getByRole("button", { name: "Resume" }).click();
  await expect.poll(() => guest.count("\ntyped 42")).toBe(1);
  await expect(page.locator("[data-state=power] dd")).toHaveText("on");
  expect(await guest.sh("tpm2_getrandom 8 --hex")).toMatch(/^[0-9a-f]{16}$/);
});

test("the VGA screen shows what the firmware has written, and is saved as a picture", async () => {
  const { page } = guest;
  await tool("VGA screen").click();
  const canvas = page.locator(".vga canvas");
  await expect(canvas).toBeVisible();
  await expect(page.locator(".vga pre")).toContainText("SeaBIOS (version");
  await page.screenshot({ path: test.info().outputPath("vga.png") });
  const { name, content } = await saved(() => page.getByRole("button", { name: "Save picture" }).click());
  expect(name).toBe("tabtpm-screen.png");
  expect(content.subarray(0, 8).toString("latin1")).toBe("\x89PNG\r\n\x1a\n");
  // 80 by 25 characters of 9 by 16 pixels. (PNG, IHDR)
  expect([content.readUInt32BE(16), content.readUInt32BE(20)]).toEqual([720, 400]);
  await tool("VGA screen").click();
  await expect(canvas).toHaveCount(0);
  expect(await guest.sh("echo the console is as it was")).toBe("the console is as it was");
});

test("the settings are a drawer: the machine stays to be seen and used, Escape closes it, the focus comes back", async () => {
  const { page } = guest;
  const opener = page.getByRole("button", { name: "Settings…" });
  await opener.focus();
  await page.keyboard.press("Enter");
  const drawer = page.getByRole("dialog", { name: "Settings of the PC" });
  await expect(drawer.getByLabel("Kernel arguments")).toBeFocused();
  await page.screenshot({ path: test.info().outputPath("drawer.png") });
  const [console, side] = await Promise.all([page.locator(".console").boundingBox(), drawer.boundingBox()]);
  expect(side!.x).toBeGreaterThanOrEqual(console!.x + 0.9 * console!.width);
  await page.locator(".terminal-host").click();
  await page.keyboard.type("echo typed beside $((5*5))\n");
  await expect.poll(() => guest.count("\ntyped beside 25")).toBe(1);
  await drawer.getByLabel("TPM interface").focus();
  await page.keyboard.press("Escape");
  await expect(drawer).toHaveCount(0);
  await expect(opener).toBeFocused();
});

test("a folder that is dropped lies at /mnt with all that is in it; a name that was taken is said", async () => {
  const { page } = guest;
  const folder = test.info().outputPath("dropped");
  await mkdir(join(folder, "deep"), { recursive: true });
  await writeFile(join(folder, "a.txt"), "A");
  await writeFile(join(folder, "deep", "large.bin"), Buffer.alloc(9 << 20, 7));
  const session = await page.context().newCDPSession(page);
  const drop = async (path: string) => {
    for (const type of ["dragEnter", "dragOver", "drop"] as const) {
      const data = { items: [], files: [path], dragOperationsMask: 1 };
      await session.send("Input.dispatchDragEvent", { type, x: 300, y: 300, data });
    }
  };
  await drop(folder);
  const files = page.locator("details.files:not(.explorer)");
  await expect(files.locator("li", { hasText: "dropped/deep/large.bin" })).toContainText("9.4 MB");
  await expect(files.locator(".adding")).toHaveCount(0);
  expect(await guest.sh("cat /mnt/dropped/a.txt; wc -c < /mnt/dropped/deep/large.bin")).toBe("A9437184");
  await drop(join(folder, "a.txt"));
  await expect(files.locator("li", { hasText: /^a\.txt/ })).toHaveCount(1);
  await drop(join(folder, "a.txt"));
  await expect(files.getByRole("status")).toHaveText("a.txt was there already: the new one is a-2.txt.");
  await page.screenshot({ path: test.info().outputPath("files.png") });
  await session.detach();
});

test("a panel folds by its title, is not drawn then, and stays so for the next visit", async () => {
  const { page } = guest;
  const title = page.getByRole("button", { name: "TPM commands" });
  await title.focus();
  await page.keyboard.press("Enter");
  await expect(title).toHaveAttribute("aria-expanded", "false");
  await expect(page.locator(".commands .scroll")).toHaveCount(0);
  await page.getByRole("button", { name: "Firmware event log" }).click();
  await page.screenshot({ path: test.info().outputPath("folded.png") });
  await page.reload();
  await expect(title).toHaveAttribute("aria-expanded", "false");
  await expect(page.locator(".pcrs, .registers .empty")).toBeVisible();
  await title.click();
  await expect(page.locator(".commands .scroll")).toBeVisible();
});

test("SeaBIOS takes keys that are pressed on the screen, also those of a pause", async () => {
  const { page } = guest;
  await page.goto("./?menu=1");
  // The firmware waits for a few seconds only, by its own clock.
  await page.waitForFunction(
    () => {
      if (!window.tabtpm.serial.text().includes("for boot menu")) return false;
      window.tabtpm.pause();
      return true;
    },
    undefined,
    { timeout: COMMAND_PATIENCE, polling: "raf" },
  );
  await tool("VGA screen").click();
  await page.getByRole("application", { name: "The PC’s screen" }).press("Escape");
  await page.getByRole("toolbar", { name: "Machine" }).getByRole("button", { name: "Resume" }).click();
  await expect(page.locator(".vga pre")).toContainText("t. TPM Configuration", { timeout: COMMAND_PATIENCE });
  await page.screenshot({ path: test.info().outputPath("menu.png") });
});

test("on a phone the toolbars are menus", async ({ browser, baseURL }) => {
  const context = await browser.newContext({
    baseURL: baseURL!,
    viewport: { width: 390, height: 844 },
    hasTouch: true,
    isMobile: true,
    colorScheme: "dark",
  });
  const phone = new Guest(await context.newPage());
  await phone.page.goto("./");
  const menu = phone.page.getByRole("button", { name: "Machine", exact: true });
  await menu.tap();
  await expect(phone.page.getByRole("button", { name: "Power off" })).toBeVisible();
  await phone.page.screenshot({ path: test.info().outputPath("phone-machine.png") });
  await phone.page.keyboard.press("Escape");
  await expect(phone.page.getByRole("button", { name: "Power off" })).toBeHidden();
  await phone.page.getByRole("button", { name: "Tools", exact: true }).tap();
  await phone.page.screenshot({ path: test.info().outputPath("phone-tools.png") });
  await phone.page.getByRole("button", { name: "Time line" }).tap();
  await expect(phone.page.locator(".timeline")).toBeVisible();
  // What is chosen folds the menu.
  await expect(phone.page.getByRole("button", { name: "Time line" })).toBeHidden();
  const overflow = await phone.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(overflow).toBeLessThanOrEqual(0);
  await phone.page.screenshot({ path: test.info().outputPath("phone-timeline.png") });
  await context.close();
});
