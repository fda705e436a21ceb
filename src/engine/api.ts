import type { Refusal } from "../spec/refusals.ts";
import type { Secret, StoreError, StoreSpec, TpmStore } from "../store/store.ts";
import type {
  Locality,
  RestoreOptions,
  RestoreResult,
  SavedTpm,
  TpmBackend,
  TpmPower,
  TpmSnapshot,
} from "./backend.ts";
import type { TpmProfile } from "./core.ts";
import type { TpmInspection } from "./inspection.ts";
import type { WasmSource } from "./wasm.ts";

export interface TpmOptions {
  /**
   * Where the permanent state lives: in words, or a store of your own. Default: `{ kind: "indexeddb", name: "default" }`
   * in browsers, `{ kind: "memory" }` in Node.
   */
  store?: StoreSpec | TpmStore;
  /**
   * What a new TPM is made with; `full` by default. An existing TPM keeps the profile of its manufacture: asking for
   * another one here is an error ({@link TpmStateError} with reason `profile`).
   */
  profile?: TpmProfile;
  /**
   * - `worker` (default in browsers): in a Worker of its own, so that neither waits for the other.
   * - `inline` (default in Node): in this thread, in slices of at most 20 ms.
   */
  thread?: "inline" | "worker";
  /**
   * After TPM2_Startup the self-tests that nobody has asked for yet run while the TPM has nothing else to do, until
   * TPM2_GetTestResult says TPM_RC_SUCCESS. Default: false; an algorithm is then tested before its first use, or on request.
   */
  idleSelfTests?: boolean;
  /**
   * The core, when it does not lie beside this module: its address, its bytes or a compiled module. That one is taken, whatever
   * build it is.
   */
  wasm?: WasmSource;
  /**
   * Of the two builds beside this module, the one with relaxed SIMD is loaded where the engine has that and the processor has a
   * fused multiply-add: `tabtpm-relaxed.wasm`. False takes the plain one, `tabtpm.wasm`, everywhere; in Node the environment
   * variable `TABTPM_RELAXED_SIMD=0` does. They answer and keep their state alike, and differ in speed. Default: true.
   */
  relaxedSimd?: boolean;
  /** The script of the worker, when it does not lie beside this module. In browsers of the page's own origin only. */
  worker?: URL;
}

/**
 * One executed command, as it went over the wire: raw octets, with authorisation values and every other secret in the clear.
 * Whoever prints them takes `formatFields`, which hides what is secret.
 */
export interface TpmCommandEvent {
  command: Uint8Array;
  response: Uint8Array;
  locality: Locality;
  /**
   * Why the TPM refused the command, noted at the place that did: a check and what it looked at, without secrets. Null when
   * it was not refused, or no reason was noted. `explainRefusal` makes a sentence of it.
   */
  reason: Refusal | null;
  /** It was the host's own ({@link ExecuteOptions.own}, or the TPM2_Shutdown of {@link Tpm.shutDown}), not the guest's. */
  own: boolean;
  /** When its execution began: milliseconds since 1970, with a fraction. */
  startedAt: number;
  /** Until the response was there, including the commit: milliseconds. */
  duration: number;
}

export interface TpmEvents {
  /** A command was answered. Lost ones (power cut) have no event. */
  command: TpmCommandEvent;
  /** Something in {@link Tpm.state} changed. */
  state: TpmSummary;
  power: TpmPower;
  /** A commit failed; the command answered TPM_RC_NV_UNAVAILABLE. The next one tries the store again. */
  storeError: StoreError;
  /**
   * {@link Tpm.newTpm} or {@link Tpm.importState} has put another TPM, or another state of this one, in its place, which has no power
   * yet, or {@link Tpm.restore} one that goes on at once: what was known of its objects, NV indices and sessions holds no longer.
   */
  replaced: undefined;
}

