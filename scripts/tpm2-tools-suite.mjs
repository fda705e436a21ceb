// Runs tpm2-tools' own integration scripts, which are not part of this project, against a TPM of ours (docs/tpm2-tools.md). A
// resource manager (tpm2-abrmd) stands between, as upstream runs them. Prints a line for each script, with a reason when it did
// not pass.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { build } from "./build.mjs";
import { readCommandLine, runCommand, UserError } from "./setup.mjs";

const USAGE = `usage: node scripts/tpm2-tools-suite.mjs CHECKOUT [options] [NAME ...]
CHECKOUT is the source of the version whose tools are installed:
  git clone --branch 5.4 --depth 1 https://github.com/tpm2-software/tpm2-tools CHECKOUT
Each script, or each NAME, gets a new TPM. Needs Debian's tpm2-tools, tpm2-abrmd, dbus, expect, python3-yaml, xxd, bc,
pkg-config and libtss2-dev.
  --tpm KIND         socket (default), simulator, or swtpm: Debian's, to compare with
  --profile NAME     full (default) or libtpms-0.9
  --direct           without the resource manager
  --jobs N           at a time (default 1)
  --timeout SECONDS  for a script (default 300)
  --logs FOLDER      keeps there what the scripts said`;

/** The command without the look whether everything is built, which `build` below does once for all. */
const TABTPM = ["--input-type=module", "-e"].concat(
  `const { main } = await import(${JSON.stringify(new URL("../dist/commands/tabtpm.js", import.meta.url))}); await main(process.argv.slice(1));`,
);
const BUS_NAME = "com.intel.tss2.Tabrmd";
/** What Automake's test driver means by this exit code. */
const SKIPPED = 77;

const OPTIONS = {
  tpm: { type: "string", default: "socket" },
  profile: { type: "string", default: "full" },
  direct: { type: "boolean", default: false },
  jobs: { type: "string", default: "1" },
  timeout: { type: "string", default: "300" },
  logs: { type: "string" },
};
const KINDS = ["socket", "simulator", "swtpm"];
let call;
await runCommand(async () => {
  const { values, positionals } = readCommandLine(USAGE, OPTIONS, { allowPositionals: true });
  const [checkout, ...names] = positionals;
  if (checkout === undefined) throw new UserError(USAGE);
  if (!KINDS.includes(values.tpm)) throw new UserError(`--tpm ${values.tpm}: there are ${KINDS.join(", ")}.`);
  if (values.tpm !== "swtpm") await build({ withPage: false });
  call = { values, names, tools: resolve(checkout) };
});
if (call === undefined) process.exit();
const { values, names, tools } = call;
const integration = join(tools, "test/integration");
const work = mkdtempSync(join(tmpdir(), "tabtpm-suite-"));
const logs = resolve(values.logs ?? join(work, "logs"));
mkdirSync(logs, { recursive: true });

/** Two free ports in a row: tpm2-tss looks for the other channel on the next one. */
async function freePorts() {
  for (;;) {
    const port = 20_000 + 2 * Math.floor(Math.random() * 6_000);
    if ((await isFree(port)) && (await isFree(port + 1))) return port;
  }
}

const isFree = (port) =>
  new Promise((done) => {
    const server = createServer();
    server.on("error", () => done(false));
    server.listen(port, "127.0.0.1", () => server.close(() => done(true)));
  });

const answers = (port) =>
  new Promise((done) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => done(false));
    socket.on("connect", () => done(true));
    socket.on("connect", () => socket.end());
  });

/** A new TPM in a process of its own. */
async function startTpm(folder, log) {
  const port = await freePorts();
  const socket = [
    ...["socket", "--tpm2", "--tpmstate", `dir=${folder}`, "--flags", "not-need-init"],
    ...["--server", `type=tcp,port=${port}`, "--ctrl", `type=tcp,port=${port + 1}`],
  ];
  const simulator = ["simulator", "--port", `${port}`, "--state", folder];
  const tabtpm = (...args) => [...TABTPM, "--", ...args, "--profile", values.profile];
  const [program, args, tcti] = {
    socket: [process.execPath, tabtpm(...socket), "swtpm"],
    simulator: [process.execPath, tabtpm(...simulator), "mssim"],
    swtpm: ["swtpm", socket, "swtpm"],
  }[values.tpm];
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const exited = once(child, "exit");
  for (let tries = 0; !(await answers(port + 1)); tries++) {
    if (child.exitCode !== null || tries === 600) throw new Error(`${program} does not listen.`);
    await new Promise((done) => setTimeout(done, 100));
  }
  return {
    tcti: `${tcti}:host=127.0.0.1,port=${port}`,
    async end() {
      child.kill("SIGTERM");
      await exited;
    },
  };
}

