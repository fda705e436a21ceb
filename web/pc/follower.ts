/**
 * What happens to the PC and its TPM, as plain data for the store: it follows their events, and looks at the TPM for what
 * no event tells. It sends no command.
 */
import {
  type BootJudgement,
  BootWatch,
  ClockNotice,
  durationInWords,
  type ExportOptions,
  ekTemplates,
  type Machine,
  type PcrSelection,
  requestPersistence,
  type Stage,
  type StoreError,
  storageOutlook,
  type Tpm,
  type TpmCommandEvent,
  type TpmSummary,
} from "../../src/index.ts";
import { isFault } from "../state/findings.ts";
import type { Lockout, PageState, TpmStatus, TraceFormat } from "../state/model.ts";
import type { Store } from "../state/store.ts";
import { words } from "../words/index.ts";
import { mergeValues } from "./banks.ts";
import { calmly } from "./calmly.ts";
import { CommandLog } from "./commandLog.ts";
import { saveFile } from "./download.ts";
import { readFirmwareLog } from "./eventLog.ts";
import { LockoutWatcher } from "./lockoutWatcher.ts";
import type { PcrValue } from "./pcrs.ts";
import { PcrWatcher } from "./pcrWatcher.ts";
import { TimelineKeeper } from "./timeline.ts";

/** Milliseconds after which a command is in the list; while they come one after the other, the list is another one this often. */
const LIST = { soon: 60, calm: 1500 };
/** How long a PCR that changed stays lit. */
const LIT_MS = 6000;

/** DECAWM: SeaBIOS turns the terminal's wrapping of long lines off and leaves it so. */
const AUTOWRAP = "\x1b[?7h";
/** RIS: the terminal begins anew (ECMA-48, 8.3.105). */
export const RESET_TERMINAL = "\x1bc";

const says = () => words().progress.said;

const wallClock = () => performance.timeOrigin + performance.now();

/** The screen of the serial console, as far as the PC has to do with it. */
export interface Screen {
  /** @param data bytes of the serial line, or characters. */
  write(data: Uint8Array | string): void;
  focus(): void;
  /** What it shows, top first. */
  lines?(): readonly string[];
}

/** What of a TPM is followed. */
export type FollowedTpm = Pick<Tpm, "on" | "state" | "inspect" | "busy">;

export interface FollowerOptions {
  readonly store: Store<PageState>;
  readonly tpm: FollowedTpm;
  readonly screen: Screen;
  /** The PC has no TPM any more. */
  readonly onTpmFailed: (error: unknown) => void;
  /** The browser is asked to keep what the page stores; by default. */
  readonly asksForPersistence?: boolean;
}

export class Follower {
  readonly #options: FollowerOptions;
  readonly #store: Store<PageState>;
  readonly #tpm: FollowedTpm;
  readonly #screen: Screen;
  readonly #commands: CommandLog;
  readonly #watcher: PcrWatcher;
  readonly #lockout: LockoutWatcher;
  readonly #clock = new ClockNotice();
  readonly #timeline = new TimelineKeeper((timeline) => this.#store.set({ timeline }));
  #machine: Machine | null = null;
  #watch: BootWatch | null = null;
  #judgement: BootJudgement = { findings: [], settled: false };
  #poweredOnAt = 0;
  /** When the TPM had last stored its state before the store began to refuse. */
  #commitBefore: number | null = null;
  /** When the TPM last had its _TPM_Init: commands from before say nothing about the PCRs. */
  #initialisedAt = 0;
  #dark: ReturnType<typeof setTimeout> | null = null;

