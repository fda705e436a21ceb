/** Which objects a TPM has made, as far as its commands tell: their public areas and hierarchies, by handle and by saved context. */

import { toHex } from "../engine/bytes.ts";
import { readPublic } from "../engine/inspectedPublic.ts";
import type { InspectedHierarchyName, InspectedPublic, TpmInspection } from "../engine/inspection.ts";
import type { CommandName } from "../spec/commands.ts";
import { hierarchyOf } from "../trace/entity.ts";
import type { TraceHead } from "../trace/head.ts";
import { type DecodedCommand, type DecodedResponse, decodeCommand, decodeResponse } from "../trace/message.ts";
import { clearField } from "../trace/objectKind.ts";
import { fieldOf, ObjectMemory } from "../trace/objectMemory.ts";

export interface KnownObject {
  /** How it came: TPM2_CreatePrimary, Create, CreateLoaded, Import, LoadExternal; null for one that was there before. */
  readonly made: CommandName | null;
  /** The hierarchy that it hangs below; null where that is not known. */
  readonly hierarchy: InspectedHierarchyName | null;
  /** Null where it went encrypted. */
  readonly publicArea: InspectedPublic | null;
  readonly isPrimary: boolean;
}

/** Public areas that are remembered; the oldest go first. */
const MAX_KNOWN = 512;

const MAKING = ["CreatePrimary", "CreateLoaded", "Create", "Import", "LoadExternal", "Load"] as const;

export class ObjectTracker {
  readonly #objects = new ObjectMemory<KnownObject>();
  /** By their public areas, in hex: TPM2_Load names what TPM2_Create made so. */
  readonly #byArea = new Map<string, KnownObject>();

  at(handle: number): KnownObject | null {
    return this.#objects.get(handle) ?? null;
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
      this.#objects.set(object.handle, { made: known?.made ?? null, hierarchy, publicArea, isPrimary: primary });
    }
  }

  /** To be told of every command that succeeded, in their order. @returns the object that it made or loaded */
  observe(head: TraceHead, octets: Uint8Array, response: Uint8Array): KnownObject | null {
    // Of what a cleared hierarchy has lost and what is left the next look at the TPM tells.
    this.#objects.follow(octets, response, head);
    const made = MAKING.find((name) => name === head.command?.name);
    return made === undefined ? null : this.#made(made, head, octets, response);
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
        made === "LoadExternal" ? plain(hierarchyOf(fieldOf(octets, "hierarchy") ?? 0)) : this.hierarchyAt(parent),
      publicArea,
      isPrimary: hierarchyOf(parent) !== null,
    };
    if (area !== null && made !== "Load" && made !== "LoadExternal") this.#remember(area, object);
    if (head.responseHandle !== undefined) this.#objects.set(head.responseHandle, object);
    return object;
  }

  #remember(area: string, object: KnownObject): void {
    this.#byArea.delete(area);
    this.#byArea.set(area, object);
    for (const oldest of this.#byArea.keys()) {
      if (this.#byArea.size <= MAX_KNOWN) break;
      this.#byArea.delete(oldest);
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
  const field = clearField(fields, name);
  if (field === undefined) return null;
  try {
    // Behind the size of the TPM2B.
    return readPublic(octets.slice(field.offset + 2, field.offset + field.size));
  } catch {
    return null;
  }
}
