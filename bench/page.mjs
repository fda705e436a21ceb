// `npm run bench:page`: how long a first visit to the built page takes in Chromium on a processor that is slowed down by four, and what comes
// over the line for it. A visit is a fresh browser context; nothing is kept. With --snapshots also how long a snapshot of the PC at its prompt
// takes to be made and to be resumed, on a processor that is not slowed down. Prints; writes nothing.

import { existsSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { build } from "../scripts/build.mjs";
import { readCommandLine, root, runCommand, UserError } from "../scripts/setup.mjs";

const USAGE = `usage: npm run bench:page -- [options]
  --visits N    how many (default 5)
  --slower N    by how much the processor is slowed down (default 4)
  --language L  of the browser (default en)
  --snapshots N make and resume one so often (default 0)`;

const CHROMIUM = "/usr/bin/chromium";

function readOptions() {
  const { values } = readCommandLine(USAGE, {
    visits: { type: "string", default: "5" },
    slower: { type: "string", default: "4" },
    language: { type: "string", default: "en" },
    snapshots: { type: "string", default: "0" },
  });
  const [visits, slower] = [Number(values.visits), Number(values.slower)];
  if (!Number.isInteger(visits) || visits < 1)
    throw new UserError(`--visits ${values.visits}: a whole number above 0.`);
  if (!(slower >= 1)) throw new UserError(`--slower ${values.slower}: a number from 1 on.`);
  const snapshots = Number(values.snapshots);
  if (!Number.isInteger(snapshots) || snapshots < 0)
    throw new UserError(`--snapshots ${values.snapshots}: a whole number from 0 on.`);
  return { visits, slower, language: values.language, snapshots };
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/** One visit: milliseconds from the navigation on, octets as they came. */
async function visit(browser, address, { slower, language }) {
  const context = await browser.newContext({ locale: language, viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  const client = await context.newCDPSession(page);
  await client.send("Network.enable");
  await client.send("Emulation.setCPUThrottlingRate", { rate: slower });
  const octets = { page: 0, images: 0 };
  const images = new Set();
  client.on("Network.requestWillBeSent", ({ requestId, request }) => {
    if (request.url.includes("/guest/")) images.add(requestId);
  });
  client.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    octets[images.has(requestId) ? "images" : "page"] += encodedDataLength;
  });
  await page.goto(address);
  // The first drawing by a script of the page, with words: not the frame, which stands in the document itself.
  await page.waitForFunction(() => performance.getEntriesByName("tabtpm-first-view").length > 0);
  await page.waitForSelector("[data-state=stage]", { state: "attached" });
  const times = await page.evaluate(() => ({
    frame: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Number.NaN,
    view: performance.getEntriesByName("tabtpm-first-view")[0].startTime,
  }));
  await page.waitForFunction(() => document.querySelector("[data-state=power][data-tone=good]") !== null, null, {
    timeout: 0,
  });
  const on = await page.evaluate(() => performance.now());
  await context.close();
  return { ...times, on, ...octets };
}

/** Seconds of processor that all of the browser's processes have taken. */
async function processorTime(client) {
  const { processInfo } = await client.send("SystemInfo.getProcessInfo");
  return processInfo.reduce((sum, { cpuTime }) => sum + cpuTime, 0);
}

/**
 * Snapshots of the PC at its prompt, from the click until the dialog says that it is done.
 * @returns of each way: milliseconds, and milliseconds of processor; `size` as the dialog has it
 */
async function snapshots(browser, address, count) {
  const context = await browser.newContext({ locale: "en", viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  const client = await browser.newBrowserCDPSession();
  await page.goto(address);
  await page.waitForFunction(() => document.querySelector("[data-state=stage] dd")?.textContent === "shell", null, {
    timeout: 0,
  });
  const dialog = page.getByRole("dialog");
  const press = (name) => dialog.getByRole("button", { name, exact: true }).click();
  const timed = async (work) => {
    const [began, processor] = [performance.now(), await processorTime(client)];
    await work();
    return { wall: performance.now() - began, processor: ((await processorTime(client)) - processor) * 1000 };
  };
  const [made, resumed] = [[], []];
  let size = "";
  for (let i = 0; i < count; i++) {
    const name = `snapshot ${i}`;
    await page.getByRole("button", { name: "Snapshots…" }).click();
    await dialog.getByRole("textbox", { name: "Name" }).fill(name);
    const kept = dialog.locator(`[data-snapshot="${name}"]`);
    made.push(
      await timed(async () => {
        await press("Make a snapshot");
        await kept.waitFor({ timeout: 0 });
      }),
    );
    size = (await kept.locator(".facts").textContent()).split(" · ")[1];
    resumed.push(
      await timed(async () => {
        await press(`Resume ${name}`);
        await dialog.waitFor({ state: "detached", timeout: 0 });
      }),
    );
  }
  await context.close();
  return { made, resumed, size };
}

await runCommand(async () => {
  const options = readOptions();
  await build();
  const { preview } = await import("vite");
  const { chromium } = await import("@playwright/test");
  const server = await preview({ root, preview: { host: "127.0.0.1", port: 0 }, logLevel: "warn" });
  const isRoot = process.getuid?.() === 0;
  const browser = await chromium.launch({
    ...(existsSync(CHROMIUM) ? { executablePath: CHROMIUM } : {}),
    args: isRoot ? ["--no-sandbox"] : [],
  });
  try {
    const visits = [];
    for (let i = 0; i < options.visits; i++) visits.push(await visit(browser, server.resolvedUrls.local[0], options));
    const of = (name) => Math.round(median(visits.map((each) => each[name]))).toLocaleString("en");
    console.log(`Chromium ${browser.version()}, slowed down by ${options.slower}, ${options.visits} visits, medians`);
    console.log(`frame of the document         ${of("frame")} ms`);
    console.log(`first view, with its words    ${of("view")} ms`);
    console.log(`the PC is on                  ${of("on")} ms`);
    console.log(`over the line, the page       ${of("page")} octets`);
    console.log(`over the line, the images     ${of("images")} octets`);
    if (options.snapshots > 0) {
      const { made, resumed, size } = await snapshots(browser, server.resolvedUrls.local[0], options.snapshots);
      const middle = (of, what) => Math.round(median(of.map((each) => each[what]))).toLocaleString("en");
      const line = (of) => `${middle(of, "wall")} ms, of processor ${middle(of, "processor")} ms`;
      console.log(`snapshot made                 ${line(made)}`);
      console.log(`resumed                       ${line(resumed)}`);
      console.log(`a snapshot, with gzip         ${size}`);
    }
    console.log(`${cpus().length} processors (${cpus()[0]?.model ?? "unknown"}), load ${loadavg()[0].toFixed(1)}`);
  } finally {
    await browser.close();
    await server.close();
  }
});
