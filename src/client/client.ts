/** A client of a TPM, typed by the specification's tables. */

import type { TpmBackend } from "../engine/backend.ts";
import { type Command, type CommandName, commandNamed } from "../spec/commands.ts";
import { TPM_HT } from "../spec/handles.ts";
import { TPM_RC_SUCCESS } from "../spec/header.ts";
import {
  assemble,
  DEFAULT_ATTRIBUTES,
  marshalFields,
  password,
  type ResponseParts,
  readParameters,
  type SessionOctets,
  takeApart,
} from "./command.ts";
import { TpmFormatError } from "./errors.ts";
import { type HmacAuthorization, HmacSession, hash, type SessionHash } from "./hmacSession.ts";
import { Marshaller } from "./marshal.ts";
import type { CommandInput, CommandOutput, TpmStructure } from "./values.ts";

export type Authorization = SessionOctets | HmacAuthorization;

export type CallOptions = {
  /**
   * One for each handle that needs authorisation, in their order, then sessions that only audit. Default: a password
   * session with an empty password for each such handle.
   */
  readonly sessions?: readonly Authorization[];
  /**
   * Names of the entities behind the handles, in their order, for HMAC sessions. Only needed for objects and NV
   * Indices; everything else is named by its handle.
   */
  readonly names?: readonly (Uint8Array | undefined)[];
  /** Default: 0. */
  readonly locality?: 0 | 1 | 2 | 3 | 4;
};

function octetsOf(auth: Uint8Array | string | undefined): Uint8Array {
  return typeof auth === "string" ? new TextEncoder().encode(auth) : (auth ?? new Uint8Array(0));
}
function isHmac(authorization: Authorization): authorization is HmacAuthorization {
  return "session" in authorization;
}

export class TpmClient {
  readonly #tpm: Pick<TpmBackend, "execute">;

  /** @param tpm anything that executes commands: what `createTpm` gives, or a backend. */
  constructor(tpm: Pick<TpmBackend, "execute">) {
    this.#tpm = tpm;
  }

  /**
   * Executes one command: `await client.call("GetRandom", { parameters: { bytesRequested: 16 } })`.
   * @throws TpmError for a response code other than TPM_RC_SUCCESS; TpmFormatError for a value that can't be written
   * as its type, a malformed response, or one that an HMAC session does not prove.
   */
  async call<Name extends CommandName>(
    name: Name,
    input: CommandInput<Name>,
    options: CallOptions = {},
  ): Promise<CommandOutput<Name>> {
    const command = commandNamed(name);
    const handles = marshalFields(`${name}.handles`, command.handles, (input.handles ?? {}) as TpmStructure);
    const parameters = marshalFields(
      `${name}.parameters`,
      command.parameters,
      (input.parameters ?? {}) as TpmStructure,
    );
    const sessions = options.sessions ?? command.handles.filter(({ role }) => role !== null).map(() => password());
    const ready: SessionOctets[] = [];
    for (const authorization of sessions) {
      if (!isHmac(authorization)) {
        ready.push(authorization);
        continue;
      }
      const { session, auth, bound = false, attributes = DEFAULT_ATTRIBUTES } = authorization;
      const cpHash = await commandHash(command, session.algorithm, handles, parameters, options.names);
      ready.push(await session.authorize({ cpHash, auth: octetsOf(bound ? undefined : auth), attributes }));
    }
    const octets = assemble(command.code, handles, ready, parameters);
    const response = await this.#tpm.execute(octets, { locality: options.locality ?? 0 });
    const parts = takeApart(name, response);
    await verify(command, sessions, parts);
    const output = { handles: parts.handles, parameters: readParameters(name, parts.parameters) };
    return output as unknown as CommandOutput<Name>;
  }

  /**
   * Starts an HMAC session. Flush it with FlushContext when it is no longer needed.
   * @param bind the entity it is bound to, and its authValue: a stolen transcript then reveals less.
   */
  async startHmacSession(
    algorithm: SessionHash = "TPM_ALG_SHA256",
    bind?: { readonly handle: number; readonly auth?: Uint8Array | string },
  ): Promise<HmacSession> {
    const nonceCaller = crypto.getRandomValues(new Uint8Array(algorithm === "TPM_ALG_SHA1" ? 20 : 32));
    const { handles, parameters } = await this.call("StartAuthSession", {
      handles: { tpmKey: "TPM_RH_NULL", bind: bind?.handle ?? "TPM_RH_NULL" },
      parameters: {
        nonceCaller,
        encryptedSalt: new Uint8Array(0),
        sessionType: "TPM_SE_HMAC",
        symmetric: { algorithm: "TPM_ALG_NULL" },
        authHash: algorithm,
      },
    });
    const bindAuth = bind === undefined ? {} : { bindAuth: octetsOf(bind.auth) };
    const { nonceTPM } = parameters;
    return HmacSession.from({ handle: handles.sessionHandle, algorithm, nonceCaller, nonceTPM, ...bindAuth });
  }
}

function uint32(value: number): Uint8Array {
  const marshaller = new Marshaller();
  marshaller.unsigned(value, 4);
  return marshaller.finish();
}

/** Part 1, 16: the Names of NV Indices and of objects are digests. */
const NAMED_BY_DIGEST: readonly number[] = [TPM_HT.TPM_HT_NV_INDEX, TPM_HT.TPM_HT_TRANSIENT, TPM_HT.TPM_HT_PERSISTENT];

/** cpHash (Part 1, 16.7). */
async function commandHash(
  command: Command,
  algorithm: SessionHash,
  handles: Uint8Array,
  parameters: Uint8Array,
  names: CallOptions["names"],
): Promise<Uint8Array> {
  const parts = command.handles.map(({ name }, i) => {
    const given = names?.[i];
    if (given !== undefined) return given;
    const handle = handles.subarray(4 * i, 4 * i + 4);
    if (NAMED_BY_DIGEST.includes(handle[0] ?? 0))
      throw new TpmFormatError(
        `${command.name}.${name}: an HMAC session needs the Name of this entity: give it in names[${i}]`,
      );
    return handle;
  });
  return hash(algorithm, uint32(command.code), ...parts, parameters);
}

async function verify(command: Command, sessions: readonly Authorization[], parts: ResponseParts): Promise<void> {
  if (parts.sessions.length !== sessions.length)
    throw new TpmFormatError(
      `${command.name}: the response has ${parts.sessions.length} sessions for ${sessions.length}`,
    );
  for (const [i, answer] of parts.sessions.entries()) {
    const authorization = sessions[i];
    if (authorization === undefined || !isHmac(authorization)) continue;
    const { session, auth, bound = false, newAuth } = authorization;
    const rpHash = await hash(session.algorithm, uint32(TPM_RC_SUCCESS), uint32(command.code), parts.parameters);
    const key = newAuth !== undefined ? newAuth : bound ? undefined : auth;
    await session.verify(answer, rpHash, octetsOf(key));
  }
}
