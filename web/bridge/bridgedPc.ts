/** The PC of the page that is opened for a bridge: its TPM is where the user says, and only commands reach it. */
import { bridgedTpm, type ForeignTpm } from "../../src/entries/bridgedTpm.ts";
import { createMachine, type Machine } from "../../src/index.ts";
import { Computer } from "../pc/computer.ts";
import { MachineDisplay } from "../pc/display.ts";
import { Files } from "../pc/files.ts";
import { Follower, type Screen } from "../pc/follower.ts";
import { pageVersion } from "../pc/kept.ts";
import { fetchEmulator, GuestParts } from "../pc/parts.ts";
import { problemOf } from "../pc/problems.ts";
import { initialState, type PageState, type TraceFormat } from "../state/model.ts";
import { Store } from "../state/store.ts";
import { bridgeWords } from "../words/bridge.ts";
import { languageInUse } from "../words/index.ts";
import { type BridgePlace, reachable } from "./address.ts";
import { followed } from "./followed.ts";
import { loopbackPermission, type Trouble, troubleOf } from "./troubles.ts";

/** The page is drawn at most this often, in milliseconds: the guest shares the thread. */
const REDRAW_MS = 120;

export interface BridgeLink {
  /** - `asking`: where the bridge is. - `connecting`. - `made`: there is a PC, with the TPM or without. */
  readonly phase: "asking" | "connecting" | "made";
  /** What the TPM is; null until a bridge has said so. */
  readonly name: string | null;
  readonly shared: boolean;
  readonly trouble: Trouble | null;
  /** The connection was lost while the PC ran, which has the registers of its TPM still. */
  readonly wasThere: boolean;
}

const ASKING: BridgeLink = { phase: "asking", name: null, shared: false, trouble: null, wasThere: false };

interface Plan {
  readonly tpm: ForeignTpm;
}

export class BridgedPc {
  readonly store = new Store<PageState>({ ...initialState, power: "off", language: languageInUse() }, REDRAW_MS);
  readonly link = new Store<BridgeLink>(ASKING, 0);
  readonly files = new Files();
  readonly #screen: Screen;
  readonly #guest = new GuestParts((download) => this.store.set({ download }), { version: pageVersion() });
  readonly computer = new Computer<Plan>({
    make: (plan) => this.#makeMachine(plan),
    isSame: (a, b) => a.tpm === b.tpm,
    onMachine: (machine) => {
      this.#follower?.follow(machine);
      machine.on("reset", () => this.#begins());
      machine.on("stage", (stage) => stage === "bios" && this.#begins());
    },
  });
  readonly display = new MachineDisplay(this.computer);
  #tpm: ForeignTpm | null = null;
  #follower: Follower | null = null;
  #hasPolicyRefused = false;
  /** Since then nothing was started afresh. */
  #isLost = false;

  constructor(screen: Screen) {
    this.#screen = screen;
    document.addEventListener("securitypolicyviolation", ({ effectiveDirective }) => {
      if (effectiveDirective === "connect-src") this.#hasPolicyRefused = true;
    });
  }

  /** Connects, and boots. What keeps it from either is in `link`; there is no PC then. */
  async connect(place: BridgePlace): Promise<void> {
    await this.#leaveTpm();
    this.link.set({ ...ASKING, phase: "connecting" });
    try {
      const { url, token } = reachable(place);
      this.#tpm = bridgedTpm({ url: `${url}#${token}` });
    } catch (error) {
      this.link.set({ phase: "asking", trouble: troubleOf(error, await this.#surroundings()) });
      return;
    }
    const tpm = this.#tpm;
    try {
      await tpm.ready;
    } catch (error) {
      this.link.set({ phase: "asking", trouble: troubleOf(error, await this.#surroundings()) });
      return;
    }
    await this.#boot(tpm);
  }

  /** Boots with the TPM that was last asked for, although it is not there: each reset tries again. */
  async bootWithout(): Promise<void> {
    if (this.#tpm !== null) await this.#boot(this.#tpm);
  }

  /** Whether there is a TPM to go without. */
  get mayGoWithout(): boolean {
    return this.#tpm !== null;
  }

  /** Back to the question where the bridge is. */
  async disconnect(): Promise<void> {
    await this.#leaveTpm();
    this.link.set(ASKING);
  }

  reset(): void {
    this.computer.machine?.reset();
    this.#screen.focus();
  }

  async togglePower(): Promise<void> {
    const { machine } = this.computer;
    if (machine === null || this.#tpm === null) return;
    this.store.set({ busy: true });
    try {
      await (machine.stage === "off" ? this.computer.powerOn({ tpm: this.#tpm }) : machine.powerOff());
    } finally {
      this.store.set({ busy: false });
    }
    this.#screen.focus();
  }

  saveTrace(format: TraceFormat, revealSecrets: boolean): void {
    this.#follower?.saveTrace(format, { revealSecrets });
  }

  /** The page goes: the TPM loses its power with the connection. */
  leave(): void {
    void this.#tpm?.close().catch(() => {});
  }

  async #boot(tpm: ForeignTpm): Promise<void> {
    this.store.set({ problem: null, power: "starting", step: "images", commands: [], findings: [] });
    this.#follower = new Follower({
      store: this.store,
      tpm: followed(tpm, () => bridgeWords().notInspected),
      screen: this.#screen,
      onTpmFailed: (error) => void this.#say(error),
      asksForPersistence: false,
    });
    tpm.on("lost", (error) => {
      void this.#say(error);
      this.#isLost = true;
    });
    tpm.on("command", () => this.#answered(tpm));
    this.link.set({ phase: "made", name: tpm.name, shared: tpm.shared === true });
    try {
      await this.computer.powerOn({ tpm });
    } catch (error) {
      this.store.set({ problem: problemOf(error), power: "off" });
    }
  }

  async #makeMachine({ tpm }: Plan): Promise<Machine> {
    return createMachine({
      images: await this.#guest.get(),
      wasm: await fetchEmulator(),
      tpm,
      files: await this.files.folder(),
    });
  }

  /** A TPM that answers is there. */
  #answered(tpm: ForeignTpm): void {
    const { trouble, name } = this.link.value;
    if (trouble === null && name === tpm.name) return;
    this.link.set({ trouble: null, wasThere: false, name: tpm.name, shared: tpm.shared === true });
    this.store.set({ announcement: bridgeWords().backAgain });
  }

  /** Firmware looks for the TPM anew. */
  #begins(): void {
    this.#isLost = false;
  }

  /** Of a TPM that was lost every command fails, until the next reset: that is the loss still. */
  async #say(error: unknown): Promise<void> {
    if (this.#isLost) return;
    const news = troubleOf(error, await this.#surroundings());
    if (this.link.value.phase !== "made") return;
    this.link.set({ trouble: news, wasThere: this.#isLost });
    this.store.set({ announcement: bridgeWords().troubles[news.kind].title });
  }

  async #surroundings() {
    return { hasPolicyRefused: this.#hasPolicyRefused, permission: await loopbackPermission(navigator.permissions) };
  }

  async #leaveTpm(): Promise<void> {
    const tpm = this.#tpm;
    this.#tpm = null;
    this.#isLost = false;
    // What its end brings about is no news.
    this.link.set({ phase: "asking" });
    await this.computer.powerOff();
    await tpm?.close();
  }
}
