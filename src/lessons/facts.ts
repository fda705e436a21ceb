/**
 * Keeps what has happened to a PC and its TPM since a lesson began, and since its present step did: the guest's commands, the
 * boots with their event logs and PCRs, what the TPM tells of itself, files, the learner's answer. It sends no command, and
 * nothing here reads what stands in the terminal.
 */
import type { Tpm, TpmCommandEvent } from "../engine/api.ts";
import { Emitter } from "../engine/events.ts";
import type { TpmInspection } from "../engine/inspection.ts";
import { type EventLog, readEventLog } from "../firmware/eventLog.ts";
import { EntityNames } from "../trace/entities.ts";
import { readHead } from "../trace/head.ts";
import type { Machine, Stage } from "../v86/machine.ts";
import { ObjectTracker } from "./objects.ts";
import { SeenCommand } from "./seen.ts";

/** Commands that are kept, since the lesson began; the oldest go first. A guest may send them in a loop. */
export const MAX_COMMANDS = 4000;
/** Boots that are kept. */
export const MAX_BOOTS = 8;

/** What a machine must tell. */
export type LessonMachine = Pick<Machine, "on" | "log" | "readPhysical" | "stage">;

export interface FactSources {
  readonly tpm: Pick<Tpm, "on" | "inspect">;
  /** A file of the guest's /mnt, by its path from there on; rejects where there is none. */
  readonly readFile: (path: string) => Promise<Uint8Array>;
}

/** A boot that came as far as its kernel. */
export interface BootFacts {
  /** As that of `SeenCommand.boot`. */
  readonly boot: number;
  /** The firmware's log; null without a TPM. */
  readonly log: EventLog | null;
  /** The TPM when the kernel began: its PCRs are the firmware's and the boot loader's work. */
  readonly atKernel: TpmInspection | null;
}

/** What checks look at. */
export interface Facts {
  /** The guest's commands since the step began, without those of a boot before its prompt. */
  readonly commands: readonly SeenCommand[];
  readonly commandsOfLesson: readonly SeenCommand[];
  /** The TPM now; null without power. */
  readonly inspection: TpmInspection | null;
  /** As the step began. */
  readonly before: TpmInspection | null;
  readonly stage: Stage;
  /** Boots that came as far as their kernel since the step began. */
  readonly boots: number;
  /** The last boots, the present one at their end: those from before the lesson too. */
  readonly lastBoots: readonly BootFacts[];
  /** What the learner has typed into the step's question. */
  readonly answer: string | null;
  /** @param path from /mnt on @returns null where there is no such file */
  readonly readFile: (path: string) => Promise<Uint8Array | null>;
}

interface FactEvents {
  /** Something has happened that a check may look at. */
  news: undefined;
}

export class FactKeeper {
  readonly #sources: FactSources;
  readonly #events = new Emitter<FactEvents>();
  #objects = new ObjectTracker();
  readonly #names = new EntityNames();
  #commands: SeenCommand[] = [];
  /** How many of them are from before the step. */
  #stepFrom = 0;
  #boot = 0;
  #boots: BootFacts[] = [];
  #bootsOfStep = 0;
  #before: TpmInspection | null = null;
  #answer: string | null = null;
  #machine: LessonMachine | null = null;
  readonly #undo: (() => void)[] = [];
  #unfollow: (() => void)[] = [];
  /** Boots are looked at in their order. */
  #looking: Promise<void> = Promise.resolve();

