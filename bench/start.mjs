// `npm run bench:start`: how long a user waits for `tabtpm --version`, and until `tabtpm socket` can be reached and answers, beside Debian's
// swtpm where it is installed, in one interleaved run; writes docs/benchmarks-start.md.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { build } from "../scripts/build.mjs";
import { readCommandLine, root, runCommand, UserError } from "../scripts/setup.mjs";
import { cpuOf, installed, isOnPath, requireProc, runToEnd } from "./processes.mjs";

const USAGE = `usage: npm run bench:start -- [options]
  --rounds N    rounds of each (default 25)
  --dry         writes nothing`;

const PAGE = join(root, "docs/benchmarks-start.md");

function readOptions() {
  const options = { rounds: { type: "string", default: "25" }, dry: { type: "boolean", default: false } };
  const { rounds: text, dry } = readCommandLine(USAGE, options).values;
  const rounds = Number(text);
  if (!Number.isInteger(rounds) || rounds < 1) throw new UserError(`--rounds ${text}: a whole number above 0.`);
  return { rounds, dry };
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/** Until somebody can connect to its control channel, and until he is answered; then it is ended. */
async function untilReached(program, args, state, folder) {
  const path = join(folder, "control");
  const start = performance.now();
  const all = [
    ...args,
    "--tpm2",
    "--tpmstate",
    `dir=${state}`,
    "--flags",
    "not-need-init",
    "--ctrl",
    `type=unixio,path=${path}`,
  ];
  const child = spawn(program, [...all, "--server", `type=unixio,path=${path}-data`], { stdio: "ignore" });
  const ended = once(child, "exit");
  let client = await reach(path);
  while (client === null) {
    if (child.exitCode !== null) throw new Error(`${program} ${all.join(" ")} ended with ${child.exitCode}`);
    await sleep(1);
    client = await reach(path);
  }
  const wall = performance.now() - start;
  // CMD_GET_CAPABILITY.
  client.write(Uint8Array.of(0, 0, 0, 1));
  await once(client, "data");
  const result = { wall, answered: performance.now() - start, cpu: cpuOf(child.pid) / 1000 };
  client.destroy();
  child.kill("SIGTERM");
  await ended;
  for (const file of [path, `${path}-data`]) rmSync(file, { force: true });
  return result;
}

/** A connection, or null. */
const reach = (path) =>
  new Promise((resolve) => {
    const socket = connect(path);
    socket.on("error", () => resolve(null));
    socket.on("connect", () => resolve(socket));
  });

function rowsOf(folder, command) {
  const hasSwtpm = isOnPath("swtpm");
  const node = process.execPath;
  const clone = join(root, "src/node/bin/tabtpm.mjs");
  const version = (name, program, ...args) => ({ name, what: "version", measure: () => runToEnd(program, args) });
  const states = mkdtempSync(join(folder, "states-"));
  const newState = () => mkdtempSync(join(states, "new-"));
  const socket = (name, program, ...args) => {
    const own = newState();
    const measure = (state) => untilReached(program, [...args, "socket"], state, folder);
    return [
      { name: `${name}, new TPM`, what: "socket", measure: () => measure(newState()) },
      { name: `${name}, the same TPM again`, what: "socket", measure: () => measure(own) },
    ];
  };
  return [
    version("Node itself (`node -e 0`)", node, "-e", "0"),
    version("`tabtpm --version`, package", node, command, "--version"),
    version("`tabtpm --version`, clone", node, clone, "--version"),
    ...(hasSwtpm ? [version("`swtpm --version`", "swtpm", "--version")] : []),
    ...socket("`tabtpm socket`, package", node, command),
    ...socket("`tabtpm socket`, clone", node, clone),
    ...(hasSwtpm ? socket("`swtpm socket`", "swtpm") : []),
  ];
}

function page(rows, rounds, load) {
  const { model } = cpus()[0];
  const lines = rows.map(({ name, results }) => {
    const middle = (field) => median(results.map((each) => each[field]));
    const answered = results[0].answered === undefined ? "" : middle("answered").toFixed(1);
    const cpu = results.reduce((sum, each) => sum + each.cpu, 0) / rounds;
    return `| ${name} | ${middle("wall").toFixed(1)} | ${answered} | ${cpu.toFixed(1)} |`;
  });
  return `# How long a start takes

Printed by \`npm run bench:start\`; not edited by hand. All took turns in one run. *Wall* is the median of the rounds: for \`--version\` until the
process has ended, for \`socket\` until a client has connected to its control channel; *answered* is until its CMD_GET_CAPABILITY is,
for which the TPM has been loaded. *CPU* is the mean of what the process had used at the end. Servers are started with \`--flags not-need-init\`, so that both have a TPM that runs. The package is the tarball
of \`npm pack\`, installed; in a clone the command first looks whether what is built is up to date.

${model.trim()}, ${cpus().length} cores, load ${load.toFixed(1)} at the start, Node ${process.versions.node}, ${rounds} rounds, ${new Date().toISOString().slice(0, 10)}. Milliseconds.

| | wall | answered | CPU |
|---|---:|---:|---:|
${lines.join("\n")}
`;
}

await runCommand(async () => {
  const { rounds, dry } = readOptions();
  requireProc();
  await build({ withPage: false });
  const folder = mkdtempSync(join(tmpdir(), "tabtpm-bench-start-"));
  try {
    const [load = 0] = loadavg();
    const rows = rowsOf(folder, await installed(folder)).map((row) => ({ ...row, results: [] }));
    // The first round warms up the file system's cache.
    for (let round = -1; round < rounds; round++) {
      for (const { measure, results } of round % 2 ? rows : rows.toReversed()) {
        const result = await measure();
        if (round >= 0) results.push(result);
      }
    }
    const text = page(rows, rounds, load);
    if (!dry) writeFileSync(PAGE, text);
    console.log(text);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