/** What a page may show of a TPM. No secrets. */
export interface TpmSummary {
  power: TpmPower;
  /** The TPM's own failure mode: it answers TPM_RC_FAILURE until the next _TPM_Init. */
  failureMode: boolean;
  established: boolean;
  /**
   * The Authenticated Countdown Timers that signal: bit n for TPM_RH_ACT_n. A timer that runs out changes it, without
   * any command; what a platform does then (on a PC, a reset) is the embedder's.
   */
  signaledActs: number;
  /** Null until the state is loaded. */
  profile: TpmProfile | null;
  /** "indexeddb", "file", "memory", or what a store of your own calls itself. */
  store: string;
  /** Size of the stored blob, bytes; null when nothing is stored yet. */
  stateSize: number | null;
  /** When this object last stored the state: milliseconds since 1970; null when it has not yet. */
  lastCommit: number | null;
  /** Why the power is `failed`. */
  error: Error | null;
}

/**
 * A TPM 2.0. It starts without power: call {@link powerOn} (`attachTpm` does), then TPM2_Startup.
 * Everything that changes the permanent state is durable before its response arrives.
 */
export interface Tpm extends TpmBackend {
  /**
   * As {@link TpmBackend.execute}. Commands longer than 4096 bytes answer TPM_RC_COMMAND_SIZE.
   * @param options.locality 0 by default; anything but 0..4 is a RangeError.
   * @param options.signal cancels this very command, as {@link cancel} does for the one in execution.
   * @param options.own the host's own, see there.
   */
  execute(command: Uint8Array, options?: ExecuteOptions): Promise<Uint8Array>;
  /**
   * As {@link TpmBackend.powerOn}.
   * Rejects with TpmStateError, the power off, when the volatile state does not fit.
   */
  powerOn(options?: PowerOnOptions): Promise<void>;
  shutDown(): Promise<boolean>;
  readVariables(): Promise<Uint8Array | null>;
  storeVariables(variables: Uint8Array): Promise<void>;
  /** A command that is not the host's own is in execution or waits for it. */
  readonly busy: boolean;
  /**
   * A TPM with power as it stands between two commands: what another one needs to go on from there. It has all of the
   * TPM's secrets in it. Random numbers are not repeated by the one that goes on.
   * @throws TpmPoweredOffError without power.
   */
  snapshot(): Promise<TpmSnapshot>;
  /** As {@link TpmBackend.restore}. @throws TpmPoweredOffError without power. */
  restore(snapshot: SavedTpm, options?: RestoreOptions): Promise<RestoreResult>;
  /**
   * What the TPM is and holds, but for its secrets. No command is sent and nothing changes, so that it is no business of
   * the guest's: it is answered between two slices of a long command, before TPM2_Startup and in failure mode too. What a
   * command has changed may not be durable yet. {@link busy} takes no notice of it.
   * @throws TpmPoweredOffError without power; TpmCoreError when the TPM trapped and nothing is left to ask.
   */
  inspect(): Promise<TpmInspection>;
  /**
   * Replaces the permanent state of a TPM without power, durably: with that of a {@link snapshot} or of
   * {@link exportState}. The old one is gone.
   * @throws TpmStateError when it is damaged, newer, or of a profile other than the one asked for; the old one stays.
   */
  importState(permanent: Uint8Array): Promise<void>;
  state(): TpmSummary;
  /** @returns a function that removes the listener. */
  on<Name extends keyof TpmEvents>(event: Name, listener: (value: TpmEvents[Name]) => void): () => void;
  /**
   * The platform's signal of physical presence, off at first. It is a level: it stays as it is over power cycles, and
   * takes effect after the commands that were given before.
   */
  setPhysicalPresence(asserted: boolean): Promise<void>;
  /**
   * Puts a TPM that has power into its failure mode, as a failed self-test would: TPM2_GetTestResult and
   * the vendor's properties of TPM2_GetCapability answer, everything else gets TPM_RC_FAILURE. The next _TPM_Init ends it;
   * nothing permanent changes. It takes effect after the commands that were given before. For lessons and for tests of what
   * depends on a TPM that fails; no command and no register reaches it.
   * @throws TpmPoweredOffError without power.
   */
  enterFailureMode(): Promise<void>;
  /**
   * After {@link ready} was rejected with StoreLockedError, or this TPM was itself fenced: takes the state away from
   * its owner, whose queued commits fail from then on. Then the TPM is ready and without power, and {@link ready} is
   * a new promise. Does nothing when this TPM is ready already.
   * @param options.migration the TPM was given up to it ({@link giveUp}): nobody has it then, and the first who asks gets it.
   * Rejects with NotGivenUpError where another was first.
   */
  takeOver(options?: TakeOverOptions): Promise<void>;
  /**
   * Gives the TPM up to a migration, durably: it has failed then, with StoreGivenUpError, and starts neither here nor elsewhere but by
   * {@link takeOver} with the name of that migration. Take a {@link snapshot} before: what is volatile is gone.
   * @throws StoreError; the TPM goes on as before.
   */
  giveUp(migration: string): Promise<void>;
  /**
   * After {@link ready} was rejected with SealedStateError: opens the state with this, and {@link ready} is a new promise. One that is
   * wrong changes nothing, and may be followed by another. Does nothing when this TPM is ready already.
   * @param secret the passphrase, or the key that was made of it. It is stored nowhere.
   */
  unlock(secret: Secret): Promise<void>;
  /**
   * Encrypts the stored state and the firmware's variables with another passphrase from now on, or, with null, not any more: the
   * TPM goes on. A crash leaves all of it as it was, or as it is to be.
   * @throws StoreError where the store can't: then all is as it was. `indexeddb` can.
   */
  setPassphrase(secret: Secret | null): Promise<void>;
  /**
   * Makes a new TPM in the place of the old one, whose keys are gone for good. A state that could not be loaded
   * (damaged, newer, of another profile) is kept aside in its store. The new TPM has no power.
   * @param options.profile as in {@link TpmOptions}; by default the one given to `createTpm`.
   * @param options.permanent the new TPM's state, where it was made elsewhere (`provisionedState`); it comes with its profile.
   * @throws TpmStateError when that state is damaged or newer; the old TPM stays.
   */
  newTpm(options?: { profile?: TpmProfile; permanent?: Uint8Array }): Promise<void>;
  /** The stored blob, damaged or not, or null: to save it elsewhere. It has all of the TPM's secrets in it. */
  exportState(): Promise<Uint8Array | null>;
  /** Cuts the power, waits for a commit in flight, and gives the store back. Idempotent; there is no way back. */
  close(): Promise<void>;
}

