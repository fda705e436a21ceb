import type { Locality, TpmBackend, TpmPower } from "../backend.ts";

/** A command that the fake has and has not answered. */
export interface PendingCommand {
  readonly command: Uint8Array;
  readonly locality: Locality;
  readonly resolve: (response: Uint8Array) => void;
  readonly reject: (error: unknown) => void;
}

/** A TpmBackend for tests of devices: it records what it is asked and answers when the test says so. */
export class FakeBackend implements TpmBackend {
  readonly ready = Promise.resolve();
  power: TpmPower = "on";
  established = false;
  /** Every command ever received. */
  readonly executed: { command: Uint8Array; locality: Locality }[] = [];
  /** The very arrays that it was given; they stay the caller's. */
  readonly given: Uint8Array[] = [];
  readonly pending: PendingCommand[] = [];
  readonly establishmentResets: Locality[] = [];
  cancels = 0;
  /** Called at the start of every execute. */
  onExecute: (command: Uint8Array, locality: Locality) => void = () => {};

  execute(command: Uint8Array, options?: { locality?: Locality; signal?: AbortSignal }): Promise<Uint8Array> {
    this.given.push(command);
    const received = { command: command.slice(), locality: options?.locality ?? 0 };
    this.onExecute(received.command, received.locality);
    this.executed.push(received);
    options?.signal?.addEventListener("abort", () => this.cancel());
    return new Promise((resolve, reject) => {
      this.pending.push({ ...received, resolve, reject });
    });
  }

  cancel(): void {
    this.cancels++;
  }

  /** Answers the oldest pending command and lets the device see it. */
  async answer(response: Uint8Array): Promise<void> {
    this.#next().resolve(response);
    await settle();
  }

  async fail(error: unknown): Promise<void> {
    this.#next().reject(error);
    await settle();
  }

  async hashStart(): Promise<void> {}
  async hashData(): Promise<void> {}
  async hashEnd(): Promise<void> {}

  async resetEstablished(locality: Locality): Promise<boolean> {
    this.establishmentResets.push(locality);
    this.established = false;
    return true;
  }

  async powerOn(): Promise<void> {
    this.power = "on";
  }

  async powerOff(): Promise<void> {
    this.power = "off";
  }

  #next(): PendingCommand {
    const next = this.pending.shift();
    if (next === undefined) throw new Error("No command is pending.");
    return next;
  }
}

/** Lets every microtask run that is queued, and those that they queue. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
