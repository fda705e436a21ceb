/** Commands and responses as trees of named fields (Part 1, 18; Part 3, 5). Nothing here throws on any octets. */
import { type Command, commandWithCode } from "../spec/commands.ts";
import { TPM_RH } from "../spec/handles.ts";
import { HEADER_SIZE, TPM_RC_SUCCESS, TPM_ST_SESSIONS } from "../spec/header.ts";
import { type Field, parseField } from "../spec/rows.ts";
import { Decoder, type TraceField, TraceProblem } from "./decoder.ts";
import { type DecodedResponseCode, decodeResponseCode } from "./responseCode.ts";
import { isSecretOf } from "./secrets.ts";

export interface DecodedCommand {
  /** Name without TPM2_: "PCR_Extend"; the code in hex where there is no such command. */
  readonly name: string;
  readonly code: number;
  /** Undefined where there is no such command. */
  readonly command: Command | undefined;
  readonly fields: readonly TraceField[];
  /** What is wrong with the octets, and where. */
  readonly problem?: string;
}

export interface DecodedResponse {
  readonly responseCode: DecodedResponseCode;
  readonly fields: readonly TraceField[];
  readonly problem?: string;
}

const MAX_SESSIONS = 3;

const COMMAND_HEADER = ["tag: TPM_ST", "commandSize: UINT32", "commandCode: TPM_CC"].map(parseField);
const RESPONSE_HEADER = ["tag: TPM_ST", "responseSize: UINT32", "responseCode: TPM_RC"].map(parseField);
const AUTHORIZATION_SIZE = parseField("authorizationSize: UINT32");
const PARAMETER_SIZE = parseField("parameterSize: UINT32");
const COMMAND_SESSION = [
  "sessionHandle: TPM_HANDLE",
  "nonceCaller: TPM2B_NONCE",
  "sessionAttributes: TPMA_SESSION",
  "hmac: TPM2B_DIGEST",
].map(parseField);
const RESPONSE_SESSION = ["nonceTPM: TPM2B_NONCE", "sessionAttributes: TPMA_SESSION", "hmac: TPM2B_DIGEST"].map(
  parseField,
);

const uint = (octets: Uint8Array, at: number, size: number) => {
  let value = 0;
  for (let i = 0; i < size; i++) value = value * 256 + (octets[at + i] ?? 0);
  return value;
};

/** @param octets a whole command, as it was given to the TPM. */
export function decodeCommand(octets: Uint8Array): DecodedCommand {
  const code = octets.length >= HEADER_SIZE ? uint(octets, 6, 4) : 0;
  const command = octets.length >= HEADER_SIZE ? commandWithCode(code) : undefined;
  const name = command?.name ?? (octets.length >= HEADER_SIZE ? `0x${code.toString(16).padStart(8, "0")}` : "(short)");
  const fields: TraceField[] = [];
  const problem = attempt(() => {
    const decoder = new Decoder(octets);
    decoder.fields(COMMAND_HEADER, fields);
    const declared = uint(octets, 2, 4);
    if (command === undefined) {
      if (decoder.remaining > 0) fields.push(decoder.rest("unknown"));
      throw new TraceProblem(`there is no command with the code ${name}`, 6);
    }
    decoder.fields(command.handles, fields);
    const encrypted = uint(octets, 0, 2) === TPM_ST_SESSIONS && commandSessions(decoder, fields, octets);
    parameters(decoder, command, command.parameters, fields, encrypted);
    if (decoder.remaining > 0) fields.push(decoder.rest("surplus octets"));
    if (declared !== octets.length) {
      throw new TraceProblem(`commandSize says ${declared}, but ${octets.length} octets came`, 2);
    }
  });
  return { name, code, command, fields, ...(problem === null ? {} : { problem }) };
}

/**
 * @param octets a whole response.
 * @param to the command that it answers, or its code: without it only the header is decoded.
 */
