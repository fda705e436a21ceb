/**
 * The PC: what happens in the page. It loads the parts, runs the machine, follows its TPM, turns errors into words and
 * does what the buttons ask. What is to be seen goes into the store as the plain data of state/; nothing here draws, and
 * nothing knows Preact or xterm.js. Imports the library (src/index.ts) and state/.
 */

import { createWorkerTpm } from "../../src/entries/workerTpm.ts";
import {
  type BootChange,
  BootFileError,
  createMachine,
  type Machine,
  openBrowserAuthority,
  type Tpm,
  TpmClient,
  toPem,
} from "../../src/index.ts";
import type { Actions } from "../state/actions.ts";
import { isSamePlan, type Plan } from "../state/choices.ts";
import type { Media } from "../state/media.ts";
import type { ChoiceKind, TraceFormat } from "../state/model.ts";
import type { Place } from "../state/place.ts";
import type { Settings } from "../state/settings.ts";
import { type Sentence, words } from "../words/index.ts";
import { browserBoots } from "./boots.ts";
import { Computer } from "./computer.ts";
import { MachineDisplay } from "./display.ts";
import { saveFile } from "./download.ts";
import { Explorer } from "./explorer.ts";
import { Files } from "./files.ts";
import { Follower, type Screen } from "./follower.ts";
import { History } from "./history.ts";
import { keepPage, pageVersion } from "./kept.ts";
import { LearnDesk } from "./lessons/desk.ts";
import { machineOptions } from "./machineOptions.ts";
import { MigrationDesk } from "./migration/desk.ts";
import { fetchEmulator, fetchMedium, GuestParts } from "./parts.ts";
import { problemOf } from "./problems.ts";
import { makeTpm, Replacement } from "./replacement.ts";
import { SettingsKeeper } from "./settings.ts";
import { browserSettings } from "./settingsStore.ts";
import { SnapshotDesk } from "./snapshots/desk.ts";
import { Talk } from "./talk.ts";
import type { TpmChoice } from "./tpms/choice.ts";
import { TpmDesk } from "./tpms/desk.ts";

/** What the TPM gets to end in order when the page goes: a command and a commit, on a busy machine. */
const LEAVE_MS = 200;

