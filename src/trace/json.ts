/** Commands and responses as JSON, field by field, for programs. */

import { toHex } from "../engine/bytes.ts";
import { blankCommand, blankResponse } from "./blank.ts";
import type { TraceField } from "./decoder.ts";
import { EntityNames } from "./entities.ts";
import { describeEntity, isHandleType, SESSION_FLAGS, sessionFlagsOf } from "./entity.ts";
import { readHead } from "./head.ts";
import { decodeCommand, decodeResponse } from "./message.ts";
import type { ExportOptions, TraceEvent } from "./pcapng.ts";
import type { DecodedResponseCode } from "./responseCode.ts";

export interface JsonField {
  readonly name: string;
  /** Type in Part 2. */
  readonly type: string;
  readonly offset: number;
  readonly size: number;
  /** Null for a secret that is not to be shown. */
  readonly value: string | null;
  /** The attributes of a session in words, or what a handle stands for. */
  readonly meaning?: readonly string[];
  readonly fields?: readonly JsonField[];
}

export interface JsonCommand {
  /** "PCR_Extend" */
  readonly name: string;
  readonly locality: number;
  readonly own: boolean;
  /** ISO 8601. */
  readonly startedAt: string;
  /** Milliseconds. */
  readonly duration: number;
  /** What the command's handles stand for: "owner", "object 80000001: RSA-2048 signing key". */
  readonly handles: readonly string[];
  /** Hex; secrets are zeros unless asked for. */
  readonly command: string;
  readonly response: string;
  readonly responseCode: DecodedResponseCode;
  readonly commandFields: readonly JsonField[];
  readonly responseFields: readonly JsonField[];
  /** What is wrong with the octets of the command or the response. */
  readonly problems?: readonly string[];
}

export interface JsonTrace {
  readonly format: "tabtpm trace";
  readonly version: 1;
  readonly secrets: "zeros" | "shown";
  readonly commands: readonly JsonCommand[];
}

/**
 * @param events in their order, the oldest first
 * @param names what is known of the handles before the first of them; it learns from each
 */
export function toTraceJson(
  events: readonly TraceEvent[],
  { revealSecrets = false }: ExportOptions = {},
  names: EntityNames = new EntityNames(),
): JsonTrace {
  const commands = events.map((event) => commandOf(event, revealSecrets, names));
  return { format: "tabtpm trace", version: 1, secrets: revealSecrets ? "shown" : "zeros", commands };
}

function commandOf(event: TraceEvent, reveals: boolean, names: EntityNames): JsonCommand {
  const { command, response, locality, own, startedAt, duration } = event;
  const head = readHead(command, response);
  const nameOf = (handle: number) => describeEntity(names.entityOf(handle));
  const asked = decodeCommand(command);
  const commandFields = asked.fields.map((field) => jsonField(field, command, reveals, nameOf));
  const handles = head.handles.map(nameOf);
  // What the response says of a handle holds for the response itself.
  names.observe(command, response, head);
  const answered = decodeResponse(response, command);
  const responseFields = answered.fields.map((field) => jsonField(field, response, reveals, nameOf));
  const problems = [asked.problem, answered.problem].filter((problem) => problem !== undefined);
  return {
    name: head.name,
    locality,
    own,
    startedAt: new Date(startedAt).toISOString(),
    duration,
    handles,
    command: toHex(reveals ? command : blankCommand(command)),
    response: toHex(reveals ? response : blankResponse(response, command)),
    responseCode: answered.responseCode,
    commandFields,
    responseFields,
    ...(problems.length === 0 ? {} : { problems }),
  };
}

function jsonField(
  field: TraceField,
  message: Uint8Array,
  reveals: boolean,
  nameOf: (handle: number) => string,
): JsonField {
  const { name, type, offset, size, secret } = field;
  const place = { name, type, offset, size };
  if (secret && !reveals) return { ...place, value: null };
  const inner = field.fields.map((each) => jsonField(each, message, reveals, nameOf));
  const meaning = meaningOf(field, message, nameOf);
  return {
    ...place,
    value: field.value,
    ...(meaning === undefined ? {} : { meaning }),
    ...(inner.length === 0 ? {} : { fields: inner }),
  };
}

function meaningOf(
  { type, value, offset }: TraceField,
  message: Uint8Array,
  nameOf: (handle: number) => string,
): readonly string[] | undefined {
  if (type === "TPMA_SESSION") return sessionFlagsOf(value).map((flag) => SESSION_FLAGS[flag]);
  if (!isHandleType(type)) return undefined;
  return [nameOf(new DataView(message.buffer, message.byteOffset, message.length).getUint32(offset))];
}
