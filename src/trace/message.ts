/** Commands and responses as trees of named fields (Part 1, 18; Part 3, 5). Nothing here throws on any octets. */
import { type Command, commandWithCode } from "../spec/commands.ts";
import { HEADER_SIZE, TPM_RC_SUCCESS, TPM_ST_NO_SESSIONS, TPM_ST_SESSIONS } from "../spec/header.ts";
import { type Field, parseField } from "../spec/rows.ts";
import { Decoder, type TraceField, TraceProblem } from "./decoder.ts";
import { type DecodedResponseCode, decodeResponseCode } from "./responseCode.ts";

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
const SURPLUS = "surplus octets";

const COMMAND_HEADER = ["tag: TPM_ST", "commandSize: UINT32", "commandCode: TPM_CC"].map(parseField);
const RESPONSE_HEADER = ["tag: TPM_ST", "responseSize: UINT32", "responseCode: TPM_RC"].map(parseField);
const AUTHORIZATION_SIZE = parseField("authorizationSize: UINT32");
const PARAMETER_SIZE = parseField("parameterSize: UINT32");
const COMMAND_SESSION = parseField("session: TPMS_AUTH_COMMAND");
const RESPONSE_SESSION = parseField("session: TPMS_AUTH_RESPONSE");

const uint = (octets: Uint8Array, at: number, size: number) => {
  let value = 0;
  for (let i = 0; i < size; i++) value = value * 256 + (octets[at + i] ?? 0);
  return value;
};

/**
 * @param octets a whole command, as it was given to the TPM. Where it does not decode to its end, everything behind its
 * handles is a secret: what stands in the place of a public parameter may be something else.
 */
export function decodeCommand(octets: Uint8Array): DecodedCommand {
  const code = octets.length >= HEADER_SIZE ? uint(octets, 6, 4) : 0;
  const command = octets.length >= HEADER_SIZE ? commandWithCode(code) : undefined;
  const name = command?.name ?? (octets.length >= HEADER_SIZE ? `0x${code.toString(16).padStart(8, "0")}` : "(short)");
  const head: TraceField[] = [];
  const body: TraceField[] = [];
  const problem = attempt(() => {
    const decoder = new Decoder(octets);
    decoder.fields(COMMAND_HEADER, head);
    if (command === undefined) {
      if (decoder.remaining > 0) body.push(decoder.rest("unknown"));
      throw new TraceProblem(`there is no command with the code ${name}`, 6);
    }
    decoder.fields(command.handles, head);
    commandBody(decoder, command, octets, body);
    const declared = uint(octets, 2, 4);
    if (declared !== octets.length) {
      throw new TraceProblem(`commandSize says ${declared}, but ${octets.length} octets came`, 2);
    }
    refuseSurplus(body);
  });
  return { name, code, command, ...whole(octets, head, body, problem) };
}

/**
 * @param octets a whole response. Where it does not decode to its end, everything behind its handles is a secret.
 * @param to the command that it answers, or its code: without it only the header is decoded.
 */
export function decodeResponse(octets: Uint8Array, to?: Uint8Array | number): DecodedResponse {
  const commandCode = typeof to === "number" || to === undefined ? to : uint(to, 6, 4);
  const command = commandCode === undefined ? undefined : commandWithCode(commandCode);
  const responseCode = decodeResponseCode(uint(octets, 6, 4), command);
  const head: TraceField[] = [];
  const body: TraceField[] = [];
  const problem = attempt(() => {
    const decoder = new Decoder(octets);
    decoder.fields(RESPONSE_HEADER, head);
    if (responseCode.code === TPM_RC_SUCCESS && command !== undefined) {
      decoder.fields(command.responseHandles, head);
      responseBody(decoder, command, octets, body);
      refuseSurplus(body);
    } else if (decoder.remaining > 0) body.push(decoder.rest("unknown"));
  });
  return { responseCode, ...whole(octets, head, body, problem) };
}

/** The fields cover all octets, in their order: where the walk has stopped, the last of them is what is left. */
function whole(
  octets: Uint8Array,
  head: readonly TraceField[],
  body: readonly TraceField[],
  problem: string | null,
): { fields: readonly TraceField[]; problem?: string } {
  if (problem === null) return { fields: [...head, ...body] };
  const fields = [...head, ...body.map((field) => ({ ...field, secret: true }))];
  const last = fields.at(-1);
  const left = new Decoder(octets, last === undefined ? 0 : last.offset + last.size);
  return { fields: left.remaining > 0 ? [...fields, left.rest("not decoded")] : fields, problem };
}

