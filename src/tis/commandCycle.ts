import { type Locality, type TpmBackend, TpmPoweredOffError } from "../engine/backend.ts";
import { errorResponse } from "../engine/responses.ts";
import { testing } from "../spec/commands/testing.ts";
import { HEADER_SIZE, TPM_RC_FAILURE, TPM_RC_SUCCESS } from "../spec/header.ts";
import { CommandFifo, ResponseFifo } from "./fifo.ts";
import { FIFO_SIZE, INT_COMMAND_READY, INT_DATA_AVAILABLE, INT_STS_VALID, NO_DATA_BYTE } from "./registers.ts";

/** The states of PTP's table "State Transition Table". They belong to the active locality; others see none. */
export const IDLE = 0;
export const READY = 1;
export const RECEPTION = 2;
export const EXECUTION = 3;
export const COMPLETION = 4;
export type CycleState = typeof IDLE | typeof READY | typeof RECEPTION | typeof EXECUTION | typeof COMPLETION;

/** The answer when the backend broke and gave none. */
const FAILURE_RESPONSE = errorResponse(TPM_RC_FAILURE);

/** A command that the backend has, as who owns the processor sees it. */
export interface CommandInExecution {
  /** TPM_CC. */
  readonly code: number;
  /** It was cancelled or aborted: software waits for its end with the time-out of a register, not of the command. */
  readonly hurried: boolean;
}

/** A command handed to the backend. The object's identity is its generation: a stale answer belongs to another one. */
interface Execution extends CommandInExecution {
  hurried: boolean;
  /** Cancels this command only: another user of the TPM may have one in execution. */
  readonly cancellation: AbortController;
  /** The command was aborted: its answer belongs to nobody. */
  discard: boolean;
}

/** What the cycle tells the device. */
export interface CycleEvents {
  /** An interrupt event of the active locality. */
  raise(interrupts: number): void;
  /** The aborted command of the active locality is over: the TPM can change hands or become ready again. */
  abortCompleted(): void;
  /** The TPM lost its power with a command in flight. */
  powerLost(): void;
  /** The backend failed otherwise; the guest sees TPM_RC_FAILURE. */
  backendFailed(error: unknown): void;
  /** A command began, is hurried now, or is over (null): the answer, if there is one, is in the FIFO. */
  execution(command: CommandInExecution | null): void;
}

/** From commandReady over the command's bytes, tpmGo and execution to the response: one command at a time. */
export class CommandCycle {
  state: CycleState = IDLE;
  /** TPM2_SelfTest succeeded since the last reset. */
  selfTestDone = false;
  readonly command = new CommandFifo();
  readonly response = new ResponseFifo();
  readonly #backend: TpmBackend;
  readonly #events: CycleEvents;
  #execution: Execution | null = null;
  /** commandReady was written while the TPM was still busy with an aborted command. */
  #readyRequested = false;
  #idleWaiters: (() => void)[] = [];

  constructor(backend: TpmBackend, events: CycleEvents) {
    this.#backend = backend;
    this.#events = events;
  }

  /** A command is with the backend, perhaps an aborted one. */
  get busy(): boolean {
    return this.#execution !== null;
  }

