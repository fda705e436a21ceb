/**
 * Two pages, what each has durably, and the messages between them, as a model in which everything takes its time: an effect is begun and
 * is done later, a message is sent and comes later, and a page may be killed at any moment in between, with what it was writing on the
 * disk or not. Only the state machines are the product's.
 *
 * A machine is a number, how often it was changed: each change is committed, and acknowledged to somebody outside.
 */
import type { FromSource, FromTarget } from "../messages.ts";
import {
  canTakeBack,
  isSourceOver,
  offered,
  type SourceEffect,
  type SourceInput,
  type SourceState,
  stepSource,
} from "../source.ts";
import {
  beginTarget,
  isTargetOver,
  stepTarget,
  type TargetEffect,
  type TargetInput,
  type TargetState,
} from "../target.ts";

const ID = "00112233445566778899aabbccddeeff";
const CHUNKS = 3;

/** One TPM's state as a store has it. */
interface Disk {
  changes: number;
  isGivenUp: boolean;
  /** Who may commit: the last one that opened it. */
  owner: Page | null;
}

type Side = "source" | "target";

export class Page {
  isAlive = true;
  isRunning = false;
  /** The changes of the machine in this page's memory. */
  changes = 0;
  hasMachine = false;
  constructor(readonly side: Side) {}
}

export interface Action {
  readonly name: string;
  /** It takes a kill, or somebody's change of mind. */
  readonly isTrouble: boolean;
  run(): void;
}

export class World {
  source = new Page("source");
  target = new Page("target");
  sourceState: SourceState | null = offered;
  targetState: TargetState | null = null;
  /** The effects that were asked for and are not done; the first is being carried out. */
  sourceWork: SourceEffect[] = [];
  targetWork: TargetEffect[] = [];
  toTarget: FromSource[] = [];
  toSource: FromTarget[] = [];
  readonly sourceDisk: Disk;
  readonly targetDisk: Disk;
  /** What the target keeps before it may start it. */
  kept: number | null = null;
  acknowledged = 0;
  /** In another browser: what it would start again by itself. */
  hasArrived = false;
  readonly isSameOrigin: boolean;
  /** The pages between which it began; a page that is opened again is another one. */
  readonly #first: { readonly source: Page; readonly target: Page };
  readonly log: string[] = [];

  constructor(isSameOrigin: boolean) {
    this.isSameOrigin = isSameOrigin;
    this.#first = { source: this.source, target: this.target };
    this.sourceDisk = { changes: 0, isGivenUp: false, owner: this.source };
    this.targetDisk = isSameOrigin ? this.sourceDisk : { changes: 0, isGivenUp: false, owner: null };
    this.source.isRunning = true;
    this.source.hasMachine = true;
    this.toTarget.push({
      type: "offer",
      migration: ID,
      head: {
        ...{ protocol: 1, version: "", layout: "", v86: "", tpm: "", name: "", profile: "", registers: "" },
        memory: 0,
        images: {},
      },
    });
  }

  get running(): Page[] {
    return [this.source, this.target].filter((page) => page.isRunning);
  }

  diskOf(page: Page): Disk {
    return page.side === "source" ? this.sourceDisk : this.targetDisk;
  }

