/** A TPM in this thread whose "guest" is the test, and a machine that boots when the test says so: for what needs no guest. */
import { TpmClient } from "../../client/index.ts";
import { Emitter } from "../../engine/events.ts";
import { serializeEventLog, type TcgEvent } from "../../firmware/eventLog.ts";
import { createTpm, type InlineTpm } from "../../node/index.ts";
import type { MachineEvents, Stage } from "../../v86/machine.ts";
import type { CheckResult } from "../check.ts";
import { runChecks } from "../checks/index.ts";
import { FactKeeper, type LessonMachine } from "../facts.ts";
import type { CheckCall } from "../lesson.ts";

export class FakeMachine implements LessonMachine {
  readonly #events = new Emitter<MachineEvents>();
  stage: Stage = "off";
  memory: Uint8Array = new Uint8Array(0);
  get log() {
    return { address: 0, size: this.memory.length };
  }
  readonly readPhysical = () => this.memory;
  on<Name extends keyof MachineEvents>(event: Name, listener: (value: MachineEvents[Name]) => void): () => void {
    return this.#events.on(event, listener);
  }
  enter(stage: Stage): void {
    this.stage = stage;
    this.#events.emit("stage", stage);
  }
}

export class Bench {
  readonly tpm: InlineTpm = createTpm({ store: { kind: "memory" }, thread: "inline" });
  readonly machine = new FakeMachine();
  readonly files = new Map<string, Uint8Array>();
  readonly facts = new FactKeeper({
    tpm: this.tpm,
    readFile: async (path) => this.files.get(path) ?? Promise.reject(new Error(`There is no ${path}`)),
  });
  /** The guest's commands. */
  readonly client = new TpmClient(this.tpm);

  /** Booted to the prompt, and a lesson begun. */
  static async start(): Promise<Bench> {
    const bench = new Bench();
    await bench.tpm.ready;
    bench.facts.follow(bench.machine);
    await bench.boot();
    await bench.facts.beginLesson();
    return bench;
  }

  /** _TPM_Init, TPM2_Startup, kernel, prompt. @param events of the firmware's log @param orderly whether TPM2_Shutdown comes before */
  async boot(events: readonly TcgEvent[] = [], { orderly = true } = {}): Promise<void> {
    if (this.tpm.power === "on" && orderly)
      await this.client.call("Shutdown", { parameters: { shutdownType: "TPM_SU_CLEAR" } });
    this.machine.enter("bios");
    await this.tpm.powerOff();
    await this.tpm.powerOn();
    await this.client.call("Startup", { parameters: { startupType: "TPM_SU_CLEAR" } });
    this.machine.memory = serializeEventLog(events);
    this.machine.enter("kernel");
    this.machine.enter("shell");
  }

  /** What a step with these checks comes to now. */
  async check(...calls: readonly Readonly<Record<string, unknown>>[]): Promise<CheckResult> {
    const checks: CheckCall[] = calls.flatMap((call) =>
      Object.entries(call).map(([check, parameters]) => ({ check, parameters })),
    );
    return runChecks(checks, await this.facts.look());
  }

  /** The hint, after a "?" where nothing was tried yet; "passed". */
  async told(...calls: readonly Readonly<Record<string, unknown>>[]): Promise<string> {
    const result = await this.check(...calls);
    return result.passed ? "passed" : `${result.attempted ? "" : "? "}${result.hint}`;
  }

  async close(): Promise<void> {
    this.facts.close();
    await this.tpm.close();
  }
}
