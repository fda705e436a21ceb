/**
 * The machines of a document's `<tab-tpm>` elements, by name. Elements of one name show one machine: the one that starts it
 * says what it is made with, and it goes when the last one has gone.
 */

import { createWorkerTpm } from "../../src/entries/workerTpm.ts";
import {
  type BootChange,
  createMachine,
  KeptFolder,
  type Machine,
  MemoryDatabase,
  type Stage,
  type Tpm,
  type TpmCommandEvent,
  type TpmOptions,
} from "../../src/index.ts";
import { Follower } from "../pc/follower.ts";
import { fetchEmulator, GuestParts } from "../pc/parts.ts";
import { initialState, type PageState, type TraceFormat } from "../state/model.ts";
import { Store } from "../state/store.ts";
import type { MachineSettings } from "./attributes.ts";

/** What happens to a machine, for its elements. */
export interface MachineWatcher {
  /** The machine has power for the first time. */
  onReady(): void;
  onStage(stage: Stage): void;
  onCommand(event: TpmCommandEvent): void;
  /** Bytes of the console, or characters. */
  onOutput(data: Uint8Array | string): void;
  onError(error: Error): void;
}

/** - `idle`: nothing was started. - `starting`: it is loaded and made. - `made`: there is a machine, on or off. - `failed`: see `error`. */
export interface Life {
  readonly phase: "idle" | "starting" | "made" | "failed";
  readonly error: Error | null;
}

/** The page is drawn at most this often, in milliseconds: the guest shares the thread. */
const REDRAW_MS = 120;
const IDLE: Life = { phase: "idle", error: null };
/** Beside the bundle. A constant, since a bundler would look for the folder. */
const IMAGES = "guest/";

const asError = (cause: unknown) => (cause instanceof Error ? cause : new Error(String(cause)));

export class SharedMachine {
  static readonly #all = new Map<string, SharedMachine>();

  /** The machine of a name; made, without anything in it, when there is none. */
  static named(name: string): SharedMachine {
    let shared = SharedMachine.#all.get(name);
    if (shared === undefined) {
      shared = new SharedMachine(name);
      SharedMachine.#all.set(name, shared);
    }
    return shared;
  }

  readonly name: string;
  readonly state = new Store<PageState>(initialState, REDRAW_MS);
  readonly life = new Store<Life>(IDLE, 0);
  readonly #watchers = new Set<MachineWatcher>();
  #settings: MachineSettings | null = null;
  #guest: GuestParts | null = null;
  #tpm: Tpm | null = null;
  #follower: Follower | null = null;
  #machine: Machine | null = null;
  readonly #preparations: ((tpm: Tpm) => Promise<void>)[] = [];
  readonly #onMachine: ((machine: Machine) => void)[] = [];
  #folder: Promise<KeptFolder> | null = null;
  #isTaken = false;
  /** The TPM outlives the page: it is its user's. */
  #keepsTpm = false;
  #size: readonly [rows: number, columns: number] | null = null;
  #starting: Promise<void> | null = null;
  #isClosed = false;
  #failures = 0;
  readonly #onPageHide = () => void this.#tpm?.shutDown().catch(() => {});

  private constructor(name: string) {
    this.name = name;
  }

  get tpm(): Tpm | null {
    return this.#tpm;
  }

  get machine(): Machine | null {
    return this.#machine;
  }

  /** Where the images are looked for; null before the first start. */
  get images(): URL | null {
    return this.#settings && imagesOf(this.#settings);
  }

  /** Where what a TPM is made of lies. */
  get made(): Pick<TpmOptions, "wasm" | "worker"> {
    const { wasm, worker } = this.#settings?.addresses ?? {};
    return { ...(wasm === undefined ? {} : { wasm }), ...(worker === undefined ? {} : { worker }) };
  }

  join(watcher: MachineWatcher): void {
    this.#watchers.add(watcher);
  }

