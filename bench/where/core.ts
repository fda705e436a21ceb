/** Where the time of a command goes inside the core: a profile of the same build, with its functions' names. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { Session } from "node:inspector/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CORES } from "../../scripts/build/cores.mjs";
import { fusesProducts } from "../../src/engine/relaxedSimd.ts";
import type { createTpm } from "../../src/node/index.ts";
import { rowNamed } from "../goals/rows.ts";
import { setupOn } from "../tpm/measure.ts";
import { inProcess } from "../tpm/subjects.ts";
import { number } from "./page.ts";
import { coreName, type Profile, selfTimes, sharesTable } from "./profile.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** Microseconds between two looks at the stack. */
const INTERVAL = 100;
const LEAST = 0.01;

/** The build that runs here, compiled again with names, which change nothing else: kept by the hash of the one without. */
function namedCore(): { name: string; wasm: Uint8Array<ArrayBuffer> } {
  const wanted = fusesProducts() ? /relaxed/ : /^tabtpm\.wasm$/;
  const { file, options } = CORES.find((core) => wanted.test(core.file)) ?? CORES[0]!;
  const built = readFileSync(join(ROOT, "dist/engine", file));
  const cache = join(ROOT, "node_modules/.cache/tabtpm-named");
  const named = join(cache, `${createHash("sha256").update(built).digest("hex").slice(0, 32)}.wasm`);
  if (!existsSync(named)) {
    mkdirSync(cache, { recursive: true });
    const own = `${named}.${process.pid}`;
    const asc = join(ROOT, "node_modules/assemblyscript/bin/asc.js");
    const { status } = spawnSync(process.execPath, [asc, "asm/index.ts", "-o", own, "--debug", ...options], {
      cwd: ROOT,
      stdio: ["ignore", "ignore", "inherit"],
    });
    if (status !== 0) throw new Error(`the core could not be compiled with names (asc ended with ${status})`);
    renameSync(own, named);
  }
  return { name: file, wasm: new Uint8Array(readFileSync(named)) };
}

/** Profiles a row of the benchmark of commands, as many calls as asked for, after as many tenths that warm up. */
export async function profileOfRow(create: typeof createTpm, name: string, calls: number): Promise<string[]> {
  const core = namedCore();
  const subject = await inProcess((options) => create({ ...options, thread: "inline", wasm: core.wasm }));
  const setup = setupOn(subject);
  const call = await rowNamed(name).prepare(setup);
  await subject.repeat(call, Math.ceil(calls / 10));
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.setSamplingInterval", { interval: INTERVAL });
  await session.post("Profiler.start");
  const cpu = subject.cpu();
  await subject.repeat(call, calls);
  const time = (subject.cpu() - cpu) / calls;
  const { profile } = await session.post("Profiler.stop");
  session.disconnect();
  await subject.stop();
  return [
    `${name}: ${calls} calls of ${number(time)} us, with the profiler; ${core.name}, Node ${process.versions.node}.`,
    "",
    ...sharesTable("function of the core", selfTimes(profile as Profile, coreName), LEAST),
  ];
}
