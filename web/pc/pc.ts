/**
 * The PC: what happens in the page. It loads the parts, runs the machine, follows its TPM, turns errors into words and
 * does what the buttons ask. What is to be seen goes into the store as the plain data of state/; nothing here draws, and
 * nothing knows Preact or xterm.js. Imports the library (src/index.ts) and state/.
 */
import {
  type BootJudgement,
  BootWatch,
  ClockNotice,
  createMachine,
  createTpm,
  durationInWords,
  ekCertificateIndices,
  type Machine,
  OwnCommands,
  openBrowserAuthority,
  type PcrSelection,
  type ProvisionProgress,
  provisionedState,
  requestPersistence,
  type Stage,
  setClockCommand,
  type Tpm,
  TpmClient,
  type TpmCommandEvent,
  type TpmSummary,
  toPem,
} from "../../src/index.ts";
import type { Actions } from "../state/actions.ts";
import { type ChoiceKind, initialState, type PageState, type TpmStatus } from "../state/model.ts";
import { Store } from "../state/store.ts";
import { mergeValues } from "./banks.ts";
import { CommandLog } from "./commandLog.ts";
import { saveFile } from "./download.ts";
import { readFirmwareLog } from "./eventLog.ts";
import { fetchEmulator, GuestParts } from "./parts.ts";
import type { PcrValue } from "./pcrs.ts";
import { PcrWatcher } from "./pcrWatcher.ts";
import { problemOf } from "./problems.ts";

/** The name of the TPM's database; there is one TPM per origin. */
const TPM_NAME = "default";
/** The page is drawn at most this often, in milliseconds: the guest shares the thread. */
const REDRAW_MS = 120;
/** What the TPM gets to end in order when the page goes: a command and a commit, on a busy machine. */
const LEAVE_MS = 200;
/** How long a PCR that changed stays lit. */
const LIT_MS = 6000;

/** DECAWM: SeaBIOS turns the terminal's wrapping of long lines off and leaves it so. */
const AUTOWRAP = "\x1b[?7h";

const wallClock = () => performance.timeOrigin + performance.now();

/** The screen of the serial console, as far as the PC has to do with it. */
export interface Screen {
  /** Its size in characters. */
  readonly rows: number;
  readonly columns: number;
  /** @param data bytes of the serial line, or characters. */
  write(data: Uint8Array | string): void;
  focus(): void;
}

