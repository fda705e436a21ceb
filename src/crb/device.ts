/**
 * The Command Response Buffer interface of the PC Client Platform TPM Profile 01.03 as a register model. It knows no
 * emulator: whoever owns a bus maps CRB_SIZE bytes at CRB_BASE_ADDRESS and calls read and write.
 *
 * It behaves as QEMU's tpm_crb.c, so that everything that drives QEMU's TPM drives this one: one locality, no
 * interrupts, START in Idle as well as in Ready (SeaBIOS begins so). It differs where the specification says otherwise:
 * - A register may be written byte by byte, and several of its bits at once.
 * - During execution the buffer reads as it was and takes nothing: the command in flight is the TPM's own copy.
 * - cmdReady and goIdle have no effect during execution. After it they wipe the response, which may have secrets in it.
 * - CTRL_CANCEL reads what was written, as it should be 0 again before the next command.
 */
import type { TpmBackend } from "../engine/backend.ts";
import { CommandExecution, type CommandInExecution } from "../engine/execution.ts";
import { byteMask, RegisterDevice, type UnknownAccess } from "../engine/registerDevice.ts";
import { HEADER_SIZE } from "../spec/header.ts";
import {
  BUFFER_SIZE,
  CRB_BASE_ADDRESS,
  CRB_SIZE,
  CTRL_CANCEL,
  CTRL_REQ_CMD_READY,
  CTRL_REQ_GO_IDLE,
  CTRL_START,
  CTRL_STS_IDLE,
  DATA_BUFFER,
  INTF_ID,
  INTF_ID_LOCK,
  INTF_ID2,
  LOC_CTRL_RELINQUISH,
  LOC_CTRL_REQUEST_ACCESS,
  LOC_STATE_ASSIGNED,
  LOC_STATE_ESTABLISHED,
  LOC_STATE_REGISTERS_VALID,
  LOC_STS_GRANTED,
  REG_CTRL_CANCEL,
  REG_CTRL_CMD_LADDR,
  REG_CTRL_CMD_SIZE,
  REG_CTRL_REQ,
  REG_CTRL_RSP_ADDR,
  REG_CTRL_RSP_SIZE,
  REG_CTRL_START,
  REG_CTRL_STS,
  REG_INTF_ID,
  REG_INTF_ID2,
  REG_LOC_CTRL,
  REG_LOC_STATE,
  REG_LOC_STS,
  REGISTERS,
} from "./registers.ts";
import { type CrbSavedState, CrbStateError, packState, unpackState } from "./savedState.ts";

export interface CrbDeviceOptions {
  backend: TpmBackend;
  /**
   * The guest asks whether its command is still in execution: an emulator whose event loop brings the answer can give
   * it a turn. Called during the register access.
   */
  onPoll?: () => void;
  /**
   * A command began, is hurried now (cancelled), or is over and its answer there (null). Who owns the processor can
   * hold it meanwhile, so that no delay of the host runs a time-out of software down.
   */
  onExecution?: (command: CommandInExecution | null) => void;
  /** Told of each access to a register that there is not. Called during the register access. */
  onUnknownAccess?: ((access: UnknownAccess) => void) | undefined;
  /** Told when the backend rejects a command for another reason than lost power. */
  onBackendError?: (error: unknown) => void;
}

const DECODED = new Set(Object.values(REGISTERS));

export class CrbDevice extends RegisterDevice {
  readonly #backend: TpmBackend;
  readonly #onPoll: () => void;
  readonly #execution: CommandExecution;
  /** Command and response share it. */
  readonly #buffer = new Uint8Array(BUFFER_SIZE);
  #assigned = false;
  #idle = true;
  /** The buffer has a response of this many bytes; 0 when it has none. */
  #responseSize = 0;
  #cancel = false;
  #interfaceLocked = false;
  #disposed = false;

