/** The TPM behind both channels: its power, its commands, and the state that is stored, taken and brought back. */
import type { AtOnceTpm } from "../../engine/api.ts";
import type { Locality } from "../../engine/backend.ts";
import { MAX_COMMAND_SIZE } from "../../engine/core.ts";
import { TpmStateError } from "../../engine/errors.ts";
import { hasSucceeded, ShutdownWatch, shutdownCommand, startupCommand } from "../../engine/orderlyShutdown.ts";
import { codeOf } from "../../spec/header.ts";
import type { Refusal } from "../../spec/refusals.ts";
import { TPM_RC } from "../../spec/responseCodes.ts";
import { isLocality } from "../net/locality.ts";
import type { KeyRing } from "./keyRing.ts";
import type { MovableStore } from "./movableStore.ts";
import type { SocketOptions } from "./options.ts";
import * as P from "./protocol.ts";
import { VolatileFile } from "./volatileFile.ts";

type TpmOptions = Pick<SocketOptions, "dir" | "file" | "mode" | "autoShutdown" | "rejectLocality4"> & {
  /** With --migration: whose lock comes and goes. */
  storage?: MovableStore | undefined;
  /** Where a volatile state waits for CMD_INIT; undefined: in a file beside the state. */
  volatile?: VolatilePlace | undefined;
  /** Undefined: nobody can take the state away without being seen. */
  lease?: Lease | undefined;
};

export type VolatilePlace = Pick<VolatileFile, "path" | "read" | "size" | "replace" | "remove">;

/** Of a state that another machine may take when this one is not heard of. */
export interface Lease {
  /**
   * Whether the state is still this one's: asked before an answer leaves.
   * @returns undefined where that is certain; else what resolves when it is. It rejects with StoreFencedError.
   */
  confirm(): Promise<void> | undefined;
}

/** A TPM that has given its memory back, and goes on where it was. */
export interface SleepingTpm {
  volatile: Uint8Array;
  locality: Locality;
  bufferSize: number;
}

export class ServedTpm {
  readonly tpm: AtOnceTpm;
  readonly #options: TpmOptions;
  readonly #keys: KeyRing;
  readonly #volatile: VolatilePlace;
  readonly #log: (level: number, text: string) => void;
  /** Of bare commands on the data channel. */
  locality: Locality = 0;
  /** The device's buffer, bytes. */
  bufferSize = MAX_COMMAND_SIZE;
  /** Why the last command was refused, after {@link followReasons}. */
  reason: Refusal | null = null;
  readonly #shutdownWatch = new ShutdownWatch();
  /** A client has taken the volatile state of this power cycle, and there was no command since: it may bring it back. */
  #isTaken = false;

  /** @param tpm ready, or waiting for `options.storage`; its state in a file store in `options.dir`. */
  constructor(tpm: AtOnceTpm, options: TpmOptions, keys: KeyRing, log: (level: number, text: string) => void) {
    this.tpm = tpm;
    this.#options = options;
    this.#keys = keys;
    this.#volatile = options.volatile ?? new VolatileFile(options, { mode: options.mode, seal: keys.file });
    this.#log = log;
  }

  /** For a log that has reasons: from now on {@link reason} is that of the last command. Each command costs a little more then. */
  followReasons(): void {
    this.tpm.on("command", ({ reason }) => {
      this.reason = reason;
    });
  }

  /** Between CMD_INIT and CMD_STOP. */
  get isRunning(): boolean {
    return this.tpm.power === "on";
  }

  /** For CMD_GET_CONFIG. */
  get config(): number {
    return this.#keys.config;
  }

  /** Whether there is this locality, and clients may have it. */
  allowsLocality(locality: number): locality is Locality {
    return isLocality(locality) && !(locality === 4 && this.#options.rejectLocality4);
  }

  /**
   * _TPM_Init; resumes from a stored volatile state.
   * @param deletesVolatile non-zero: forget that state then. One that was refused stays, as with swtpm.
   */
  async init(deletesVolatile: number): Promise<void> {
    const { bufferSize } = this;
    await this.lockStorage();
    await this.#shutDown();
    const volatile = await this.#volatile.read();
    this.#shutdownWatch.reset();
    this.#isTaken = false;
    if (volatile === null) await this.tpm.powerOn({ bufferSize });
    else await this.#resume(volatile, bufferSize);
    if (deletesVolatile) await this.#volatile.remove();
  }

  /**
   * With --migration: takes the lock that is not there yet, or was given away.
   * @param retries how often, 10 ms apart. @throws StoreError, TpmStateError
   */
  async lockStorage(retries = 0): Promise<void> {
    await this.#options.storage?.lock(retries);
    await this.tpm.ready;
  }

  /** With --migration: a client has taken the whole state, and another host may have it. */
  async releaseStorage(): Promise<void> {
    await this.#options.storage?.release();
  }

  async #resume(volatile: Uint8Array, bufferSize: number): Promise<void> {
    try {
      await this.tpm.powerOn({ bufferSize, volatile });
    } catch (cause) {
      if (!(cause instanceof TpmStateError)) throw cause;
      throw new Error(`${cause.message} Remove ${this.#volatile.path} to start without it.`, { cause });
    }
    this.#log(1, `resumed from a volatile state of ${volatile.length} bytes`);
  }

