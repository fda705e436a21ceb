/** The TPM core's ABI (docs/architecture.md, asm/index.ts), with bytes instead of addresses. */
import { MAX_OPERANDS, type Refusal, refusalOf } from "../spec/refusals.ts";

/** What the WASM module exports. */
export interface CoreExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  commandBuffer(): number;
  responseBuffer(): number;
  stateBuffer(): number;
  stateCapacity(): number;
  manufacture(profile: number): number;
  profile(): number;
  loadState(size: number): number;
  saveState(): number;
  powerOn(): void;
  wipe(): void;
  execute(size: number, locality: number): number;
  step(): number;
  cancel(): void;
  testInBackground(): number;
  commitPending(): number;
  committed(): void;
  commitFailed(): number;
  hashStart(): void;
  hashData(size: number): void;
  hashEnd(): void;
  established(): number;
  resetEstablished(locality: number): number;
  failureMode(): number;
  fail(): void;
  enterFailureMode(): void;
  physicalPresence(asserted: number): void;
  bufferSize(size: number): void;
  saveVolatile(): number;
  loadVolatile(size: number): number;
  noteLater(): void;
  keepLater(): void;
  newIdentity(): void;
  identity(): number;
  actSignaled(): number;
  actDelay(): number;
  inspect(): number;
  refusal(): number;
}

/**
 * What a TPM is made with, for its whole life:
 * - `full`: everything there is.
 * - `libtpms-0.9`: the algorithms, key sizes, curves and limits of libtpms 0.9.2.
 */
export type TpmProfile = "full" | "libtpms-0.9";
/** In the order of the ABI's numbers. */
export const PROFILES: readonly TpmProfile[] = ["full", "libtpms-0.9"];

/** The command and response buffers of the core, bytes. */
export const MAX_COMMAND_SIZE = 4096;
export const MAX_RESPONSE_SIZE = 4096;
/** The smallest buffer that {@link Core.setBufferSize} takes, bytes. */
export const MIN_BUFFER_SIZE = 2808;
const MIN_RESPONSE_SIZE = 10;

/** How {@link Core.loadState} ended; the ABI's numbers in order. */
export type LoadResult = "loaded" | "damaged" | "newer" | "too-large";
const LOAD_RESULTS: readonly LoadResult[] = ["loaded", "damaged", "newer", "too-large"];

/** How {@link Core.loadVolatile} ended; the ABI's numbers in order. */
export type ResumeResult = "resumed" | "damaged" | "other-version" | "other-state";
const RESUME_RESULTS: readonly ResumeResult[] = ["resumed", "damaged", "other-version", "other-state"];

/** The core broke its contract, or trapped: a defect of tabtpm. Nothing of that instance may be committed. */
export class TpmCoreError extends Error {
  override name = "TpmCoreError";
}

/** One instance of the core: a TPM from its power-on to the loss of power. */
export class Core {
  readonly #exports: CoreExports;
  /** All of the memory, which never grows: one view is good for the life of the instance. */
  readonly #memory: Uint8Array;

  constructor(exports: CoreExports) {
    this.#exports = exports;
    this.#memory = new Uint8Array(exports.memory.buffer);
  }

  /** Makes a new TPM with fresh seeds; a commit is pending then. */
  manufacture(profile: TpmProfile): void {
    const status = this.#exports.manufacture(PROFILES.indexOf(profile));
    if (status !== 0) throw new TpmCoreError(`The core could not manufacture a TPM of profile ${profile}: ${status}.`);
  }

