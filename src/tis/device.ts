/**
 * The FIFO interface of TIS 1.3 and of the PC Client Platform TPM Profile for TPM 2.0 as a register model. It knows
 * no emulator: whoever owns a bus maps TIS_SIZE bytes at TIS_BASE_ADDRESS and calls read and write.
 *
 * It behaves as QEMU's tpm_tis_common.c, so that everything that drives QEMU's TPM drives this one, except where
 * the specification says otherwise or QEMU mixes localities up:
 * - Expect clears with the byte that completes the command, also in the middle of a 32-bit write; QEMU takes the rest.
 * - A locality that gets the TPM finds it Idle with empty FIFOs; QEMU's may read another one's response.
 * - The locality that seizes, or is highest among those waiting, is chosen when an abort is through, not when it starts,
 *   so that a withdrawn request gets nothing and a later, higher seizure is respected.
 * - A command whose locality let go of the TPM is aborted; until that is done commandReady does not show.
 * - burstCount is 0 during execution, and a byte of it never reads 0 while bytes can be moved.
 * - selfTestDone follows TPM2_SelfTest; QEMU looks for TPM 1.2's command only.
 * - Interrupt status has only enabled bits and drives the line only while its locality is active.
 * - An acknowledgement that leaves another event pending gives a new edge; and stsValid, which rises with the first byte
 *   of a command, is an event there.
 */

import type { Locality, TpmBackend } from "../engine/backend.ts";
import type { CommandInExecution } from "../engine/execution.ts";
import { byteMask, RegisterDevice, type UnknownAccess } from "../engine/registerDevice.ts";
import { CommandCycle, READY } from "./commandCycle.ts";
import { Interrupts, type IrqLine, type Scheduler } from "./interrupts.ts";
import { Localities } from "./localities.ts";
import { formatRegisters } from "./registerDump.ts";
import {
  ACCESS_ESTABLISHMENT,
  DID_VID,
  HARDWARE_LOCALITY,
  INTERFACE_ID,
  INTERFACE_ID_LOCK,
  INTF_CAPABILITY,
  isDecoded,
  isFifo,
  LOCALITY_SHIFT,
  NO_DATA_BYTE,
  REG_ACCESS,
  REG_DID_VID,
  REG_INT_ENABLE,
  REG_INT_STATUS,
  REG_INT_VECTOR,
  REG_INTERFACE_ID,
  REG_INTF_CAPABILITY,
  REG_RID,
  REG_STS,
  RID,
  STS_BURST_COUNT_SHIFT,
  STS_COMMAND_CANCEL,
  STS_COMMAND_READY,
  STS_DATA_AVAILABLE,
  STS_EXPECT,
  STS_FAMILY_2_0,
  STS_GO,
  STS_RESET_ESTABLISHMENT,
  STS_RESPONSE_RETRY,
  STS_SELF_TEST_DONE,
  STS_VALID,
  TIS_SIZE,
} from "./registers.ts";
import { packState, type TisSavedState, TisStateError, unpackState } from "./savedState.ts";

export interface TisDeviceOptions {
  backend: TpmBackend;
  /** The interrupt line, if the board has one. Never called during a register access. */
  irq?: IrqLine;
  /** TPM_INT_VECTOR: the number of that interrupt, hard-wired; 0 (default) = none, drivers poll. */
  vector?: number;
  /** Defers calls of `irq`; `queueMicrotask` by default. */
  schedule?: Scheduler;
  /**
   * The guest asks for the status while its command is in execution: an emulator whose event loop brings the answer
   * can give it a turn. Called during the register access.
   */
  onPoll?: () => void;
  /**
   * A command began, is hurried now (cancelled or aborted), or is over and its answer there (null). Who owns the
   * processor can hold it meanwhile, so that no delay of the host runs a time-out of software down.
   */
  onExecution?: (command: CommandInExecution | null) => void;
  /** Told of each access to a register that there is not. Called during the register access. */
  onUnknownAccess?: ((access: UnknownAccess) => void) | undefined;
  /** Told when the backend rejects a command for another reason than lost power. */
  onBackendError?: (error: unknown) => void;
}

export class TisDevice extends RegisterDevice {
  readonly #backend: TpmBackend;
  readonly #vector: number;
  readonly #onPoll: () => void;
  readonly #interrupts: Interrupts;
  readonly #cycle: CommandCycle;
  readonly #localities: Localities;
  #interfaceLocked = false;
  #disposed = false;

