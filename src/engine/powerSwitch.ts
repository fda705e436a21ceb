import type { TpmPower } from "./backend.ts";
import { closedError, lostError, noPowerError } from "./refusals.ts";

export interface PowerSwitchParts {
  /** Rejects what a TPM without power will never answer. */
  lose(error: Error): void;
  /** Hears of {@link PowerSwitch.power} when it has changed. */
  onPower(power: TpmPower): void;
}

/**
 * Whether a TPM has power, and who may use it. It is decided here, at once and in the caller's thread, because bus
 * handlers can't wait; the TPM itself follows. The in-thread and the worker backend have one each.
 */
export class PowerSwitch {
  readonly #parts: PowerSwitchParts;
  #isOn = false;
  #isLoaded = false;
  #failure: Error | null = null;
  #closing: Promise<void> | undefined;
  /** Counts _TPM_Init and losses of power. */
  #cycle = 0;
  #told: TpmPower = "off";

  constructor(parts: PowerSwitchParts) {
    this.#parts = parts;
  }

  get power(): TpmPower {
    if (this.#failure) return "failed";
    return this.#isLoaded && this.#isOn ? "on" : "off";
  }

  /** Power is applied, or will be as soon as the TPM is loaded and has done what it was told before. */
  get isOn(): boolean {
    return this.#isOn;
  }

  /** Why it could not start, or stopped. */
  get failure(): Error | null {
    return this.#failure;
  }

  get isClosing(): boolean {
    return this.#closing !== undefined;
  }

  /** @throws TpmPoweredOffError when the TPM was closed. */
  requireOpen(): void {
    if (this.#closing) throw closedError();
  }

  /** @throws TpmPoweredOffError without power; the failure. */
  requirePower(): void {
    this.requireOpen();
    if (this.#failure) throw this.#failure;
    if (!this.#isOn) throw noPowerError();
  }

  /**
   * _TPM_Init: what is pending is lost.
   * @returns the number of this power cycle, for {@link isOvertaken}.
   * @throws the failure; TpmPoweredOffError when the TPM was closed.
   */
  init(): number {
    this.requireOpen();
    if (this.#failure) throw this.#failure;
    this.cut("_TPM_Init");
    this.#isOn = true;
    return this.#cycle;
  }

  /** The number of this power cycle, for {@link isOvertaken}. */
  get cycle(): number {
    return this.#cycle;
  }

  /** Another _TPM_Init or a loss of power came after it. */
  isOvertaken(cycle: number): boolean {
    return this.#cycle !== cycle;
  }

  cut(why: string): void {
    this.#lose(lostError(why));
  }

  /** The TPM has its state, and can be turned on. A failure is over; power stays what it is. */
  loaded(): void {
    this.#failure = null;
    this.#isLoaded = true;
  }

  /** There is no TPM any more: what is pending fails with the reason, and power is off when it is loaded again. */
  fail(failure: Error): void {
    this.#failure = failure;
    this.#isLoaded = false;
    this.#lose(failure);
  }

  /** @param work gives back what the TPM holds; done once. */
  close(work: () => Promise<void>): Promise<void> {
    this.cut("The TPM was closed");
    this.#closing ??= work();
    return this.#closing;
  }

  /** Tells of a change since the last time. Not by itself: a reset that cuts the power and applies it is no change. */
  tell(): void {
    const { power } = this;
    if (power === this.#told) return;
    this.#told = power;
    this.#parts.onPower(power);
  }

  #lose(error: Error): void {
    this.#cycle++;
    this.#isOn = false;
    this.#parts.lose(error);
  }
}
