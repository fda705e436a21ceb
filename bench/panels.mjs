// `npm run bench:boot -- --panels`: what the page's panels cost the guest. In one page and one boot, Chromium: guest instructions a second with all
// panels open and with all folded, by turns, while the guest computes and while it sends TPM commands. Wall time, and CPU time of
// all of the browser's processes, which is the better one on a machine that has other things to do.
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { root } from "../scripts/setup.mjs";

/** Milliseconds of a turn. */
const TURN_MS = 4000;
/** The page draws, the compiler compiles: not counted. */
const SETTLE_MS = 1000;
/** v86 and the browser compile what a load needs, all the while the guest becomes faster: no turn is counted before. */
const WARM_UP_MS = 15_000;
const BOOT_MS = 300_000;
const COUNTER_RANGE = 2 ** 32;

/** What the guest does meanwhile; each never ends. */
const LOADS = {
  "computing (sha256sum)": "while :; do head -c 4000000 /dev/zero | sha256sum > /dev/null; done",
  "TPM commands (tpm2_getrandom)": "while :; do tpm2_getrandom 8 --hex > /dev/null; done",
};

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

async function fold(page, folded) {
  // Its own: a panel that is not drawn when the page is narrow would not be found otherwise.
  await page.evaluate((wanted) => {
    for (const button of document.querySelectorAll(".fold button")) {
      if ((button.getAttribute("aria-expanded") === "false") !== wanted) button.click();
    }
    for (const panel of document.querySelectorAll("details.panel")) panel.open = !wanted;
  }, folded);
}

/** Guest instructions of a turn, for each second of the wall clock and of the processors. */
async function measure(page, cpu) {
  const read = () => page.evaluate(() => [window.tabtpm.emulator.get_instruction_counter() >>> 0, performance.now()]);
  await sleep(SETTLE_MS);
  const [[from, start], cpuBefore] = [await read(), await cpu()];
  await sleep(TURN_MS);
  const [[to, end], cpuAfter] = [await read(), await cpu()];
  const instructions = (to - from + COUNTER_RANGE) % COUNTER_RANGE;
  return { wall: (instructions * 1000) / (end - start), cpu: instructions / (cpuAfter - cpuBefore) };
}

async function openPage() {
  const { preview } = await import("vite");
  const { chromium } = await import("@playwright/test");
  const server = await preview({ root, logLevel: "warn", preview: { port: 0 } });
  const debianChromium = "/usr/bin/chromium";
  const browser = await chromium.launch({
    ...(existsSync(debianChromium) ? { executablePath: debianChromium } : {}),
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  });
  const close = async () => {
    await browser.close();
    await server.close();
  };
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await page.goto(server.resolvedUrls.local[0]);
    await page.locator("[data-state=stage] dd", { hasText: "shell" }).waitFor({ timeout: BOOT_MS });
    const session = await browser.newBrowserCDPSession();
    const cpu = async () => {
      const { processInfo } = await session.send("SystemInfo.getProcessInfo");
      return processInfo.reduce((sum, { cpuTime }) => sum + cpuTime, 0);
    };
    return { page, cpu, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** @param runs pairs of turns for each load. The page has been built. */
export async function benchPanels(runs) {
  const { page, cpu, close } = await openPage();
  try {
    for (const [name, command] of Object.entries(LOADS)) {
      const results = { open: [], folded: [] };
      await page.evaluate((line) => window.tabtpm.serial.send(`${line}\n`), command);
      await sleep(WARM_UP_MS);
      for (let run = 0; run < runs; run++) {
        // The order alternates, so that a drift of the machine's speed favours none.
        for (const state of run % 2 ? ["open", "folded"] : ["folded", "open"]) {
          await fold(page, state === "folded");
          results[state].push(await measure(page, cpu));
        }
      }
      await page.evaluate(() => window.tabtpm.serial.send("\x03"));
      report(name, results);
    }
  } finally {
    await close();
  }
}

function report(name, { open, folded }) {
  const of = (all, what) => median(all.map((each) => each[what]));
  const cost = (what) => {
    // Each pair by itself: what drifts drifts for both.
    const ratios = open.map((each, turn) => each[what] / folded[turn][what]);
    return `${((1 - median(ratios)) * 100).toFixed(1)} %`;
  };
  const millions = (value) => (value / 1e6).toFixed(1);
  console.log(`\n${name}: million guest instructions a second, medians of ${open.length} turns`);
  for (const [what, words] of [
    ["wall", "of the wall clock"],
    ["cpu", "of CPU"],
  ]) {
    console.log(
      `  ${words.padEnd(18)} folded ${millions(of(folded, what)).padStart(7)}, open ${millions(of(open, what)).padStart(7)}: open panels cost ${cost(what)}`,
    );
  }
}
