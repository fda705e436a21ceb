// Memory and start time of TPMs in a fleet: `node bench/fleet.mjs [COUNT ...]`, 1, 100 and 1,000 by default. Each TPM in use has a client
// that has sent CMD_INIT and TPM2_Startup and stays. Prints the table of docs/fleet.md.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "../scripts/build.mjs";
import { root, runCommand, UserError } from "../scripts/setup.mjs";
import { cpuOf, requireProc } from "./processes.mjs";

const TABTPM = join(root, "src/node/bin/tabtpm.mjs");
const INIT = Buffer.from("0000000200000000", "hex");
const STARTUP = Buffer.from("80010000000c000001440000", "hex");
/** Clients that come at once. */
const AT_ONCE = 8;
const IDLE_SECONDS = 1;
/** Until memory of those that sleep has gone back. */
const TIDY_MS = 7000;
const MIB = 1024 * 1024;

const residentOf = (pid) => Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) * 1024;

async function startFleet(folder, count) {
  const begun = performance.now();
  const args = ["--store", `dir:${join(folder, "states")}`, "--listen", join(folder, "run")];
  const child = spawn(
    process.execPath,
    [TABTPM, "fleet", ...args, "--in-memory", `${count}`, "--idle", `${IDLE_SECONDS}`],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  await once(child.stdout, "data");
  return { child, listening: performance.now() - begun };
}

async function statusOf(folder) {
  const args = [TABTPM, "fleet", "status", "--json", "--listen", join(folder, "run")];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 64 * MIB });
  return JSON.parse(stdout);
}

/** Sends octets, and takes an answer of so many. */
async function ask(socket, bytes, size) {
  socket.write(bytes);
  for (let got = 0; got < size; ) {
    const [data] = await once(socket, "data");
    got += data.length;
  }
}

async function use(folder, name) {
  const path = join(folder, "run", `${name}.sock`);
  const control = connect(`${path}.ctrl`);
  await ask(control, INIT, 4);
  const data = connect(path);
  await ask(data, STARTUP, 10);
  return () => {
    control.destroy();
    data.destroy();
  };
}

/** All of them, so many at once. @returns milliseconds for each, and what ends it. */
async function useAll(folder, names) {
  const begun = performance.now();
  const ends = [];
  const queue = names.values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const name of queue) ends.push(await use(folder, name));
    }),
  );
  const each = (performance.now() - begun) / names.length;
  return {
    each,
    end() {
      for (const end of ends) end();
    },
  };
}

async function asleep(folder) {
  while ((await statusOf(folder)).inMemory > 0) await new Promise((resolve) => setTimeout(resolve, 250));
  // The fleet collects a little later.
  await new Promise((resolve) => setTimeout(resolve, TIDY_MS));
}

async function measure(count) {
  const folder = mkdtempSync(join(tmpdir(), "tabtpm-bench-"));
  const names = Array.from({ length: count }, (_, at) => `tpm-${at + 1}`);
  for (const name of names) mkdirSync(join(folder, "states", name), { recursive: true });
  const first = await startFleet(folder, count);
  let fleet = first;
  try {
    const { pid } = first.child;
    const empty = residentOf(pid);
    const made = await useAll(folder, names);
    const inUse = residentOf(pid);
    made.end();
    await asleep(folder);
    const sleeping = residentOf(pid);
    const woken = await useAll(folder, names);
    woken.end();
    first.child.kill("SIGTERM");
    await once(first.child, "exit");
    fleet = await startFleet(folder, count);
    const cpu = cpuOf(fleet.child.pid);
    const loaded = await useAll(folder, names);
    const loadedCpu = (cpuOf(fleet.child.pid) - cpu) / 1000 / count;
    loaded.end();
    return {
      ...{ count, listening: fleet.listening, empty, inUse, sleeping },
      ...{ made: made.each, woken: woken.each, loaded: loaded.each, loadedCpu },
    };
  } finally {
    fleet.child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
}

const ms = (value) => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
const mib = (value) => `${value / MIB < 10 ? (value / MIB).toFixed(1) : Math.round(value / MIB)} MiB`;

await runCommand(async () => {
  requireProc();
  const counts = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [1, 100, 1000];
  if (!counts.every((count) => Number.isInteger(count) && count > 0)) {
    throw new UserError("usage: node bench/fleet.mjs [COUNT ...]");
  }
  await build({ withPage: false });
  console.log(
    `Node ${process.versions.node}, ${cpus().length} x ${cpus()[0]?.model}, load ${loadavg()[0].toFixed(1)}\n`,
  );
  console.log(
    "| TPMs, all in use | fleet listens after | memory, none in use | all in use | for each | all asleep | a new TPM | one from its file | its CPU time | one that slept |",
  );
  console.log("|---|---|---|---|---|---|---|---|---|---|");
  for (const count of counts) {
    const row = await measure(count);
    const each = (row.inUse - row.empty) / count;
    console.log(
      `| ${[count.toLocaleString("en"), ms(row.listening), mib(row.empty), mib(row.inUse), mib(each), mib(row.sleeping), ms(row.made), ms(row.loaded), ms(row.loadedCpu), ms(row.woken)].join(" | ")} |`,
    );
  }
});
