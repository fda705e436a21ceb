import type { Locality, TpmBackend } from "../engine/backend.ts";
import { CommandExecution, type ExecutionEvents } from "../engine/execution.ts";
import { testing } from "../spec/commands/testing.ts";
import { codeOf, TPM_RC_SUCCESS } from "../spec/header.ts";
import { CommandFifo, ResponseFifo } from "./fifo.ts";
import { FIFO_SIZE, INT_COMMAND_READY, INT_DATA_AVAILABLE, INT_STS_VALID, NO_DATA_BYTE } from "./registers.ts";

/** The states of PTP's table "State Transition Table". They belong to the active locality; others see none. */
export const IDLE = 0;
export const READY = 1;
export const RECEPTION = 2;
export const EXECUTION = 3;
export const COMPLETION = 4;
export type CycleState = typeof IDLE | typeof READY | typeof RECEPTION | typeof EXECUTION | typeof COMPLETION;

/** What the cycle tells the device. */
export interface CycleEvents extends ExecutionEvents {
  /** An interrupt event of the active locality. */
  raise(interrupts: number): void;
  /** The aborted command of the active locality is over: the TPM can change hands or become ready again. */
  abortCompleted(): void;
}

/** From commandReady over the command's bytes, tpmGo and execution to the response: one command at a time. */
export class CommandCycle {
  state: CycleState = IDLE;
  /** TPM2_SelfTest succeeded since the last reset. */
  selfTestDone = false;
  readonly command = new CommandFifo();
  readonly response = new ResponseFifo();
  readonly #events: CycleEvents;
  readonly #execution: CommandExecution;
  /** The command was aborted: its answer belongs to nobody. */
  #discard = false;
  /** commandReady was written while the TPM was still busy with an aborted command. */
  #readyRequested = false;

  constructor(backend: TpmBackend, events: CycleEvents) {
    this.#events = events;
    this.#execution = new CommandExecution(backend, FIFO_SIZE, events);
  }

  /** A command is with the backend, perhaps an aborted one. */
  get busy(): boolean {
    return this.#execution.busy;
  }

  whenNotBusy(): Promise<void> {
    return this.#execution.whenNotBusy();
  }

  /** Hardware reset. An answer still to come is stale and will be ignored. */
  reset(): void {
    this.clear();
    this.selfTestDone = false;
    this.#execution.forget();
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
    const code = codeOf(bytes);
    this.state = EXECUTION;
    this.#discard = false;
    this.#execution.begin(bytes, locality, (response) => this.#answered(code, response));
    // The backend has a copy of its own by now, and sees to that one.
    this.command.clear();
  }

  /** STS.responseRetry: the response will be read again. */
  responseRetry(): void {
    if (this.state === COMPLETION) this.response.rewind();
  }

  /** STS.commandCancel: the command ends soon, as a rule with TPM_RC_CANCELED, and its response is delivered. */
  commandCancel(): void {
    if (this.state === EXECUTION) this.#execution.hurry();
  }

  /** Aborts the command in execution: the backend hurries, the answer will be discarded. */
  prepareAbort(): void {
    if (!this.busy) return;
    this.#discard = true;
    this.#execution.hurry();
  }

  #answered(code: number, response: Uint8Array): void {
    if (code === testing.SelfTest.code && codeOf(response) === TPM_RC_SUCCESS) this.selfTestDone = true;
    if (this.#discard) this.#abortCompleted();
    else this.#complete(response);
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
}
