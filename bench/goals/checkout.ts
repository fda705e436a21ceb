/** A checkout of tabtpm that is measured: a process that has loaded its build, and the folder for what is started anew. */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Taker } from "./taker.ts";
import type { Answer, Request, Sample, Task } from "./tasks.ts";

const CHILD = fileURLToPath(new URL("child.mjs", import.meta.url));

export class Checkout {
  readonly name: string;
  readonly folder: string;
  #process: ChildProcess | undefined;
  #count = 0;
  readonly #waiting = new Map<number, { resolve(answer: Answer): void; reject(error: Error): void }>();

  /** @param folder of a clone that is built */
  constructor(name: string, folder: string) {
    this.name = name;
    this.folder = folder;
  }

  /** @returns undefined where this checkout does not have what is asked for */
  async prepare(what: Task): Promise<Taker | undefined> {
    const { task } = await this.#ask({ ask: "prepare", what });
    if (task === undefined) return undefined;
    return {
      turn: async () => (await this.#ask({ ask: "turn", task })).sample as Sample,
      done: async () => {
        await this.#ask({ ask: "done", task });
      },
    };
  }

  stop(): void {
    this.#process?.disconnect();
    this.#process = undefined;
  }

  #start(): ChildProcess {
    const child = fork(CHILD, [this.folder], { cwd: this.folder, stdio: ["ignore", "inherit", "inherit", "ipc"] });
    child.on("message", (answer: Answer) => {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if (answer.error === undefined) waiting?.resolve(answer);
      else waiting?.reject(new Error(`${this.name}: ${answer.error}`));
    });
    child.on("exit", (code) => {
      for (const { reject } of this.#waiting.values())
        reject(new Error(`${this.name}: its process ended with ${code}`));
      this.#waiting.clear();
    });
    return child;
  }

  #ask(request: { ask: "prepare"; what: Task } | { ask: "turn" | "done"; task: number }): Promise<Answer> {
    this.#process ??= this.#start();
    const id = ++this.#count;
    const answered = new Promise<Answer>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    this.#process.send({ id, ...request } satisfies Request);
    return answered;
  }
}
