// Writes the pictures of docs/newcomer.md: a newcomer's path through two lessons and three demos, by clicks and keys.
// node e2e/newcomer.mjs [folder] ImageMagick's `convert`, where it is installed, makes the pictures small.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium, expect } from "@playwright/test";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = process.argv[2] ?? join(root, "docs/newcomer");
/** Several boots, and commands typed at each. A patience in milliseconds, not a measurement. */
const PATIENCE = 400_000;
/** Debian's Chromium where it is installed, else the one that Playwright brings. */
const DEBIAN = "/usr/bin/chromium";

mkdirSync(folder, { recursive: true });
for (const name of readdirSync(folder)) if (/^\d\d-.*\.png$/.test(name)) rmSync(join(folder, name));

const server = spawn(process.execPath, ["scripts/start.mjs", "--port", "0"], {
  cwd: root,
  stdio: ["ignore", "pipe", "inherit"],
});
const browser = await chromium.launch({
  ...(existsSync(DEBIAN) ? { executablePath: DEBIAN } : {}),
  // Chromium's sandbox does not work for root.
  args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
});
try {
  await walk(await browser.newPage({ viewport: { width: 1280, height: 800 } }), await address());
} finally {
  await browser.close();
  server.kill();
}
shrink();

/** @returns {Promise<string>} where the page is, once the server says it */
async function address() {
  let said = "";
  for await (const piece of server.stdout) {
    said += piece;
    const found = /is at (http:\S+)/.exec(said);
    if (found) return found[1];
  }
  throw new Error("The server ended without an address; its messages are above.");
}

async function walk(page, url) {
  page.setDefaultTimeout(PATIENCE);
  const drawer = page.locator("dialog.learn");
  const press = (name) => drawer.getByRole("button", { name }).first().click();
  const current = page.locator('.lesson .steps [data-state="current"]');
  let number = 0;
  const shot = async (name) => {
    number++;
    await page.mouse.move(2, 2);
    // The panels are drawn now and then.
    await page.waitForTimeout(700);
    await page.screenshot({
      path: join(folder, `${String(number).padStart(2, "0")}-${name}.png`),
      animations: "disabled",
    });
    console.log(`${number} ${name}`);
  };
  const waits = { timeout: PATIENCE };
  const booted = () => expect(page.locator("[data-state=stage] dd")).toHaveText("shell", waits);
  /** The page is loaded anew, and boots. */
  const anew = async (action) => {
    await Promise.all([page.waitForEvent("load"), action()]);
    await booted();
  };
  const console_ = () => page.evaluate(() => window.tabtpm.serial.text());
  const prompt = () => expect.poll(console_, waits).toMatch(/tabtpm# (\x1b\[J)?$/);
  /** Typed by hand, key by key. */
  const type = async (line) => {
    await page.locator(".terminal-host").click();
    await page.keyboard.type(line);
    await page.keyboard.press("Enter");
  };
  const isToldNo = () => expect(current.locator(".hints[data-tried]")).toBeVisible(waits);
  const passes = (step) => expect(page.locator(".lesson")).toHaveAttribute("data-step", String(step), waits);
  const run = async (step) => {
    const count = await current.locator(".run .primary").count();
    for (let at = 0; at < count; at++) await current.locator(".run .primary").nth(at).click();
    await passes(step);
    await prompt();
  };
  const begin = async (name) => {
    await anew(() => press(name));
    await expect(page.locator(".lesson")).toHaveAttribute("data-phase", "running", waits);
  };

  await page.goto(url);
  await booted();
  await shot("page");
  await page.getByRole("button", { name: "Learn" }).click();
  await expect(drawer.locator(".entry").first()).toBeVisible();
  await shot("learn");

  await press(/PCRs, which remember/);
  await expect(drawer.getByRole("button", { name: "Make it and begin" })).toBeVisible();
  await shot("pcrs-asks");
  await begin("Make it and begin");
  await shot("pcrs-begins");
  await type('tpm2_pcrextend 16:sha256=$(echo first | sha256sum | cut -d" " -f1)');
  await isToldNo();
  await shot("pcrs-wrong");
  await type("tpm2_pcrreset 16");
  await prompt();
  await run(1);
  await shot("pcrs-extended");
  await run(2);
  await shot("pcrs-reset");
  await run(3);
  await shot("pcrs-order");
  await run(4);
  await shot("pcrs-passed");

  await press("All lessons");
  await drawer.locator("[data-id=seal]").scrollIntoViewIfNeeded();
  await shot("list-again");
  await drawer.locator("[data-id=seal]").click();
  await expect(drawer.getByRole("button", { name: "Make it and begin" })).toBeVisible();
  await shot("seal-asks");
  await begin("Make it and begin");
  await run(1);
  await shot("seal-parent");
  await type("tpm2_create -Q -C primary.ctx -u seal.pub -r seal.priv");
  await isToldNo();
  await shot("seal-wrong");
  await run(2);
  await shot("seal-sealed");
  await run(3);
  await shot("seal-no-plain-text");
  await run(4);
  await shot("seal-unsealed");
  await run(5);
  await shot("seal-passed");

  const demo = async (id) => {
    await press("All lessons");
    await drawer.locator(`.entry[data-id=${id}]`).click();
    await expect(drawer.getByRole("button", { name: "Make it and begin" })).toBeVisible();
    await shot(`${id}-asks`);
    await anew(() => press("Make it and begin"));
    await expect(drawer.locator("[data-step]").first()).toBeVisible();
    await shot(`${id}-begins`);
  };
  const take = async (id, name) => {
    const step = drawer.locator(`[data-step="${id}"]`);
    await step.getByRole("button").click();
    const activity = drawer.locator("[data-activity]");
    await expect(activity).not.toHaveAttribute("data-activity", "none");
    if (process.env.MIDWAY) {
      await shot(`${name}-runs`);
    }
    await expect(activity).toHaveAttribute("data-activity", "none", waits);
    await expect(step).toHaveAttribute("data-state", "done", waits);
    await shot(name);
  };
  await demo("honest-boot");
  await take("boot", "honest-chain");
  await take("seal", "honest-sealed");
  await take("again", "honest-opened");

  await demo("evil-maid");
  await take("seal", "maid-sealed");
  await drawer.getByRole("radio", { name: /The initrd/ }).check();
  await take("attack", "maid-refused");
  await take("undo", "maid-undone");

  await demo("allowed-update");
  await take("seal", "update-sealed");
  await take("update", "update-refused");
  await take("approve", "update-approved");
  await take("other", "update-other");

  await anew(() => press("Leave"));
  await shot("left");
}

/** A page has few colours: 48 of them and no more octets than that needs. */
function shrink() {
  for (const name of readdirSync(folder).filter((each) => each.endsWith(".png"))) {
    const file = join(folder, name);
    const { error } = spawnSync("convert", [file, "-strip", "+dither", "-colors", "48", `png8:${file}`]);
    if (error) return console.warn("ImageMagick's convert is not installed: the pictures are as large as they came.");
  }
}