  /** All that can happen next. */
  actions(): Action[] {
    const all: (Action | false)[] = [
      this.sourceWork.length > 0 && act("the source's effect is done", () => this.#finishSource(true)),
      this.sourceWork.length > 0 && trouble("the source's effect fails", () => this.#finishSource(false)),
      this.targetWork.length > 0 && act("the target's effect is done", () => this.#finishTarget(true)),
      this.targetWork.length > 0 && trouble("the target's effect fails", () => this.#finishTarget(false)),
      this.toTarget.length > 0 && act("a message comes to the target", () => this.#deliverToTarget()),
      this.toSource.length > 0 && act("a message comes to the source", () => this.#deliverToSource()),
      ...this.running.map((page) => act(`the ${page.side}'s machine changes`, () => this.#change(page))),
      this.source.isAlive && trouble("the source is killed", () => this.#killSource(false)),
      this.source.isAlive && trouble("the source is killed, its write is done", () => this.#killSource(true)),
      this.target.isAlive && trouble("the target is killed", () => this.#killTarget(false)),
      this.target.isAlive && trouble("the target is killed, its write is done", () => this.#killTarget(true)),
      this.sourceState !== null && trouble("stop at the source", () => this.inputSource({ type: "stop" })),
      this.targetState !== null && trouble("stop at the target", () => this.inputTarget({ type: "stop" })),
      ...this.recoveries(),
    ];
    return all.filter((action) => action !== false);
  }

  /** What a page notices of the other's death, and what a person does then, who does as he is told. */
  recoveries(): Action[] {
    const { sourceState, targetState, source, target, isSameOrigin } = this;
    const hears = {
      source: sourceState !== null && !isSourceOver(sourceState),
      target: targetState !== null && !isTargetOver(targetState),
    };
    // "It must not be taken back if it runs there, or waits there": where there is one store, that decides, and nobody needs to look.
    const isAwaited = targetState !== null && !isTargetOver(targetState) && targetState.phase !== "stranded";
    const mayStartAtSource = isSameOrigin || (!this.hasArrived && !isAwaited);
    const mayStartAtTarget = isSameOrigin || (this.sourceDisk.isGivenUp && sourceState?.phase !== "takingBack");
    const isStranded = targetState?.phase === "stranded";
    const all: (Action | false)[] = [
      hears.source &&
        !this.#first.target.isAlive &&
        act("the source notices", () => this.inputSource({ type: "gone" })),
      hears.target &&
        !this.#first.source.isAlive &&
        act("the target notices", () => this.inputTarget({ type: "gone" })),
      sourceState !== null &&
        canTakeBack(sourceState) &&
        mayStartAtSource &&
        act("take back", () => this.inputSource({ type: "takeBack" })),
      isStranded && mayStartAtTarget && act("start what came", () => this.inputTarget({ type: "start" })),
      !source.isAlive && act("the source's page is opened", () => this.#reopen("source", mayStartAtSource)),
      !target.isAlive && act("the target's page is opened", () => this.#reopen("target", mayStartAtTarget)),
    ];
    return all.filter((action) => action !== false);
  }

  inputSource(input: SourceInput): void {
    if (this.sourceState === null) return;
    const [next, effects] = stepSource(ID, this.sourceState, input);
    this.sourceState = next;
    this.sourceWork.push(...effects);
  }

  inputTarget(input: TargetInput): void {
    if (this.targetState === null) return;
    const [next, effects] = stepTarget(ID, this.targetState, input);
    this.targetState = next;
    this.targetWork.push(...effects);
  }

  #deliverToTarget(): void {
    const message = this.toTarget.shift() as FromSource;
    if (!this.target.isAlive) return;
    if (message.type !== "offer") this.inputTarget(message);
    // A page that was opened since knows nothing of it.
    else if (this.targetState === null && !this.target.isRunning) {
      const [state, effects] = beginTarget(ID, [], 2);
      this.targetState = state;
      this.targetWork.push(...effects);
    }
  }

  #deliverToSource(): void {
    const message = this.toSource.shift() as FromTarget;
    if (this.source.isAlive) this.inputSource(message);
  }

  #change(page: Page): void {
    const disk = this.diskOf(page);
    if (disk.owner !== page) throw new Error("A machine runs whose TPM commits nothing.");
    page.changes++;
    disk.changes = page.changes;
    this.acknowledged = page.changes;
  }

  #finishSource(isGood: boolean): void {
    const input = this.#carryOutSource(this.sourceWork.shift() as SourceEffect, isGood);
    if (input !== null) this.inputSource(input);
  }

  #carryOutSource(effect: SourceEffect, isGood: boolean): SourceInput | null {
    const { source, sourceDisk: disk } = this;
    switch (effect.do) {
      case "send":
        this.toTarget.push(effect.message);
        return null;
      case "sendChunks":
        for (let index = effect.from; index < effect.to; index++) {
          this.toTarget.push({ type: "chunk", migration: ID, index, bytes: new Uint8Array(1) });
        }
        return null;
      case "save":
        source.isRunning = false;
        return isGood
          ? { type: "saved", chunks: CHUNKS, digest: String(source.changes) }
          : { type: "saveFailed", why: "" };
      case "release":
        if (disk.isGivenUp) throw new Error("What was given up is let go on.");
        // Somebody may have taken its TPM meanwhile.
        source.isRunning = disk.owner === source;
        return null;
      case "giveUp":
        if (!isGood || disk.owner !== source) return { type: "giveUpFailed", why: "" };
        this.#giveUp();
        return { type: "gaveUp" };
      case "takeBack":
        if (!isGood) return { type: "takeBackFailed", why: "", isTaken: false };
        if (!disk.isGivenUp) return { type: "takeBackFailed", why: "", isTaken: true };
        this.#own(source, source.changes);
        return { type: "tookBack" };
      case "leave":
        source.hasMachine = false;
        return null;
    }
  }

  #giveUp(): void {
    this.sourceDisk.isGivenUp = true;
    this.sourceDisk.owner = null;
  }

  #finishTarget(isGood: boolean): void {
    const input = this.#carryOutTarget(this.targetWork.shift() as TargetEffect, isGood);
    if (input !== null) this.inputTarget(input);
  }

  #carryOutTarget(effect: TargetEffect, isGood: boolean): TargetInput | null {
    const { target } = this;
    switch (effect.do) {
      case "send":
        this.toSource.push(effect.message);
        return null;
      case "keep":
        if (!isGood) return { type: "keepFailed", why: "" };
        this.kept = Number(effect.digest);
        return { type: "keptIt", digest: effect.digest };
      case "look":
        return {
          type: "looked",
          isGivenUp: this.isSameOrigin && isGood ? this.sourceDisk.isGivenUp : null,
        };
      case "takeOver":
        if (!isGood) return { type: "takeOverFailed", why: "", isTakenBack: false };
        if (!this.#takeOver()) return { type: "takeOverFailed", why: "", isTakenBack: true };
        target.isRunning = true;
        return { type: "tookOver" };
      case "forget":
        this.kept = null;
        return null;
    }
  }

  /** @returns whether it could be had: another store is free, the one of both is if it was given up, or has not moved on and is nobody's. */
  #takeOver(): boolean {
    const { target, targetDisk: disk } = this;
    if (this.kept === null) throw new Error("What is to be started is not there.");
    if (this.isSameOrigin && !disk.isGivenUp && (disk.owner !== null || disk.changes !== this.kept)) return false;
    this.hasArrived = true;
    this.#own(target, this.kept);
    target.isRunning = false;
    return true;
  }

  /** The store is the page's, its machine runs. */
  #own(page: Page, changes: number): void {
    const disk = this.diskOf(page);
    disk.isGivenUp = false;
    disk.owner = page;
    disk.changes = changes;
    page.changes = changes;
    page.isRunning = true;
    page.hasMachine = true;
  }

  #killSource(isWritten: boolean): void {
    const [effect] = this.sourceWork;
    if (isWritten && effect?.do === "giveUp" && this.sourceDisk.owner === this.source) this.#giveUp();
    if (isWritten && effect?.do === "takeBack") this.sourceDisk.isGivenUp = false;
    this.#kill(this.source);
    this.sourceState = null;
    this.sourceWork = [];
  }

  #killTarget(isWritten: boolean): void {
    const [effect] = this.targetWork;
    if (isWritten && effect?.do === "keep") this.kept = Number(effect.digest);
    if (isWritten && effect?.do === "takeOver") this.#takeOver();
    if (isWritten && effect?.do === "forget") this.kept = null;
    this.#kill(this.target);
    this.targetState = null;
    this.targetWork = [];
  }

  #kill(page: Page): void {
    page.isAlive = false;
    page.isRunning = false;
    page.hasMachine = false;
    const disk = this.diskOf(page);
    if (disk.owner === page) disk.owner = null;
  }

  /** A person opens the page again. What was given up, or came and did not start, waits for that person. */
  #reopen(side: Side, mayStart: boolean): void {
    const page = new Page(side);
    this[side] = page;
    const disk = this.diskOf(page);
    const isThere = side === "source" || this.isSameOrigin || this.hasArrived;
    const isFree = disk.owner === null && isThere;
    if (isFree && !disk.isGivenUp) this.#own(page, disk.changes);
    else if (side === "target" && this.kept !== null) {
      this.targetState = { phase: "stranded", received: CHUNKS, trouble: { kind: "gone" } };
    } else if (isFree && mayStart) this.#own(page, disk.changes);
  }
}

const act = (name: string, run: () => void): Action => ({ name, run, isTrouble: false });
const trouble = (name: string, run: () => void): Action => ({ name, run, isTrouble: true });
