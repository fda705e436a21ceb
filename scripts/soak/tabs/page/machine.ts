/**
 * A machine without an emulator, as far as moves and snapshots have to do with one: its guest works as long as it is on and not held, and
 * its state has the TPM in it in the same way as v86's.
 */
import { type Machine, type Tpm, tpmInSnapshot } from "../../../../src/index.ts";
import { PPI_PAGE_SIZE, STATUS_STORED } from "../../../../src/ppi/registers.ts";
import { packState as packPresence } from "../../../../src/ppi/savedState.ts";
import { IDLE } from "../../../../src/tis/commandCycle.ts";
import { LOCALITY_COUNT, NO_LOCALITY } from "../../../../src/tis/registers.ts";
import { packState as packTis } from "../../../../src/tis/savedState.ts";
import { guestOf, packState } from "./container.ts";
import { Guest, type Memory, type Tell } from "./guest.ts";

/** Octets of the guest's memory, which nobody can compress: a machine is a few chunks long. */
const MEMORY_SIZE = 900_000;
const RANDOM_AT_ONCE = 65_536;
const MEMORY_TOLD = 128 << 20;

const NOTHING = new Uint8Array(0);
const ofEach = new Array<number>(LOCALITY_COUNT).fill(0);
/** Of devices at rest. */
const registers = packTis({
  ...{ active: NO_LOCALITY, state: IDLE, selfTestDone: true, interfaceLocked: false, responsePosition: 0 },
  ...{ access: ofEach, intEnable: ofEach, intStatus: ofEach, command: NOTHING, response: NOTHING },
});
const presence = packPresence({
  ...{ locked: false, status: STATUS_STORED, written: { ppFlags: 0, disabledHierarchies: 0 } },
  page: new Uint8Array(PPI_PAGE_SIZE),
});

export class SoakMachine {
  readonly #tpm: Tpm;
  readonly guest: Guest;
  readonly log = undefined;
  readonly serial = { text: () => "" };
  readonly #memory = new Uint8Array(MEMORY_SIZE);
  /** Until {@link release}, as the real one. */
  #isHeld = false;
  /** Whoever else holds it. */
  #holders = 0;
  #isOn = false;
  /** The guest's loop. */
  #working: Promise<void> = Promise.resolve();

  constructor(tpm: Tpm, tell: Tell) {
    this.#tpm = tpm;
    this.guest = new Guest(tpm, tell);
    for (let at = 0; at < MEMORY_SIZE; at += RANDOM_AT_ONCE) {
      crypto.getRandomValues(this.#memory.subarray(at, Math.min(at + RANDOM_AT_ONCE, MEMORY_SIZE)));
    }
  }

  get stage(): "off" | "shell" {
    return this.#isOn && this.#tpm.power === "on" ? "shell" : "off";
  }

  resizeTerminal(): void {}

  async powerOn(): Promise<void> {
    await this.#tpm.powerOn();
    await this.guest.boot();
    this.#isHeld = false;
    this.#goOn();
  }

  /** No command of the guest's is in flight when it resolves, and none comes until {@link letGo}. */
  async hold(): Promise<void> {
    this.#holders++;
    await this.#working;
  }

  letGo(): void {
    this.#holders--;
    this.#work();
  }

  async #held<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      await this.hold();
      return await work();
    } finally {
      this.letGo();
    }
  }

  release(): void {
    this.#isHeld = false;
    this.#work();
  }

  saveState({ hold = false, signal }: { hold?: boolean; signal?: AbortSignal } = {}): Promise<ArrayBuffer> {
    return this.#held(async () => {
      signal?.throwIfAborted();
      const { profile, identity, permanent, volatile } = await this.#tpm.snapshot();
      const head = {
        ...{ v86Release: null, profile, interface: "tis" as const, irq: null, memorySize: MEMORY_TOLD, identity },
        ...{ savedAt: Date.now(), notes: {}, clocks: null },
      };
      const part = { head, registers, presence, permanent, volatile, variables: null };
      const state = await packState(this.guest.memory, this.#memory, part);
      signal?.throwIfAborted();
      this.#isHeld ||= hold;
      return state;
    });
  }

  /** As the real one: the TPM goes on where the snapshot has it, unless it has moved on since. It is held afterwards. */
  restoreState(state: ArrayBuffer, { onMovedOn }: { onMovedOn?: "refuse" | "rollback" | "clone" } = {}) {
    return this.#held(async () => {
      const saved = await tpmInSnapshot(state);
      const wasOff = this.#tpm.power === "off";
      try {
        if (wasOff) await this.#tpm.powerOn();
        await this.#tpm.restore(saved, onMovedOn === undefined ? {} : { onMovedOn });
      } catch (error) {
        if (wasOff) await this.#tpm.powerOff();
        throw error;
      }
      this.guest.memory = guestOf(state) as Memory;
      await this.guest.check();
      this.#isHeld = true;
      this.#isOn = true;
    });
  }

  async powerOff(): Promise<void> {
    this.#isOn = false;
    await this.#tpm.powerOff();
    await this.#working;
  }

  #goOn(): void {
    this.#isOn = true;
    this.#work();
  }

  get #works(): boolean {
    return this.#holders === 0 && !this.#isHeld && this.stage !== "off";
  }

  #work(): void {
    if (!this.#works) return;
    this.#working = this.#working.then(async () => {
      while (this.#works) {
        try {
          await this.guest.work();
        } catch {
          // The TPM was given up, taken away, or lost its power: this guest is over.
          this.#isOn = false;
        }
      }
    });
  }
}

export const asMachine = (machine: SoakMachine): Machine => machine as unknown as Machine;
