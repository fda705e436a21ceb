/**
 * The Names of entities (Part 1, 16), which sessions sign with a command. Objects and NV Indices have one that is a digest: it
 * comes from the responses that tell it; everything else is named by its handle.
 */
import type { CommandName } from "../spec/commands.ts";
import { TPM_HT } from "../spec/handles.ts";
import type { TpmStructure } from "./values.ts";

const NAMED_BY_DIGEST: readonly number[] = [TPM_HT.TPM_HT_NV_INDEX, TPM_HT.TPM_HT_TRANSIENT, TPM_HT.TPM_HT_PERSISTENT];
/** Sequence objects have no Name. */
const OF_SEQUENCES = new Uint8Array(0);

/** TPM_HT of a handle (Part 2, 7.2). */
export const handleType = (handle: number): number => handle >>> 24;
export const isNvIndex = (handle: number): boolean => handleType(handle) === TPM_HT.TPM_HT_NV_INDEX;
export const isNamedByDigest = (handle: number): boolean => NAMED_BY_DIGEST.includes(handleType(handle));

/** Commands after which nothing that was known of objects and NV Indices holds: hierarchies were emptied, or the TPM began anew. */
const FORGETS_ALL: ReadonlySet<string> = new Set<CommandName>([
  "Startup",
  "Shutdown",
  "Clear",
  "ChangePPS",
  "ChangeEPS",
  "HierarchyControl",
]);

/** Commands that change the attributes of an index, and with them its Name: when it is written or locked. */
const CHANGES_INDEX: ReadonlySet<string> = new Set<CommandName>([
  "NV_Write",
  "NV_Increment",
  "NV_Extend",
  "NV_SetBits",
  "NV_WriteLock",
  "NV_ReadLock",
  "NV_UndefineSpace",
  "NV_UndefineSpaceSpecial",
]);

/** The Names that a client has been told, by handle. */
export class EntityNames {
  readonly #names = new Map<number, Uint8Array>();

  /** Undefined when it is not known. */
  get(handle: number): Uint8Array | undefined {
    return this.#names.get(handle);
  }

  set(handle: number, name: Uint8Array): void {
    this.#names.set(handle, name);
  }

  /**
   * Takes what a successful command tells.
   * @param handles of the command, as numbers, in their order
   */
  learn(
    command: CommandName,
    handles: readonly number[],
    parameters: TpmStructure,
    response: { readonly handles: TpmStructure; readonly parameters: TpmStructure },
  ): void {
    if (FORGETS_ALL.has(command)) this.#names.clear();
    if (CHANGES_INDEX.has(command)) for (const handle of handles) if (isNvIndex(handle)) this.#names.delete(handle);
    // Those that are locked, and those that are new, are not among the handles.
    if (command === "NV_GlobalWriteLock" || command === "NV_DefineSpace")
      for (const handle of this.#names.keys()) if (isNvIndex(handle)) this.#names.delete(handle);
    const [made] = Object.values(response.handles);
    const { name, nvName } = response.parameters;
    if (typeof made === "number") {
      this.#names.delete(made);
      if (name instanceof Uint8Array) this.#names.set(made, name);
      if ("sequenceHandle" in response.handles) this.#names.set(made, OF_SEQUENCES);
    }
    const [first, second] = handles;
    if (command === "ReadPublic" && first !== undefined && name instanceof Uint8Array) this.#names.set(first, name);
    if (command === "NV_ReadPublic" && first !== undefined && nvName instanceof Uint8Array)
      this.#names.set(first, nvName);
    if (command === "SequenceComplete" && first !== undefined) this.#names.delete(first);
    if (command === "EventSequenceComplete" && second !== undefined) this.#names.delete(second);
    const { flushHandle, persistentHandle } = parameters;
    if (command === "FlushContext" && typeof flushHandle === "number") this.#names.delete(flushHandle);
    if (command === "EvictControl" && second !== undefined && typeof persistentHandle === "number") {
      const known = second === persistentHandle ? undefined : this.#names.get(second);
      if (known === undefined) this.#names.delete(persistentHandle);
      else this.#names.set(persistentHandle, known);
    }
  }
}
