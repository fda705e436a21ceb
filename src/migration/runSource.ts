import type { MigrationChannel } from "./channel.ts";
import { digestOf } from "./digest.ts";
import { EffectQueue, wordsOf } from "./effects.ts";
import { CHUNK_SIZE, type FromSource, type MigrationHead, readFromTarget } from "./messages.ts";
import { isSourceOver, offered, type SourceEffect, type SourceInput, type SourceState, stepSource } from "./source.ts";

/** What the source does with its machine. */
export interface SourceMachine {
  /** Holds the guest and saves it with its TPM, which are held until {@link release}. @throws where it can't; the guest goes on then. */
  save(signal: AbortSignal): Promise<Blob>;
  release(): Promise<void> | void;
  /** Durably. @throws where it is not known to be */
  giveUp(migration: string): Promise<void>;
  /** Whether the store says so; null where that can't be known. */
  isGivenUp(migration: string): Promise<boolean | null>;
  /**
   * The store's TPM and the machine that was saved are this side's again, and the guest goes on.
   * @returns false where the other side has it already.
   */
  takeBack(migration: string, saved: Blob): Promise<boolean>;
  /** It runs elsewhere: what is left of it here is freed. */
  leave(): Promise<void> | void;
}

/** Where it stands, for whoever shows it. */
export interface SourceProgress extends SourceState {
  /** Octets that the other side has, of all; 0 of 0 until the machine is saved. */
  readonly done: number;
  readonly total: number;
}

export interface SourceParts {
  readonly migration: string;
  readonly head: MigrationHead;
  readonly machine: SourceMachine;
  readonly channel: MigrationChannel;
  /** Called with each change. */
  readonly onChange: (progress: SourceProgress) => void;
}

/** One migration, seen from the side that the machine leaves; `stepSource` decides, this carries out. */
export class MigrationSource {
  readonly #parts: SourceParts;
  readonly #effects = new EffectQueue<SourceEffect>((effect) => this.#carryOut(effect));
  readonly #undo: (() => void)[] = [];
  readonly #saving = new AbortController();
  #state: SourceState = offered;
  #saved: Blob | null = null;
  #over: () => void = () => {};
  /** Resolves when nothing more comes, and all is done that was to be done. */
  readonly over = new Promise<void>((resolve) => {
    this.#over = resolve;
  });

  private constructor(parts: SourceParts) {
    this.#parts = parts;
  }

  /** Offers the machine to whoever listens. */
  static async offer(parts: SourceParts): Promise<MigrationSource> {
    const source = new MigrationSource(parts);
    const { channel, migration, head } = parts;
    source.#undo.push(await channel.live(migration, "source"));
    source.#undo.push(channel.listen((message) => source.#hear(message)));
    source.#send({ type: "offer", migration, head });
    return source;
  }

  get state(): SourceState {
    return this.#state;
  }

  /** Too late once it gives up. */
  stop(): void {
    this.#input({ type: "stop" });
  }

  /** A person's act: never where the machine runs elsewhere. */
  takeBack(): void {
    this.#input({ type: "takeBack" });
  }

  #hear(value: unknown): void {
    const message = readFromTarget(value);
    if (message === null || message.migration !== this.#parts.migration) return;
    // Whoever accepted is the other side from now on, and is alive.
    if (message.type === "accept" && this.#state.phase === "offered") {
      const gone = () => this.#input({ type: "gone" });
      this.#undo.push(this.#parts.channel.watch(this.#parts.migration, "target", gone));
    }
    this.#input(message);
  }

  #input(input: SourceInput): void {
    const [next, effects] = stepSource(this.#parts.migration, this.#state, input);
    if (next === this.#state) return;
    this.#state = next;
    if (next.phase === "released") this.#saving.abort(new Error("The move was given up."));
    this.#effects.add(effects);
    const total = this.#saved?.size ?? 0;
    this.#parts.onChange({ ...next, total, done: Math.min(total, next.got * CHUNK_SIZE) });
    if (isSourceOver(next)) this.#effects.finally(() => this.#end());
  }

  #end(): void {
    this.#saved = null;
    for (const undo of this.#undo.splice(0)) undo();
    this.#over();
  }

  #send(message: FromSource): void {
    this.#parts.channel.send(message);
  }

  async #carryOut(effect: SourceEffect): Promise<void> {
    const { machine } = this.#parts;
    switch (effect.do) {
      case "send":
        return this.#send(effect.message);
      case "sendChunks":
        return this.#sendChunks(effect.from, effect.to);
      case "save":
        return this.#save();
      case "release":
        return this.#quietly(() => machine.release());
      case "giveUp":
        return this.#giveUp();
      case "takeBack":
        return this.#takeBack();
      case "leave":
        this.#saved = null;
        return this.#quietly(() => machine.leave());
    }
  }

  async #save(): Promise<void> {
    try {
      const saved = await this.#parts.machine.save(this.#saving.signal);
      const digest = await digestOf(saved, this.#saving.signal);
      this.#saved = saved;
      this.#input({ type: "saved", chunks: Math.ceil(saved.size / CHUNK_SIZE), digest });
    } catch (error) {
      this.#input({ type: "saveFailed", why: wordsOf(error) });
    }
  }

  async #sendChunks(from: number, to: number): Promise<void> {
    const { migration } = this.#parts;
    for (let index = from; index < to; index++) {
      // Nobody waits for what was cancelled.
      if (this.#state.phase !== "sending" || this.#saved === null) return;
      const chunk = this.#saved.slice(index * CHUNK_SIZE, (index + 1) * CHUNK_SIZE);
      this.#send({ type: "chunk", migration, index, bytes: new Uint8Array(await chunk.arrayBuffer()) });
    }
  }

  /** What fails may have been durable all the same: then it counts. */
  async #giveUp(): Promise<void> {
    const { machine, migration } = this.#parts;
    try {
      await machine.giveUp(migration);
    } catch (error) {
      const isGivenUp = await machine.isGivenUp(migration).catch(() => null);
      if (isGivenUp === false) return this.#input({ type: "giveUpFailed", why: wordsOf(error) });
    }
    this.#input({ type: "gaveUp" });
  }

  async #takeBack(): Promise<void> {
    const { machine, migration } = this.#parts;
    try {
      if (await machine.takeBack(migration, this.#saved as Blob)) this.#input({ type: "tookBack" });
      else this.#input({ type: "takeBackFailed", why: "", isTaken: true });
    } catch (error) {
      this.#input({ type: "takeBackFailed", why: wordsOf(error), isTaken: false });
    }
  }

  async #quietly(work: () => Promise<void> | void): Promise<void> {
    try {
      await work();
    } catch (error) {
      console.error(error);
    }
  }
}