  constructor(options: FollowerOptions) {
    const { store, tpm, screen } = options;
    this.#options = options;
    this.#store = store;
    this.#tpm = tpm;
    this.#screen = screen;
    const isBusy = () => tpm.busy;
    this.#commands = new CommandLog(calmly((commands) => store.set({ commands }), LIST));
    this.#watcher = new PcrWatcher({ tpm, isBusy, onValues: (banks, values) => this.#onPcrs(banks, values) });
    this.#lockout = new LockoutWatcher({ tpm, isBusy, onChange: (lockout) => this.#onLockout(lockout) });
    tpm.on("command", (event) => this.#onCommand(event));
    tpm.on("state", (summary) => this.#onTpmState(summary));
    tpm.on("storeError", (error) => this.#onStoreError(error));
    tpm.on("replaced", () => this.#commands.forgetNames());
  }

  /** Saves the commands that are kept as a file of the user's. */
  saveTrace(format: TraceFormat, options: ExportOptions): void {
    const time = new Date().toISOString().slice(0, 19).replaceAll(":", "-");
    saveFile(`tabtpm-trace-${time}.${format}`, this.#commands.export(format, options));
  }

  /** To be called for each machine; the one before is gone then. */
  follow(machine: Machine): void {
    this.#machine = machine;
    machine.serial.on("output", (bytes) => this.#screen.write(bytes));
    machine.on("stage", (stage) => this.#onStage(machine, stage));
    machine.on("reset", () => this.#onTpmInit());
    machine.on("restored", () => this.#onRestored(machine));
    machine.on("tpm-failed", (error) => this.#options.onTpmFailed(error));
    machine.on("variables-failed", (error) => this.#onVariablesFailed(error));
    machine.on("tpm-waiting", (waiting) => this.#onWaiting(waiting));
    machine.on("paused", (paused) => this.#onPaused(paused));
    machine.on("clock-behind", (behind) => this.#onClockBehind(behind));
    this.#watch = new BootWatch({ machine, tpm: this.#tpm, onJudgement: (news) => this.#onJudgement(news) });
  }

  #onStage(machine: Machine, stage: Stage): void {
    if (stage !== "bios") this.#timeline.enter(stage, wallClock());
    if (stage === "off") {
      this.#forget();
      const tpm = this.#tpmStatus(this.#tpm.state());
      // A clock that does not run is not behind.
      this.#store.set({ power: "off", tpm, clockBehind: null, announcement: says().poweredOff });
      return;
    }
    this.#store.set({ power: "on", step: stage });
    if (stage === "bios") {
      this.#onTpmInit();
      this.#store.set({ announcement: says().bios });
    } else if (stage === "kernel") {
      this.#store.set({ announcement: says().kernel });
      this.#screen.write(AUTOWRAP);
      void this.#showLog(machine);
    } else {
      this.#store.set({ bootTime: wallClock() - this.#poweredOnAt, announcement: says().shell });
      void this.#countCertificates();
      void this.#askForPersistence();
    }
  }

  /** The guest is that of a snapshot: nothing of this boot was seen, and the TPM is to be looked at as it is. */
  #onRestored(machine: Machine): void {
    this.#poweredOnAt = this.#initialisedAt = wallClock();
    this.#timeline.enter("off", this.#initialisedAt);
    this.#forget();
    const { stage } = machine;
    const step = stage === "off" ? "shell" : stage;
    this.#store.set({ power: "on", step, bootTime: null, variablesFailure: null, resumed: true, findings: [] });
    this.#store.set({ tpm: this.#tpmStatus(this.#tpm.state()), announcement: words().progress.resumed });
    this.#watcher.lookAgain();
    this.#lockout.lookAgain();
    if (stage !== "bios") void this.#showLog(machine);
    void this.#countCertificates();
    void this.#askForPersistence();
  }

  /** The firmware has handed over: its log is complete. */
  async #showLog(machine: Machine): Promise<void> {
    const boot = this.#initialisedAt;
    const log = await readFirmwareLog(machine);
    if (boot === this.#initialisedAt && this.#store.value.power === "on") this.#store.set({ log });
  }

  /** Some browsers ask the user: late enough to know what for. Without it the TPM lives on, if less safely. */
  async #askForPersistence(): Promise<void> {
    if (this.#options.asksForPersistence === false) return;
    await requestPersistence().catch(() => false);
    const storage = await storageOutlook();
    const isNews = storage !== this.#store.value.storage;
    this.#store.set({ storage });
    if (isNews && storage === "forgotten") this.#store.set({ explainsStorage: true });
  }

  async #countCertificates(): Promise<void> {
    try {
      const { nvIndices } = await this.#tpm.inspect();
      const present = nvIndices.filter(({ handle }) => ekTemplates.some(({ index }) => index === handle));
      this.#store.set({ certificates: present.length });
    } catch {
      // Without power a TPM has other things to show.
    }
  }

  /** Power on or reset: the TPM starts afresh, and so do the panels. */
  #onTpmInit(): void {
    this.#poweredOnAt = wallClock();
    this.#initialisedAt = this.#poweredOnAt;
    this.#timeline.begin(this.#poweredOnAt);
    this.#forget();
    this.#store.set({ power: "on", step: "bios", bootTime: null, variablesFailure: null, resumed: false });
  }

  /** What was known of a TPM that is started afresh, or has no power. */
  #forget(): void {
    this.#watcher.forget();
    this.#lockout.forget();
    this.#store.set({ waiting: false, banks: [], log: null, lockout: null });
  }

  #onCommand(event: TpmCommandEvent): void {
    this.#commands.add(event);
    this.#watch?.observe(event);
    this.#timeline.observe(event);
    if (event.startedAt < this.#initialisedAt) return;
    this.#watcher.observe(event.command, event.response);
    this.#lockout.observe(event.command, event.response);
  }

  #onLockout(lockout: Lockout): void {
    const before = this.#store.value.lockout;
    this.#store.set({ lockout });
    if (lockout.isLocked && before?.isLocked !== true) {
      this.#store.set({ explainsLockout: true, announcement: says().lockedOut });
    }
    if (lockout.failedTries === 0 && !lockout.isLocked) this.#store.set({ explainsLockout: false });
  }

  #onPcrs(active: readonly PcrSelection[], values: readonly PcrValue[]): void {
    const { banks, changed } = mergeValues(this.#store.value.banks, active, values);
    this.#store.set({ banks });
    // What a drive boots may be no kernel, and never leave the firmware's mode. The first reading has no change.
    const machine = this.#machine;
    if (machine !== null && machine.bootsFrom !== "kernel" && machine.stage === "bios") void this.#showLog(machine);
    if (changed.length === 0) return;
    this.#store.set({ changed: new Set(changed) });
    if (this.#dark !== null) clearTimeout(this.#dark);
    this.#dark = setTimeout(() => this.#store.set({ changed: new Set() }), LIT_MS);
  }

  #onTpmState(summary: TpmSummary): void {
    this.#store.set({ tpm: this.#tpmStatus(summary) });
    // A commit has worked again.
    if (summary.lastCommit !== this.#commitBefore) this.#store.set({ storeFailure: null });
    // Taken over, or given up: the guest may not notice for long, the user should at once.
    if (summary.power === "failed" && this.#store.value.power === "on") this.#options.onTpmFailed(summary.error);
  }

  #onVariablesFailed(error: unknown): void {
    const announcement = words().notices.variables.title;
    this.#store.set({ variablesFailure: (error as Error).message, announcement });
  }

  #onStoreError({ message }: StoreError): void {
    if (this.#store.value.storeFailure === null) this.#store.set({ announcement: words().notices.store.title });
    this.#commitBefore = this.#tpm.state().lastCommit;
    this.#store.set({ storeFailure: message });
  }

  #tpmStatus({ power, failureMode, error }: TpmSummary): TpmStatus {
    if (power === "failed") return error?.name === "StoreFencedError" ? "taken over" : "unavailable";
    if (failureMode) return "failure mode";
    if (power === "off") return "off";
    if (this.#store.value.resumed) return "resumed";
    const { findings, settled } = this.#judgement;
    if (findings.length > 0) return findings.some(isFault) ? "not ready" : "not checked";
    return settled ? "ready" : "initialising";
  }

  #onJudgement(judgement: BootJudgement): void {
    this.#judgement = judgement;
    const { findings } = judgement;
    this.#store.set({ findings, tpm: this.#tpmStatus(this.#tpm.state()) });
  }

  #onWaiting(waiting: boolean): void {
    const announcement = waiting ? words().progress.waiting : says().waitingOver;
    this.#store.set({ waiting, announcement });
  }

  #onPaused(paused: boolean): void {
    const { pausedNow, resumedNow } = words().machine;
    this.#store.set({ paused, announcement: paused ? pausedNow : resumedNow });
  }

  #onClockBehind(behind: number): void {
    if (behind === 0) this.#store.set({ clockBehind: null });
    const { clockBehind } = this.#store.value;
    if (!this.#clock.isNews(behind) && clockBehind === null) return;
    const duration = durationInWords(behind);
    this.#store.set({ clockBehind: duration });
    if (clockBehind === null) this.#store.set({ announcement: says().clockBehind(duration) });
  }
}
