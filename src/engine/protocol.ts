/** What a page and the TPM's worker say to each other. Everything here survives a structured clone. */
import type { Secret, StoreSpec } from "../store/store.ts";
import type { PowerOnOptions, TpmSummary } from "./api.ts";
import type { Locality, RestoreOptions, SavedTpm, TpmSnapshot } from "./backend.ts";
import type { TpmProfile } from "./core.ts";
import type { WireError } from "./errors.ts";
import type { Outcome } from "./outcome.ts";
import type { RestoreOutcome } from "./rollback.ts";
import type { TimedResponse } from "./tpm.ts";

/** Two ends of a wire between threads: a Worker, a worker's global scope, a MessagePort. */
export interface Channel<Sent, Received> {
  /** @param transfer the message's own buffers that change hands: they are copied nowhere, and are gone here. */
  post(message: Sent, transfer?: ArrayBuffer[]): void;
  /** Called once. `onDeath`: the other end is gone and nothing more will come. */
  listen(onMessage: (message: Received) => void, onDeath: (error: Error) => void): void;
}

/** The page's end: it owns the worker. */
export interface WorkerChannel extends Channel<ToWorker, FromWorker> {
  terminate(): Promise<void>;
  /** Whether an answer is awaited. In Node an idle TPM does not keep the process alive. */
  setBusy?(isBusy: boolean): void;
}

/** The calls of a {@link Tpm} that go to the worker: what each takes and what comes back. */
export interface TpmCalls {
  /** The command's bytes go over, and come back with the response. */
  execute(command: Uint8Array, locality: Locality): ExecuteResult;
  hashStart(): void;
  hashData(data: Uint8Array): void;
  hashEnd(): void;
  resetEstablished(locality: Locality): boolean;
  setPhysicalPresence(asserted: boolean): void;
  enterFailureMode(): void;
  powerOn(options: PowerOnOptions): void;
  snapshot(): TpmSnapshot;
  restore(snapshot: SavedTpm, options: RestoreOptions): RestoreOutcome;
  /** The record, which the page's end decodes. */
  inspect(): Uint8Array;
  importState(permanent: Uint8Array): void;
  powerOff(): void;
  takeOver(migration: string | undefined): void;
  giveUp(migration: string): void;
  newTpm(profile: TpmProfile | undefined, permanent: Uint8Array | undefined): void;
  unlock(secret: Secret): void;
  setPassphrase(secret: Secret | null): void;
  exportState(): Uint8Array | null;
  readVariables(): Uint8Array | null;
  storeVariables(variables: Uint8Array): void;
  close(): void;
}
export type TpmCall = keyof TpmCalls;

export interface ExecuteResult extends TimedResponse {
  command: Uint8Array;
}

/** The calls of a TpmStore that lives in the page and not in the worker. */
export interface StoreCalls {
  open(takeOver: boolean, migration: string | undefined): Uint8Array | null;
  commit(blob: Uint8Array, erases: boolean): void;
  exportBlob(): Uint8Array | null;
  archive(): string | null;
  keepCopy(): string | null;
  readVariables(): Uint8Array | null;
  commitVariables(variables: Uint8Array | null): void;
  giveUp(migration: string): void;
  close(): void;
}
export type StoreCall = keyof StoreCalls;

/** `proxy`: a store of the embedder's own, reached through messages; `name` is its kind. */
export type WorkerStore = StoreSpec | { kind: "proxy"; name: string };

export type ToWorker =
  | {
      type: "start";
      store: WorkerStore;
      profile: TpmProfile | undefined;
      idleSelfTests?: boolean | undefined;
      /** An address goes as a string. */
      wasm: WebAssembly.Module | Uint8Array | string;
    }
  | { type: "call"; id: number; name: TpmCall; args: unknown[] }
  | { type: "cancel"; id: number }
  | { type: "storeReply"; id: number; outcome: Outcome }
  | { type: "storeFenced"; error: WireError };

/** {@link TpmSummary} without the power, which the page's end knows best, plus the progress of loading. */
export interface WorkerStatus extends Omit<TpmSummary, "power" | "error"> {
  isFailed: boolean;
  error: WireError | null;
}

export type FromWorker =
  | { type: "ready"; outcome: Outcome }
  | { type: "status"; status: WorkerStatus }
  | { type: "storeError"; error: WireError }
  | { type: "reply"; id: number; outcome: Outcome }
  | { type: "storeCall"; id: number; name: StoreCall; args: unknown[] };
