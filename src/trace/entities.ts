/**
 * What each handle stands for, as far as the commands and responses that were seen say so. It decodes those few that tell
 * something and looks at no more than the code of the others.
 */
import { attributeField, hasAttribute } from "../spec/attributes.ts";
import type { CommandName } from "../spec/commands.ts";
import { TPM_NT, TPM_SE, TPM_SU } from "../spec/constants.ts";
import { TPM_RC_SUCCESS } from "../spec/header.ts";
import type { TraceField } from "./decoder.ts";
import {
  type Entity,
  entityOfHandle,
  type HierarchyName,
  hierarchyOf,
  type NvKind,
  type ObjectKind,
} from "./entity.ts";
import { readHead, type TraceHead } from "./head.ts";
import { decodeCommand, decodeResponse } from "./message.ts";
import { clearField, findField, numberAt, objectKindAt } from "./objectKind.ts";
import { fieldOf, ObjectMemory } from "./objectMemory.ts";

const NV_KINDS: Readonly<Record<number, NvKind>> = {
  [TPM_NT.TPM_NT_ORDINARY]: "ordinary",
  [TPM_NT.TPM_NT_COUNTER]: "counter",
  [TPM_NT.TPM_NT_BITS]: "bits",
  [TPM_NT.TPM_NT_EXTEND]: "extend",
  [TPM_NT.TPM_NT_PIN_FAIL]: "PIN fail",
  [TPM_NT.TPM_NT_PIN_PASS]: "PIN pass",
};

interface KnownObject {
  readonly object: ObjectKind | null;
  readonly primaryOf: HierarchyName | null;
}
interface KnownIndex {
  readonly type: NvKind | null;
  readonly isPlatforms: boolean;
}

/** One command that succeeded, with what it takes to look into it. */
interface Seen {
  readonly octets: Uint8Array;
  readonly response: Uint8Array;
  readonly head: TraceHead;
}

export class EntityNames {
  #objects = new ObjectMemory<KnownObject>();
  readonly #indices = new Map<number, KnownIndex>();
  readonly #trials = new Set<number>();

  /** What a handle stands for now. */
  entityOf(handle: number): Entity {
    const entity = entityOfHandle(handle);
    if (entity.kind === "object") return { ...entity, ...this.#objects.get(handle) };
    if (entity.kind === "nv") return { ...entity, type: this.#indices.get(handle)?.type ?? null };
    if (entity.kind === "session" && this.#trials.has(handle)) return { ...entity, type: "trial policy" };
    return entity;
  }

  /** Another one that knows the same, and learns by itself. */
  copy(): EntityNames {
    const copy = new EntityNames();
    copy.#objects = this.#objects.copy();
    for (const [handle, known] of this.#indices) copy.#indices.set(handle, known);
    for (const handle of this.#trials) copy.#trials.add(handle);
    return copy;
  }

  /** All is forgotten: another TPM is in the place of the one that was seen. */
  forget(): void {
    this.#objects.forget();
    this.#indices.clear();
    this.#trials.clear();
  }

  /**
   * To be told of every command in its order; its own handles are asked for before. Never throws.
   * @param head of the command, where it was read already
   */
  observe(octets: Uint8Array, response: Uint8Array, head = readHead(octets, response)): void {
    if (head.command === undefined || head.responseCode.code !== TPM_RC_SUCCESS) return;
    this.#objects.follow(octets, response, head);
    this.#on[head.command.name]?.({ octets, response, head });
  }

  readonly #on: Partial<Record<CommandName, (seen: Seen) => void>> = {
    Startup: ({ octets }) => {
      if (fieldOf(octets, "startupType") !== TPM_SU.TPM_SU_STATE) this.#trials.clear();
    },
    CreatePrimary: (seen) => this.#made(seen, hierarchyOf(seen.head.handles[0] ?? 0)),
    CreateLoaded: (seen) => this.#made(seen, hierarchyOf(seen.head.handles[0] ?? 0)),
    Load: (seen) => this.#made(seen, null),
    LoadExternal: (seen) => this.#made(seen, null),
    ReadPublic: ({ octets, response, head }) => {
      const handle = head.handles[0] ?? 0;
      const object = publicOf(response, decodeResponse(response, octets).fields, "outPublic");
      if (object !== null) this.#objects.set(handle, { primaryOf: null, ...this.#objects.get(handle), object });
    },
    HashSequenceStart: ({ octets, head }) => {
      const hash = findField(decodeCommand(octets).fields, "hashAlg")?.value ?? "";
      const isEvent = hash === "TPM_ALG_NULL";
      const algorithm = isEvent ? "" : hash.replace("TPM_ALG_", "");
      this.#know(head, { object: { algorithm, use: isEvent ? "event sequence" : "hash sequence" }, primaryOf: null });
    },
    MAC_Start: ({ head }) => this.#know(head, { object: { algorithm: "", use: "HMAC sequence" }, primaryOf: null }),
    StartAuthSession: ({ octets, head }) => {
      if (head.responseHandle === undefined) return;
      if (fieldOf(octets, "sessionType") === TPM_SE.TPM_SE_TRIAL) this.#trials.add(head.responseHandle);
      else this.#trials.delete(head.responseHandle);
    },
    FlushContext: ({ octets }) => void this.#trials.delete(fieldOf(octets, "flushHandle") ?? 0),
    NV_DefineSpace: ({ octets }) => this.#defined(octets, decodeCommand(octets).fields),
    NV_ReadPublic: ({ octets, response }) => this.#defined(response, decodeResponse(response, octets).fields),
    NV_UndefineSpace: ({ head }) => void this.#indices.delete(head.handles[1] ?? 0),
    NV_UndefineSpaceSpecial: ({ head }) => void this.#indices.delete(head.handles[0] ?? 0),
    Clear: () => {
      for (const [handle, { isPlatforms }] of this.#indices) if (!isPlatforms) this.#indices.delete(handle);
    },
  };

  #know({ responseHandle }: TraceHead, known: KnownObject): void {
    if (responseHandle !== undefined) this.#objects.set(responseHandle, known);
  }

  /** The public area of the response, where one comes and is not encrypted, is what the TPM made of the template. */
  #made({ octets, response, head }: Seen, primaryOf: HierarchyName | null): void {
    const object =
      publicOf(response, decodeResponse(response, octets).fields, "outPublic") ??
      publicOf(octets, decodeCommand(octets).fields, "inPublic");
    this.#know(head, { object, primaryOf });
  }

  /** @param fields that have a TPMS_NV_PUBLIC among them, of `octets` */
  #defined(octets: Uint8Array, fields: readonly TraceField[]): void {
    const nvPublic = findField(fields, "publicInfo") ?? findField(fields, "nvPublic");
    const inner = nvPublic?.fields ?? [];
    const nvIndex = numberAt(octets, findField(inner, "nvIndex"));
    const attributes = numberAt(octets, findField(inner, "attributes"));
    if (nvIndex === undefined || attributes === undefined) return;
    const isPlatforms = hasAttribute("TPMA_NV", attributes, "PLATFORMCREATE");
    this.#indices.set(nvIndex, {
      type: NV_KINDS[attributeField("TPMA_NV", attributes, "TPM_NT")] ?? null,
      isPlatforms,
    });
  }
}

/** Null where the field is not there, or encrypted. */
function publicOf(octets: Uint8Array, fields: readonly TraceField[], name: string): ObjectKind | null {
  const field = clearField(fields, name);
  return field === undefined ? null : objectKindAt(octets, field.offset + 2, field.offset + field.size);
}
