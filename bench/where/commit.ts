/** Where the time of a commit to a file goes: what it asks of the file system, and the same with less of it. */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { FileStore } from "../../src/node/index.ts";
import type { FileSystem } from "../../src/store/fileSystem.ts";
import { callsOfCommit } from "../goals/outside.ts";
import { ownTaker, type Taker } from "../goals/taker.ts";
import { figureOf, takeTurns } from "../goals/turns.ts";
import { number, table } from "./page.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const ROUNDS = 15;
const COMMITS = 300;
const SIZES = [4000, 40_000];

export interface StoreLibrary {
  FileStore: typeof FileStore;
  nodeFileSystem: FileSystem;
}
type Call = (...args: unknown[]) => unknown;
/** Runs an operation, or does something else. */
type Around = (name: string, run: () => unknown) => unknown;

/** A file system whose operations, and those of its handles, go through `around`. */
function watched<T extends object>(target: T, around: Around): T {
  return new Proxy(target, {
    get(_target, name) {
      const value = Reflect.get(target, name) as unknown;
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        const done = around(String(name), () => (value as Call).apply(target, args));
        const isOpen = name === "open" && done instanceof Promise;
        return isOpen ? done.then((handle: object) => watched(handle, around)) : done;
      };
    },
  });
}

const isFlush = (name: string) => /^(data)?sync(Sync)?$/i.test(name) || /^f(data)?sync/.test(name);
const straight: Around = (_name, run) => run();
const withoutFlush: Around = (name, run) => (isFlush(name) ? Promise.resolve() : run());

/** An open store in a folder of its own. */
async function opened(library: StoreLibrary, around: Around) {
  const dir = mkdtempSync(join(tmpdir(), "tabtpm-bench-where-"));
  const store = new library.FileStore({ dir, fs: watched(library.nodeFileSystem, around) });
  await store.open();
  const done = async () => {
    await store.close();
    rmSync(dir, { recursive: true, force: true });
  };
  return { store, done };
}

async function committing(library: StoreLibrary, around: Around, size: number): Promise<Taker> {
  const { store, done } = await opened(library, around);
  const blob = randomBytes(size);
  const repeat = async (times: number) => {
    for (let i = 0; i < times; i++) {
      blob[i % size] = i;
      await store.commit(blob);
    }
  };
  return ownTaker(repeat, done);
}

export async function commitPart(library: StoreLibrary): Promise<string[]> {
  const counts = callsOfCommit(ROOT, SIZES[0] as number);
  const sentence = counts
    ? ["", `System calls of a commit of 4 kB, without waits for threads: ${number(counts.calls)} (strace).`]
    : [];
  return [...(await variants(library)), "", ...(await operations(library)), ...sentence];
}

/** With and without flushes, both sizes. */
async function variants(library: StoreLibrary): Promise<string[]> {
  const kinds = { "as it is": straight, "flushes left out": withoutFlush };
  const takers = new Map<string, Taker>();
  for (const size of SIZES) {
    for (const [kind, around] of Object.entries(kinds)) {
      takers.set(`${size / 1000} kB, ${kind}`, await committing(library, around, size));
    }
  }
  const rounds = await takeTurns(new Map([...takers].map(([name, { turn }]) => [name, turn])), ROUNDS);
  for (const taker of takers.values()) await taker.done();
  const rows = [...takers.keys()].map((name) => [
    name,
    ...["cpu", "wall"].map((field) => number(figureOf(rounds, name, field) ?? Number.NaN)),
  ]);
  return table(["commit to a file", "CPU, us", "wall, us"], rows);
}

/** Each operation, how often and how long until it is done. */
async function operations(library: StoreLibrary): Promise<string[]> {
  const found = new Map<string, { count: number; time: number }>();
  let isWatching = false;
  const timed: Around = (name, run) => {
    if (!isWatching) return run();
    const one = found.get(name) ?? { count: 0, time: 0 };
    found.set(name, one);
    const start = performance.now();
    const end = () => {
      one.count++;
      one.time += performance.now() - start;
    };
    const done = run();
    if (!(done instanceof Promise)) {
      end();
      return done;
    }
    return done.finally(end);
  };
  const { store, done } = await opened(library, timed);
  const blob = randomBytes(SIZES[0] as number);
  for (let i = 0; i < 2 * COMMITS; i++) {
    isWatching = i >= COMMITS;
    blob[0] = i;
    await store.commit(blob);
  }
  isWatching = false;
  await done();
  const rows = [...found].map(([name, { count, time }]) => [
    `\`${name}\`${isFlush(name) ? ", the flush" : ""}`,
    number(count / COMMITS),
    number((time * 1000) / COMMITS),
  ]);
  return table(["operation, 4 kB", "times", "wall together, us"], rows);
}
