/** `tabtpm install-swtpm`: programs by swtpm's names, for who looks for those: libvirt above all. */
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { DurableFile } from "../store/durableFile.ts";
import { UsageError } from "./errors.ts";
import { parseOptions } from "./parse.ts";
import type { Streams } from "./terminal.ts";

export const INSTALL_SWTPM_HELP = `Usage: tabtpm install-swtpm DIR [--ca DIR]

Writes programs named swtpm, swtpm_setup and swtpm_ioctl into DIR (made when missing), which run this tabtpm with this
Node: put DIR before others in the PATH of whoever looks for swtpm, such as libvirtd. Programs of others that are there
under these names are left alone, and nothing is written then.

Options:
  --ca DIR           the folder of the demo CA for swtpm_setup (default: that of the user who runs it)
  -h, --help         this text
`;

export interface InstallCommand {
  dir: string;
  ca: string | undefined;
}

/** What the command tells from other people's programs. */
const MARK = "# Written by `tabtpm install-swtpm`.";
const PERMISSIONS = 0o755;
const TABTPM = fileURLToPath(new URL("../../src/node/bin/tabtpm.mjs", import.meta.url));

/** @returns undefined when help is asked for. @throws UsageError */
export function parseInstallOptions(argv: readonly string[]): InstallCommand | undefined {
  const isDir = argv[0] !== undefined && !argv[0].startsWith("-");
  const values = parseOptions("install-swtpm", isDir ? argv.slice(1) : argv, {
    ca: { type: "string" },
    help: { type: "boolean", short: "h" },
  });
  if (values.help) return undefined;
  if (!isDir || argv[0] === "") throw new UsageError("install-swtpm needs a folder: tabtpm install-swtpm DIR.");
  if (values.ca === "") throw new UsageError("--ca needs the name of a folder.");
  return { dir: argv[0] as string, ca: values.ca };
}

/** @throws Error when a program of somebody else is in the way; StoreError for what the file system refuses. */
export async function installSwtpm({ dir, ca }: InstallCommand, streams: Streams): Promise<void> {
  const folder = resolve(dir);
  const setup = ["swtpm_setup", ...(ca === undefined ? [] : ["--ca", resolve(ca)])];
  const programs = Object.entries({ swtpm: [], swtpm_setup: setup, swtpm_ioctl: ["swtpm_ioctl"] }).map(
    ([name, words]) => ({ file: programIn(folder, name), text: shim(words) }),
  );
  for (const { file } of programs) {
    await file.makeFolder(PERMISSIONS);
    const old = await file.read();
    if (old === null || new TextDecoder().decode(old).includes(MARK)) continue;
    throw new Error(
      `${file.path} is another program, and stays. Nothing was written: choose another folder, and put it before ${folder} in PATH.`,
    );
  }
  for (const { file, text } of programs) {
    await file.replace(new TextEncoder().encode(text));
    streams.stdout.write(`${file.path}\n`);
  }
}

const programIn = (folder: string, name: string) =>
  new DurableFile(join(folder, name), `the program ${name}`, { createMode: PERMISSIONS });

function shim(words: readonly string[]): string {
  const command = [process.execPath, TABTPM, ...words].map(quoted).join(" ");
  return `#!/bin/sh\n${MARK}\nexec ${command} "$@"\n`;
}

/** For a POSIX shell. */
const quoted = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;