export interface TakeOverOptions {
  readonly migration?: string | undefined;
}

export interface PowerOnOptions {
  /**
   * Of {@link Tpm.snapshot}: the TPM goes on where it stood then, without TPM2_Startup. It must have the permanent
   * state of the same snapshot. What must not happen twice is left out: it forgets pending TPM2_Commit and
   * TPM2_EC_Ephemeral. What must not be forgiven stays: failed tries, lockouts.
   */
  volatile?: Uint8Array;
  /**
   * The device's command and response buffer, bytes, where it is smaller than 4,096: what TPM_PT_MAX_COMMAND_SIZE
   * says until the next _TPM_Init. At least 2,808.
   */
  bufferSize?: number;
}

export interface ExecuteOptions {
  locality?: Locality;
  signal?: AbortSignal;
  /**
   * The command is the host's own, such as a look at the PCRs: its event says so, and it is no reason not to send the
   * TPM2_Shutdown of {@link Tpm.shutDown}, which waits for it. False by default.
   */
  own?: boolean;
}

/** A TPM in this thread. */
export interface InlineTpm extends Tpm {
  /**
   * Executes a command at once and returns its response: for tests and benchmarks. Long commands block.
   * @throws Error when the store can't commit synchronously (only memory can), or asynchronous calls are pending;
   * TpmPoweredOffError without power.
   */
  executeSync(command: Uint8Array, options?: { locality?: Locality }): Uint8Array;
}

/** A TPM in this thread, of Node. */
export interface AtOnceTpm extends InlineTpm {
  /**
   * As {@link execute}, for servers: a command that finds the TPM idle begins before this returns, and the response of one
   * that takes a single slice and commits nothing is returned itself. The caller waits for that slice, at most 20 ms.
   * @param command nobody changes it before there is a response, and whoever owns it wipes it.
   * @param options.signal only a command in the queue has one: with it this is {@link execute}.
   * @throws TpmPoweredOffError without power, or rejects with it; RangeError as {@link execute}.
   */
  executeAtOnce(command: Uint8Array, options?: ExecuteOptions): Uint8Array | Promise<Uint8Array>;
}