  constructor(options: CrbDeviceOptions) {
    super(options.onUnknownAccess);
    this.#backend = options.backend;
    this.#onPoll = options.onPoll ?? (() => {});
    this.#execution = new CommandExecution(options.backend, BUFFER_SIZE, {
      powerLost: () => this.reset(),
      backendFailed: (error) => options.onBackendError?.(error),
      execution: (command) => options.onExecution?.(command),
    });
  }

  /** Hardware reset: registers to their defaults, the buffer empty, the command in flight forgotten. The TPM is the caller's. */
  reset(): void {
    this.#buffer.fill(0);
    this.#assigned = false;
    this.#idle = true;
    this.#responseSize = 0;
    this.#cancel = false;
    this.#interfaceLocked = false;
    this.#execution.forget();
  }

  /** Takes the device off the bus: reads all ones, ignores writes and late answers. */
  dispose(): void {
    this.reset();
    this.#disposed = true;
  }

  /** A command is in flight. */
  get busy(): boolean {
    return this.#execution.busy;
  }

  /** Resolves when no command is in flight (any more). */
  whenNotBusy(): Promise<void> {
    return this.#execution.whenNotBusy();
  }

  /** The registers and what the device does, in lines of text: for who debugs a driver. Changes nothing. */
  dumpRegisters(): string {
    const state = this.busy ? "executing a command" : this.#idle ? "Idle" : "Ready";
    return [
      this.#powered ? state : "no power: every register reads 0",
      `buffer: ${this.#responseSize} bytes of a response`,
      ...Object.entries(REGISTERS).map(
        ([name, register]) => `${name.padEnd(20)}${hex32(this.#powered ? this.#registerValue(register) : 0)}`,
      ),
    ].join("\n");
  }

  /**
   * Registers and buffer for a snapshot.
   * @throws CrbStateError when a command is in flight: it lives in the backend, so wait for {@link whenNotBusy}.
   */
  saveState(): CrbSavedState {
    if (this.busy) throw new CrbStateError("A TPM command is in flight: await whenNotBusy() before saving.");
    return packState({
      assigned: this.#assigned,
      idle: this.#idle,
      cancel: this.#cancel,
      interfaceLocked: this.#interfaceLocked,
      responseSize: this.#responseSize,
      buffer: this.#buffer.slice(),
    });
  }

  /** @throws CrbStateError for anything but an intact saved state; the device is unchanged then. */
  restoreState(saved: unknown): void {
    const registers = unpackState(saved);
    this.reset();
    this.#assigned = registers.assigned;
    this.#idle = registers.idle;
    this.#cancel = registers.cancel;
    this.#interfaceLocked = registers.interfaceLocked;
    this.#responseSize = registers.responseSize;
    this.#buffer.set(registers.buffer);
  }

  /** Without power registers read 0, as TIS's do: "not valid yet". */
  get #powered(): boolean {
    return this.#backend.power === "on";
  }

  protected override readRegister(at: number, count: number): number {
    if (this.#disposed) return byteMask(count);
    if (!this.#powered) return at < CRB_SIZE ? 0 : byteMask(count);
    const register = at & ~3;
    const shift = 8 * (at & 3);
    if (at >= DATA_BUFFER && at < CRB_SIZE) {
      let value = 0;
      for (let i = 0; i < count; i++) value |= this.#buffer[at - DATA_BUFFER + i]! << (8 * i);
      return value;
    }
    const value = at < CRB_SIZE ? (this.#registerValue(register) >>> shift) & byteMask(count) : byteMask(count);
    this.#look("read", at, count, value);
    if (register === REG_CTRL_START && this.busy) this.#onPoll();
    return value;
  }

  #registerValue(register: number): number {
    switch (register) {
      case REG_LOC_STATE:
        return (
          LOC_STATE_REGISTERS_VALID |
          (this.#assigned ? LOC_STATE_ASSIGNED : 0) |
          (this.#backend.established ? 0 : LOC_STATE_ESTABLISHED)
        );
      case REG_LOC_STS:
        return this.#assigned ? LOC_STS_GRANTED : 0;
      case REG_INTF_ID:
        return INTF_ID | (this.#interfaceLocked ? INTF_ID_LOCK : 0);
      case REG_INTF_ID2:
        return INTF_ID2;
      case REG_CTRL_STS:
        return this.#idle ? CTRL_STS_IDLE : 0;
      case REG_CTRL_CANCEL:
        return this.#cancel ? CTRL_CANCEL : 0;
      case REG_CTRL_START:
        return this.busy ? CTRL_START : 0;
      case REG_CTRL_CMD_SIZE:
      case REG_CTRL_RSP_SIZE:
        return BUFFER_SIZE;
      case REG_CTRL_CMD_LADDR:
      case REG_CTRL_RSP_ADDR:
        return CRB_BASE_ADDRESS + DATA_BUFFER;
      default:
        // The rest is reserved, or for what there is not: interrupts, other localities, upper halves of addresses.
        return 0;
    }
  }

  protected override writeRegister(at: number, value: number, count: number): void {
    if (this.#disposed || !this.#powered) return;
    if (at >= DATA_BUFFER && at < CRB_SIZE) {
      if (this.busy) return;
      this.#responseSize = 0;
      for (let i = 0; i < count; i++) this.#buffer[at - DATA_BUFFER + i] = value >>> (8 * i);
      return;
    }
    this.#look("write", at, count, value);
    const bits = value << (8 * (at & 3));
    switch (at & ~3) {
      case REG_LOC_CTRL:
        if (bits & LOC_CTRL_REQUEST_ACCESS) this.#assigned = true;
        else if (bits & LOC_CTRL_RELINQUISH) this.#assigned = false;
        break;
      case REG_INTF_ID:
        // InterfaceSelector (bits 17-18) has no effect: there is no other interface to select.
        if (bits & INTF_ID_LOCK) this.#interfaceLocked = true;
        break;
      case REG_CTRL_REQ:
        this.#request(bits);
        break;
      case REG_CTRL_CANCEL:
        if ((at & 3) === 0) this.#writeCancel((bits & CTRL_CANCEL) !== 0);
        break;
      case REG_CTRL_START:
        if (bits & CTRL_START) this.#start();
        break;
    }
  }

  #request(bits: number): void {
    if (this.busy) return;
    switch (bits & (CTRL_REQ_CMD_READY | CTRL_REQ_GO_IDLE)) {
      case CTRL_REQ_CMD_READY:
        this.#dropResponse();
        this.#idle = false;
        break;
      case CTRL_REQ_GO_IDLE:
        this.#dropResponse();
        this.#idle = true;
        break;
    }
  }

  #dropResponse(): void {
    this.#buffer.fill(0, 0, this.#responseSize);
    this.#responseSize = 0;
  }

  #writeCancel(cancel: boolean): void {
    this.#cancel = cancel;
    if (cancel) this.#execution.hurry();
  }

  /** Executes the command in the buffer. Ignored without a locality, and while another is executed. */
  #start(): void {
    if (!this.#assigned || this.busy) return;
    const size = new DataView(this.#buffer.buffer).getUint32(2);
    // A size that can't be is the TPM's to refuse.
    const command = this.#buffer.slice(0, Math.min(Math.max(size, HEADER_SIZE), BUFFER_SIZE));
    this.#execution.begin(command, 0, (response) => {
      this.#buffer.fill(0);
      this.#buffer.set(response);
      this.#responseSize = response.length;
    });
    command.fill(0);
  }

  #look(kind: "read" | "write", offset: number, size: number, value: number): void {
    if (offset < CRB_SIZE && DECODED.has(offset & ~3)) return;
    this.unknownAccess({ kind, offset, locality: offset < CRB_SIZE ? 0 : null, size, value });
  }
}

const hex32 = (value: number) => `0x${(value >>> 0).toString(16).padStart(8, "0")}`;
