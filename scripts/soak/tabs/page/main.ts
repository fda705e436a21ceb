/**
 * A tab of the soak: the page's own TPM in its worker, its store, its moves and its snapshots, around a machine without an emulator
 * (machine.ts). What a person would press is a method here; driven by ../run.ts.
 */

import { createWorkerTpm } from "../../../../src/entries/workerTpm.ts";
import { type GuestImages, NamedTpms } from "../../../../src/index.ts";
import { Computer } from "../../../../web/pc/computer.ts";
import { MigrationDesk } from "../../../../web/pc/migration/desk.ts";
import { SnapshotDesk } from "../../../../web/pc/snapshots/desk.ts";
import { isSamePlan, type Plan } from "../../../../web/state/choices.ts";
import { noMedia } from "../../../../web/state/media.ts";
import { initialState, type PageState } from "../../../../web/state/model.ts";
import { defaultSettings } from "../../../../web/state/settings.ts";
import { Store } from "../../../../web/state/store.ts";
import type { Holdings, Tell } from "./guest.ts";
import { asMachine, SoakMachine } from "./machine.ts";
import { chooseMoment, watchMoments } from "./moments.ts";
import workerUrl from "./worker.ts?worker&url";

const ID = "default";
const REST_MS = 3;
const plan: Plan = { settings: defaultSettings, media: noMedia };

/** What a tab can say of its TPM: it answers with what it holds, or why it does not, by the error's name. */
export type Place = { readonly holds: Holdings } | { readonly refuses: string };

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : String(error));
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// A download goes nowhere here.
HTMLAnchorElement.prototype.click = () => {};
watchMoments();

/** A worker knows by its name whose it is. By an address of its own its script would be loaded twice: what it loads later imports it again. */
let workerName = "";
globalThis.Worker = class extends Worker {
  constructor(script: string | URL, options?: WorkerOptions) {
    super(script, { ...options, name: workerName });
  }
};

class Tab {
  readonly #store = new Store<PageState>(initialState, 0);
  readonly #tpm;
  readonly #id: string;
  readonly #images = async () => images;
  readonly #screen = { write() {}, focus() {} };
  readonly #computer: Computer<Plan>;
  readonly #desk: MigrationDesk;
  readonly #snapshots: SnapshotDesk;
  #machine: SoakMachine | null = null;

