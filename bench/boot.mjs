// `npm run bench:boot`: boot to the prompt in Chromium, interleaved: with and without the TPM (device and tables), and with
// v86's compiler always on.
//   --runs N   boots of each kind (default 7)
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build as buildLibrary } from "../scripts/build.mjs";
import { root, runCommand, UserError } from "../scripts/setup.mjs";

const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};
const seconds = (ms) => `${(ms / 1000).toFixed(2)} s`;

function readRuns() {
  const { values } = parseArgs({ options: { runs: { type: "string", default: "7" } } });
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1)
    throw new UserError(`--runs ${values.runs}: a whole number above 0 is needed.`);
  return runs;
}

/** Boots in a fresh page, so that no run warms up the next one's compiled code. */
async function bootOnce(browser, url, kind) {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.goto(url);
    await page.waitForFunction(() => "bootOnce" in window);
    return await page.evaluate((kind) => window.bootOnce(kind), kind);
  } finally {
    await context.close();
  }
}

await runCommand(async () => {
  const runs = readRuns();
  await buildLibrary();
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
  const url = server.resolvedUrls.local[0];
  const debianChromium = "/usr/bin/chromium";
  const browser = await chromium.launch({
    ...(existsSync(debianChromium) ? { executablePath: debianChromium } : {}),
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  });
  /** The first is what the page does. */
  const kinds = [
    { name: "with TPM", tpm: true, jit: "auto" },
    { name: "without TPM", tpm: false, jit: "auto" },
    { name: "with TPM, compiler always on", tpm: true, jit: "always" },
  ].map((kind) => ({ ...kind, times: [] }));
  try {
    await bootOnce(browser, url, { tpm: true, jit: "auto" });
    for (let run = 0; run < runs; run++) {
      // The order alternates, so that a drift of the machine's speed favours none.
      for (const { name, tpm, jit, times } of run % 2 ? kinds : [...kinds].reverse()) {
        const { kernel, shell } = await bootOnce(browser, url, { tpm, jit });
        times.push(shell);
        console.log(`${run + 1}/${runs} ${name.padEnd(28)} kernel ${seconds(kernel)}, prompt ${seconds(shell)}`);
      }
    }
  } finally {
    await browser.close();
    await server.close();
    rmSync(outDir, { recursive: true, force: true });
  }
  const first = median(kinds[0].times);
  console.log("\nmedians, and the first one's ratio to them:");
  for (const { name, times } of kinds) {
    console.log(`  ${name.padEnd(28)} ${seconds(median(times))}  ${(first / median(times)).toFixed(3)}`);
  }
});
