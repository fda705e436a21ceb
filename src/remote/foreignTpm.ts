/** A TPM that runs elsewhere, as a device model sees it: one command at a time, its power, and what is left when the connection goes. */
import type { TpmCommandEvent } from "../engine/api.ts";
import { type Locality, type TpmBackend, type TpmPower, TpmPoweredOffError } from "../engine/backend.ts";
import { MAX_COMMAND_SIZE } from "../engine/core.ts";
import { Emitter } from "../engine/events.ts";
import { errorResponse } from "../engine/responses.ts";
import { TPM_RC_COMMAND_SIZE } from "../spec/header.ts";
import { TPM_RC } from "../spec/responseCodes.ts";
import { type TpmLink, TpmLinkError } from "./link.ts";

export interface ForeignTpmEvents {
  /** A command was answered; lost ones have no event. Why one was refused is not known: `reason` is null. */
  command: TpmCommandEvent;
  power: TpmPower;
  /** The connection was lost, not closed from here. */
  lost: Error;
}

/**
 * The connection is made at once and stays until it is lost. What is lost with it is the command in flight, which rejects, and then:
 * - a TPM of its own has lost its power. Every command rejects until the next {@link powerOn}, which connects anew;
 * - a shared one has not: the next command connects anew.
 */
export class ForeignTpm implements TpmBackend {
  readonly #connect: () => Promise<TpmLink>;
  readonly #events = new Emitter<ForeignTpmEvents>();
  #attempt: Promise<TpmLink> | undefined;
  #link: TpmLink | undefined;
  /** The last connection that there was. */
  #known: TpmLink | undefined;
  /** The connection whose TPM has had its _TPM_Init from here. */
  #initialised: TpmLink | undefined;
  #power: TpmPower = "off";
  #isClosed = false;
  /** Everything that goes over the connection, one after the other. */
  #last: Promise<unknown> = Promise.resolve();
  /** Ends with the power: whoever waits for an answer hears of it. */
  #powerCycle = new PowerCycle();
  #executing: TpmLink | undefined;

  /** @param connect rejects with {@link TpmLinkError}, or another error that says why there is no TPM. */
  constructor(connect: () => Promise<TpmLink>) {
    this.#connect = connect;
    this.#reach().catch(() => {});
  }

  /**
   * Resolves while there is a connection; rejects with the reason when it could not be made. Who asks after a failure or a loss asks for
   * a new attempt.
   */
  get ready(): Promise<void> {
    return this.#reach().then(
      () => {
        if (this.#power === "failed") this.#setPower("off");
      },
      (error) => {
        this.#setPower("failed");
        throw error;
      },
    );
  }

  get power(): TpmPower {
    return this.#power;
  }

  get established(): boolean {
    return this.#link?.established ?? false;
  }

  /** What the TPM is, for people; null until the first connection. */
  get name(): string | null {
    return this.#known?.name ?? null;
  }

  /** The TPM is used by others too, and has its power from elsewhere; null until the first connection. */
  get shared(): boolean | null {
    return this.#known?.shared ?? null;
  }

  on<Name extends keyof ForeignTpmEvents>(event: Name, listener: (value: ForeignTpmEvents[Name]) => void): () => void {
    return this.#events.on(event, listener);
  }

