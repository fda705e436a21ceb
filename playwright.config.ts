import { existsSync } from "node:fs";
import { defineConfig } from "@playwright/test";

/** Debian's Chromium where it is installed, else the one that Playwright brings. */
const debianChromium = "/usr/bin/chromium";
/** TABTPM_URL: what the server of this run said, on a port that was free; the workers find it in their environment. */
const { CI, TABTPM_URL } = process.env;
const isRoot = process.platform === "linux" && process.getuid?.() === 0;

export default defineConfig({
  testDir: "e2e",
  // By hand one guest at a time; `npm test` has two, and the tests tagged @alone after them by themselves.
  workers: 1,
  fullyParallel: false,
  forbidOnly: CI !== undefined,
  // A guest boots in each; one of a hundred boots beside another is a matter of luck. What needed a second try is named at the end.
  retries: CI === undefined ? 0 : 1,
  // Four boots on a busy machine.
  timeout: 600_000,
  expect: { timeout: 20_000 },
  // Below it other runs keep what they have done; this part is emptied at each run.
  outputDir: "test-results/e2e",
  reporter: [["list"]],
  use: {
    ...(TABTPM_URL === undefined ? {} : { baseURL: TABTPM_URL }),
    viewport: { width: 1280, height: 800 },
    screenshot: "only-on-failure",
    launchOptions: {
      ...(existsSync(debianChromium) ? { executablePath: debianChromium } : {}),
      // Chromium's sandbox does not work for root.
      args: isRoot ? ["--no-sandbox"] : [],
    },
  },
  webServer: {
    // Its own, and no other: a server that is there already may have another clone's page.
    command: "node scripts/start.mjs --port 0",
    wait: { stdout: /is at (?<tabtpm_url>http:\S+)/ },
    // The first run builds everything.
    timeout: 300_000,
    stdout: "ignore",
    stderr: "pipe",
  },
});