  /** The profile of the TPM that was manufactured or loaded. */
  get profile(): TpmProfile {
    const profile = PROFILES[this.#exports.profile()];
    if (!profile) throw new TpmCoreError(`The core reports the unknown profile ${this.#exports.profile()}.`);
    return profile;
  }

  loadState(blob: Uint8Array): LoadResult {
    if (blob.length > this.#exports.stateCapacity()) return "too-large";
    this.#write(this.#exports.stateBuffer(), blob);
    const result = LOAD_RESULTS[this.#exports.loadState(blob.length)];
    this.#wipeState(blob.length);
    return result ?? "damaged";
  }

  /** The permanent state, in a copy of its own. */
  saveState(): Uint8Array {
    return this.#takeState(this.#exports.saveState());
  }

  /** The volatile state between two commands, in a copy of its own. */
  saveVolatile(): Uint8Array {
    return this.#takeState(this.#exports.saveVolatile());
  }

  /** Right after {@link powerOn}: goes on where the volatile state was saved, or leaves everything as it is. */
  loadVolatile(blob: Uint8Array): ResumeResult {
    if (blob.length > this.#exports.stateCapacity()) return "damaged";
    this.#write(this.#exports.stateBuffer(), blob);
    const result = RESUME_RESULTS[this.#exports.loadVolatile(blob.length)];
    this.#wipeState(blob.length);
    return result ?? "damaged";
  }

  /** After {@link loadState}, before the state of a snapshot is loaded in its place: what {@link keepLater} will keep of this one. */
  noteLater(): void {
    this.#exports.noteLater();
  }

  /**
   * After {@link loadVolatile}: failedTries, lockout and Clock are those that were noted where they are later, Clock is not safe. A commit
   * is pending then, also when nothing was noted.
   */
  keepLater(): void {
    this.#exports.keepLater();
  }

  /** After {@link keepLater}: another TPM, with another endorsement hierarchy; nothing in NV speaks of the old one's keys. */
  newIdentity(): void {
    this.#exports.newIdentity();
  }

  /** The TPM of the state that is loaded: 32 octets that no other has; and whether it was ever started or has anything in NV. */
  identify(): { identity: Uint8Array; isUsed: boolean } {
    const isUsed = this.#exports.identity() !== 0;
    return { identity: this.#takeState(32), isUsed };
  }

  #takeState(size: number, what = "state"): Uint8Array {
    if (size <= 0 || size > this.#exports.stateCapacity()) {
      throw new TpmCoreError(`The core wrote a ${what} of ${size} bytes.`);
    }
    const blob = this.#read(this.#exports.stateBuffer(), size);
    this.#wipeState(size);
    return blob;
  }

  /** _TPM_Init. */
  powerOn(): void {
    this.#exports.powerOn();
  }

  /**
   * @param command at most {@link MAX_COMMAND_SIZE} bytes.
   * @returns the response, or null when it is unfinished: go on with {@link step}.
   */
  execute(command: Uint8Array, locality: number): Uint8Array | null {
    this.#write(this.#exports.commandBuffer(), command);
    return this.#response(this.#exports.execute(command.length, locality));
  }

  /** One more slice of the unfinished command. */
  step(): Uint8Array | null {
    return this.#response(this.#exports.step());
  }

  cancel(): void {
    this.#exports.cancel();
  }

  /** Between two commands: runs one outstanding self-test. @returns whether there are more. */
  testInBackground(): boolean {
    return this.#exports.testInBackground() !== 0;
  }

  /** Permanent state changed: {@link saveState} must be durable before the response leaves. */
  get commitPending(): boolean {
    return this.#exports.commitPending() !== 0;
  }

  committed(): void {
    this.#exports.committed();
  }

  /** Rolls back what could not be stored. @returns the response to give instead. */
  commitFailed(): Uint8Array {
    const response = this.#response(this.#exports.commitFailed());
    if (!response) throw new TpmCoreError("The core gave no response to a failed commit.");
    return response;
  }

  /** Rolls back what could not be stored, after an event that has no response. */
  rollBack(): void {
    this.#exports.commitFailed();
  }

  hashStart(): void {
    this.#exports.hashStart();
  }

  /** @param data at most {@link MAX_COMMAND_SIZE} bytes. */
  hashData(data: Uint8Array): void {
    this.#write(this.#exports.commandBuffer(), data);
    this.#exports.hashData(data.length);
  }

  hashEnd(): void {
    this.#exports.hashEnd();
  }

  get established(): boolean {
    return this.#exports.established() !== 0;
  }

  resetEstablished(locality: number): boolean {
    return this.#exports.resetEstablished(locality) !== 0;
  }

  /** The TPM's own failure mode (Part 1, 12.4.1.3). */
  get failureMode(): boolean {
    return this.#exports.failureMode() !== 0;
  }

  /** Authenticated Countdown Timers that signal now: bit n for TPM_RH_ACT_n. */
  get signaledActs(): number {
    return this.#exports.actSignaled();
  }

  /** Until the next of them signals, milliseconds; null when none counts down. */
  get actDelay(): number | null {
    const delay = this.#exports.actDelay();
    return delay < 0 ? null : delay;
  }

  /** The core's record of itself, for readInspection, in a copy of its own. Changes nothing; good between two slices as well. */
  inspect(): Uint8Array {
    return this.#takeState(this.#exports.inspect(), "record of itself");
  }

  /** Why the last command was refused; null when it was not, and where the core notes no reason. */
  get refusal(): Refusal | null {
    const note = new DataView(this.#exports.memory.buffer, this.#exports.refusal(), 4 + 4 * MAX_OPERANDS);
    const check = note.getUint32(0, true);
    if (check === 0) return null;
    return refusalOf(
      check,
      Array.from({ length: MAX_OPERANDS }, (_, i) => note.getUint32(4 + 4 * i, true)),
    );
  }

  /** Puts an instance without state or power into failure mode: it stands in for one that trapped. */
  fail(): void {
    this.#exports.fail();
  }

  /** Between two commands: failure mode on the host's request, until _TPM_Init. */
  enterFailureMode(): void {
    this.#exports.enterFailureMode();
  }

  /** The platform's signal. _TPM_Init forgets it. */
  setPhysicalPresence(asserted: boolean): void {
    this.#exports.physicalPresence(asserted ? 1 : 0);
  }

  /** What TPM_PT_MAX_COMMAND_SIZE and TPM_PT_MAX_RESPONSE_SIZE say: {@link MIN_BUFFER_SIZE} to {@link MAX_COMMAND_SIZE}. */
  setBufferSize(size: number): void {
    this.#exports.bufferSize(size);
  }

  /**
   * Wipes the memory: power is gone, and with it all secrets. The instance is of no use any more.
   * @param hasTrapped nobody knows what it has written, and where it stopped.
   */
  wipe({ hasTrapped }: { hasTrapped: boolean }): void {
    // What was never written takes no memory, and zeros would.
    if (hasTrapped) this.#memory.fill(0);
    else this.#exports.wipe();
  }

  /** The transfer area holds secrets no longer than it must. */
  #wipeState(size: number): void {
    const address = this.#exports.stateBuffer();
    this.#memory.fill(0, address, address + size);
  }

  #response(size: number): Uint8Array | null {
    if (size === 0) return null;
    if (size < MIN_RESPONSE_SIZE || size > MAX_RESPONSE_SIZE) {
      throw new TpmCoreError(`The core gave a response of ${size} bytes.`);
    }
    return this.#read(this.#exports.responseBuffer(), size);
  }

  #read(address: number, size: number): Uint8Array {
    return this.#memory.slice(address, address + size);
  }

  #write(address: number, bytes: Uint8Array): void {
    this.#memory.set(bytes, address);
  }
}
