/** A client of a TPM, typed by the specification's tables. */

import type { TpmBackend } from "../engine/backend.ts";
import { type Command, type CommandName, commandNamed } from "../spec/commands.ts";
import { TPM_RH } from "../spec/handles.ts";
import { HEADER_SIZE } from "../spec/header.ts";
import { decodeResponseCode } from "../trace/responseCode.ts";
import { assemble, marshalFields, password, readParameters, type SessionOctets, takeApart } from "./command.ts";
import { EntityNames, isNamedByDigest, isNvIndex } from "./entityNames.ts";
import { TpmError, TpmFormatError } from "./errors.ts";
import { isNameOfIndex } from "./indexName.ts";
import { authAfter, authorized, encrypted, type Participant, verified } from "./participants.ts";
import { makeSalt } from "./salt.ts";
import { AuthSession, attributesOf, type SessionAuthorization, type SessionType } from "./session.ts";
import { areEqual, hash, type SessionCipher, type SessionHash, sizeOf, uint32 } from "./sessionCrypto.ts";
import { inTurn } from "./turns.ts";
import type { CommandInput, CommandOutput, OutputOf, TpmStructure } from "./values.ts";

/** A password, or a session that takes part. */
export type Authorization = SessionOctets | SessionAuthorization;

export type CallOptions = {
  /**
   * One for each handle that needs authorisation, in their order, then sessions that only audit or encrypt; three at most.
   * Default: a password session with an empty password for each such handle.
   */
  readonly sessions?: readonly Authorization[];
  /**
   * Names of the entities behind the handles, in their order, for sessions. Where none is given the client takes what the TPM
   * told, or asks it (TPM2_ReadPublic, TPM2_NV_ReadPublic): give it where nobody else's entity must pass for yours.
   */
  readonly names?: readonly (Uint8Array | undefined)[];
  /** Default: 0. */
  readonly locality?: 0 | 1 | 2 | 3 | 4;
};

export type SessionOptions = {
  /** Default: TPM_SE_HMAC. */
  readonly type?: SessionType;
  /** Of the session's HMACs and digests. Default: TPM_ALG_SHA256. */
  readonly algorithm?: SessionHash;
  /** The handle of a key that decrypts, loaded: only its TPM learns the salt, which is part of the session's key. */
  readonly salt?: number;
  /** The salt key's public area, where the client is not to ask the TPM for it. */
  readonly saltPublic?: OutputOf<"TPMT_PUBLIC">;
  /** The entity that it is bound to, and its authValue, which becomes part of the session's key. */
  readonly bind?: { readonly handle: number | keyof typeof TPM_RH; readonly auth?: Uint8Array | string };
  /** Makes it able to encrypt parameters. Default: none. */
  readonly cipher?: SessionCipher;
};

const NOTHING = new Uint8Array(0);

function octetsOf(auth: Uint8Array | string | undefined): Uint8Array {
  return typeof auth === "string" ? new TextEncoder().encode(auth) : (auth ?? NOTHING);
}
/** TPM_RC_RETRY is answered so often with the same command, as tpm2-tss does. */
const RETRIES = 5;
const isRetry = (response: Uint8Array): boolean =>
  response.length === HEADER_SIZE &&
  decodeResponseCode(new DataView(response.buffer, response.byteOffset).getUint32(6)).name === "TPM_RC_RETRY";
const isOfAuthorization = (error: unknown): boolean =>
  error instanceof TpmError && ["TPM_RC_AUTH_FAIL", "TPM_RC_BAD_AUTH"].includes(error.decoded.name);
const takesPart = (authorization: Authorization): authorization is SessionAuthorization => "session" in authorization;
/** The nonces, keys and ciphers of StartAuthSession, in the tables' form. */
const symmetricOf = (cipher: SessionCipher | undefined, algorithm: SessionHash) => {
  if (cipher === undefined) return { algorithm: "TPM_ALG_NULL" } as const;
  if (cipher.algorithm === "TPM_ALG_XOR") return { algorithm: "TPM_ALG_XOR", keyBits: algorithm } as const;
  return { algorithm: "TPM_ALG_AES", keyBits: cipher.keyBits, mode: "TPM_ALG_CFB" } as const;
};
/** What a policy command makes its session demand. */
const POLICY_NEEDS: Partial<Record<CommandName, "nothing" | "authValue" | "password">> = {
  PolicyAuthValue: "authValue",
  PolicyPassword: "password",
  PolicyRestart: "nothing",
};

export class TpmClient {
  readonly #tpm: Pick<TpmBackend, "execute">;
  readonly #names = new EntityNames();
  /** Policy sessions of this client, by handle. */
  readonly #policies = new Map<number, WeakRef<AuthSession>>();

