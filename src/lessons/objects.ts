/** Which objects a TPM has made, as far as its commands tell: their public areas and hierarchies, by handle and by saved context. */

import { toHex } from "../engine/bytes.ts";
import { readPublic } from "../engine/inspectedPublic.ts";
import type { InspectedHierarchyName, InspectedPublic, TpmInspection } from "../engine/inspection.ts";
import type { CommandName } from "../spec/commands.ts";
import { TPM_HT } from "../spec/handles.ts";
import { contextKey } from "../trace/contexts.ts";
import { hierarchyOf } from "../trace/entity.ts";
import type { TraceHead } from "../trace/head.ts";
import { type DecodedCommand, type DecodedResponse, decodeCommand, decodeResponse } from "../trace/message.ts";
import { findField, numberAt } from "../trace/objectKind.ts";

export interface KnownObject {
  /** How it came: TPM2_CreatePrimary, Create, CreateLoaded, Import, LoadExternal; null for one that was there before. */
  readonly made: CommandName | null;
  /** The hierarchy that it hangs below; null where that is not known. */
  readonly hierarchy: InspectedHierarchyName | null;
  /** Null where it went encrypted. */
  readonly publicArea: InspectedPublic | null;
  readonly isPrimary: boolean;
}

/** Objects and contexts that are remembered; the oldest go first. */
const MAX_KNOWN = 512;

export class ObjectTracker {
  readonly #byHandle = new Map<number, KnownObject>();
  readonly #byContext = new Map<string, KnownObject>();
  /** By their public areas, in hex: TPM2_Load names what TPM2_Create made so. */
  readonly #byArea = new Map<string, KnownObject>();

  at(handle: number): KnownObject | null {
    return this.#byHandle.get(handle) ?? null;
  }

  /** The hierarchy of a hierarchy's handle, or of an object's. */
  hierarchyAt(handle: number): InspectedHierarchyName | null {
    return plain(hierarchyOf(handle)) ?? this.at(handle)?.hierarchy ?? null;
  }

  /** What is in the TPM: it knows hierarchies that no command has told. */
  look({ persistent, transient }: Pick<TpmInspection, "persistent" | "transient">): void {
    for (const object of [...persistent, ...transient]) {
      if (object.kind !== "object") continue;
      const known = this.at(object.handle) ?? this.#byArea.get(toHex(object.publicArea.area));
      const { hierarchy, publicArea, primary } = object;
      this.#byHandle.set(object.handle, { made: known?.made ?? null, hierarchy, publicArea, isPrimary: primary });
    }
  }

  /** Power is gone: so is all that was transient. */
  forgetTransient(): void {
    for (const handle of this.#byHandle.keys())
      if (handle >>> 24 === TPM_HT.TPM_HT_TRANSIENT) this.#byHandle.delete(handle);
  }

  /** To be told of every command that succeeded, in their order. @returns the object that it made or loaded */
  observe(head: TraceHead, octets: Uint8Array, response: Uint8Array): KnownObject | null {
    const name = head.command?.name;
    switch (name) {
      case "Startup":
        this.forgetTransient();
        return null;
      case "CreatePrimary":
      case "CreateLoaded":
      case "Create":
      case "Import":
      case "LoadExternal":
      case "Load":
        return this.#made(name, head, octets, response);
      case "ContextSave":
        this.#keep(this.#byContext, contextKey(response), this.at(head.handles[0] ?? 0));
        return null;
      case "ContextLoad":
        this.#place(head.responseHandle, this.#byContext.get(contextKey(octets) ?? "") ?? null);
        return null;
      case "FlushContext":
        this.#byHandle.delete(numberAt(octets, findField(decodeCommand(octets).fields, "flushHandle")) ?? 0);
        return null;
      case "EvictControl": {
        const [, handle = 0] = head.handles;
        const persistent = numberAt(octets, findField(decodeCommand(octets).fields, "persistentHandle")) ?? 0;
        if (handle === persistent) this.#byHandle.delete(persistent);
        else this.#place(persistent, this.at(handle));
        return null;
      }
      case "Clear":
      case "ChangeEPS":
      case "ChangePPS":
        // Which of the objects are gone is told by the next look at the TPM.
        this.#byHandle.clear();
        this.#byContext.clear();
        return null;
      default:
        return null;
    }
  }

  #made(made: CommandName, head: TraceHead, octets: Uint8Array, response: Uint8Array): KnownObject {
    const asked = decodeCommand(octets);
    const answered = decodeResponse(response, octets);
    const [parent = 0] = head.handles;
    const hasTemplate = made === "Load" || made === "LoadExternal" || made === "Import";
    const publicArea = hasTemplate
      ? publicOf(octets, asked, made === "Import" ? "objectPublic" : "inPublic")
      : publicOf(response, answered, "outPublic");
    const area = publicArea === null ? null : toHex(publicArea.area);
    const earlier = (made === "Load" && area !== null && this.#byArea.get(area)) || null;
    const object: KnownObject = {
      made: earlier?.made ?? made,
      hierarchy:
        made === "LoadExternal"
          ? plain(hierarchyOf(numberAt(octets, findField(asked.fields, "hierarchy")) ?? 0))
          : this.hierarchyAt(parent),
      publicArea,
      isPrimary: hierarchyOf(parent) !== null,
    };
    if (made !== "Load" && made !== "LoadExternal") this.#keep(this.#byArea, area, object);
    this.#place(head.responseHandle, object);
    return object;
  }

  #place(handle: number | undefined, object: KnownObject | null): void {
    if (handle === undefined) return;
    if (object === null) this.#byHandle.delete(handle);
    else this.#keep(this.#byHandle, handle, object);
  }

  #keep<Key>(map: Map<Key, KnownObject>, key: Key | null, object: KnownObject | null): void {
    if (key === null || object === null) return;
    map.delete(key);
    map.set(key, object);
    for (const oldest of map.keys()) {
      if (map.size <= MAX_KNOWN) break;
      map.delete(oldest);
    }
  }
}

const plain = (name: ReturnType<typeof hierarchyOf>): InspectedHierarchyName | null =>
  name === "lockout" ? null : name;

/** A public area among the fields; null where there is none, or it is encrypted. */
function publicOf(
  octets: Uint8Array,
  { fields }: DecodedCommand | DecodedResponse,
  name: string,
): InspectedPublic | null {
  const field = fields.find((each) => each.name === name);
  if (field === undefined || / \(encrypted\)$/.test(field.value)) return null;
  try {
    // Behind the size of the TPM2B.
    return readPublic(octets.slice(field.offset + 2, field.offset + field.size));
  } catch {
    return null;
  }
}