/** Runs one script. Resolves with its exit code, or "timeout". */
async function runScript(script, tcti, cwd, log) {
  const manager = values.direct
    ? { TPM2_ABRMD: "", TPM2TOOLS_TEST_TCTI: tcti }
    : {
        TPM2_ABRMD: "tpm2-abrmd",
        TPM2ABRMD_TCTI: `--session --dbus-name=${BUS_NAME} --tcti=${tcti}`,
        TPM2TOOLS_TEST_TCTI: `tabrmd:bus_type=session,bus_name=${BUS_NAME}`,
      };
  const child = spawn("dbus-run-session", ["--", "bash", script], {
    cwd,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      ...manager,
      TPM2_SIM: "",
      PATH: `${integration}:${process.env.PATH}`,
      PYTHON: "/usr/bin/python3",
      TPM2_TOOLS_TEST_FIXTURES: join(integration, "fixtures"),
      TPM2TOOLS_TEST_PERSISTENT: "true",
      abs_srcdir: tools,
      abs_builddir: tools,
      srcdir: tools,
      TMPDIR: cwd,
    },
  });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    process.kill(-child.pid, "SIGKILL");
  }, Number(values.timeout) * 1000);
  const [code] = await once(child, "exit");
  clearTimeout(timer);
  return late ? "timeout" : code;
}

/** The script's last words that tell something. */
function reason(file) {
  const lines = readFileSync(file, "latin1").split("\n").filter(Boolean);
  const failed = lines.findLast((line) => /on line \d+ failed/.test(line));
  const said = lines.findLast((line) => /ERROR|SKIP|Skipping|No connection|No valid tty/i.test(line));
  return [failed, said].filter(Boolean).join(" | ").slice(0, 300);
}

async function one(script) {
  const name = script.slice(script.lastIndexOf("/") + 1, -3);
  const file = join(logs, `${name}.log`);
  const log = createWriteStream(file);
  const cwd = mkdtempSync(join(work, `${name}-`));
  const state = join(cwd, "state");
  mkdirSync(state);
  const tpm = await startTpm(state, log);
  const begun = Date.now();
  const code = await runScript(script, tpm.tcti, cwd, log);
  const seconds = ((Date.now() - begun) / 1000).toFixed(0);
  await tpm.end();
  log.end();
  await once(log, "finish");
  rmSync(cwd, { recursive: true, force: true });
  const verdict = code === 0 ? "passed" : code === SKIPPED ? "skipped" : "FAILED";
  const why = code === 0 ? "" : ` (${code === "timeout" ? code : `exit code ${code}`}) ${reason(file)}`;
  console.log(`${verdict} ${name} ${seconds} s${why}`);
  return verdict;
}

const scripts = ["tests", "fapi"]
  .flatMap((folder) => {
    const path = join(integration, folder);
    return existsSync(path) ? readdirSync(path).map((file) => join(path, file)) : [];
  })
  .filter((script) => script.endsWith(".sh") && !script.endsWith("template.sh"))
  .filter((script) => names.length === 0 || names.some((name) => script.endsWith(`/${name}.sh`)));
const counts = { passed: 0, skipped: 0, FAILED: 0 };
const queue = scripts.values();
const worker = async () => {
  for (const script of queue) {
    const verdict = await one(script).catch((error) => {
      console.log(`FAILED ${script}: ${error.message}`);
      return "FAILED";
    });
    counts[verdict]++;
  }
};
await Promise.all(Array.from({ length: Number(values.jobs) }, worker));
console.log(`${counts.passed} passed, ${counts.FAILED} failed, ${counts.skipped} skipped of ${scripts.length}`);
if (values.logs === undefined && counts.FAILED === 0) rmSync(work, { recursive: true, force: true });
else console.log(`Logs: ${logs}`);
if (counts.FAILED > 0) process.exitCode = 1;
