/** The command in a clone: what it does for whom, before it runs. */
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { root } from "../setup.mjs";
import { stranger } from "./testkit/installed.ts";
import { run } from "./testkit/processes.ts";

/** Compilers on a machine that does much else. */
const BUILD_MS = 900_000;
const COPIED = [
  ...["scripts", "src", "asm", "package.json", "package-lock.json"],
  ...["tsconfig.json", "tsconfig.build.json", "asconfig.json", "node_modules/.tabtpm-lock"],
];
const CAPABILITIES = ["socket", "--tpm2", "--print-capabilities"];

let folder: string;
let clone: string;
let command: string;

/** As `npm test` has built it, but without the page. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tabtpm-clone-"));
  chmodSync(folder, 0o755);
  clone = join(folder, "tabtpm");
  command = join(clone, "src/node/bin/tabtpm.mjs");
});
beforeEach(() => {
  rmSync(clone, { recursive: true, force: true });
  for (const path of COPIED) cpSync(join(root, path), join(clone, path), { recursive: true, preserveTimestamps: true });
  const isPage = (path: string) => path.startsWith(join(root, "dist/web"));
  cpSync(join(root, "dist"), join(clone, "dist"), { recursive: true, filter: (path) => !isPage(path) });
  mkdirSync(join(clone, "node_modules/v86"));
  cpSync(join(root, "node_modules/v86/package.json"), join(clone, "node_modules/v86/package.json"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const change = (path: string) => writeFileSync(join(clone, path), "// changed\n", { flag: "a" });
const listing = () => readdirSync(clone, { recursive: true }).sort();
const tabtpm = (...args: string[]) => run(process.execPath, [command, ...args], { cwd: folder });

describe("a user who can't write there", () => {
  /** Runs it as somebody else, and sees that nothing was written. */
  async function asStranger(...args: string[]) {
    const { node, user } = stranger(folder);
    const before = listing();
    if (user.uid === undefined) for (const path of ["", "dist"]) chmodSync(join(clone, path), 0o555);
    try {
      return await run(node, [command, ...args], { ...user, cwd: folder });
    } finally {
      if (user.uid === undefined) for (const path of ["", "dist"]) chmodSync(join(clone, path), 0o755);
      expect(listing()).toEqual(before);
    }
  }

  it("runs what is built", async () => {
    const usage = expect.stringContaining("Usage: tabtpm socket");
    expect(await asStranger("socket", "--help")).toEqual({ code: 0, stdout: usage, stderr: "" });
  });

  it("runs it also when the sources were only touched", async () => {
    utimesSync(join(clone, "src/index.ts"), new Date(), new Date());
    expect(await asStranger(...CAPABILITIES)).toMatchObject({ code: 0, stderr: "" });
  });

  it("runs what is there when it is out of date, and is told so where it is in nobody's way", async () => {
    change("src/index.ts");
    const { code, stdout, stderr } = await asStranger(...CAPABILITIES);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ type: "swtpm" });
    expect(stderr).toMatch(
      /^tabtpm: running what was built before its sources changed \(library \(tsc\), commands \(vite\)\)/,
    );
    expect(stderr).toContain(`run \`npm run build\` in ${clone} as a user who can write there`);
  });

  it("is told what to do when nothing is built", async () => {
    rmSync(join(clone, "dist/commands"), { recursive: true });
    const { code, stdout, stderr } = await asStranger("socket", "--help");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(
      /^tabtpm: not everything is built, and here it can't be \(.*EACCES.*\)\. Run `npm run build` in /,
    );
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });
});

describe("its owner", () => {
  it("runs what is built, ten times at once, without a lock", async () => {
    rmSync(join(clone, "dist/.building"), { recursive: true, force: true });
    const all = await Promise.all(Array.from({ length: 10 }, () => tabtpm(...CAPABILITIES)));
    for (const { code, stdout, stderr } of all) {
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(JSON.parse(stdout)).toMatchObject({ type: "swtpm" });
    }
    expect(existsSync(join(clone, "dist/.building"))).toBe(false);
  });

  it("runs it while somebody else builds, for what is built is not out of date", async () => {
    mkdirSync(join(clone, "dist/.building"), { recursive: true });
    writeFileSync(join(clone, "dist/.building/lock.99"), JSON.stringify({ pid: process.pid, startTime: null }));
    expect(await tabtpm("--version")).toMatchObject({ code: 0, stderr: "" });
  });

  it(
    "builds what is out of date, once, and says so on standard error",
    async () => {
      rmSync(join(clone, "node_modules"), { recursive: true });
      symlinkSync(join(root, "node_modules"), join(clone, "node_modules"));
      change("src/node/cli.ts");
      const all = await Promise.all([1, 2, 3].map(() => tabtpm(...CAPABILITIES)));
      for (const { code, stdout } of all) {
        expect(code).toBe(0);
        expect(JSON.parse(stdout)).toMatchObject({ type: "swtpm" });
      }
      const said = all.map(({ stderr }) => stderr).join("");
      expect(said.match(/^tabtpm: building .*$/gm)).toEqual([
        "tabtpm: building library (tsc) ...",
        "tabtpm: building commands (vite) ...",
      ]);
      expect(await tabtpm(...CAPABILITIES)).toMatchObject({ code: 0, stderr: "" });
    },
    BUILD_MS,
  );

  it(
    "is told when a build fails, and what was built before is no longer taken for new",
    async () => {
      rmSync(join(clone, "node_modules"), { recursive: true });
      symlinkSync(join(root, "node_modules"), join(clone, "node_modules"));
      writeFileSync(join(clone, "src/index.ts"), "export const broken: number = 'text';\n");
      const failed = await tabtpm("--version");
      expect(failed).toMatchObject({ code: 1, stdout: "" });
      expect(failed.stderr).toMatch(
        /TS2322[\s\S]*tabtpm: building library \(tsc\) failed; its messages are above\.\n$/,
      );
      cpSync(join(root, "src/index.ts"), join(clone, "src/index.ts"));
      const again = await tabtpm("--version");
      expect(again.code).toBe(0);
      expect(again.stderr).toContain("tabtpm: built library (tsc)");
    },
    BUILD_MS,
  );
});
