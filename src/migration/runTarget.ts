import type { MigrationChannel } from "./channel.ts";
import { digestOf } from "./digest.ts";
import { EffectQueue, wordsOf } from "./effects.ts";
import { type FromTarget, type MigrationHead, type MigrationReason, readFromSource, WINDOW } from "./messages.ts";
import {
  beginTarget,
  isTargetOver,
  stepTarget,
  type TargetEffect,
  type TargetInput,
  type TargetState,
  type TargetTrouble,
} from "./target.ts";

/** What the target does with a machine that comes. */
export interface TargetMachine {
  /** Whether it could go on here: before anything stops there. None: yes. */
  judge(head: MigrationHead): Promise<readonly MigrationReason[]> | readonly MigrationReason[];
  /** Sees that it can be restored, and makes it durable. @throws where not; nothing is kept then. */
  keep(migration: string, machine: Blob, head: MigrationHead): Promise<void>;
  /** Whether the source's store says that it gave up; null where that can't be known. */
  isGivenUp(migration: string): Promise<boolean | null>;
  /**
   * The store is this side's, what came is committed to it durably, and the guest starts.
   * @returns false where the source has it.
   */
  takeOver(migration: string): Promise<boolean>;
  forget(migration: string): Promise<void>;
}

export interface TargetProgress extends TargetState {
  readonly migration: string;
  readonly head: MigrationHead;
  /** Octets that are here. */
  readonly done: number;
}

export interface TargetParts {
  readonly machine: TargetMachine;
  readonly channel: MigrationChannel;
  readonly onChange: (progress: TargetProgress) => void;
  /** Octets of a machine that are taken at most. */
  readonly limit?: number;
}

const LIMIT = 2 ** 31;

interface Offer {
  readonly migration: string;
  readonly head: MigrationHead;
}

/** Takes the first offer that comes; `stepTarget` decides, this carries out. */
export class MigrationTarget {
  readonly #parts: TargetParts;
  readonly #effects = new EffectQueue<TargetEffect>((effect) => this.#carryOut(effect));
  readonly #undo: (() => void)[] = [];
  #offer: Offer | null = null;
  #state: TargetState | null = null;
  #chunks: Uint8Array[] = [];
  #done = 0;
  /** Nothing more comes. */
  #isOver = false;
  #over: () => void = () => {};
  /** Resolves when nothing more comes. */
  readonly over = new Promise<void>((resolve) => {
    this.#over = resolve;
  });

  constructor(parts: TargetParts) {
    this.#parts = parts;
    this.#undo.push(parts.channel.listen((message) => void this.#hear(message)));
  }

  get state(): TargetState | null {
    return this.#state;
  }

  stop(): void {
    if (this.#state === null) this.#end();
    else this.#input({ type: "stop" });
  }

  /** A person's acts, on a machine that is kept and did not start. */
  start(): void {
    this.#input({ type: "start" });
  }

  discard(): void {
    this.#input({ type: "discard" });
  }

  async #hear(value: unknown): Promise<void> {
    const message = readFromSource(value);
    if (message === null) return;
    if (message.type === "offer") {
      if (this.#offer === null) await this.#begin(message.migration, message.head);
    } else if (message.migration === this.#offer?.migration) {
      if (message.type === "chunk" && this.#state?.phase === "receiving") {
        this.#done += message.bytes.length;
        if (this.#done > (this.#parts.limit ?? LIMIT)) return this.#input({ type: "stop" });
        this.#chunks[message.index] = message.bytes;
      }
      this.#input(message);
    }
  }

  async #begin(migration: string, head: MigrationHead): Promise<void> {
    this.#offer = { migration, head };
    const { channel, machine } = this.#parts;
    let step: ReturnType<typeof beginTarget>;
    try {
      step = beginTarget(migration, await machine.judge(head), WINDOW);
      const release = await channel.live(migration, "target");
      // Stopped meanwhile: a source that was told to begin would hold its guest for nobody.
      if (this.#isOver) return this.#turnAway(migration, "", release);
      this.#undo.push(release);
    } catch (error) {
      if (this.#isOver) return this.#turnAway(migration, "");
      const trouble: TargetTrouble = { kind: "failed", at: "judge", why: wordsOf(error) };
      const message: FromTarget = { type: "cancel", migration, why: wordsOf(error) };
      return this.#go([{ phase: "ended", received: 0, trouble }, [{ do: "send", message }]]);
    }
    this.#undo.push(channel.watch(migration, "source", () => this.#input({ type: "gone" })));
    this.#go(step);
  }

  #turnAway(migration: string, why: string, release: () => void = () => {}): void {
    this.#parts.channel.send({ type: "cancel", migration, why } satisfies FromTarget);
    release();
  }

  #input(input: TargetInput): void {
    if (this.#state === null || this.#offer === null) return;
    this.#go(stepTarget(this.#offer.migration, this.#state, input));
  }

  #go([next, effects]: ReturnType<typeof stepTarget>): void {
    if (next === this.#state || this.#offer === null) return;
    this.#state = next;
    this.#effects.add(effects);
    this.#parts.onChange({ ...next, ...this.#offer, done: this.#done });
    if (isTargetOver(next)) this.#effects.finally(() => this.#end());
  }

  #end(): void {
    this.#isOver = true;
    this.#chunks = [];
    for (const undo of this.#undo.splice(0)) undo();
    this.#over();
  }

  async #carryOut(effect: TargetEffect): Promise<void> {
    const { channel, machine } = this.#parts;
    const { migration } = this.#offer as Offer;
    switch (effect.do) {
      case "send":
        return channel.send(effect.message satisfies FromTarget);
      case "keep":
        return this.#keep(effect.digest);
      case "look":
        return this.#input({ type: "looked", isGivenUp: await machine.isGivenUp(migration).catch(() => null) });
      case "takeOver":
        return this.#takeOver();
      case "forget":
        this.#chunks = [];
        return machine.forget(migration).catch((error: unknown) => console.error(error));
    }
  }

  async #keep(expected: string): Promise<void> {
    const { migration, head } = this.#offer as Offer;
    try {
      const machine = new Blob(this.#chunks as Uint8Array<ArrayBuffer>[]);
      this.#chunks = [];
      const digest = await digestOf(machine);
      if (digest !== expected) throw new Error("What came is not what was sent.");
      await this.#parts.machine.keep(migration, machine, head);
      this.#input({ type: "keptIt", digest });
    } catch (error) {
      this.#input({ type: "keepFailed", why: wordsOf(error) });
    }
  }

  async #takeOver(): Promise<void> {
    const { migration } = this.#offer as Offer;
    try {
      if (await this.#parts.machine.takeOver(migration)) this.#input({ type: "tookOver" });
      else this.#input({ type: "takeOverFailed", why: "It was taken back.", isTakenBack: true });
    } catch (error) {
      this.#input({ type: "takeOverFailed", why: wordsOf(error), isTakenBack: false });
    }
  }
}