  /** TPM2_Startup on behalf of the client. @throws Error when the TPM refuses. */
  async startUp(type: "clear" | "state"): Promise<void> {
    const response = await this.tpm.execute(startupCommand(type === "state" ? "TPM_SU_STATE" : "TPM_SU_CLEAR"));
    if (hasSucceeded(response)) return;
    const { startupError } = await import("./startupError.ts");
    throw startupError(type, codeOf(response));
  }

  /** Cuts the power, after TPM2_Shutdown where that is wanted. */
  async powerOff(): Promise<void> {
    if (!this.#isTaken) await this.#shutDown();
    await this.tpm.powerOff();
  }

  /**
   * At the locality of the channel.
   * @param command nobody changes it before there is a response.
   * @returns the response itself where nothing has to be waited for.
   * @throws TpmPoweredOffError, or rejects with it.
   */
  execute(command: Uint8Array): Uint8Array | Promise<Uint8Array> {
    const { storage, lease } = this.#options;
    const outcome = storage ? this.#executeOnceLocked(storage, command) : this.#execute(command);
    if (lease === undefined) return outcome;
    const confirmed = (response: Uint8Array) => {
      const waiting = lease.confirm();
      return waiting === undefined ? response : waiting.then(() => response);
    };
    return outcome instanceof Promise ? outcome.then(confirmed) : confirmed(outcome);
  }

  async #executeOnceLocked(storage: MovableStore, command: Uint8Array): Promise<Uint8Array> {
    await storage.lock();
    return this.#execute(command);
  }

  #execute(command: Uint8Array): Uint8Array | Promise<Uint8Array> {
    this.#isTaken = false;
    const answered = (response: Uint8Array) => {
      this.#shutdownWatch.answered(command, response);
      return response;
    };
    const outcome = this.tpm.executeAtOnce(command, { locality: this.locality });
    return outcome instanceof Promise ? outcome.then(answered) : answered(outcome);
  }

  /**
   * Between two commands: what {@link wakeUp} needs to go on from here, after TPM2_Shutdown where {@link powerOff} sends one too.
   * @returns null for a TPM without power.
   */
  async sleep(): Promise<SleepingTpm | null> {
    if (!this.isRunning) return null;
    await this.#shutDown();
    return {
      volatile: (await this.tpm.snapshot()).volatile,
      locality: this.locality,
      bufferSize: this.bufferSize,
    };
  }

  /** @throws Error when the permanent state is another one than it was. */
  async wakeUp({ volatile, locality, bufferSize }: SleepingTpm): Promise<void> {
    await this.#resume(volatile, bufferSize);
    this.locality = locality;
    this.bufferSize = bufferSize;
  }

  /** The next {@link init} resumes from here, in another process too. */
  async storeVolatile(): Promise<void> {
    await this.#volatile.replace((await this.tpm.snapshot()).volatile);
  }

  /** @param type BLOB_*; null for other types. @param flags STATE_DECRYPTED or not; STATE_ENCRYPTED comes back. */
  async getBlob(type: number, flags: number): Promise<{ blob: Uint8Array; flags: number } | null> {
    const blob = await this.#blob(type);
    return blob && this.#keys.wrap(blob, flags);
  }

  async #blob(type: number): Promise<Uint8Array | null> {
    switch (type) {
      case P.BLOB_PERMANENT:
        return (await this.tpm.snapshot()).permanent;
      case P.BLOB_VOLATILE: {
        const { volatile } = await this.tpm.snapshot();
        // Whoever takes it will bring it back; an older one on the disk is of no use then.
        await this.#volatile.remove();
        this.#isTaken = true;
        return volatile;
      }
      default:
        return null;
    }
  }

  /**
   * @param flags STATE_ENCRYPTED or not.
   * @returns false when there is no such type.
   * @throws MissingKeyError, SealError; Error when the blob is no good.
   */
  async setBlob(type: number, bytes: Uint8Array, flags: number): Promise<boolean> {
    const blob = this.#keys.unwrap(bytes, flags);
    await this.lockStorage();
    switch (type) {
      case P.BLOB_PERMANENT:
        await this.tpm.importState(blob);
        return true;
      case P.BLOB_VOLATILE:
        // Whether it fits shows at CMD_INIT, when the permanent state is there too. An empty one is none.
        if (blob.length === 0) await this.#volatile.remove();
        else await this.#volatile.replace(blob);
        return true;
      case P.BLOB_SAVESTATE:
        return blob.length === 0;
      default:
        return false;
    }
  }

  /**
   * TPM2_Shutdown on behalf of a client that did not send it, as Tpm.shutDown does for a machine in this process, and with
   * its rule of who has not; but in swtpm's place it does what swtpm does. What is in flight is cancelled, because the reset
   * is the client's own; and STATE is tried before CLEAR, so that a guest that was suspended can resume. Not when the next
   * _TPM_Init will resume from a stored state: that goes with the permanent state as it is.
   */
  async #shutDown(): Promise<void> {
    if (!this.#options.autoShutdown || !this.isRunning || this.#shutdownWatch.isShutDown) return;
    if ((await this.#volatile.size()) !== null) return;
    this.tpm.cancel();
    try {
      for (const type of ["TPM_SU_STATE", "TPM_SU_CLEAR"] as const) {
        const response = await this.tpm.execute(shutdownCommand(type));
        if (hasSucceeded(response)) return this.#log(1, "TPM2_Shutdown was sent on behalf of the client");
        // A TPM that was not started up has nothing to save.
        if (codeOf(response) === TPM_RC.TPM_RC_INITIALIZE) return;
      }
    } catch {
      // The power was cut meanwhile, or the TPM has failed: no reason to keep its power.
    }
  }
}
