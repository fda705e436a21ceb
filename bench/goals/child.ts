/** The inside of ./child.mjs. One thing at a time: who asks gives the turns. */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { createTpm, FileStore } from "../../src/node/index.ts";
import type { Row as KernelRow } from "../crypto/row.ts";
import { inProcess } from "../tpm/subjects.ts";
import { rowNamed } from "./rows.ts";
import { commandTaker, ownTaker, type Taker } from "./taker.ts";
import type { Answer, Request, Task } from "./tasks.ts";

export interface Checkout {
  library: { createTpm: typeof createTpm; FileStore: typeof FileStore };
  /** A module of bench/crypto, of that checkout. */
  rowsOf(file: string): Promise<Record<string, () => Promise<KernelRow[]>>>;
}

export function serve(checkout: Checkout): void {
  const takers = new Map<number, Taker>();
  const kernels = new Map<string, Promise<KernelRow[]>>();
  const kernelsOf = (file: string) => {
    const made = kernels.get(file) ?? checkout.rowsOf(file).then((module) => module[`${file}Rows`]?.() ?? []);
    kernels.set(file, made);
    return made;
  };

  async function prepare(task: Task): Promise<Taker | undefined> {
    if (task.kind === "commit") return committing(checkout, task.size);
    if (task.kind === "ready") return becomingReady(checkout);
    if (task.kind === "kernel") {
      const run = (await kernelsOf(task.file)).find(({ name }) => name === task.row)?.[task.who];
      return (
        run &&
        ownTaker((times) => {
          for (let i = 0; i < times; i++) run();
        })
      );
    }
    const subject = await inProcess(checkout.library.createTpm);
    const taker = await commandTaker(subject, rowNamed(task.row), task.single);
    return { turn: taker.turn, done: () => subject.stop() };
  }

  async function answerTo(request: Request): Promise<Omit<Answer, "id">> {
    if (request.ask === "prepare") {
      const taker = await prepare(request.what);
      if (!taker) return {};
      takers.set(request.id, taker);
      return { task: request.id };
    }
    const taker = takers.get(request.task);
    if (!taker) throw new Error(`there is no task ${request.task}`);
    if (request.ask === "turn") return { sample: await taker.turn() };
    takers.delete(request.task);
    await taker.done();
    return {};
  }

  process.on("message", async (request: Request) => {
    const { id } = request;
    try {
      process.send?.({ id, ...(await answerTo(request)) });
    } catch (error) {
      process.send?.({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  });
  process.on("disconnect", () => process.exit());
}

async function committing({ library }: Checkout, size: number): Promise<Taker> {
  const dir = mkdtempSync(join(tmpdir(), "tabtpm-bench-commit-"));
  const store = new library.FileStore({ dir });
  await store.open();
  const blob = randomBytes(size);
  const repeat = async (times: number) => {
    for (let i = 0; i < times; i++) {
      blob[i % size] = i;
      await store.commit(blob);
    }
  };
  return ownTaker(repeat, async () => {
    await store.close();
    rmSync(dir, { recursive: true, force: true });
  });
}

async function becomingReady({ library }: Checkout): Promise<Taker> {
  return ownTaker(async (times) => {
    for (let i = 0; i < times; i++) {
      const tpm = library.createTpm({ store: { kind: "memory" } });
      await tpm.ready;
      await tpm.close();
    }
  });
}