  /** @param tpm anything that executes commands: what `createTpm` gives, or a backend. */
  constructor(tpm: Pick<TpmBackend, "execute">) {
    this.#tpm = tpm;
  }

  /**
   * Executes one command: `await client.call("GetRandom", { parameters: { bytesRequested: 16 } })`. Commands with the same session
   * wait for each other.
   * @throws TpmError for a response code other than TPM_RC_SUCCESS; TpmFormatError for a value that can't be written
   * as its type, a malformed response, or one that a session does not prove.
   */
  async call<Name extends CommandName>(
    name: Name,
    input: CommandInput<Name>,
    options: CallOptions = {},
  ): Promise<CommandOutput<Name>> {
    const used = options.sessions?.filter(takesPart).map(({ session }) => session) ?? [];
    return used.length === 0 ? this.#call(name, input, options) : inTurn(used, () => this.#call(name, input, options));
  }

  /** Once more where a session did not fit because somebody else has written or locked an index since its Name was told. */
  async #call<Name extends CommandName>(
    name: Name,
    input: CommandInput<Name>,
    options: CallOptions,
  ): Promise<CommandOutput<Name>> {
    try {
      return await this.#send(name, input, options);
    } catch (error) {
      const handles = (input.handles ?? {}) as TpmStructure;
      if (!isOfAuthorization(error) || !options.sessions?.some(takesPart)) throw error;
      if (!(await this.#hasOldName(Object.values(handles), options.names))) throw error;
      return this.#send(name, input, options);
    }
  }

  /** Asks for the indices whose Names were not given, and forgets those that have changed by use. Another index in the place of one keeps its Name. */
  async #hasOldName(handles: readonly unknown[], given: CallOptions["names"] = []): Promise<boolean> {
    let isOld = false;
    for (const [i, handle] of handles.entries()) {
      const known = typeof handle === "number" && isNvIndex(handle) ? this.#names.get(handle) : undefined;
      const isAsked = typeof handle === "number" && handles.indexOf(handle) < i;
      if (known === undefined || typeof handle !== "number" || given[i] !== undefined || isAsked) continue;
      const read = await this.call("NV_ReadPublic", { handles: { nvIndex: handle } }).catch(() => null);
      const { nvPublic = null, nvName = NOTHING } = read?.parameters ?? {};
      if (nvPublic !== null && !areEqual(known, nvName) && (await isNameOfIndex(known, nvPublic))) isOld = true;
      else this.#names.set(handle, known);
    }
    return isOld;
  }

  async #send<Name extends CommandName>(
    name: Name,
    input: CommandInput<Name>,
    options: CallOptions,
  ): Promise<CommandOutput<Name>> {
    const command = commandNamed(name);
    const values = (input.parameters ?? {}) as TpmStructure;
    const handles = marshalFields(`${name}.handles`, command.handles, (input.handles ?? {}) as TpmStructure);
    const plain = marshalFields(`${name}.parameters`, command.parameters, values);
    const sessions = options.sessions ?? command.handles.filter(({ role }) => role !== null).map(() => password());
    const numbers = command.handles.map((_, i) => new DataView(handles.buffer, handles.byteOffset).getUint32(4 * i));
    const names = sessions.some(takesPart) ? await this.#namesOf(numbers, options.names) : [];
    const participants = sessions.map((session, i) => this.#participant(command, numbers, names, values, session, i));
    for (const participant of participants) participant?.use.session.renew();

    // A command without sessions is on its way when this returns: whoever asks the TPM whether it is busy may count on it.
    const parameters = sessions.some(takesPart) ? await encrypted(command, participants, plain) : plain;
    const cpHash = (algorithm: SessionHash) => hash(algorithm, uint32(command.code), ...names, parameters);
    const ready: SessionOctets[] = [];
    for (const [i, participant] of participants.entries()) {
      if (participant === null) ready.push(sessions[i] as SessionOctets);
      else ready.push(await authorized(participant, i, participants, await cpHash(participant.use.session.algorithm)));
    }
    const octets = assemble(command.code, handles, ready, parameters);
    const response = await this.#execute(octets, options.locality ?? 0);
    const parts = takeApart(name, response);
    const answered = await verified(command, participants, parts, cpHash);
    const output = { handles: parts.handles, parameters: readParameters(name, answered) };
    this.#names.learn(name, numbers, values, output);
    this.#notePolicy(name, numbers);
    return output as unknown as CommandOutput<Name>;
  }

  /** TPM_RC_RETRY: the TPM has not begun, such as before the first use of what the dictionary attack protection watches. */
  async #execute(octets: Uint8Array, locality: NonNullable<CallOptions["locality"]>): Promise<Uint8Array> {
    let response = await this.#tpm.execute(octets, { locality });
    for (let retries = 0; retries < RETRIES && isRetry(response); retries++)
      response = await this.#tpm.execute(octets, { locality });
    return response;
  }

  /**
   * Starts a session. Flush it with FlushContext when it is no longer needed.
   * @throws TpmError; TpmFormatError for a salt key that WebCrypto can't use.
   */
  async startSession(options: SessionOptions = {}): Promise<AuthSession> {
    const { type = "TPM_SE_HMAC", algorithm = "TPM_ALG_SHA256", cipher, salt, bind } = options;
    const nonceCaller = crypto.getRandomValues(new Uint8Array(sizeOf(algorithm)));
    const secret = salt === undefined ? undefined : await makeSalt(options.saltPublic ?? (await this.#publicOf(salt)));
    const bindHandle = typeof bind?.handle === "string" ? TPM_RH[bind.handle] : bind?.handle;
    const entity =
      bindHandle === undefined || bindHandle === TPM_RH.TPM_RH_NULL
        ? undefined
        : { name: (await this.#namesOf([bindHandle]))[0] ?? NOTHING, auth: octetsOf(bind?.auth) };
    const { handles, parameters } = await this.call("StartAuthSession", {
      handles: { tpmKey: salt ?? "TPM_RH_NULL", bind: bindHandle ?? "TPM_RH_NULL" },
      parameters: {
        nonceCaller,
        encryptedSalt: secret?.encryptedSalt ?? NOTHING,
        sessionType: type,
        symmetric: symmetricOf(cipher, algorithm),
        authHash: algorithm,
      },
    });
    const handle = handles.sessionHandle;
    const { nonceTPM } = parameters;
    const start = { handle, type, algorithm, cipher, nonceCaller, nonceTPM, salt: secret?.salt, bind: entity };
    const session = await AuthSession.from(start);
    if (type === "TPM_SE_HMAC") this.#policies.delete(handle);
    else this.#policies.set(handle, new WeakRef(session));
    return session;
  }

  /**
   * The Name of an entity: a digest for objects and NV Indices, for which the TPM is asked when it has not told; else the handle.
   * @throws TpmError when there is no such entity.
   */
  async nameOf(handle: number | keyof typeof TPM_RH): Promise<Uint8Array> {
    const [name = NOTHING] = await this.#namesOf([typeof handle === "string" ? TPM_RH[handle] : handle]);
    return name.slice();
  }

  async #namesOf(handles: readonly number[], given: CallOptions["names"] = []): Promise<Uint8Array[]> {
    const names: Uint8Array[] = [];
    for (const [i, handle] of handles.entries())
      names.push(given[i] ?? (isNamedByDigest(handle) ? await this.#digestName(handle) : uint32(handle)));
    return names;
  }

  async #digestName(handle: number): Promise<Uint8Array> {
    const known = this.#names.get(handle);
    if (known !== undefined) return known;
    try {
      if (isNvIndex(handle))
        return (await this.call("NV_ReadPublic", { handles: { nvIndex: handle } })).parameters.nvName;
      return (await this.call("ReadPublic", { handles: { objectHandle: handle } })).parameters.name;
    } catch (error) {
      // What has no public area is a sequence; whether it may be used in this command is for the TPM to say.
      if (error instanceof TpmError && error.decoded.name === "TPM_RC_SEQUENCE") return NOTHING;
      throw error;
    }
  }

  async #publicOf(handle: number): Promise<OutputOf<"TPMT_PUBLIC">> {
    const { outPublic } = (await this.call("ReadPublic", { handles: { objectHandle: handle } })).parameters;
    if (outPublic === null) throw new TpmFormatError("ReadPublic: the TPM gave no public area");
    return outPublic;
  }

  #participant(
    command: Command,
    handles: readonly number[],
    names: readonly Uint8Array[],
    values: TpmStructure,
    authorization: Authorization,
    i: number,
  ): Participant | null {
    if (!takesPart(authorization)) return null;
    const attributes = attributesOf(authorization);
    const at = command.handles.map(({ role }, position) => ({ role, position })).filter(({ role }) => role !== null);
    const position = at[i]?.position;
    const name = position === undefined ? undefined : names[position];
    if (name === undefined || position === undefined)
      return { use: authorization, attributes, entity: undefined, entityAfter: undefined };
    const auth = octetsOf(authorization.auth);
    const after = authorization.newAuth ?? authAfter(command.name, handles[position] ?? 0, i, values);
    const entityAfter = after === undefined ? { name, auth } : { name, auth: octetsOf(after) };
    return { use: authorization, attributes, entity: { name, auth }, entityAfter };
  }

  #notePolicy(name: CommandName, [handle = 0]: readonly number[]): void {
    const needs = POLICY_NEEDS[name];
    if (needs !== undefined) this.#policies.get(handle)?.deref()?.notePolicy(needs);
  }
}