/** The PC in this page and its TPM: starts them, follows them, and does what the buttons ask. */
export class Pc implements Actions {
  readonly store = new Store<PageState>(initialState, REDRAW_MS);
  readonly tpm: Tpm;
  /** Sends commands that the log shows as the page's own. They queue behind the guest's. */
  readonly client = new TpmClient({ execute: (command, options) => this.execute(command, options) });
  readonly #screen: Screen;
  readonly #own = new OwnCommands();
  readonly #commands = new CommandLog((commands) => this.store.set({ commands }));
  readonly #watcher = new PcrWatcher({
    client: this.client,
    onValues: (banks, values) => this.#onPcrs(banks, values),
  });
  readonly #guest = new GuestParts((download) => this.store.set({ download }));
  readonly #clock = new ClockNotice();
  #machine: Machine | null = null;
  #watch: BootWatch | null = null;
  #judgement: BootJudgement = { findings: [], settled: false };
  #poweredOnAt = 0;
  /** When the TPM last had its _TPM_Init: commands from before say nothing about the PCRs. */
  #initialisedAt = 0;
  #dark: ReturnType<typeof setTimeout> | null = null;
  #running: (machine: Machine) => void = () => {};
  /** The PC, once it runs. Never rejects: what is wrong is shown on the page, and may be put right there. */
  readonly running = new Promise<Machine>((resolve) => {
    this.#running = resolve;
  });

  constructor(screen: Screen) {
    this.#screen = screen;
    this.tpm = createTpm({
      store: { kind: "indexeddb", name: TPM_NAME },
      thread: "worker",
      idleSelfTests: true,
    });
    this.tpm.on("command", (event) => this.#onCommand(event));
    this.tpm.on("state", (summary) => this.#onTpmState(summary));
  }

  /** Sends a command that the log shows as the page's own. It queues behind the guest's. */
  execute(command: Uint8Array, options: Parameters<Tpm["execute"]>[1] = {}): Promise<Uint8Array> {
    return this.#own.run(command, (own) => this.tpm.execute(own, options));
  }

  /** Loads what the PC is made of, and boots it. */
  async start(): Promise<void> {
    await this.#attempt(async () => {
      this.store.set({ problem: null, power: "starting", step: "images" });
      const images = this.#guest.get();
      // The TPM's reason comes first, wherever both fail: without it there is nothing to boot.
      images.catch(() => {});
      await this.tpm.ready;
      const guest = await images;
      this.store.set({ step: "tpm" });
      const { rows, columns } = this.#screen;
      this.#machine ??= this.#listen(
        await createMachine({
          images: guest,
          wasm: await fetchEmulator(),
          tpm: this.tpm,
          cmdline: `${guest.cmdline} ROWS=${rows} COLS=${columns}`,
        }),
      );
      await this.#machine.powerOn();
      this.#running(this.#machine);
    });
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
    this.#machine?.reset();
    this.#screen.focus();
  }

  pullPlug(): void {
    void this.#attempt(async () => this.#machine?.pullPlug());
  }

  togglePower(): void {
    const machine = this.#machine;
    if (machine === null) return;
    void this.#attempt(() => (machine.stage === "off" ? machine.powerOn() : machine.powerOff()));
    this.#screen.focus();
  }

  askNewTpm(): void {
    this.store.set({ asking: "new-tpm" });
  }

  cancel(): void {
    this.store.set({ asking: null });
  }

  newTpm(): void {
    this.store.set({ asking: null });
    void this.#attempt(async () => {
      await this.#machine?.powerOff();
      await this.tpm.newTpm({ permanent: await this.#makeTpm() });
      await this.start();
      this.#screen.focus();
    });
  }

  saveAuthority(): void {
    void this.#attempt(async () => {
      const { certificate } = await openBrowserAuthority();
      saveFile("tabtpm-demo-ca.pem", new TextEncoder().encode(toPem("CERTIFICATE", certificate)));
    });
  }

  setClockCommand(): string {
    return setClockCommand(Date.now());
  }

  dismissClock(): void {
    this.store.set({ clockBehind: null });
    this.#screen.focus();
  }

  choose(choice: ChoiceKind): void {
    if (choice === "reload") location.reload();
    else if (choice === "new-tpm") this.askNewTpm();
    else if (choice === "download-state") void this.#attempt(() => this.#downloadState());
    else {
      void this.#attempt(async () => {
        await this.tpm.takeOver();
        await this.start();
      });
    }
  }

  /** Runs what a button asks for; while it runs the buttons rest, and what goes wrong is shown. */
  async #attempt(work: () => Promise<unknown>): Promise<void> {
    this.store.set({ busy: true });
    try {
      await work();
    } catch (error) {
      this.store.set({ problem: problemOf(error), power: "off" });
    } finally {
      this.store.set({ busy: false });
    }
  }

  /** Makes and provisions a TPM in memory: the one that is stored goes when the new one is complete. */
  async #makeTpm(): Promise<Uint8Array> {
    this.store.set({ making: { done: 0, total: 0 }, certificates: null, announcement: "A new TPM is being made" });
    const tpm = createTpm({ store: { kind: "memory" }, thread: "worker" });
    try {
      const [authority] = await Promise.all([openBrowserAuthority(), tpm.ready]);
      const onProgress = ({ done, total }: ProvisionProgress) => this.store.set({ making: { done, total } });
      return await provisionedState(tpm, { authority, onProgress });
    } finally {
      await tpm.close();
      this.store.set({ making: null });
    }
  }

  async #downloadState(): Promise<void> {
    const state = await this.tpm.exportState();
    if (state !== null) saveFile(`tabtpm-${new Date().toISOString().slice(0, 10)}.state`, state);
  }

  #listen(machine: Machine): Machine {
    machine.serial.on("output", (bytes) => this.#screen.write(bytes));
    machine.on("stage", (stage) => this.#onStage(stage));
    machine.on("reset", () => this.#onTpmInit());
    machine.on("tpm-failed", (error) => this.#onTpmFailed(error));
    machine.on("tpm-waiting", (waiting) => this.#onWaiting(waiting));
    machine.on("clock-behind", (behind) => this.#onClockBehind(behind));
    this.#watch = new BootWatch({ machine, client: this.client, onJudgement: (news) => this.#onJudgement(news) });
    return machine;
  }

  #onStage(stage: Stage): void {
    if (stage === "off") {
      this.#watcher.forget();
      const tpm = this.#tpmStatus(this.tpm.state());
      this.store.set({ power: "off", tpm, waiting: false, banks: [], log: null, announcement: "Powered off" });
      return;
    }
    this.store.set({ power: "on", step: stage });
    if (stage === "bios") {
      this.#onTpmInit();
      this.store.set({ announcement: "Starting: BIOS" });
    } else if (stage === "kernel") {
      this.store.set({ announcement: "Starting: kernel" });
      this.#screen.write(AUTOWRAP);
      void this.#showLog();
    } else {
      this.store.set({ bootTime: wallClock() - this.#poweredOnAt, announcement: "The shell is ready" });
      void this.#countCertificates();
      // Some browsers ask the user: late enough to know what for. Without it the TPM lives on, if less safely.
      requestPersistence().catch(() => false);
    }
  }

  /** The firmware has handed over: its log is complete. */
  async #showLog(): Promise<void> {
    if (this.#machine === null) return;
    const boot = this.#initialisedAt;
    const log = await readFirmwareLog(this.#machine);
    if (boot === this.#initialisedAt && this.store.value.power === "on") this.store.set({ log });
  }

  async #countCertificates(): Promise<void> {
    try {
      this.store.set({ certificates: (await ekCertificateIndices(this.client)).length });
    } catch {
      // Without power or in failure mode a TPM has other things to show.
    }
  }

  /** Power on or reset: the TPM starts afresh, and so do the panels. */
  #onTpmInit(): void {
    this.#poweredOnAt = wallClock();
    this.#initialisedAt = this.#poweredOnAt;
    this.#watcher.forget();
    this.store.set({ power: "on", step: "bios", bootTime: null, waiting: false, banks: [], log: null });
  }

  #onCommand(event: TpmCommandEvent): void {
    const own = this.#own.claim(event.command);
    this.#commands.add(event, own);
    if (event.startedAt < this.#initialisedAt) return;
    if (!own) this.#watch?.observe(event);
    this.#watcher.observe(event.command, event.response);
  }

  #onPcrs(active: readonly PcrSelection[], values: readonly PcrValue[]): void {
    const { banks, changed } = mergeValues(this.store.value.banks, active, values);
    this.store.set({ banks });
    if (changed.length === 0) return;
    this.store.set({ changed: new Set(changed) });
    if (this.#dark !== null) clearTimeout(this.#dark);
    this.#dark = setTimeout(() => this.store.set({ changed: new Set() }), LIT_MS);
  }

  #onTpmState(summary: TpmSummary): void {
    this.store.set({ tpm: this.#tpmStatus(summary) });
    // Taken over, or given up: the guest may not notice for long, the user should at once.
    if (summary.power === "failed" && this.store.value.power === "on") this.#onTpmFailed(summary.error);
  }

  #tpmStatus({ power, failureMode, error }: TpmSummary): TpmStatus {
    if (power === "failed") return error?.name === "StoreFencedError" ? "taken over" : "unavailable";
    if (failureMode) return "failure mode";
    if (power === "off") return "off";
    const { findings, settled } = this.#judgement;
    if (findings.length > 0) return "not ready";
    return settled ? "ready" : "initialising";
  }

  #onJudgement(judgement: BootJudgement): void {
    this.#judgement = judgement;
    const { findings } = judgement;
    this.store.set({ findings, tpm: this.#tpmStatus(this.tpm.state()) });
  }

  #onWaiting(waiting: boolean): void {
    const announcement = waiting ? "Waiting for the TPM" : "No longer waiting for the TPM";
    this.store.set({ waiting, announcement });
  }

  #onClockBehind(behind: number): void {
    if (behind === 0) this.store.set({ clockBehind: null });
    const { clockBehind } = this.store.value;
    if (!this.#clock.isNews(behind) && clockBehind === null) return;
    const words = durationInWords(behind);
    this.store.set({ clockBehind: words });
    if (clockBehind === null) this.store.set({ announcement: `The PC's clock is ${words} behind` });
  }

  #onTpmFailed(error: unknown): void {
    this.store.set({ problem: problemOf(error) });
    void this.#machine?.powerOff();
  }
}