  whenNotBusy(): Promise<void> {
    return this.busy ? new Promise((resolve) => this.#idleWaiters.push(resolve)) : Promise.resolve();
  }

  /** Hardware reset. An answer still to come is stale and will be ignored. */
  reset(): void {
    this.clear();
    this.selfTestDone = false;
    this.#executionOver();
    this.#events.execution(null);
  }

  /**
   * Idle with empty FIFOs: what a locality finds that gets the TPM. (QEMU keeps state per locality over a shared
   * buffer, so that a locality which comes back may read the answer of another one's command.)
   */
  clear(): void {
    this.state = IDLE;
    this.#readyRequested = false;
    this.command.clear();
    this.response.clear();
  }

  /** Bytes the FIFO takes or gives at once. None while the TPM executes. */
  get burstCount(): number {
    if (this.state === EXECUTION) return 0;
    return this.state === COMPLETION ? this.response.remaining : this.command.free;
  }

  get expect(): boolean {
    return this.state === RECEPTION && !this.command.complete;
  }

  get dataAvailable(): boolean {
    return this.state === COMPLETION && this.response.remaining > 0;
  }

  /** stsValid: Expect and dataAvail mean something. Neither Idle nor Ready has them. */
  get valid(): boolean {
    return this.state >= RECEPTION;
  }

  /** STS.commandReady: prepares for a new command, aborting the present one. */
  commandReady(): void {
    switch (this.state) {
      case IDLE:
        if (this.busy) this.#readyRequested = true;
        else this.becomeReady();
        break;
      case READY:
        break;
      case RECEPTION:
      case COMPLETION:
        // PTP has the TPM go to Idle and lets it go on to Ready by itself; SeaBIOS writes commandReady only once.
        this.becomeReady();
        break;
      case EXECUTION:
        this.prepareAbort();
        break;
    }
  }

  becomeReady(): void {
    this.clear();
    this.state = READY;
    this.#events.raise(INT_COMMAND_READY);
  }

  /** A byte written to the FIFO. Dropped unless the TPM is ready for a command or receives one. */
  writeByte(byte: number): void {
    if (this.state === READY) {
      this.state = RECEPTION;
      this.#events.raise(INT_STS_VALID);
    }
    if (this.state === RECEPTION) this.command.push(byte);
  }

  /** A byte read from the FIFO. */
  readByte(): number {
    if (!this.dataAvailable) return NO_DATA_BYTE;
    const byte = this.response.shift();
    if (!this.dataAvailable) this.#events.raise(INT_STS_VALID);
    return byte;
  }

  /** STS.tpmGo: executes the command. Ignored unless a complete one is there. */
  go(locality: Locality): void {
    if (this.state !== RECEPTION || this.expect) return;
    const { bytes } = this.command;
    const execution: Execution = {
      code: word(bytes),
      hurried: false,
      cancellation: new AbortController(),
      discard: false,
    };
    this.state = EXECUTION;
    this.#execution = execution;
    this.#execute(bytes, locality, execution.cancellation.signal).then(
      (response) => this.#requestCompleted(execution, response),
      (error: unknown) => this.#requestFailed(execution, error),
    );
    // The backend has a copy of its own by now, and sees to that one.
    this.command.clear();
    this.#events.execution(execution);
  }

  /** STS.responseRetry: the response will be read again. */
  responseRetry(): void {
    if (this.state === COMPLETION) this.response.rewind();
  }

  /** STS.commandCancel: the command ends soon, as a rule with TPM_RC_CANCELED, and its response is delivered. */
  commandCancel(): void {
    if (this.state === EXECUTION) this.#hurry();
  }

  /** Aborts the command in execution: the backend hurries, the answer will be discarded. */
  prepareAbort(): void {
    if (this.#execution === null) return;
    this.#execution.discard = true;
    this.#hurry();
  }

  #hurry(): void {
    const execution = this.#execution;
    if (execution === null) return;
    execution.hurried = true;
    execution.cancellation.abort();
    this.#events.execution(execution);
  }

  /** Async, so that a backend that throws rejects instead of throwing into the bus. */
  async #execute(command: Uint8Array, locality: Locality, signal: AbortSignal): Promise<Uint8Array> {
    return this.#backend.execute(command, { locality, signal });
  }

  #requestCompleted(execution: Execution, response: Uint8Array): void {
    if (this.#execution !== execution) return;
    if (
      execution.code === testing.SelfTest.code &&
      response.length >= HEADER_SIZE &&
      word(response) === TPM_RC_SUCCESS
    ) {
      this.selfTestDone = true;
    }
    this.#executionOver();
    if (execution.discard) {
      this.#abortCompleted();
    } else if (response.length < HEADER_SIZE || response.length > FIFO_SIZE) {
      this.#events.backendFailed(
        new RangeError(
          `The TPM answered with ${response.length} bytes; a response has ${HEADER_SIZE} to ${FIFO_SIZE}.`,
        ),
      );
      this.#complete(FAILURE_RESPONSE);
    } else {
      this.#complete(response);
    }
    this.#events.execution(null);
  }

  #requestFailed(execution: Execution, error: unknown): void {
    if (this.#execution !== execution) return;
    if (error instanceof TpmPoweredOffError) {
      this.#events.powerLost();
      return;
    }
    this.#executionOver();
    this.#events.backendFailed(error);
    if (execution.discard) this.#abortCompleted();
    else this.#complete(FAILURE_RESPONSE);
    this.#events.execution(null);
  }

  #complete(response: Uint8Array): void {
    this.state = COMPLETION;
    this.response.load(response);
    this.#events.raise(INT_DATA_AVAILABLE | INT_STS_VALID);
  }

  #abortCompleted(): void {
    // In Execution the locality that was interrupted still holds the TPM; else it is gone, and another may wait.
    if (this.state === EXECUTION) this.#events.abortCompleted();
    else if (this.#readyRequested) this.becomeReady();
  }

  #executionOver(): void {
    this.#execution = null;
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const resolve of waiters) resolve();
  }
}

/** Bytes 6..9, big-endian: a command's code or a response's code. Undefined bytes count as 0. */
function word(bytes: Uint8Array): number {
  return (((bytes[6] ?? 0) << 24) | ((bytes[7] ?? 0) << 16) | ((bytes[8] ?? 0) << 8) | (bytes[9] ?? 0)) >>> 0;
}