  execute(command: Uint8Array, options: { locality?: Locality; signal?: AbortSignal } = {}): Promise<Uint8Array> {
    const { locality = 0, signal } = options;
    if (this.#power !== "on") return Promise.reject(new TpmPoweredOffError("The TPM has no power."));
    if (command.length > MAX_COMMAND_SIZE) return Promise.resolve(errorResponse(TPM_RC_COMMAND_SIZE));
    // A slice of Node's Buffer would be no copy.
    const own = new Uint8Array(command);
    const cycle = this.#powerCycle;
    const answered = this.#inTurn(async () => {
      if (cycle.isOver) throw cycle.error;
      if (signal?.aborted) return errorResponse(TPM_RC.TPM_RC_CANCELED);
      return this.#send(own, locality, signal);
    });
    answered.catch(() => {}).then(() => own.fill(0));
    return cycle.until(answered);
  }

  cancel(): void {
    this.#executing?.cancel();
  }

  hashStart(): Promise<void> {
    return this.#signal((link) => link.hashStart());
  }

  hashData(data: Uint8Array): Promise<void> {
    const own = new Uint8Array(data);
    return this.#signal((link) => link.hashData(own));
  }

  hashEnd(): Promise<void> {
    return this.#signal((link) => link.hashEnd());
  }

  resetEstablished(locality: Locality): Promise<boolean> {
    return this.#signal((link) => link.resetEstablished(locality));
  }

  async powerOn({ bufferSize }: { bufferSize?: number } = {}): Promise<void> {
    const cycle = this.#endPowerCycle("The TPM was reset before it had answered.");
    await this.#inTurn(async () => {
      if (cycle.isOver) throw cycle.error;
      try {
        const link = await this.#reach();
        this.#initialised = undefined;
        await link.init(bufferSize);
        this.#initialised = link;
      } catch (error) {
        if (!cycle.isOver) this.#setPower("failed");
        throw error;
      }
      if (!cycle.isOver) this.#setPower("on");
    });
  }

  async powerOff(): Promise<void> {
    this.#endPowerCycle("The TPM was switched off before it had answered.");
    if (this.#power !== "failed") this.#setPower("off");
    await this.#inTurn(async () => {
      const link = this.#link;
      this.#initialised = undefined;
      // One that is lost has no power any more.
      await link?.stop().catch((error) => {
        if (!(error instanceof TpmLinkError)) throw error;
      });
    });
  }

  /** Ends the connection. What is in flight rejects; there is no way back. Idempotent. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#endPowerCycle("The connection to the TPM was closed.");
    this.#setPower("off");
    const link = this.#link ?? (await this.#attempt?.catch(() => undefined));
    await link?.close();
  }

  async #send(command: Uint8Array, locality: Locality, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const link = await this.#initialisedLink();
    const startedAt = performance.timeOrigin + performance.now();
    const cancel = () => link.cancel();
    this.#executing = link;
    signal?.addEventListener("abort", cancel);
    try {
      const response = await link.execute(command, locality);
      const duration = performance.timeOrigin + performance.now() - startedAt;
      if (this.#events.has("command")) {
        const event = { command: command.slice(), response: response.slice(), locality, startedAt, duration };
        this.#events.emit("command", { ...event, reason: null, own: false });
      }
      return response;
    } finally {
      signal?.removeEventListener("abort", cancel);
      this.#executing = undefined;
    }
  }

  #signal<T>(give: (link: TpmLink) => Promise<T>): Promise<T> {
    if (this.#power !== "on") return Promise.reject(new TpmPoweredOffError("The TPM has no power."));
    const cycle = this.#powerCycle;
    return cycle.until(
      this.#inTurn(async () => {
        if (cycle.isOver) throw cycle.error;
        return give(await this.#initialisedLink());
      }),
    );
  }

  /** @throws TpmLinkError where the connection was lost, and the TPM's power with it. */
  async #initialisedLink(): Promise<TpmLink> {
    if (this.#initialised !== undefined && this.#initialised === this.#link) return this.#initialised;
    const link = await this.#reach();
    if (!link.shared) {
      throw new TpmLinkError(
        `The connection to ${link.name} was lost, and the TPM has lost its power with it. A reset of the PC starts it afresh.`,
      );
    }
    this.#initialised = link;
    return link;
  }

  /** The connection; a new one where there is none. */
  #reach(): Promise<TpmLink> {
    if (this.#isClosed) return Promise.reject(new TpmLinkError("The connection to the TPM was closed."));
    if (this.#link !== undefined) return Promise.resolve(this.#link);
    this.#attempt ??= this.#connect()
      .then((link) => {
        this.#watch(link);
        return link;
      })
      .finally(() => {
        this.#attempt = undefined;
      });
    return this.#attempt;
  }

  #watch(link: TpmLink): void {
    this.#link = link;
    this.#known = link;
    void link.lost.then((error) => {
      if (this.#link === link) this.#link = undefined;
      if (!this.#isClosed) this.#events.emit("lost", error);
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work);
    this.#last = mine.catch(() => {});
    return mine;
  }

  /** @returns the one that begins. */
  #endPowerCycle(reason: string): PowerCycle {
    this.#executing?.cancel();
    this.#powerCycle.end(new TpmPoweredOffError(reason));
    this.#powerCycle = new PowerCycle();
    return this.#powerCycle;
  }

  #setPower(power: TpmPower): void {
    if (this.#power === power) return;
    this.#power = power;
    this.#events.emit("power", power);
  }
}

/** From one _TPM_Init to the next, or to the end of power. */
class PowerCycle {
  error: TpmPoweredOffError | undefined;
  readonly #over: Promise<never>;
  #end!: (error: Error) => void;

  constructor() {
    this.#over = new Promise((_, reject) => {
      this.#end = reject;
    });
    this.#over.catch(() => {});
  }

  get isOver(): boolean {
    return this.error !== undefined;
  }

  end(error: TpmPoweredOffError): void {
    this.error = error;
    this.#end(error);
  }

  /** What is awaited, or the end of the power. */
  until<T>(awaited: Promise<T>): Promise<T> {
    return Promise.race([awaited, this.#over]);
  }
}