/** @throws TraceProblem */
function refuseSurplus(body: readonly TraceField[]): void {
  const surplus = body.find(({ name }) => name === SURPLUS);
  if (surplus === undefined) return;
  throw new TraceProblem(`${surplus.size} octets too many at offset ${surplus.offset}`, surplus.offset);
}

function commandBody(decoder: Decoder, command: Command, octets: Uint8Array, body: TraceField[]): void {
  const tag = uint(octets, 0, 2);
  if (tag !== TPM_ST_SESSIONS && tag !== TPM_ST_NO_SESSIONS) {
    throw new TraceProblem("tag is neither TPM_ST_SESSIONS nor TPM_ST_NO_SESSIONS", 0);
  }
  const hasSessions = tag === TPM_ST_SESSIONS;
  const encrypted = hasSessions && commandSessions(decoder, body, octets);
  parameters(decoder, command.parameters, body, encrypted);
  if (decoder.remaining > 0) body.push(decoder.rest(SURPLUS));
  if (command.sessions === (hasSessions ? "forbidden" : "required")) {
    throw new TraceProblem(`${command.name} ${hasSessions ? "takes no sessions" : "needs a session"}: see its tag`, 0);
  }
}

function responseBody(decoder: Decoder, command: Command, octets: Uint8Array, body: TraceField[]): void {
  if (uint(octets, 0, 2) !== TPM_ST_SESSIONS) {
    parameters(decoder, command.response, body, false);
    if (decoder.remaining > 0) body.push(decoder.rest(SURPLUS));
    return;
  }
  const size = areaSize(decoder, PARAMETER_SIZE, body, octets);
  const start = decoder.position;
  // The sessions come last; whether one of them encrypts must be known before the parameters are looked at.
  const sessions: TraceField[] = [];
  const after = new Decoder(octets, start + size);
  let encrypted = false;
  const problem = attempt(() => {
    for (let i = 0; i < MAX_SESSIONS && after.remaining > 0; i++) {
      after.fields([{ ...RESPONSE_SESSION, name: `session[${i}]` }], sessions);
      encrypted ||= hasBit(sessions[i], "encrypt");
    }
  });
  const inner = new Decoder(octets, start, start + size);
  parameters(inner, command.response, body, encrypted);
  if (inner.remaining > 0) body.push(inner.rest(SURPLUS));
  body.push(...sessions);
  if (problem !== null) throw new TraceProblem(problem, after.position);
  if (after.remaining > 0) body.push(after.rest(SURPLUS));
}

/** The size of an area, which is there. @throws TraceProblem when fewer octets are left. */
function areaSize(decoder: Decoder, row: Field, body: TraceField[], octets: Uint8Array): number {
  const at = decoder.position;
  const size = uint(octets, at, 4);
  decoder.fields([row], body);
  if (size <= decoder.remaining) return size;
  throw new TraceProblem(`${row.name} says more than the ${decoder.remaining} octets that are left`, at);
}

/** @returns true when a session encrypts the first parameter. */
function commandSessions(decoder: Decoder, body: TraceField[], octets: Uint8Array): boolean {
  const size = areaSize(decoder, AUTHORIZATION_SIZE, body, octets);
  const end = decoder.position + size;
  const area = new Decoder(octets, decoder.position, end);
  const sessions: TraceField[] = [];
  try {
    while (area.remaining > 0) {
      area.fields([{ ...COMMAND_SESSION, name: `session[${sessions.length}]` }], sessions);
    }
  } finally {
    body.push(...sessions);
  }
  decoder.skipTo(end);
  return sessions.some((session) => hasBit(session, "decrypt"));
}

function parameters(decoder: Decoder, rows: readonly Field[], body: TraceField[], encrypted: boolean): void {
  const [first, ...others] = rows;
  if (encrypted && first !== undefined) body.push(decoder.opaque(first, "encrypted"));
  decoder.fields(encrypted ? others : rows, body);
}

const hasBit = (session: TraceField | undefined, bit: string) =>
  session?.fields.some(({ name, value }) => name === "sessionAttributes" && value.split(" | ").includes(bit)) ?? false;

function attempt(body: () => void): string | null {
  try {
    body();
    return null;
  } catch (error) {
    if (error instanceof TraceProblem) return error.message;
    throw error;
  }
}