  constructor(sources: FactSources) {
    this.#sources = sources;
    this.#undo.push(
      sources.tpm.on("command", (event) => this.#observe(event)),
      sources.tpm.on("replaced", () => this.#forget()),
    );
  }

  on<Name extends keyof FactEvents>(event: Name, listener: (value: FactEvents[Name]) => void): () => void {
    return this.#events.on(event, listener);
  }

  /** To be called for each machine, before it has power; the one before is left. */
  follow(machine: LessonMachine): void {
    this.#leave();
    this.#machine = machine;
    this.#unfollow = [
      machine.on("reset", () => this.#begin()),
      machine.on("stage", (stage) => {
        if (stage === "bios" || stage === "off") this.#begin();
        if (stage === "kernel") this.#looking = this.#looking.then(() => this.#lookAtBoot(machine));
        this.#events.emit("news", undefined);
      }),
    ];
  }

  /** The lesson begins: what was before is no business of its checks. */
  async beginLesson(): Promise<void> {
    await this.#looking;
    this.#commands = [];
    await this.beginStep();
  }

  /** @param after what was looked at last: what came since then belongs to the step already. */
  async beginStep(after?: Facts): Promise<void> {
    // A boot that is not looked at yet was before.
    if (after === undefined) await this.#looking;
    const last = after?.commandsOfLesson.at(-1);
    this.#stepFrom = last === undefined ? this.#commands.length : this.#commands.indexOf(last) + 1;
    this.#bootsOfStep = 0;
    this.#answer = null;
    this.#before = await this.#inspect();
  }

  /** The learner has answered the step's question. */
  answer(text: string): void {
    this.#answer = text;
    this.#events.emit("news", undefined);
  }

  /** Everything up to now. */
  async look(): Promise<Facts> {
    await this.#looking;
    const inspection = await this.#inspect();
    return {
      commands: this.#commands.slice(this.#stepFrom),
      commandsOfLesson: [...this.#commands],
      inspection,
      before: this.#before,
      stage: this.#machine?.stage ?? "off",
      boots: this.#bootsOfStep,
      lastBoots: [...this.#boots],
      answer: this.#answer,
      readFile: (path) => this.#sources.readFile(path).catch(() => null),
    };
  }

  close(): void {
    this.#leave();
    for (const undo of this.#undo.splice(0)) undo();
  }

  #leave(): void {
    for (const undo of this.#unfollow.splice(0)) undo();
    this.#machine = null;
  }

  /** Another TPM is in the place of the old one, and has no power yet: nothing of the old one's is known. */
  #forget(): void {
    this.#objects = new ObjectTracker();
    this.#names.forget();
    this.#commands = [];
    this.#stepFrom = 0;
    this.#boots = [];
    this.#bootsOfStep = 0;
    this.#before = null;
  }

  #begin(): void {
    this.#boot++;
  }

  #observe(event: TpmCommandEvent): void {
    const { command, response, own } = event;
    const head = readHead(command, response);
    const handles = head.handles.map((handle) => ({
      handle,
      entity: this.#names.entityOf(handle),
      hierarchy: this.#objects.hierarchyAt(handle),
      object: this.#objects.at(handle),
    }));
    const sessions = head.sessions.map((handle) => this.#names.entityOf(handle));
    this.#names.observe(command, response, head);
    const hasSucceeded = head.responseCode.severity === "success";
    const made = hasSucceeded ? this.#objects.observe(head, command, response) : null;
    // What firmware and kernel send while they boot is nobody's deed.
    const isBooting = this.#machine !== null && this.#machine.stage !== "shell";
    if (own || isBooting) return;
    this.#commands.push(new SeenCommand(event, { head, boot: this.#boot, handles, sessions, made }));
    const surplus = this.#commands.length - MAX_COMMANDS;
    // Not one by one: each moves all that follow.
    if (surplus > MAX_COMMANDS / 4) {
      this.#commands.splice(0, surplus);
      this.#stepFrom = Math.max(0, this.#stepFrom - surplus);
    }
    this.#events.emit("news", undefined);
  }

  async #lookAtBoot(machine: LessonMachine): Promise<void> {
    const boot = this.#boot;
    const { log } = machine;
    const events = log === undefined ? null : readEventLog(machine.readPhysical(log.address, log.size));
    const atKernel = await this.#inspect();
    if (boot !== this.#boot) return;
    this.#boots = [...this.#boots, { boot, log: events, atKernel }].slice(-MAX_BOOTS);
    this.#bootsOfStep++;
    this.#events.emit("news", undefined);
  }

  async #inspect(): Promise<TpmInspection | null> {
    // Without power there is nothing to be seen.
    const inspection = await this.#sources.tpm.inspect().catch(() => null);
    if (inspection !== null) this.#objects.look(inspection);
    return inspection;
  }
}
