/**
 * What is known of each object, by its handle, and how commands move it: into saved contexts and back, to persistent handles, and
 * out of the TPM. What is known is whatever its owner wants to know.
 */
import { TPM_SU } from "../spec/constants.ts";
import { TPM_HT } from "../spec/handles.ts";
import { contextKey } from "./contexts.ts";
import type { TraceHead } from "./head.ts";
import { decodeCommand } from "./message.ts";
import { findField, numberAt } from "./objectKind.ts";

/** Saved contexts that are remembered, the oldest go first: a guest may save without end. */
const MAX_CONTEXTS = 512;

export class ObjectMemory<Known> {
  readonly #byHandle = new Map<number, Known>();
  readonly #byContext = new Map<string, Known>();

  get(handle: number): Known | undefined {
    return this.#byHandle.get(handle);
  }

  /** @param known undefined: nothing */
  set(handle: number, known: Known | undefined): void {
    if (known === undefined) this.#byHandle.delete(handle);
    else this.#byHandle.set(handle, known);
  }

  /** Another one that knows the same, and learns by itself. */
  copy(): ObjectMemory<Known> {
    const copy = new ObjectMemory<Known>();
    for (const [handle, known] of this.#byHandle) copy.#byHandle.set(handle, known);
    for (const [key, known] of this.#byContext) copy.#byContext.set(key, known);
    return copy;
  }

  forget(): void {
    this.#byHandle.clear();
    this.#byContext.clear();
  }

  /** To be told of every command that succeeded, in their order. What a command has made is {@link set} behind it. */
  follow(octets: Uint8Array, response: Uint8Array, { command, handles, responseHandle }: TraceHead): void {
    const [first = 0, second = 0] = handles;
    switch (command?.name) {
      case "Startup":
        this.#forgetTransient();
        if (fieldOf(octets, "startupType") !== TPM_SU.TPM_SU_STATE) this.#byContext.clear();
        break;
      case "ContextSave":
        this.#save(contextKey(response), this.get(first));
        break;
      case "ContextLoad":
        if (responseHandle !== undefined) this.set(responseHandle, this.#byContext.get(contextKey(octets) ?? ""));
        break;
      case "FlushContext":
        this.#byHandle.delete(fieldOf(octets, "flushHandle") ?? 0);
        break;
      case "EvictControl": {
        const persistent = fieldOf(octets, "persistentHandle") ?? 0;
        this.set(persistent, second === persistent ? undefined : this.get(second));
        break;
      }
      case "SequenceComplete":
        this.#byHandle.delete(first);
        break;
      case "EventSequenceComplete":
        this.#byHandle.delete(second);
        break;
      case "Clear":
        this.forget();
        break;
      // Which of the objects are of that hierarchy is not known of all: what is flushed must not keep its name.
      case "HierarchyControl":
        this.#forgetTransient();
        break;
      case "ChangeEPS":
      case "ChangePPS":
        this.#byHandle.clear();
        break;
    }
  }

  #forgetTransient(): void {
    for (const handle of this.#byHandle.keys())
      if (handle >>> 24 === TPM_HT.TPM_HT_TRANSIENT) this.#byHandle.delete(handle);
  }

  #save(key: string | null, known: Known | undefined): void {
    if (key === null || known === undefined) return;
    this.#byContext.set(key, known);
    for (const oldest of this.#byContext.keys()) {
      if (this.#byContext.size <= MAX_CONTEXTS) break;
      this.#byContext.delete(oldest);
    }
  }
}

/** A number among the parameters of a command. */
export const fieldOf = (octets: Uint8Array, name: string): number | undefined =>
  numberAt(octets, findField(decodeCommand(octets).fields, name));
