// `npm run bench:boot`: boot to the prompt in Chromium and in Node, interleaved: with and without the TPM (device and tables), and
// with v86's compiler always on or never; in Node also some work at the prompt, and guest instructions. Wall time and CPU seconds.
//   --runs N   boots of each kind (default 7)
//   --in WHERE chromium or node (default both)
//   --panels   instead: what the page's open panels cost the guest (bench/panels.mjs), N pairs of turns
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build as buildLibrary } from "../scripts/build.mjs";
import { readCommandLine, root, runCommand, UserError } from "../scripts/setup.mjs";
import { benchPanels } from "./panels.mjs";

const USAGE = `usage: npm run bench:boot -- [options]
  --runs N   boots of each kind (default 7)
  --in WHERE chromium or node (default both)
  --panels   instead: what open panels cost the guest of the page, N pairs of turns, Chromium`;

const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/** The first is what the page and `tabtpm boot` do. */
const KINDS = [
  { name: "with TPM", tpm: true, jit: "auto" },
  { name: "without TPM", tpm: false, jit: "auto" },
  { name: "with TPM, compiler always on", tpm: true, jit: "always" },
  { name: "with TPM, compiler never on", tpm: true, jit: "never" },
];

function readOptions() {
  const { values } = readCommandLine(USAGE, {
    runs: { type: "string", default: "7" },
    in: { type: "string", default: "both" },
    panels: { type: "boolean", default: false },
  });
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1)
    throw new UserError(`--runs ${values.runs}: a whole number above 0 is needed.`);
  if (!["chromium", "node", "both"].includes(values.in))
    throw new UserError(`--in ${values.in}: chromium or node is needed.`);
  return { runs, panels: values.panels, places: values.in === "both" ? ["chromium", "node"] : [values.in] };
}

/** Boots in a fresh page, so that no run warms up the next one's compiled code. */
async function bootInPage(browser, url, { tpm, jit }) {
  const context = await browser.newContext();
  const session = await browser.newBrowserCDPSession();
  const cpu = async () => {
    const { processInfo } = await session.send("SystemInfo.getProcessInfo");
    return new Map(processInfo.map(({ id, cpuTime }) => [id, cpuTime]));
  };
  try {
    const page = await context.newPage();
    await page.goto(url);
    await page.waitForFunction(() => "bootOnce" in window);
    const before = await cpu();
    const { shell } = await page.evaluate((kind) => window.bootOnce(kind), { tpm, jit });
    let spent = 0;
    for (const [id, time] of await cpu()) spent += time - (before.get(id) ?? 0);
    return { boot: { wall: shell / 1000, cpu: spent } };
  } finally {
    await session.detach();
    await context.close();
  }
}

async function openChromium() {
  const { build, preview } = await import("vite");
  const { chromium } = await import("@playwright/test");
  const outDir = mkdtempSync(join(tmpdir(), "tabtpm-bench-"));
  const configFile = join(root, "vite.config.ts");
  await build({
    root: join(root, "bench", "boot"),
    configFile,
    logLevel: "warn",
    build: { outDir, emptyOutDir: true },
  });
  const server = await preview({ root, configFile, logLevel: "warn", build: { outDir }, preview: { port: 0 } });
  const debianChromium = "/usr/bin/chromium";
  const browser = await chromium.launch({
    ...(existsSync(debianChromium) ? { executablePath: debianChromium } : {}),
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  });
  return {
    boot: (kind) => bootInPage(browser, server.resolvedUrls.local[0], kind),
    close: async () => {
      await browser.close();
      await server.close();
      rmSync(outDir, { recursive: true, force: true });
    },
  };
}

const script = join(root, "bench", "boot", "node.mjs");
/** Kind -> millions of guest instructions until the kernel and the prompt, of each boot. */
const counts = new Map();
async function openNode() {
  const boot = async (kind) => {
    const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify(kind)]);
    const { results, instructions } = JSON.parse(stdout);
    counts.set(kind.name, [...(counts.get(kind.name) ?? []), instructions]);
    return results;
  };
  return { boot, close: async () => {} };
}

const figure = ({ wall, cpu }) => `${wall.toFixed(2)} s, ${cpu.toFixed(2)} s of CPU`;

function report(place, kinds) {
  console.log(`\n${place}: medians, and the first one's ratio to them (wall, CPU)`);
  const of = ({ results }, what) => {
    const found = results.map((each) => each[what]).filter(Boolean);
    return { wall: median(found.map(({ wall }) => wall)), cpu: median(found.map(({ cpu }) => cpu)) };
  };
  for (const what of Object.keys(kinds[0].results[0])) {
    console.log(`  ${what}`);
    const first = of(kinds[0], what);
    for (const kind of kinds.filter(({ results }) => what in results[0])) {
      const own = of(kind, what);
      const ratios = `${(first.wall / own.wall).toFixed(2)} ${(first.cpu / own.cpu).toFixed(2)}`;
      console.log(`    ${kind.name.padEnd(28)} ${figure(own).padEnd(30)} ${ratios}`);
    }
  }
}

await runCommand(async () => {
  const { runs, places, panels } = readOptions();
  if (panels) {
    await buildLibrary({ withPage: true });
    await benchPanels(runs);
    return;
  }
  await buildLibrary({ withPage: false });
  for (const place of places) {
    const { boot, close } = await (place === "node" ? openNode() : openChromium());
    const kinds = KINDS.map((kind) => ({ ...kind, results: [] }));
    try {
      await boot(KINDS[0]);
      for (let run = 0; run < runs; run++) {
        // The order alternates, so that a drift of the machine's speed favours none.
        for (const kind of run % 2 ? kinds : [...kinds].reverse()) {
          const result = await boot(kind);
          kind.results.push(result);
          console.log(`${place} ${run + 1}/${runs} ${kind.name.padEnd(28)} ${figure(result.boot)}`);
        }
      }
    } finally {
      await close();
    }
    report(place, kinds);
  }
  for (const [name, boots] of counts) {
    const of = (stage) => median(boots.map((boot) => boot[stage])).toFixed(1);
    console.log(
      `  ${name.padEnd(30)} million instructions: ${of("kernel")} to the kernel, ${of("shell")} to the prompt`,
    );
  }
});
