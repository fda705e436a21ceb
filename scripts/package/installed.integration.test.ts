/** The commands of the installed package, for users and limits of all kinds. */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import module from "node:module";
import { join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "../setup.mjs";
import { install, type Packed, pack, stranger } from "./testkit/installed.ts";
import { cleanEnvironment, output, run, runUntil } from "./testkit/processes.ts";

/** A boot or a compiler on a machine that does much else. */
const SLOW_MS = 900_000;
const COMMANDS = ["boot", "fleet", "inspect", "provision", "simulator", "socket"];

let packed: Packed;
let project: string;
let command: string;
beforeAll(async () => {
  packed = await pack();
  project = join(packed.folder, "project");
  await install(project, packed.tarball);
  command = join(project, "node_modules/tabtpm/src/node/bin/tabtpm.mjs");
});
afterAll(() => packed.remove());

const tabtpm = (...args: string[]) => run(process.execPath, [command, ...args], { cwd: project });

describe("the installed package", () => {
  it("brings what the library needs, and nothing of the page", () => {
    const described = JSON.parse(readFileSync(join(project, "node_modules/tabtpm/package.json"), "utf8"));
    expect(Object.keys(described.dependencies)).toEqual([
      "@noble/curves",
      "@noble/hashes",
      "@peculiar/x509",
      "idb-keyval",
      "pg",
      "reflect-metadata",
      "ws",
    ]);
    // npm brings it, and takes the one that a project has.
    expect(Object.keys(described.peerDependencies)).toEqual(["v86"]);
    const modules = readdirSync(join(project, "node_modules"));
    expect(modules).toEqual(expect.arrayContaining(["tabtpm", ...["idb-keyval", "reflect-metadata", "v86"]]));
    for (const page of ["preact", "@xterm"]) expect(modules).not.toContain(page);
    expect(existsSync(join(project, "node_modules/tabtpm/scripts"))).toBe(false);
  });

  it("has its version, and says what each command does", async () => {
    const { version } = JSON.parse(readFileSync(join(project, "node_modules/tabtpm/package.json"), "utf8"));
    expect(await tabtpm("--version")).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
    const help = await tabtpm("--help");
    expect(help).toMatchObject({ code: 0, stderr: "" });
    for (const name of COMMANDS) {
      expect(help.stdout).toContain(`\n  ${name} `);
      const usage = expect.stringContaining(`Usage: tabtpm ${name} `);
      expect(await tabtpm(name, "--help"), name).toEqual({ code: 0, stdout: usage, stderr: "" });
    }
  });

  it("tells a mistake in the command line from a failure", async () => {
    expect(await tabtpm("fly")).toMatchObject({ code: 2, stdout: "" });
    for (const name of COMMANDS) expect(await tabtpm(name, "--wings"), name).toMatchObject({ code: 2, stdout: "" });
    expect(await tabtpm("inspect", "--state", "nowhere")).toMatchObject({
      code: 1,
      stderr: "tabtpm: There is no TPM in nowhere.\n",
    });
  });

  it.each([
    ["nodenext", "nodenext", "loadGuestFromDirectory"],
    ["esnext", "bundler", "fetchGuest"],
  ])(
    "has types for TypeScript's module %s with resolution %s, and %s",
    async (module, resolution, load) => {
      writeFileSync(
        join(project, "typed.ts"),
        `import { createTpm, ${load}, TpmClient } from "tabtpm";
      import "tabtpm/element";
      const pc = document.createElement("tab-tpm");
      pc.addEventListener("stage", ({ detail }) => console.log(detail.stage satisfies "off" | "bios" | "kernel" | "shell"));
      export const started: Promise<void> = pc.start();
      const client = new TpmClient(createTpm());
      const { parameters } = await client.call("GetRandom", { parameters: { bytesRequested: 16 } });
      export const bytes: Uint8Array = parameters.randomBytes;
      // @ts-expect-error There is no such command.
      await client.call("GetRandum", {});
      export type Guest = Awaited<ReturnType<typeof ${load}>>;`,
      );
      const kind = ["--module", module, "--moduleResolution", resolution, "--target", "es2022", "--lib", "es2023,dom"];
      const types = ["--typeRoots", join(root, "node_modules/@types"), "--types", "node"];
      const tsc = [
        join(root, "node_modules/typescript/bin/tsc"),
        "--noEmit",
        "--strict",
        ...kind,
        ...types,
        "typed.ts",
      ];
      expect(await run(process.execPath, tsc, { cwd: project })).toEqual({ code: 0, stdout: "", stderr: "" });
    },
    SLOW_MS,
  );

  it("gives out package.json, and the guest's files by their names", async () => {
    const script = `
      for (const name of ["package.json", "guest/manifest.json", "guest/images/bzImage"])
        console.log(import.meta.resolve("tabtpm/" + name));`;
    const urls = await output(process.execPath, ["--input-type=module", "-e", script], { cwd: project });
    for (const url of urls.trim().split("\n")) expect(existsSync(new URL(url)), url).toBe(true);
    const deep = `import("tabtpm/dist/node/index.js").catch(({ code }) => console.log(code));`;
    expect(await output(process.execPath, ["-e", deep], { cwd: project })).toBe("ERR_PACKAGE_PATH_NOT_EXPORTED\n");
  });
});

describe("a command", () => {
  /** Node's own hooks note each module that is loaded. */
  const HOOKS = `import { appendFileSync } from "node:fs";
    export async function load(url, context, next) {
      if (url.startsWith("file:")) appendFileSync(process.env.LOADED, url + "\\n");
      return next(url, context);
    }`;

  /** The modules of the package that were loaded, and the sources that are bundled in them. */
  async function loadedBy(until: RegExp, ...args: string[]) {
    const [hooks, loaded] = [join(packed.folder, "hooks.mjs"), join(packed.folder, `loaded-${args[0]}`)];
    writeFileSync(hooks, HOOKS);
    const script = `import { register } from "node:module"; register(${JSON.stringify(pathToFileURL(hooks).href)});`;
    const all = ["--import", `data:text/javascript,${encodeURIComponent(script)}`, command, ...args];
    const env = { ...cleanEnvironment(), LOADED: loaded };
    await runUntil(process.execPath, all, until, { cwd: project, env });
    const files = readFileSync(loaded, "utf8")
      .trim()
      .split("\n")
      .map((url) => fileURLToPath(url));
    const sources = files.flatMap((file) => readFileSync(file, "utf8").match(/^\/\/ (src|node_modules)\/\S+$/gm) ?? []);
    const inPackage = relative.bind(null, realpathSync(join(project, "node_modules/tabtpm")));
    return { files: files.map((file) => inPackage(file)), sources: sources.map((line) => line.slice(3)) };
  }
  /** But for the number of the release that is asked for. */
  const isElsewheres = (source: string) =>
    /^(node_modules|src\/(v86|boot|guest|firmware|history|provision|attest|client|trace))\//.test(source) &&
    source !== "src/v86/internals.ts";

  it("loads what it needs: `socket` no emulator, no certificates, no client and no decoder", async () => {
    const options = ["--tpm2", "--tpmstate", "dir=loads", "--server", "type=tcp,port=0", "--flags", "not-need-init"];
    const { files, sources } = await loadedBy(/TPM commands on/, "socket", ...options);
    expect(files.sort()).toEqual([
      ...["socket", "socketServer", "tabtpm"].map((name) => `dist/commands/${name}.js`),
      ...["compileCache", "node", "tabtpm"].map((name) => `src/node/bin/${name}.mjs`),
    ]);
    expect(sources).toContain("src/engine/tpm.ts");
    expect(sources.filter(isElsewheres)).toEqual([]);
    // Others do, and it shows.
    const provision = await loadedBy(/Usage/, "provision", "--help");
    expect(provision.sources.some((source) => /^node_modules\/@peculiar\/x509\//.test(source))).toBe(true);
    expect(provision.sources.filter(isElsewheres)).not.toEqual([]);
  });

  it("is kept compiled in its user's own folder, where Node can do that", async () => {
    const home = join(packed.folder, "user");
    mkdirSync(home, { mode: 0o700 });
    const env: NodeJS.ProcessEnv = { ...cleanEnvironment(), HOME: home };
    for (const name of ["XDG_CACHE_HOME", "NODE_COMPILE_CACHE"]) delete env[name];
    for (let starts = 0; starts < 2; starts++) {
      const usage = expect.stringContaining("Usage: tabtpm socket");
      const outcome = await run(process.execPath, [command, "socket", "--help"], { cwd: project, env });
      expect(outcome).toEqual({ code: 0, stdout: usage, stderr: "" });
    }
    const can = "enableCompileCache" in module;
    expect(existsSync(join(home, ".cache/tabtpm"))).toBe(can);
    expect(can ? readdirSync(join(home, ".cache/tabtpm")).length : 0).toBe(can ? 1 : 0);
  });
});

describe("without v86, which npm leaves out when it is told to", () => {
  let bare: string;
  beforeAll(async () => {
    bare = join(packed.folder, "bare");
    await install(bare, "--omit=peer", packed.tarball);
    expect(existsSync(join(bare, "node_modules/v86"))).toBe(false);
  });
  const tabtpm = (...args: string[]) =>
    run(process.execPath, [join(bare, "node_modules/tabtpm/src/node/bin/tabtpm.mjs"), ...args], { cwd: bare });

  it("boot says what to install", async () => {
    expect(await tabtpm("boot")).toEqual({
      code: 1,
      stdout: "",
      stderr:
        "tabtpm: boot needs v86, the PC emulator, which is not installed. Install it beside tabtpm: npm install --save-exact v86@0.5.462\n",
    });
  });

  it("the library's entry points that need no v86 work, and have types without a document's", async () => {
    writeFileSync(
      join(bare, "parts.ts"),
      `import { describeSelection } from "tabtpm/attest";
      import { TpmClient } from "tabtpm/client";
      import { eventTypeName } from "tabtpm/event-log";
      import { TisDevice } from "tabtpm/registers";
      import { MemoryStore } from "tabtpm/store";
      import { createTpm } from "tabtpm/tpm";
      import { decodeCommand, decodeResponseCode } from "tabtpm/trace";
      const tpm = createTpm({ store: new MemoryStore() });
      await tpm.powerOn();
      const bus = new TisDevice({ backend: tpm });
      const client = new TpmClient(tpm);
      await client.call("Startup", { parameters: { startupType: "TPM_SU_CLEAR" } });
      const { parameters } = await client.call("GetRandom", { parameters: { bytesRequested: 16 } });
      const random: Uint8Array = parameters.randomBytes;
      const getRandom = Uint8Array.of(0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x7b, 0, 16);
      const { name } = decodeCommand(getRandom);
      console.log(random.length, eventTypeName(4), bus.read32(0xf00).toString(16), name, decodeResponseCode(0x101).name);
      console.log(describeSelection([{ algorithm: 11, pcrs: [0, 7] }]));
      await tpm.close();`,
    );
    const types = ["--typeRoots", join(root, "node_modules/@types"), "--types", "node"];
    // Node's own types lack WebAssembly.
    const kind = ["--module", "nodenext", "--target", "es2022", "--lib", "es2023,webworker", ...types];
    const tsc = [join(root, "node_modules/typescript/bin/tsc"), "--strict", ...kind, "parts.ts"];
    expect(await run(process.execPath, tsc, { cwd: bare })).toEqual({ code: 0, stdout: "", stderr: "" });
    const said = await output(process.execPath, ["parts.js"], { cwd: bare });
    expect(said).toBe("16 EV_SEPARATOR 11014 GetRandom TPM_RC_FAILURE\nsha256:0,7\n");
  });

  it("all else works", async () => {
    expect(await tabtpm("--help")).toMatchObject({ code: 0, stderr: "" });
    expect(await tabtpm("socket", "--tpm2", "--print-capabilities")).toMatchObject({ code: 0, stderr: "" });
  });
});

describe("with hardly more open files than Node needs for itself", () => {
  let limit: number;
  beforeAll(async () => {
    // 18 of Node 20, 21 of Node 24, and the folder that is read; a worker takes four or five more.
    const count = 'console.log(require("node:fs").readdirSync("/dev/fd").length)';
    limit = Number(await output(process.execPath, ["--eval", count])) + 6;
  });
  const few = (...args: string[]) =>
    ["sh", ["-c", `ulimit -n ${limit}; exec "$0" "$@"`, process.execPath, command, ...args], { cwd: project }] as const;

  it.each(COMMANDS)("%s says what it does", async (name) => {
    expect(await run(...few(name, "--help"))).toMatchObject({ code: 0, stderr: "" });
  });

  it("makes a TPM with certificates, looks into it, and serves it", async () => {
    await output(...few("provision", "--state", "few", "--ca", "few-ca"));
    expect(await output(...few("inspect", "--state", "few"))).toContain("EK certificate");
    const [program, args, options] = few("simulator", "--port", "0", "--state", "few");
    expect(await runUntil(program, args, /platform on/, options)).toMatchObject({ code: 0, stderr: "" });
    const socket = few("socket", "--tpm2", "--tpmstate", "dir=few", "--server", "type=tcp,port=0");
    expect(await runUntil(socket[0], socket[1], /TPM commands on/, options)).toMatchObject({ code: 0, stderr: "" });
  });

  it(
    "boots",
    async () => {
      const [program, args, options] = few("boot");
      expect((await runUntil(program, args, /tabtpm# $/, options)).stdout).toContain("tpm_tis MSFT0101:00: 2.0 TPM");
    },
    SLOW_MS,
  );
});

describe("for a user who can't write where it is installed", () => {
  it("serves a TPM that is his own", async () => {
    const { node, user } = stranger(packed.folder);
    const home = join(packed.folder, "home");
    mkdirSync(home);
    chmodSync(home, 0o777);
    const before = readdirSync(project, { recursive: true }).length;
    if (user.uid === undefined) chmodSync(project, 0o555);
    try {
      const own = { ...user, cwd: home };
      expect(await run(node, [command, "socket", "--help"], own)).toMatchObject({ code: 0, stderr: "" });
      await output(node, [command, "provision", "--state", "tpm", "--ca", "ca"], own);
      const server = [command, "simulator", "--port", "0", "--state", "tpm"];
      expect(await runUntil(node, server, /platform on/, own)).toMatchObject({ code: 0, stderr: "" });
    } finally {
      if (user.uid === undefined) chmodSync(project, 0o755);
    }
    expect(readdirSync(project, { recursive: true }).length).toBe(before);
  });
});

it("runs ten times at once", async () => {
  const all = await Promise.all(Array.from({ length: 10 }, () => tabtpm("socket", "--tpm2", "--print-capabilities")));
  for (const { code, stdout, stderr } of all) {
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({ type: "swtpm" });
  }
});
