/** The package as its users get it: packed, and installed into a folder that has nothing else. */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { npmCommand, root } from "../../setup.mjs";
import { cleanEnvironment, output } from "./processes.ts";

export interface PackedFile {
  path: string;
  size: number;
}

export interface Packed {
  /** For whatever a test needs; goes with {@link Packed.remove}. Anybody may look into it. */
  folder: string;
  tarball: string;
  files: PackedFile[];
  /** Of the tarball, bytes. */
  size: number;
  unpackedSize: number;
  remove(): void;
}

const [npm, npmArgs] = npmCommand();

/** `npm pack` of what is built: `npm test` has built it, and two builds at once would be in each other's way. */
export async function pack(): Promise<Packed> {
  const folder = mkdtempSync(join(tmpdir(), "tabtpm-package-"));
  chmodSync(folder, 0o755);
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const [report] = JSON.parse(await output(npm, [...npmArgs, ...args], { cwd: root }));
  const { filename, files, size, unpackedSize } = report;
  const tarball = join(folder, filename);
  return { folder, tarball, files, size, unpackedSize, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Installs packages into a new project in a folder. @param packages as `npm install` takes them. */
export async function install(folder: string, ...packages: string[]): Promise<void> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ name: "a-users-project", private: true, type: "module" }),
  );
  const options = ["--prefer-offline", "--no-fund", "--no-audit", "--save-exact"];
  await output(npm, [...npmArgs, "install", ...options, ...packages], { cwd: folder });
}

/**
 * `npx`, as a program and its first arguments, and the environment in which it installs into a folder of its own and takes
 * what was downloaded before from npm's cache.
 */
export function npx(folder: string): { program: string; args: string[]; env: NodeJS.ProcessEnv } {
  const env = cleanEnvironment();
  const { npm_config_cache: cache = join(homedir(), ".npm") } = env;
  const own = join(folder, "npm-cache");
  mkdirSync(own, { recursive: true });
  const downloads = join(cache, "_cacache");
  if (existsSync(downloads) && !existsSync(join(own, "_cacache"))) symlinkSync(downloads, join(own, "_cacache"));
  const script = npmArgs[0] === undefined ? undefined : join(dirname(npmArgs[0]), "npx-cli.js");
  return {
    program: script === undefined ? "npx" : npm,
    args: [...(script === undefined ? [] : [script]), "--yes", "--prefer-offline"],
    env: { ...env, npm_config_cache: own },
  };
}

/** Somebody who can read the tree of a test and write nothing there, and a Node that he can start. */
export function stranger(folder: string): { node: string; user: { uid?: number; gid?: number } } {
  if (process.getuid?.() !== 0) return { node: process.execPath, user: {} };
  const node = join(folder, "node");
  copyFileSync(process.execPath, node);
  return { node, user: { uid: 65534, gid: 65534 } };
}