  constructor(options: TisDeviceOptions) {
    super(options.onUnknownAccess);
    this.#backend = options.backend;
    this.#vector = options.vector ?? 0;
    this.#onPoll = options.onPoll ?? (() => {});
    // A browser's own function refuses to be called as a method of something else.
    const { irq = () => {}, schedule = (task) => queueMicrotask(task) } = options;
    this.#interrupts = new Interrupts(irq, schedule);
    this.#cycle = new CommandCycle(options.backend, {
      raise: (interrupts) => this.#interrupts.raise(this.#localities.active, interrupts),
      abortCompleted: () => this.#localities.abortCompleted(),
      powerLost: () => this.reset(),
      backendFailed: (error) => options.onBackendError?.(error),
      execution: (command) => options.onExecution?.(command),
    });
    this.#localities = new Localities(this.#cycle, this.#interrupts);
  }

  /** Hardware reset (LRESET#): registers to their defaults, the command in flight forgotten. The TPM is the caller's. */
  reset(): void {
    this.#cycle.reset();
    this.#localities.reset();
    this.#interrupts.reset();
    this.#interfaceLocked = false;
  }

  /** Takes the device off the bus: reads all ones, ignores writes and late answers. */
  dispose(): void {
    this.reset();
    this.#disposed = true;
  }

  /** A command is in flight. */
  get busy(): boolean {
    return this.#cycle.busy;
  }

  /** Resolves when no command is in flight (any more). */
  whenNotBusy(): Promise<void> {
    return this.#cycle.whenNotBusy();
  }

  /**
   * What software would read from the registers of each locality, and where the device stands, in lines of text: for who
   * debugs a driver. Changes nothing.
   */
  dumpRegisters(): string {
    const cycle = this.#cycle;
    const { position: read, remaining } = cycle.response;
    const facts = {
      powered: this.#powered,
      active: this.#localities.active,
      state: cycle.state,
      busy: cycle.busy,
      received: cycle.command.written,
      response: read + remaining,
      read,
    };
    return formatRegisters(facts, (locality, register) => this.#registerValue(locality, register, 0, 4));
  }

  /**
   * Registers and FIFOs for a snapshot.
   * @throws TisStateError when a command is in flight: it lives in the backend, so wait for {@link whenNotBusy}.
   */
  saveState(): TisSavedState {
    if (this.busy) throw new TisStateError("A TPM command is in flight: await whenNotBusy() before saving.");
    const cycle = this.#cycle;
    const interrupts = this.#interrupts.save();
    return packState({
      active: this.#localities.active,
      state: cycle.state,
      selfTestDone: cycle.selfTestDone,
      interfaceLocked: this.#interfaceLocked,
      responsePosition: cycle.response.position,
      access: this.#localities.save(),
      intEnable: interrupts.enable,
      intStatus: interrupts.status,
      command: cycle.command.bytes.slice(),
      response: cycle.response.bytes.slice(),
    });
  }

  /** @throws TisStateError for anything but an intact saved state; the device is unchanged then. */
  restoreState(saved: unknown): void {
    const registers = unpackState(saved);
    this.reset();
    this.#localities.restore(registers.active, registers.access);
    this.#cycle.state = registers.state;
    this.#cycle.selfTestDone = registers.selfTestDone;
    this.#cycle.command.load(registers.command);
    this.#cycle.response.load(registers.response, registers.responsePosition);
    this.#interrupts.restore(registers.intEnable, registers.intStatus, registers.active);
    this.#interfaceLocked = registers.interfaceLocked;
  }

  /**
   * Without power nothing decodes the address on real hardware. Zeros are what QEMU shows when its backend did not
   * start; they also say "registers not valid yet", for which firmware waits while the TPM powers up.
   */
  get #powered(): boolean {
    return this.#backend.power === "on";
  }

  protected override readRegister(at: number, count: number): number {
    if (this.#disposed) return byteMask(count);
    if (!this.#powered) return at < TIS_SIZE ? 0 : byteMask(count);
    this.#look("read", at, count, byteMask(count));
    if (at >= TIS_SIZE) return byteMask(count);
    const register = at & 0xffc;
    const locality = at >> LOCALITY_SHIFT;
    if (isFifo(register)) return this.#readFifo(locality, count);
    if (register === REG_STS && this.#localities.active === locality && this.#cycle.busy) this.#onPoll();
    const lane = at & 3;
    return (this.#registerValue(locality, register, lane, count) >>> (8 * lane)) & byteMask(count);
  }

  #registerValue(locality: number, register: number, lane: number, count: number): number {
    switch (register) {
      case REG_ACCESS:
        return this.#localities.readAccess(locality) | (this.#backend.established ? 0 : ACCESS_ESTABLISHMENT);
      case REG_INT_ENABLE:
        return this.#interrupts.enable(locality);
      case REG_INT_VECTOR:
        return this.#vector;
      case REG_INT_STATUS:
        return this.#interrupts.status(locality);
      case REG_INTF_CAPABILITY:
        return INTF_CAPABILITY;
      case REG_STS:
        return this.#localities.active === locality ? this.#status(lane, count) : -1;
      case REG_INTERFACE_ID:
        return INTERFACE_ID | (this.#interfaceLocked ? INTERFACE_ID_LOCK : 0);
      case REG_DID_VID:
        return DID_VID;
      case REG_RID:
        return RID;
      default:
        return -1;
    }
  }

  #status(lane: number, count: number): number {
    const cycle = this.#cycle;
    let burstCount = cycle.burstCount;
    // An access that sees one byte of burstCount must not take 0x100 for 0.
    const wholeBurstCount = lane <= 1 && lane + count >= 3;
    if (!wholeBurstCount && burstCount > 0xff) burstCount = 0xff;
    return (
      STS_FAMILY_2_0 |
      (burstCount << STS_BURST_COUNT_SHIFT) |
      (cycle.valid ? STS_VALID : 0) |
      (cycle.state === READY ? STS_COMMAND_READY : 0) |
      (cycle.dataAvailable ? STS_DATA_AVAILABLE : 0) |
      (cycle.expect ? STS_EXPECT : 0) |
      (cycle.selfTestDone ? STS_SELF_TEST_DONE : 0)
    );
  }

  #readFifo(locality: number, count: number): number {
    const owner = this.#localities.active === locality;
    let value = 0;
    for (let i = 0; i < count; i++) value |= (owner ? this.#cycle.readByte() : NO_DATA_BYTE) << (8 * i);
    return value;
  }

  protected override writeRegister(at: number, value: number, count: number): void {
    if (this.#disposed || !this.#powered) return;
    this.#look("write", at, count, value);
    if (at >= TIS_SIZE) return;
    const locality = (at >> LOCALITY_SHIFT) as Locality;
    // A guest that could write here would forge a dynamic launch in PCR 17; QEMU drops these writes, too.
    if (locality === HARDWARE_LOCALITY) return;
    const register = at & 0xffc;
    const shift = 8 * (at & 3);
    const owner = this.#localities.active === locality;
    if (isFifo(register)) {
      for (let i = 0; owner && i < count; i++) this.#cycle.writeByte((value >>> (8 * i)) & 0xff);
      return;
    }
    const bits = value << shift;
    switch (register) {
      case REG_ACCESS:
        this.#localities.writeAccess(locality, bits);
        break;
      case REG_INT_ENABLE:
        if (owner) this.#interrupts.writeEnable(locality, bits, byteMask(count) << shift);
        break;
      case REG_INT_STATUS:
        if (owner) this.#interrupts.acknowledge(locality, bits);
        break;
      case REG_STS:
        if (owner) this.#writeStatus(locality, bits);
        break;
      case REG_INTERFACE_ID:
        // InterfaceSelector (bits 17-18) has no effect: there is no other interface to select.
        if (bits & INTERFACE_ID_LOCK) this.#interfaceLocked = true;
        break;
    }
  }

  #look(kind: "read" | "write", offset: number, size: number, value: number): void {
    if (offset < TIS_SIZE && isDecoded(offset & 0xffc)) return;
    const locality = offset < TIS_SIZE ? ((offset >> LOCALITY_SHIFT) as Locality) : null;
    this.unknownAccess({ kind, offset, locality, size, value });
  }

  #writeStatus(locality: Locality, bits: number): void {
    if (bits & STS_COMMAND_CANCEL) this.#cycle.commandCancel();
    if (bits & STS_RESET_ESTABLISHMENT && locality === 3) {
      // The flag follows later through `backend.established`; a TPM that loses its power meanwhile just keeps it.
      this.#backend.resetEstablished(locality).catch(() => {});
    }
    // TIS: only one of these at a time; a write with several is an error of the software and has no effect.
    switch (bits & (STS_COMMAND_READY | STS_GO | STS_RESPONSE_RETRY)) {
      case STS_COMMAND_READY:
        this.#cycle.commandReady();
        break;
      case STS_GO:
        this.#cycle.go(locality);
        break;
      case STS_RESPONSE_RETRY:
        this.#cycle.responseRetry();
        break;
    }
  }
}
