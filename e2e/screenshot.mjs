// Writes docs/screenshot.png: the page with a shell, PCRs and the event log, as the browser test sees it.
// node e2e/screenshot.mjs [file]
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const file = process.argv[2] ?? "docs/screenshot.png";
const playwright = join(root, "node_modules", "@playwright", "test", "cli.js");
const { status } = spawnSync(
  process.execPath,
  [playwright, "test", "e2e/page.spec.ts", "--grep", "progress, keyboard"],
  {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, TABTPM_SCREENSHOT: file },
  },
);
process.exitCode = status ?? 1;