  constructor(id: string, tell: Tell) {
    this.#id = id;
    workerName = id;
    this.#tpm = createWorkerTpm({
      store: { kind: "indexeddb", name: ID },
      worker: new URL(workerUrl, location.href),
    });
    this.#tpm.ready.catch(() => {});
    this.#computer = new Computer<Plan>({
      make: async () => {
        this.#machine = new SoakMachine(this.#tpm, tell);
        return asMachine(this.#machine);
      },
      isSame: isSamePlan,
      onMachine() {},
    });
    this.#tpm.on("state", ({ power }) => {
      if (power === "failed") void this.#computer.machine?.powerOff();
    });
    const parts = { store: this.#store, screen: this.#screen, computer: this.#computer, images: this.#images };
    const named = new NamedTpms();
    this.#snapshots = new SnapshotDesk(ID, { ...parts, tpms: { named, use: async () => {} } });
    this.#desk = new MigrationDesk({
      ...{ ...parts, id: ID, tpm: this.#tpm },
      prepare: () => this.#tpm.ready,
      start: () => this.#start(false),
    });
  }

  /** What a person who opens the page sees. @param takesOffer goes on with what is offered before a boot */
  async start(takesOffer: boolean): Promise<string | null> {
    try {
      await this.#start(takesOffer);
      return null;
    } catch (error) {
      return nameOf(error);
    }
  }

  async #start(takesOffer: boolean): Promise<void> {
    await this.#tpm.ready;
    const offered = this.#snapshots.offer();
    const isAsked = async () => {
      while (this.#store.value.asking !== "snapshots") await pause(REST_MS);
      return true;
    };
    if (await Promise.race([offered.then(() => false), isAsked()])) await this.#answerOffer(takesOffer);
    if (!(await offered)) await this.#computer.powerOn(plan);
    this.#store.set({ running: this.#computer.plan, power: "on", asking: null });
  }

  async #answerOffer(takesOffer: boolean): Promise<void> {
    const { actions, store } = await this.#snapshots.open();
    const { offered } = store.value;
    // One of a TPM that has moved on is refused: then it boots.
    if (!takesOffer || offered === null || !(await actions.resume(offered))) {
      if (offered !== null) await actions.offer(offered, false);
      this.#snapshots.closed();
    }
  }

  /** Stands still at that moment of this tab's page or of its TPM's worker. */
  async choose(thread: "page" | "worker", count: number): Promise<void> {
    if (thread === "page") return chooseMoment(count, `tab=${this.#id}&thread=page`);
    const channel = new BroadcastChannel(`soak/${this.#id}`);
    await new Promise<void>((resolve) => {
      channel.addEventListener("message", () => resolve());
      channel.postMessage(count);
    });
    channel.close();
  }

  bringHere(): Promise<void> {
    return this.#desk.bringHere();
  }

  async saveFile(): Promise<void> {
    (await this.#desk.open()).actions.saveFile();
  }

  /** Keeps a snapshot, and of all that there are the newest ones. */
  async keepSnapshot(isStart: boolean): Promise<boolean> {
    const { actions, store } = await this.#snapshots.open();
    const isDone = await actions.make("soak", isStart);
    for (const { id } of (store.value.list ?? []).slice(3)) await actions.remove(id);
    return isDone;
  }

  /** Nothing moves any more, of itself. @param isAlone the other tab is dead: what was begun with it is over soon. */
  async rest(isAlone: boolean): Promise<string> {
    const { store } = await this.#desk.open();
    for (;;) {
      const { phase } = store.value;
      const isGivenUp = nameOf(this.#tpm.state().error) === "StoreGivenUpError";
      if (phase === "ready" || phase === "kept") return phase;
      if (phase === "waiting" && isAlone) (await this.#desk.open()).actions.stop();
      if (phase === "late" && isAlone && isGivenUp) return phase;
      await pause(REST_MS);
    }
  }

  /** A person's act, on what came and was not started. */
  async decide(starts: boolean): Promise<void> {
    const { actions } = await this.#desk.open();
    if (starts) actions.start();
    else actions.discard();
  }

  /** @returns why it could not be had; null: it runs here. */
  async takeBack(): Promise<string | null> {
    try {
      await this.#desk.takeBack();
      return this.#tpm.power === "on" ? null : nameOf(this.#tpm.state().error);
    } catch (error) {
      return nameOf(error);
    }
  }

  /** Takes the TPM away from whoever has it. */
  async takeOver(): Promise<string | null> {
    try {
      await this.#tpm.takeOver();
    } catch (error) {
      return nameOf(error);
    }
    return this.start(false);
  }

  /** Whether it answers now: it can count one more. Its guest does nothing from then on, until {@link goOn}. */
  async place(): Promise<Place> {
    const machine = this.#machine;
    try {
      await this.#tpm.ready;
      await machine?.hold();
      if (machine === null) return { refuses: "no machine" };
      await machine.guest.count();
      return { holds: await machine.guest.holdings() };
    } catch (error) {
      return { refuses: nameOf(this.#tpm.state().error ?? error) };
    }
  }

  async goOn(): Promise<void> {
    this.#machine?.letGo();
  }

  /** What it is seen to be, for whoever looks for what went wrong. */
  async describe(): Promise<unknown> {
    const { store } = await this.#desk.open();
    const { power, error } = this.#tpm.state();
    return { power, error: error && `${error.name}: ${error.message}`, move: store.value, problem: this.#store.value };
  }
}

const text = (words: string) => new TextEncoder().encode(words).buffer as ArrayBuffer;
const images: GuestImages = {
  ...{ bios: text("bios"), vgaBios: text("vga"), rom: text("rom"), kernel: text("kernel"), initrd: text("initrd") },
  cmdline: "",
};

declare global {
  interface Window {
    openTab: (id: string) => Tab;
    /** Of the soak: resolves when it has taken note. */
    tell: (tab: string, when: Parameters<Tell>[0], told: Parameters<Tell>[1]) => Promise<void>;
    tab: Tab;
  }
}

window.openTab = (id) => {
  window.tab = new Tab(id, (when, told) => window.tell(id, when, told));
  return window.tab;
};

export type { Tab };
