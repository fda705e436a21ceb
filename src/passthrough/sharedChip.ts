/** A TPM that the host has and keeps, put under a guest: passthrough. */

import type { TpmCommandEvent } from "../engine/api.ts";
import { type Locality, type TpmBackend, type TpmPower, TpmPoweredOffError } from "../engine/backend.ts";
import { Emitter } from "../engine/events.ts";
import { errorResponse } from "../engine/responses.ts";
import { commandWithCode } from "../spec/commands.ts";
import { codeOf, TPM_RC_SUCCESS } from "../spec/header.ts";
import { TPM_RC } from "../spec/responseCodes.ts";
import { judge } from "./filter.ts";

/** A command of the guest's that did not reach the chip. */
export interface RefusedCommand {
  /** TPM2_Clear, or the number of what has no name. */
  name: string;
  responseCode: number;
  why: string;
}

export interface SharedChipOptions {
  /** Names of ALLOWABLE. */
  allowed?: Iterable<string>;
  onRefused?: ((refused: RefusedCommand) => void) | undefined;
}

export interface SharedChipEvents {
  /** The guest's command was answered, by the chip or in its place. */
  command: TpmCommandEvent;
}

/** What the device that has the chip is asked for: its power and its localities stay the host's. */
export type Chip = Pick<TpmBackend, "ready" | "power" | "execute" | "cancel" | "powerOn" | "powerOff">;

/**
 * The guest's power cycles are the guest's: its _TPM_Init lets the filter answer the next TPM2_Startup, and does nothing to the chip.
 * Commands come from locality 0, others are refused, as is a dynamic launch. tpmEstablished is never set.
 */
export class SharedChip implements TpmBackend {
  readonly #chip: Chip;
  readonly #allowed: ReadonlySet<string>;
  readonly #onRefused: ((refused: RefusedCommand) => void) | undefined;
  readonly #events = new Emitter<SharedChipEvents>();
  #started = false;
  readonly established = false;

  constructor(chip: Chip, { allowed = [], onRefused }: SharedChipOptions = {}) {
    this.#chip = chip;
    this.#allowed = new Set(allowed);
    this.#onRefused = onRefused;
  }

  get ready(): Promise<void> {
    return this.#chip.ready;
  }

  get power(): TpmPower {
    return this.#chip.power;
  }

  on<Name extends keyof SharedChipEvents>(event: Name, listener: (value: SharedChipEvents[Name]) => void): () => void {
    return this.#events.on(event, listener);
  }

  async execute(command: Uint8Array, options: { locality?: Locality; signal?: AbortSignal } = {}): Promise<Uint8Array> {
    if (this.power !== "on") throw new TpmPoweredOffError("The TPM has no power.");
    // What is judged is what is sent: the caller may write to its bytes when this returns.
    // A slice of Node's Buffer would be no copy.
    const own = new Uint8Array(command);
    const startedAt = performance.timeOrigin + performance.now();
    try {
      const response = this.#answer(own, options.locality ?? 0) ?? (await this.#send(own, options.signal));
      if (this.#events.has("command")) {
        const duration = performance.timeOrigin + performance.now() - startedAt;
        const event = { command: own.slice(), response: response.slice(), locality: options.locality ?? 0 };
        this.#events.emit("command", { ...event, startedAt, duration, reason: null, own: false });
      }
      return response;
    } finally {
      own.fill(0);
    }
  }

  #send(command: Uint8Array, signal: AbortSignal | undefined): Promise<Uint8Array> {
    return this.#chip.execute(command, signal === undefined ? {} : { signal });
  }

  /** @returns null for what the chip is to answer. */
  #answer(command: Uint8Array, locality: Locality): Uint8Array | null {
    if (locality !== 0) {
      return this.#refuse(command, TPM_RC.TPM_RC_LOCALITY, "the chip is the host's, and a guest has locality 0 of it");
    }
    const verdict = judge(command, this.#allowed, { started: this.#started });
    if (verdict.kind === "pass") return null;
    const { responseCode, why } = verdict;
    if (why !== null) return this.#refuse(command, responseCode, why);
    if (responseCode === TPM_RC_SUCCESS && commandWithCode(codeOf(command))?.name === "Startup") this.#started = true;
    return errorResponse(responseCode);
  }

  cancel(): void {
    this.#chip.cancel();
  }

  async hashStart(): Promise<void> {
    throw new Error("A dynamic launch is the host's: a guest that shares its TPM has none.");
  }

  async hashData(): Promise<void> {
    return this.hashStart();
  }

  async hashEnd(): Promise<void> {
    return this.hashStart();
  }

  async resetEstablished(): Promise<boolean> {
    return false;
  }

  async powerOn(): Promise<void> {
    this.#started = false;
    await this.#chip.powerOn();
  }

  async powerOff(): Promise<void> {
    this.#started = false;
    await this.#chip.powerOff();
  }

  #refuse(command: Uint8Array, responseCode: number, why: string): Uint8Array {
    const code = codeOf(command);
    const known = commandWithCode(code);
    const name = known === undefined ? `command 0x${code.toString(16)}` : `TPM2_${known.name}`;
    this.#onRefused?.({ name, responseCode, why });
    return errorResponse(responseCode);
  }
}