export function decodeResponse(octets: Uint8Array, to?: Uint8Array | number): DecodedResponse {
  const commandCode = typeof to === "number" || to === undefined ? to : uint(to, 6, 4);
  const command = commandCode === undefined ? undefined : commandWithCode(commandCode);
  const responseCode = decodeResponseCode(uint(octets, 6, 4), command);
  const fields: TraceField[] = [];
  const problem = attempt(() => {
    const decoder = new Decoder(octets);
    decoder.fields(RESPONSE_HEADER, fields);
    if (responseCode.code === TPM_RC_SUCCESS && command !== undefined) responseBody(decoder, command, octets, fields);
    else if (decoder.remaining > 0) fields.push(decoder.rest("unknown", true));
  });
  return { responseCode, fields, ...(problem === null ? {} : { problem }) };
}

function responseBody(decoder: Decoder, command: Command, octets: Uint8Array, fields: TraceField[]): void {
  decoder.fields(command.responseHandles, fields);
  if (uint(octets, 0, 2) !== TPM_ST_SESSIONS) {
    parameters(decoder, command, command.response, fields, false);
    if (decoder.remaining > 0) fields.push(decoder.rest("surplus octets"));
    return;
  }
  const size = areaSize(decoder, PARAMETER_SIZE, fields, octets);
  const start = decoder.position;
  // The sessions come last; whether one of them encrypts must be known before the parameters are looked at.
  const sessions: TraceField[] = [];
  const after = new Decoder(octets, start + size);
  let encrypted = false;
  const problem = attempt(() => {
    for (let i = 0; i < MAX_SESSIONS && after.remaining > 0; i++) {
      const session: TraceField[] = [];
      const at = after.position;
      try {
        after.fields(RESPONSE_SESSION, session);
      } finally {
        sessions.push(group(`session[${i}]`, at, after.position, session));
      }
      encrypted ||= hasBit(session, "encrypt");
    }
  });
  const inner = new Decoder(octets, start, start + size);
  parameters(inner, command, command.response, fields, encrypted);
  if (inner.remaining > 0) fields.push(inner.rest("surplus octets"));
  fields.push(...sessions);
  if (problem !== null) throw new TraceProblem(problem, after.position);
  if (after.remaining > 0) fields.push(after.rest("surplus octets"));
}

/** The size of an area, which is there. @throws TraceProblem when fewer octets are left. */
function areaSize(decoder: Decoder, row: Field, fields: TraceField[], octets: Uint8Array): number {
  const at = decoder.position;
  const size = uint(octets, at, 4);
  decoder.fields([row], fields);
  if (size <= decoder.remaining) return size;
  throw new TraceProblem(`${row.name} says ${size}, but ${decoder.remaining} octets are left`, at);
}

/** @returns true when a session encrypts the first parameter. */
function commandSessions(decoder: Decoder, fields: TraceField[], octets: Uint8Array): boolean {
  const size = areaSize(decoder, AUTHORIZATION_SIZE, fields, octets);
  const end = decoder.position + size;
  const area = new Decoder(octets, decoder.position, end);
  let encrypted = false;
  for (let i = 0; area.remaining > 0; i++) {
    const session: TraceField[] = [];
    const at = area.position;
    const isPassword = uint(octets, at, 4) === TPM_RH.TPM_RS_PW;
    try {
      area.fields(COMMAND_SESSION, session);
    } finally {
      const shown = session.map((field) => (isPassword && field.name === "hmac" ? { ...field, secret: true } : field));
      fields.push(group(`session[${i}]`, at, area.position, shown));
    }
    encrypted ||= hasBit(session, "decrypt");
  }
  decoder.skipTo(end);
  return encrypted;
}

function parameters(
  decoder: Decoder,
  command: Command,
  rows: readonly Field[],
  fields: TraceField[],
  encrypted: boolean,
): void {
  const [first, ...others] = rows;
  if (encrypted && first !== undefined) fields.push(decoder.opaque(first, "encrypted"));
  for (const row of encrypted ? others : rows) decoder.fields([row], fields, isSecretOf(command, row));
}

const hasBit = (session: readonly TraceField[], bit: string) =>
  session.some(({ name, value }) => name === "sessionAttributes" && value.split(" | ").includes(bit));

function group(name: string, start: number, end: number, fields: readonly TraceField[]): TraceField {
  return { name, type: "", offset: start, size: end - start, value: "", secret: false, fields };
}

function attempt(body: () => void): string | null {
  try {
    body();
    return null;
  } catch (error) {
    if (error instanceof TraceProblem) return error.message;
    throw error;
  }
}