  /** The last one takes the machine with it: the TPM ends in order, and its state is free for others. */
  leave(watcher: MachineWatcher): void {
    this.#watchers.delete(watcher);
    if (this.#watchers.size === 0) void this.#close();
  }

  /**
   * Loads and makes the machine where it is not there yet, and gives it power.
   * @throws what keeps it from running; `life` and the watchers have it, too.
   */
  start(settings: MachineSettings): Promise<void> {
    this.#starting ??= this.#start(settings).finally(() => {
      this.#starting = null;
    });
    return this.#starting;
  }

  /** Saves the commands that are kept as a file of the user's. */
  saveTrace(format: TraceFormat, revealSecrets: boolean): void {
    this.#follower?.saveTrace(format, { revealSecrets });
  }

  /** Takes the TPM away from another tab, and starts. @throws as {@link start} */
  async takeOver(settings: MachineSettings): Promise<void> {
    try {
      await this.#tpm?.takeOver();
    } catch (cause) {
      const error = asError(cause);
      this.#fail(error);
      throw error;
    }
    await this.start(settings);
  }

  /** To be done once the TPM is there and before anything boots; the machine waits for it. */
  prepare(work: (tpm: Tpm) => Promise<void>): void {
    this.#preparations.push(work);
  }

  /** It was started for a lesson or a demo: with a folder, and a TPM that is forgotten with the page. */
  get isGuided(): boolean {
    const { lesson = null, demo = null } = this.#settings ?? {};
    return (lesson !== null || demo !== null) && !this.#keepsTpm;
  }

  /** @returns whether the machine had no lesson and no demo yet, and is the caller's for one. */
  takeForGuide(): boolean {
    const isFree = !this.#isTaken;
    this.#isTaken = true;
    return isFree;
  }

  /** Calls back with each machine from now on, before it gets power. */
  onMachine(listener: (machine: Machine) => void): void {
    this.#onMachine.push(listener);
  }

  /** The guest's /mnt, where it has one of the page's: forgotten with it. */
  folder(): Promise<KeptFolder> {
    this.#folder ??= KeptFolder.open(new MemoryDatabase());
    return this.#folder;
  }

  reset(): void {
    this.#machine?.reset();
  }

  /**
   * Switches the machine off in order, or cuts its power, and on again.
   * @param change of the boot, by a machine in its place; undefined: as it was.
   */
  async restart(how: "orderly" | "cut", change?: BootChange | null): Promise<void> {
    if (how === "cut") await this.#machine?.pullPlug();
    else await this.#machine?.powerOff();
    if (change !== undefined) {
      await this.#machine?.destroy();
      await this.#makeMachine(change);
    }
    await this.#machine?.powerOn();
  }

  /** Another TPM in the place of the one that is there; the machine is off then. @param permanent its state; a new one's by default */
  async renewTpm(permanent?: Uint8Array): Promise<void> {
    if (this.#keepsTpm) throw new Error("The TPM is kept under a name, and is not replaced.");
    await this.#machine?.powerOff();
    await this.#tpm?.newTpm(permanent === undefined ? {} : { permanent });
  }

  /** An older state in the place of the TPM's, and a boot as it is by itself. */
  async restore(permanent: Uint8Array): Promise<void> {
    await this.renewTpm(permanent);
    await this.restart("orderly", null);
  }

  async powerOff(): Promise<void> {
    await this.#starting?.catch(() => {});
    await this.#machine?.powerOff();
  }

  /** Types into the console once the machine that is being started is there. @throws Error without one. */
  async type(text: string): Promise<void> {
    await this.#starting;
    if (this.#machine === null) throw new Error("There is no PC to type into: call start() first.");
    this.#machine.serial.send(text);
  }

  resizeTerminal(rows: number, columns: number): void {
    this.#size = [rows, columns];
    this.#machine?.resizeTerminal(rows, columns);
  }

  async #start(settings: MachineSettings): Promise<void> {
    if (this.#machine === null) this.life.set({ phase: "starting", error: null });
    try {
      if (this.#machine === null) await this.#make(settings);
      const failures = this.#failures;
      await this.#machine?.powerOn();
      // Also of one that had lost its TPM and has it again; not of one that has lost it meanwhile.
      if (this.#failures === failures) this.life.set({ phase: "made", error: null });
    } catch (cause) {
      const error = asError(cause);
      if (!this.#isClosed) this.#fail(error);
      throw error;
    }
  }

  async #make(settings: MachineSettings): Promise<void> {
    const before = this.images?.href;
    this.#settings = settings;
    const images = imagesOf(settings);
    // What was looked for in the wrong place is looked for in the right one.
    if (this.#guest === null || before !== images.href) {
      this.#guest = new GuestParts((download) => this.state.set({ download }), { base: images });
    }
    const tpm = this.#takeTpm(settings);
    const guest = this.#guest.get();
    // The TPM's reason comes first, wherever both fail: without it there is nothing to boot.
    guest.catch(() => {});
    await tpm.ready;
    for (const work of this.#preparations.splice(0)) await work(tpm);
    // What did not come is not asked for a second time.
    await guest;
    await this.#makeMachine(null);
    if (this.#isClosed) {
      await this.#machine?.destroy();
      this.#machine = null;
      throw new Error("The last <tab-tpm> of this machine was removed while it started.");
    }
    this.life.set({ phase: "made", error: null });
    this.#tell((watcher) => watcher.onReady());
  }

  async #makeMachine(change: BootChange | null): Promise<void> {
    const { addresses, memoryMiB, interface: registers, lesson, demo } = this.#settings!;
    const images = await this.#guest!.get();
    const machine = await createMachine({
      images,
      wasm: await fetchEmulator(addresses.emulator),
      tpm: this.#tpm!,
      interface: registers,
      ...(memoryMiB === undefined ? {} : { memoryMiB }),
      ...(lesson === null && demo === null ? {} : { files: await this.folder() }),
      ...(change?.append ? { cmdline: `${images.cmdline} ${change.append}` } : {}),
      ...(change === null ? {} : (await import("../pc/changedFiles.ts")).changedFiles(images, change)),
    });
    if (this.#size !== null) machine.resizeTerminal(...this.#size);
    this.#follower?.follow(machine);
    machine.on("stage", (stage) => this.#tell((watcher) => watcher.onStage(stage)));
    // Who is told finds it here.
    this.#machine = machine;
    for (const listener of this.#onMachine) listener(machine);
  }

  /** One TPM for all attempts: its store is locked once. */
  #takeTpm({ state }: MachineSettings): Tpm {
    if (this.#tpm !== null) return this.#tpm;
    const tpm = createWorkerTpm({
      store: state === null ? { kind: "memory" } : { kind: "indexeddb", name: state },
      idleSelfTests: true,
      ...this.made,
    });
    this.#tpm = tpm;
    this.#keepsTpm = state !== null;
    this.#follower = new Follower({
      store: this.state,
      tpm,
      screen: { write: (data) => this.#tell((watcher) => watcher.onOutput(data)), focus: () => {} },
      onTpmFailed: (error) => this.#onTpmFailed(asError(error)),
      asksForPersistence: state !== null,
    });
    tpm.on("command", (event) => this.#tell((watcher) => watcher.onCommand(event)));
    tpm.on("storeError", (error) => this.#tell((watcher) => watcher.onError(error)));
    addEventListener("pagehide", this.#onPageHide);
    return tpm;
  }

  /** A PC whose TPM is gone is off, and can be switched on again with it. */
  #onTpmFailed(error: Error): void {
    this.#fail(error);
    this.#machine?.powerOff().catch(() => {});
  }

  #fail(error: Error): void {
    this.#failures++;
    this.life.set({ phase: "failed", error });
    this.#tell((watcher) => watcher.onError(error));
  }

  #tell(what: (watcher: MachineWatcher) => void): void {
    for (const watcher of this.#watchers) what(watcher);
  }

  async #close(): Promise<void> {
    this.#isClosed = true;
    SharedMachine.#all.delete(this.name);
    removeEventListener("pagehide", this.#onPageHide);
    await this.#starting?.catch(() => {});
    await this.#machine?.destroy();
    await this.#tpm?.close();
  }
}

const imagesOf = ({ addresses }: MachineSettings) => addresses.images ?? new URL(IMAGES, import.meta.url);
