/** The one command that a device model (TIS, CRB) has given to its TPM, until its answer is there or nobody's any more. */
import { codeOf, HEADER_SIZE, TPM_RC_FAILURE } from "../spec/header.ts";
import { type Locality, type TpmBackend, TpmPoweredOffError } from "./backend.ts";
import { errorResponse } from "./responses.ts";

/** A command that the backend has, as who owns the processor sees it. */
export interface CommandInExecution {
  /** TPM_CC. */
  readonly code: number;
  /** It was cancelled or aborted: software waits for its end with the time-out of a register, not of the command. */
  readonly hurried: boolean;
}

/** What the execution tells the device model. */
export interface ExecutionEvents {
  /** The TPM lost its power with a command in flight. */
  powerLost(): void;
  /** The backend failed otherwise; the guest sees TPM_RC_FAILURE. */
  backendFailed(error: unknown): void;
  /** A command began, is hurried now, or is over (null): what follows from its answer has been done. */
  execution(command: CommandInExecution | null): void;
}

/** The answer when the backend broke and gave none. */
const FAILURE_RESPONSE = errorResponse(TPM_RC_FAILURE);

/** The object's identity is its generation: a stale answer belongs to another one. */
interface Execution extends CommandInExecution {
  hurried: boolean;
  /** Cancels this command only: another user of the TPM may have one in execution. */
  readonly cancellation: AbortController;
  readonly answered: (response: Uint8Array) => void;
}

export class CommandExecution {
  readonly #backend: TpmBackend;
  readonly #events: ExecutionEvents;
  readonly #capacity: number;
  #execution: Execution | null = null;
  #idleWaiters: (() => void)[] = [];

  /** @param capacity of the device's response buffer, in bytes. */
  constructor(backend: TpmBackend, capacity: number, events: ExecutionEvents) {
    this.#backend = backend;
    this.#capacity = capacity;
    this.#events = events;
  }

  get busy(): boolean {
    return this.#execution !== null;
  }

  whenNotBusy(): Promise<void> {
    return this.busy ? new Promise((resolve) => this.#idleWaiters.push(resolve)) : Promise.resolve();
  }

  /**
   * Gives the backend a command. None may be in execution.
   * @param command stays the caller's, who may overwrite it when this returns: the backend has a copy of its own.
   * @param answered gets the response, 10 to `capacity` bytes: TPM_RC_FAILURE where the backend failed. Not called
   * when power is lost, or after {@link forget}.
   */
  begin(command: Uint8Array, locality: Locality, answered: (response: Uint8Array) => void): void {
    const execution: Execution = {
      code: codeOf(command),
      hurried: false,
      cancellation: new AbortController(),
      answered,
    };
    this.#execution = execution;
    this.#execute(command, locality, execution.cancellation.signal).then(
      (response) => this.#completed(execution, response),
      (error: unknown) => this.#failed(execution, error),
    );
    this.#events.execution(execution);
  }

  /** Cancels the command in execution, if there is one. */
  hurry(): void {
    const execution = this.#execution;
    if (execution === null) return;
    execution.hurried = true;
    execution.cancellation.abort();
    this.#events.execution(execution);
  }

  /** Hardware reset: an answer still to come is stale and will be ignored. */
  forget(): void {
    this.#over();
    this.#events.execution(null);
  }

  /** Async, so that a backend that throws rejects instead of throwing into the bus. */
  async #execute(command: Uint8Array, locality: Locality, signal: AbortSignal): Promise<Uint8Array> {
    return this.#backend.execute(command, { locality, signal });
  }

  #completed(execution: Execution, response: Uint8Array): void {
    if (this.#execution !== execution) return;
    this.#over();
    if (response.length < HEADER_SIZE || response.length > this.#capacity) {
      this.#events.backendFailed(
        new RangeError(
          `The TPM answered with ${response.length} bytes; a response has ${HEADER_SIZE} to ${this.#capacity}.`,
        ),
      );
      execution.answered(FAILURE_RESPONSE);
    } else {
      execution.answered(response);
    }
    this.#events.execution(null);
  }

  #failed(execution: Execution, error: unknown): void {
    if (this.#execution !== execution) return;
    if (error instanceof TpmPoweredOffError) {
      this.#events.powerLost();
      return;
    }
    this.#over();
    this.#events.backendFailed(error);
    execution.answered(FAILURE_RESPONSE);
    this.#events.execution(null);
  }

  #over(): void {
    this.#execution = null;
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const resolve of waiters) resolve();
  }
}
