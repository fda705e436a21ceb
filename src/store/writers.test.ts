/** Whatever gets onto a disk goes through durableFile.ts: nobody else imports what could write. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const SRC = fileURLToPath(new URL("..", import.meta.url));

/** Of node:fs and node:fs/promises: what can't change a disk. `open` is not among them. */
const READS = new Set(
  ["access", "lstat", "opendir", "readdir", "readFile", "readlink", "realpath", "stat", "statfs"]
    .flatMap((name) => [name, `${name}Sync`])
    .concat(
      "closeSync",
      "constants",
      "createReadStream",
      "existsSync",
      "fstatSync",
      "readSync",
      "unwatchFile",
      "watch",
    ),
);

/** Who may write all the same: the functions, and why. */
const EXCEPTIONS: Record<string, { functions: string[]; because: string }> = {
  "store/fileSystem.ts": {
    functions: ["*", "writeSync"],
    because: "it hands the file system to durableFile.ts and slotFile.ts",
  },
  "node/net/listen.ts": {
    functions: ["chmod", "chown", "unlink"],
    because: "the file of a Unix socket has no content: whose it is, and that it goes with the server",
  },
  "node/logFile.ts": {
    functions: ["fchmodSync", "openSync"],
    because:
      "a log is written line by line, to a file that may be a pipe or a terminal; a capture with secrets is its owner's alone",
  },
  "node/captureFile.ts": {
    functions: ["ftruncateSync", "writeSync"],
    because: "a capture grows piece by piece while it is read, and what did not fit is taken back; logFile.ts opens it",
  },
  "node/limitedFile.ts": { functions: ["open"], because: "it opens files for reading only" },
  "node/attest/tcti.ts": {
    functions: ["open"],
    because: "it opens a TPM's device, which keeps nothing that is written",
  },
  "node/backends/deviceLink.ts": {
    functions: ["open", "writeFile"],
    because: "it opens a TPM's device, which keeps nothing that is written, and asks the kernel to cancel in sysfs",
  },
  "node/lineWriter.ts": {
    functions: ["writeSync"],
    because: "it writes lines for people to what logFile.ts or somebody else has opened",
  },
  "node/provision/command.ts": {
    functions: ["writeSync"],
    because: "it writes the lines of --logfile, as lineWriter.ts does",
  },
  "node/socket/pidFile.ts": {
    functions: ["writeSync"],
    because: "--pid fd=N is a descriptor that somebody else opened",
  },
  "node/socket/daemon.ts": { functions: ["openSync"], because: "/dev/null takes the place of standard error" },
  "node/diskFile.ts": { functions: ["open"], because: "it opens a disk image for reading only" },
  "node/hostFolder/node.ts": {
    functions: ["mkdir", "open", "rename", "rmdir", "unlink"],
    because: "a guest's own calls on files of the user's, as they are; what is to be safe on the disk the guest syncs",
  },
  "node/hostFolder/place.ts": { functions: ["open"], because: "it opens folders, to reach what is in them" },
  "node/keySource.ts": {
    functions: ["openSync", "unlinkSync"],
    because: "it opens keys to read them, and --key remove deletes the user's own file then",
  },
};

/** What a source file imports that could write: names of functions, "*" for a whole module. */
function writersIn(source: string): string[] {
  const found: string[] = [];
  for (const [, clause = ""] of source.matchAll(
    /^(?:import|export)\s([^;]*?)\s?from\s*["'](?:node:)?fs(?:\/promises)?["']/gm,
  )) {
    if (/^type\s/.test(clause)) continue;
    const braces = /\{([^}]*)\}/.exec(clause);
    const names = (braces?.[1] ?? "").split(",").map((name) => name.trim());
    if (/\w|\*/.test(clause.replace(/\{[^}]*\}/, ""))) found.push("*");
    for (const name of names) {
      const [imported = ""] = name.split(/\s+as\s+/);
      if (imported !== "" && !imported.startsWith("type ") && !READS.has(imported)) found.push(imported);
    }
  }
  if (/\b(?:require|import|getBuiltinModule|binding)\(\s*["'](?:node:)?fs\b/.test(source)) found.push("*");
  return found;
}

/** The product's source files below src, with slashes. node/clients has tests only; the generator runs when tabtpm is built. */
function productFiles(): string[] {
  const files = readdirSync(SRC, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !/\.test\.tsx?$/.test(entry.name))
    .map((entry) => relative(SRC, join(entry.parentPath, entry.name)).split(sep).join("/"));
  return files.filter((file) => !/(^|\/)(testkit|clients)\//.test(file) && !file.startsWith("spec/generate/")).sort();
}

const source = (file: string) => readFileSync(join(SRC, file), "utf8");

describe("who writes to a disk", () => {
  it("is durableFile.ts, and nobody else but for the exceptions", () => {
    const files = productFiles();
    expect(files).toContain("store/durableFile.ts");
    const writers = files.flatMap((file) => {
      const allowed = EXCEPTIONS[file]?.functions ?? [];
      const rest = writersIn(source(file)).filter((name) => !allowed.includes(name));
      return rest.length === 0 ? [] : [`${file}: ${rest.join(", ")}`];
    });
    expect(writers, "use DurableFile (src/store/durableFile.ts), or give a reason in EXCEPTIONS").toEqual([]);
  });

  it("has no exception that is not needed any more", () => {
    for (const [file, { functions, because }] of Object.entries(EXCEPTIONS)) {
      expect([file, writersIn(source(file)).sort()]).toEqual([file, [...functions].sort()]);
      expect(because.length).toBeGreaterThan(20);
    }
  });

  it("gets the file system itself from nobody but the stores", () => {
    const takers = productFiles().filter(
      (file) =>
        !file.startsWith("store/") && /^import\s+(?!type\b)[^;]*["'][^"']*\/fileSystem\.ts["']/m.test(source(file)),
    );
    expect(takers).toEqual([]);
  });

  it.each([
    ['import { readFile } from "node:fs/promises";', []],
    ['import { readFile, writeFile } from "node:fs/promises";', ["writeFile"]],
    ['import {\n  readFileSync,\n  renameSync as move,\n} from "node:fs";', ["renameSync"]],
    ["import { createWriteStream } from 'fs';", ["createWriteStream"]],
    ['import { open } from "fs/promises";', ["open"]],
    ['import * as fs from "node:fs";', ["*"]],
    ['import fs, { readFileSync } from "node:fs";', ["*"]],
    ['import { promises } from "node:fs";', ["promises"]],
    ['import type { Stats } from "node:fs";\nimport { type Dirent, existsSync } from "node:fs";', []],
    ['export * from "node:fs";', ["*"]],
    ['export { writeFile } from "node:fs/promises";', ["writeFile"]],
    ['const { rm } = await import("node:fs/promises");', ["*"]],
    ['process.getBuiltinModule("fs").rmSync("x");', ["*"]],
    ['import { join } from "node:path";\nimport { fsync } from "./fs.ts";', []],
  ])("is told from %j", (text, expected) => {
    expect(writersIn(text)).toEqual(expected);
  });
});