/** The PC in this page and its TPM: starts them, follows them, and does what the buttons ask. */
export class Pc extends Talk implements Actions {
  readonly tpm: Tpm;
  /** What the guest has at /mnt. */
  readonly files = new Files();
  /** Sends commands that the log shows as the page's own. They queue behind the guest's. */
  readonly client = new TpmClient({ execute: (command, options) => this.execute(command, options) });
  /** How the PCRs came to their values. */
  readonly history: History;
  readonly #screen: Screen;
  readonly #guest = new GuestParts((download) => this.store.set({ download }), { version: pageVersion() });
  readonly #replacement = new Replacement({
    make: makeTpm,
    install: (permanent) => this.#install(permanent),
    onChange: (change) => this.store.set(change),
  });
  readonly explorer: Explorer;
  readonly #follower: Follower;
  readonly computer = new Computer<Plan>({
    make: (plan) => this.#makeMachine(plan),
    isSame: isSamePlan,
    onMachine: (machine) => {
      this.#follower.follow(machine);
      this.history.follow(machine);
      for (const listener of this.#onMachine) listener(machine);
    },
  });
  readonly display = new MachineDisplay(this.computer);
  readonly #offline = keepPage(this.store);
  readonly #settings: SettingsKeeper;
  /** The TPMs of this browser. */
  readonly tpms: TpmDesk;
  readonly snapshots: SnapshotDesk;
  readonly migration: MigrationDesk;
  /** Lessons and demos. */
  readonly learning: LearnDesk;
  readonly #onMachine: ((machine: Machine) => void)[] = [];
  /** What a lesson has changed of the boot. */
  #change: BootChange | null = null;
  #answer: (agreed: boolean) => void = () => {};

  /** @param choice which of the browser's TPMs the PC has. */
  constructor(screen: Screen, choice: TpmChoice) {
    super(() => screen.focus());
    this.#screen = screen;
    const { id } = choice;
    this.#settings = new SettingsKeeper(browserSettings(id), location.href, (news) => this.store.set(news));
    this.tpm = createWorkerTpm({ store: { kind: "indexeddb", name: id }, idleSelfTests: true });
    const { store, tpm } = this;
    const readFile = async (path: string) => (await this.files.folder()).readFile(path);
    this.explorer = new Explorer({ tpm });
    this.history = new History({ page: store, tpm, boots: browserBoots(id), readFile });
    this.tpms = new TpmDesk({ choice, store, tpm, shutDown: () => this.#shutDown(), start: () => void this.start() });
    this.snapshots = new SnapshotDesk(id, {
      ...{ store, screen, computer: this.computer, tpms: this.tpms, images: () => this.#guest.get() },
    });
    this.migration = new MigrationDesk({
      ...{ id, store, tpm, screen, computer: this.computer, images: () => this.#guest.get() },
      prepare: () => this.#prepare(),
      start: () => this.start(),
    });
    this.learning = new LearnDesk({
      ...{ choice, store, tpm, tpms: this.tpms, files: this.files },
      machine: () => this.computer.machine,
      onMachine: (listener) => this.#onMachine.push(listener),
      restart: (how, change) => this.#restartWith(how, change),
      reset: () => this.reset(),
      restore: (permanent) => this.#restore(permanent),
    });
    this.#follower = new Follower({ store, tpm, screen, onTpmFailed: (error) => this.#onTpmFailed(error) });
  }

  /** Sends a command that the log shows as the page's own. It queues behind the guest's. */
  execute(command: Uint8Array, options: Parameters<Tpm["execute"]>[1] = {}): Promise<Uint8Array> {
    return this.tpm.execute(command, { ...options, own: true });
  }

  /** Loads what the PC is made of, and boots it. */
  async start(): Promise<void> {
    await this.#attempt(async () => {
      this.store.set({ problem: null, power: "starting", step: "images" });
      await this.#prepare();
      await this.#askForConsent();
      await this.learning.prepared;
      if (this.#change !== null || !(await this.snapshots.offer())) await this.#boot();
    });
    if (this.migration.asks && this.store.value.problem?.kind === "in-use") this.choose("bring-here");
  }

  /** The TPM is this page's, the images are there, and the settings are known. */
  async #prepare(): Promise<void> {
    const images = this.#guest.get();
    // The TPM's reason comes first, wherever both fail: without it there is nothing to boot.
    images.catch(() => {});
    await this.tpm.ready;
    const notes = this.tpms.opened(this.tpm.state().profile);
    const { cmdline } = await images;
    await this.#settings.load(cmdline);
    for (const note of await notes) this.#settings.say(note);
    this.store.set({ ownArguments: cmdline });
  }

  /** The page goes: the guest can't tell its TPM any more. */
  leave(): void {
    if (this.tpm.power !== "on") return;
    this.tpm.shutDown().catch(() => {});
    // The browser ends the worker as soon as this returns, whether or not it has stored what it did.
    const end = performance.now() + LEAVE_MS;
    while (performance.now() < end);
  }

  reset(): void {
    this.computer.machine?.reset();
    this.#screen.focus();
  }

  togglePause(): void {
    const { machine } = this.computer;
    if (machine?.paused) machine.resume();
    else machine?.pause();
    this.#screen.focus();
  }

  pullPlug(): void {
    void this.#attempt(async () => this.computer.machine?.pullPlug());
  }

  togglePower(): void {
    const { machine } = this.computer;
    void this.#attempt(() => (machine === null || machine.stage === "off" ? this.#boot() : machine.powerOff()));
    this.#screen.focus();
  }

  newTpm(): void {
    this.store.set({ asking: null, announcement: words().progress.said.making });
    void this.#replacement.begin();
    this.#screen.focus();
  }

  cancelNewTpm(): void {
    this.#replacement.cancel();
    this.store.set({ announcement: words().progress.said.notMaking });
    this.#screen.focus();
  }

  saveAuthority(): void {
    void this.#attempt(async () => {
      const { certificate } = await openBrowserAuthority();
      saveFile("tabtpm-demo-ca.pem", new TextEncoder().encode(toPem("CERTIFICATE", certificate)));
    });
  }

  exportTrace(format: TraceFormat, revealSecrets: boolean): void {
    this.#follower.saveTrace(format, { revealSecrets });
  }

  choose(choice: ChoiceKind): void {
    if (choice === "reload") void this.#offline.reloadNewest();
    else if (choice === "unlock") this.store.set({ asking: "passphrase" });
    else if (choice === "new-tpm") this.askNewTpm();
    else if (choice === "bring-here") void this.#attempt(() => this.migration.bringHere());
    else if (choice === "take-back") void this.#attempt(() => this.migration.takeBack());
    else if (choice === "save-again") void this.#attempt(() => this.migration.saveAgain());
    else if (choice === "download-state") void this.#attempt(() => this.#downloadState());
    else {
      void this.#attempt(async () => {
        await this.tpm.takeOver();
        await this.start();
      });
    }
  }

  changeSettings(form: Settings, media: Media, restarts: boolean): void {
    const { restarting, settingsKept } = words().progress.said;
    this.store.set({ asking: null, announcement: restarts ? restarting : settingsKept });
    void this.#attempt(async () => {
      await this.#settings.take(form, media);
      if (restarts) await this.#restart();
    });
    this.#screen.focus();
  }

  askSnapshots(): void {
    this.store.set({ asking: "snapshots" });
  }

  override cancel(): void {
    if (this.store.value.asking === "snapshots") this.snapshots.closed();
    super.cancel();
  }

  askMove(): void {
    this.store.set({ asking: "move" });
  }

  askTpms(): void {
    this.store.set({ asking: "tpms" });
  }

  learn(place: Place | null): void {
    this.learning.show(place);
    if (place === null) this.#screen.focus();
  }

  toggleLearning(): void {
    this.learning.toggle();
  }

  restart(): void {
    void this.#attempt(() => this.#restart());
    this.#screen.focus();
  }

  dismissSettingsProblems(): void {
    this.#settings.dismiss();
    this.#screen.focus();
  }

  takeUpdate(): void {
    this.store.set({ busy: true, hasUpdate: false });
    this.#offline.takeUpdate();
  }

  answerAddress(agreed: boolean): void {
    this.#answer(agreed);
  }

  protected say(sentence: Sentence): void {
    this.#settings.say(sentence);
  }

  /** Runs what a button asks for; while it runs the buttons rest, and what goes wrong is shown. */
  async #attempt(work: () => Promise<unknown>): Promise<void> {
    this.store.set({ busy: true });
    try {
      await work();
    } catch (error) {
      const problem = problemOf(error);
      this.store.set({ problem, power: "off", ...(problem.kind === "sealed" && { asking: "passphrase" }) });
    } finally {
      this.store.set({ busy: false });
    }
  }

  /** @throws what keeps the new TPM from being stored; the PC goes on with the old one as before. */
  async #install(permanent: Uint8Array): Promise<void> {
    const wasOn = this.computer.machine !== null && this.computer.machine.stage !== "off";
    this.store.set({ busy: true });
    try {
      await this.computer.powerOff();
      await this.tpm.newTpm({ permanent });
    } catch (error) {
      if (this.tpm.power === "failed") this.store.set({ problem: problemOf(this.tpm.state().error) });
      else if (wasOn) await this.computer.machine?.powerOn();
      throw error;
    } finally {
      this.store.set({ busy: false });
    }
    await this.#settings.forget();
    await this.history.forget();
    this.store.set({ certificates: null });
    await this.start();
    this.#screen.focus();
  }

  /** Gives the PC power; it is made anew where the settings ask for another one. */
  async #boot(): Promise<void> {
    this.store.set({ power: "starting", step: "tpm" });
    try {
      const change = this.#change;
      await this.computer.powerOn({ ...this.#settings.plan, ...(change !== null && { change }) });
      for (const note of this.computer.machine?.notes ?? []) this.#settings.say(note);
    } catch (error) {
      if (!(error instanceof BootFileError)) throw error;
      // Other files are to be chosen: nothing is wrong with the TPM.
      this.#settings.say(() => words().settings.problems.pcOff(error.message));
      this.store.set({ power: "off", announcement: words().progress.said.cannotBoot });
    } finally {
      this.store.set({ running: this.computer.plan });
    }
  }

  async #restart(): Promise<void> {
    await this.computer.powerOff();
    await this.#boot();
  }

  /** @param change of the boot; undefined: as it was. */
  #restartWith(how: "orderly" | "cut", change: BootChange | null | undefined): Promise<void> {
    if (change !== undefined) this.#change = change;
    return this.#attempt(async () => {
      if (how === "cut") await this.computer.machine?.pullPlug();
      await this.#restart();
    });
  }

  /** An older state of the TPM, for a boot as it is by itself. */
  #restore(permanent: Uint8Array): Promise<void> {
    return this.#attempt(async () => {
      await this.computer.powerOff();
      await this.tpm.importState(permanent);
      this.#change = null;
      await this.#boot();
    });
  }

  async #makeMachine(plan: Plan): Promise<Machine> {
    const images = await this.#guest.get();
    const machine = await createMachine({
      images,
      wasm: await fetchEmulator(),
      tpm: this.tpm,
      files: await this.files.folder(),
      ...machineOptions(plan, images.cmdline),
      ...(plan.change === undefined ? {} : (await import("./changedFiles.ts")).changedFiles(images, plan.change)),
    });
    machine.on("disk-failed", (error) => this.#settings.say(error.message));
    return machine;
  }

  /** A link is anybody's: what it could do harm with waits for the user, who is asked once. */
  async #askForConsent(): Promise<void> {
    if (!this.#settings.needsConsent) return;
    const agreed = await new Promise<boolean>((resolve) => {
      this.#answer = resolve;
      this.store.set({ asking: "address" });
    });
    this.store.set({ asking: null });
    if (agreed) await this.#settings.fetchAsked(fetchMedium);
    else this.#settings.refuse();
  }

  /** The TPM is free for others then. */
  async #shutDown(): Promise<void> {
    this.#replacement.cancel();
    await this.computer.powerOff();
    await this.tpm.close();
  }

  async #downloadState(): Promise<void> {
    const state = await this.tpm.exportState();
    if (state !== null) saveFile(`tabtpm-${new Date().toISOString().slice(0, 10)}.state`, state);
  }

  #onTpmFailed(error: unknown): void {
    this.#replacement.cancel();
    this.store.set({ problem: problemOf(error) });
    void this.computer.machine?.powerOff();
  }
}
