/** Commands as octets, and octets as responses (Part 1, 18). */
import { attributeBits } from "../spec/attributes.ts";
import { type CommandName, commandNamed } from "../spec/commands.ts";
import { TPM_RH } from "../spec/handles.ts";
import { HEADER_SIZE, TPM_RC_SUCCESS, TPM_ST_NO_SESSIONS, TPM_ST_SESSIONS } from "../spec/header.ts";
import type { Field } from "../spec/rows.ts";
import { TpmError, TpmFormatError } from "./errors.ts";
import { Marshaller } from "./marshal.ts";
import { Unmarshaller } from "./unmarshal.ts";
import type { CommandInput, CommandOutput, TpmStructure, TpmValue } from "./values.ts";

/** A TPMS_AUTH_COMMAND, ready to be sent. */
export interface SessionOctets {
  readonly handle: number;
  readonly nonce: Uint8Array;
  readonly attributes: number;
  /** The HMAC, or the password of a password session. */
  readonly hmac: Uint8Array;
}
export interface SessionAnswer {
  readonly nonce: Uint8Array;
  readonly attributes: number;
  readonly hmac: Uint8Array;
}

const NOTHING = new Uint8Array(0);
/** TPMA_SESSION, where the caller says nothing else. */
export const DEFAULT_ATTRIBUTES = attributeBits("TPMA_SESSION", "continueSession");

/** A password session. @param auth the authValue; text is taken as UTF-8. */
export function password(auth: Uint8Array | string = NOTHING): SessionOctets {
  const hmac = typeof auth === "string" ? new TextEncoder().encode(auth) : auth;
  return { handle: TPM_RH.TPM_RS_PW, nonce: NOTHING, attributes: DEFAULT_ATTRIBUTES, hmac };
}

/** Fields in wire form, one after the other. */
export function marshalFields(path: string, fields: readonly Field[], values: TpmStructure): Uint8Array {
  const known = new Set(fields.map(({ name }) => name));
  for (const name of Object.keys(values)) if (!known.has(name)) throw new TpmFormatError(`${path}: has no ${name}`);
  const marshaller = new Marshaller();
  for (const { name, type } of fields) marshaller.value(type, values[name], `${path}.${name}`);
  return marshaller.finish();
}

/**
 * A whole command.
 * @param input handles and parameters by their names in Part 3, and the sessions in the order of the handles that
 * need authorisation. Without `sessions`, each such handle gets a password session with an empty password.
 * @throws TpmFormatError for a value that can't be written as its type; the TPM checks everything else.
 */
export function marshalCommand<Name extends CommandName>(
  name: Name,
  input: CommandInput<Name> & { readonly sessions?: readonly SessionOctets[] },
): Uint8Array {
  const command = commandNamed(name);
  const handles = marshalFields(`${name}.handles`, command.handles, (input.handles ?? {}) as TpmStructure);
  const parameters = marshalFields(`${name}.parameters`, command.parameters, (input.parameters ?? {}) as TpmStructure);
  const sessions = input.sessions ?? command.handles.filter(({ role }) => role !== null).map(() => password());
  return assemble(command.code, handles, sessions, parameters);
}

export function assemble(
  code: number,
  handles: Uint8Array,
  sessions: readonly SessionOctets[],
  parameters: Uint8Array,
): Uint8Array {
  const body = new Marshaller();
  body.octets(handles);
  if (sessions.length > 0) {
    const area = new Marshaller();
    for (const [i, { handle, nonce, attributes, hmac }] of sessions.entries()) {
      area.unsigned(handle, 4);
      area.buffer(nonce, `session ${i}.nonce`);
      area.unsigned(attributes, 1);
      area.buffer(hmac, `session ${i}.hmac`);
    }
    const octets = area.finish();
    body.unsigned(octets.length, 4);
    body.octets(octets);
  }
  body.octets(parameters);
  const rest = body.finish();
  const whole = new Marshaller();
  whole.unsigned(sessions.length > 0 ? TPM_ST_SESSIONS : TPM_ST_NO_SESSIONS, 2);
  whole.unsigned(HEADER_SIZE + rest.length, 4);
  whole.unsigned(code, 4);
  whole.octets(rest);
  return whole.finish();
}

/** A response taken apart, before its parameters are looked at. */
export interface ResponseParts {
  readonly handles: TpmStructure;
  readonly parameters: Uint8Array;
  readonly sessions: readonly SessionAnswer[];
}

/** @throws TpmError for a response code other than TPM_RC_SUCCESS, TpmFormatError for malformed octets. */
export function takeApart(name: CommandName, response: Uint8Array): ResponseParts {
  const command = commandNamed(name);
  const reader = new Unmarshaller(response);
  const tag = reader.unsigned(2, `${name}: tag`);
  const size = reader.unsigned(4, `${name}: responseSize`);
  const code = reader.unsigned(4, `${name}: responseCode`);
  if (size !== response.length)
    throw new TpmFormatError(`${name}: responseSize is ${size}, but the response has ${response.length} octets`);
  if (code !== TPM_RC_SUCCESS) throw new TpmError(name, code);
  const handles = readFields(name, command.responseHandles, reader);
  if (tag !== TPM_ST_SESSIONS) return { handles, parameters: reader.take(reader.remaining, name), sessions: [] };
  const parameters = reader.take(reader.unsigned(4, `${name}: parameterSize`), `${name}: parameters`);
  const sessions: SessionAnswer[] = [];
  while (reader.remaining > 0) {
    const path = `${name}: session ${sessions.length}`;
    const nonce = reader.take(reader.unsigned(2, path), path);
    const attributes = reader.unsigned(1, path);
    sessions.push({ nonce, attributes, hmac: reader.take(reader.unsigned(2, path), path) });
  }
  return { handles, parameters, sessions };
}

function readFields(name: string, fields: readonly Field[], reader: Unmarshaller): TpmStructure {
  const values: Record<string, TpmValue | undefined> = {};
  for (const field of fields) values[field.name] = reader.value(field.type, `${name}: ${field.name}`);
  return values;
}

/** Response parameters as values. @throws TpmFormatError */
export function readParameters(name: CommandName, parameters: Uint8Array): TpmStructure {
  const reader = new Unmarshaller(parameters);
  const values = readFields(name, commandNamed(name).response, reader);
  if (reader.remaining > 0)
    throw new TpmFormatError(`${name}: ${reader.remaining} octets are left over in the response`);
  return values;
}

/**
 * A whole response to `name`.
 * @throws TpmError for a response code other than TPM_RC_SUCCESS, TpmFormatError for octets that are not what Part 3 says.
 */
export function unmarshalResponse<Name extends CommandName>(
  name: Name,
  response: Uint8Array,
): CommandOutput<Name> & { readonly sessions: readonly SessionAnswer[] } {
  const { handles, parameters, sessions } = takeApart(name, response);
  const output = { handles, parameters: readParameters(name, parameters), sessions };
  return output as unknown as CommandOutput<Name> & { readonly sessions: readonly SessionAnswer[] };
}
