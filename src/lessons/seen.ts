/** A command of the guest's as checks look at it: what it was about, who authorised it, and what came of it. */
import type { TpmCommandEvent } from "../engine/api.ts";
import type { InspectedHierarchyName } from "../engine/inspection.ts";
import { TPM_RC_SUCCESS } from "../spec/header.ts";
import type { Refusal } from "../spec/refusals.ts";
import type { TraceField } from "../trace/decoder.ts";
import type { Entity } from "../trace/entity.ts";
import { SESSION_FLAGS, type SessionFlag, sessionFlagsOf } from "../trace/entity.ts";
import type { TraceHead } from "../trace/head.ts";
import { decodeCommand, decodeResponse } from "../trace/message.ts";
import { findField } from "../trace/objectKind.ts";
import type { DecodedResponseCode } from "../trace/responseCode.ts";
import type { KnownObject } from "./objects.ts";

export type SeenSessionKind = "password" | "hmac" | "policy" | "trial";

export interface SeenSession {
  readonly handle: number;
  readonly kind: SeenSessionKind;
  readonly flags: readonly SessionFlag[];
  /** It authorises a handle, in their order; else it only encrypts or audits. */
  readonly authorises: boolean;
}

export interface SeenHandle {
  readonly handle: number;
  readonly entity: Entity;
  /** Its own hierarchy, or that of the object. */
  readonly hierarchy: InspectedHierarchyName | null;
  readonly object: KnownObject | null;
}

export class SeenCommand {
  /** "PCR_Extend" */
  readonly name: string;
  /** Which boot it belongs to; numbers only tell boots apart. */
  readonly boot: number;
  readonly handles: readonly SeenHandle[];
  readonly responseCode: DecodedResponseCode;
  readonly reason: Refusal | null;
  /** What it made or loaded. */
  readonly made: KnownObject | null;
  readonly responseHandle: number | undefined;
  readonly octets: Uint8Array;
  readonly response: Uint8Array;
  readonly #head: TraceHead;
  readonly #sessions: readonly Entity[];
  #fields: readonly TraceField[] | null = null;
  #answered: readonly TraceField[] | null = null;

  constructor(
    event: Pick<TpmCommandEvent, "command" | "response" | "reason">,
    parts: {
      head: TraceHead;
      boot: number;
      handles: readonly SeenHandle[];
      /** What each session's handle stood for. */
      sessions: readonly Entity[];
      made: KnownObject | null;
    },
  ) {
    const { head, boot, handles, sessions, made } = parts;
    this.name = head.name;
    this.boot = boot;
    this.handles = handles;
    this.responseCode = head.responseCode;
    this.reason = event.reason;
    this.made = made;
    this.responseHandle = head.responseHandle;
    this.octets = event.command;
    this.response = event.response;
    this.#head = head;
    this.#sessions = sessions;
  }

  get succeeded(): boolean {
    return this.responseCode.code === TPM_RC_SUCCESS;
  }

  /** Decoded when somebody asks. */
  get fields(): readonly TraceField[] {
    this.#fields ??= decodeCommand(this.octets).fields;
    return this.#fields;
  }

  /** Of the response. */
  get answered(): readonly TraceField[] {
    this.#answered ??= decodeResponse(this.response, this.octets).fields;
    return this.#answered;
  }

  /** The first field of this name at any depth: of the command, else of the response. */
  field(name: string): TraceField | undefined {
    return findField(this.fields, name) ?? findField(this.answered, name);
  }

  /** The octets of a field's content: of a TPM2B without its size. */
  contentOf(field: TraceField): Uint8Array {
    const octets = this.fields.includes(field) || !hasField(this.answered, field) ? this.octets : this.response;
    const start = field.type.startsWith("TPM2B") ? field.offset + 2 : field.offset;
    return octets.slice(start, field.offset + field.size);
  }

  get sessions(): readonly SeenSession[] {
    const authorised = this.#head.command?.handles.filter(({ role }) => role !== null).length ?? 0;
    const attributes = this.fields
      .filter(({ type }) => type === "TPMS_AUTH_COMMAND")
      .map((session) => findField(session.fields, "sessionAttributes")?.value ?? "");
    return this.#sessions.map((session, at) => ({
      handle: session.handle,
      kind: kindOf(session),
      flags: sessionFlagsOf(attributes[at] ?? ""),
      authorises: at < authorised,
    }));
  }
}

function hasField(fields: readonly TraceField[], wanted: TraceField): boolean {
  return fields.some((field) => field === wanted || hasField(field.fields, wanted));
}

const KINDS = { HMAC: "hmac", policy: "policy", "trial policy": "trial" } as const;
const kindOf = (session: Entity): SeenSessionKind => (session.kind === "session" ? KINDS[session.type] : "password");

export const sessionFlags = Object.keys(SESSION_FLAGS) as SessionFlag[];
