/**
 * Sessions (Part 1, 19): HMAC and policy sessions, salted or not, bound or not; they prove who sends a command and who answers
 * it, encrypt the first parameter either way, and keep the digest of an audit.
 */
import { concat } from "../engine/bytes.ts";
import { attributeBits, hasAttribute } from "../spec/attributes.ts";
import type { SessionAnswer, SessionOctets } from "./command.ts";
import { TpmFormatError } from "./errors.ts";
import {
  areEqual,
  cryptParameter,
  hash,
  hmac,
  kdfa,
  type SessionCipher,
  type SessionHash,
  sizeOf,
  trimmed,
} from "./sessionCrypto.ts";

const NOTHING = new Uint8Array(0);

/** What a session is for: HMAC, a policy, or the computation of a policy's digest. */
export type SessionType = "TPM_SE_HMAC" | "TPM_SE_POLICY" | "TPM_SE_TRIAL";

export interface SessionStart {
  readonly handle: number;
  readonly type: SessionType;
  readonly algorithm: SessionHash;
  readonly cipher?: SessionCipher | undefined;
  readonly nonceCaller: Uint8Array;
  readonly nonceTPM: Uint8Array;
  readonly salt?: Uint8Array | undefined;
  /** The entity that the session is bound to. */
  readonly bind?: BoundEntity | undefined;
}
export interface BoundEntity {
  readonly name: Uint8Array;
  readonly auth: Uint8Array;
}

/** What a session proves of a command. */
export interface SessionUse {
  /** Of the command, in the session's algorithm. */
  readonly cpHash: Uint8Array;
  readonly attributes: number;
  /** The entity that the session authorises; absent where it only audits or encrypts. */
  readonly entity?: BoundEntity | undefined;
  /** The nonces of the other sessions that decrypt and encrypt: those that stand in the HMAC of the first session. */
  readonly otherNonces: readonly Uint8Array[];
}

/** A session that a TPM has started. It is flushed with TPM2_FlushContext when it is no longer needed. */
export class AuthSession {
  readonly handle: number;
  readonly type: SessionType;
  readonly algorithm: SessionHash;
  readonly cipher: SessionCipher | undefined;
  readonly #sessionKey: Uint8Array;
  readonly #bind: BoundEntity | undefined;
  #nonceCaller: Uint8Array;
  #nonceTPM: Uint8Array;
  /** What TPM2_PolicyAuthValue and TPM2_PolicyPassword have asked for. */
  #policyNeeds: "nothing" | "authValue" | "password" = "nothing";
  #auditDigest: Uint8Array | null = null;
  /** Whether the entity's authValue is part of the HMAC's key: decided with the command, it holds for the response. */
  #includesAuth = false;

  private constructor(start: SessionStart, sessionKey: Uint8Array) {
    this.handle = start.handle;
    this.type = start.type;
    this.algorithm = start.algorithm;
    this.cipher = start.cipher;
    this.#bind = start.bind;
    this.#sessionKey = sessionKey;
    this.#nonceCaller = start.nonceCaller;
    this.#nonceTPM = start.nonceTPM;
  }

  /** The session whose key comes from what only both sides know (Part 1, 19.6.8). */
  static async from(start: SessionStart): Promise<AuthSession> {
    const { algorithm, bind, salt, nonceTPM, nonceCaller } = start;
    if (bind === undefined && salt === undefined) return new AuthSession(start, NOTHING);
    const secret = concat(trimmed(bind?.auth ?? NOTHING), salt ?? NOTHING);
    const bits = 8 * sizeOf(algorithm);
    return new AuthSession(start, await kdfa(algorithm, secret, "ATH", nonceTPM, nonceCaller, bits));
  }

  /** The TPM's last nonce: what TPM2_PolicySigned wants signed. */
  get nonceTPM(): Uint8Array {
    return this.#nonceTPM.slice();
  }

  /**
   * The digest over all commands that this session has audited, as the TPM keeps it (Part 1, 19.7): what
   * TPM2_GetSessionAuditDigest attests. Null before the first one.
   */
  get auditDigest(): Uint8Array | null {
    return this.#auditDigest?.slice() ?? null;
  }

  /** A policy command was executed in this session: what it demands from now on. */
  notePolicy(needs: "nothing" | "authValue" | "password"): void {
    this.#policyNeeds = needs;
  }

  /** A fresh nonceCaller, before anything of a command is encrypted or proved with it. */
  renew(): void {
    this.#nonceCaller = crypto.getRandomValues(new Uint8Array(this.#nonceTPM.length));
  }

  /** Not of an entity that the session is bound to, and not where a policy does not ask for it (Part 1, 19.6.5). */
  #needsAuth(entity: BoundEntity): boolean {
    if (this.type !== "TPM_SE_HMAC") return this.#policyNeeds === "authValue";
    return !(
      this.#bind !== undefined &&
      areEqual(this.#bind.name, entity.name) &&
      areEqual(trimmed(this.#bind.auth), trimmed(entity.auth))
    );
  }

  #hmacKey(entity: BoundEntity | undefined): Uint8Array {
    return concat(this.#sessionKey, entity !== undefined && this.#includesAuth ? trimmed(entity.auth) : NOTHING);
  }

  /** The TPMS_AUTH_COMMAND for a command. */
  async authorize({ cpHash, attributes, entity, otherNonces }: SessionUse): Promise<SessionOctets> {
    this.#includesAuth = entity !== undefined && this.#needsAuth(entity);
    const [nonce, key] = [this.#nonceCaller, this.#hmacKey(entity)];
    const octets = { handle: this.handle, nonce, attributes };
    if (this.#policyNeeds === "password" && entity !== undefined) return { ...octets, hmac: entity.auth };
    if (this.#provesNothing(key)) return { ...octets, hmac: NOTHING };
    const nonces = [nonce, this.#nonceTPM, ...otherNonces];
    return { ...octets, hmac: await hmac(this.algorithm, key, cpHash, ...nonces, Uint8Array.of(attributes)) };
  }

  /** A policy session without any secret may do without an HMAC (Part 1, 19.6.5). */
  #provesNothing(key: Uint8Array): boolean {
    return this.type !== "TPM_SE_HMAC" && key.length === 0;
  }

  /**
   * Takes the TPM's nonce and checks its answer.
   * @param entity with the authValue that it has after the command
   * @throws TpmFormatError when the HMAC is not the TPM's.
   */
  async verify(answer: SessionAnswer, rpHash: Uint8Array, entity: BoundEntity | undefined): Promise<void> {
    this.#nonceTPM = answer.nonce.slice();
    const key = this.#hmacKey(entity);
    // Even where the command only encrypts.
    const isPassword = this.#policyNeeds === "password";
    const nonces = [this.#nonceTPM, this.#nonceCaller];
    const expected =
      isPassword || this.#provesNothing(key)
        ? NOTHING
        : await hmac(this.algorithm, key, rpHash, ...nonces, Uint8Array.of(answer.attributes));
    if (!areEqual(expected, answer.hmac))
      throw new TpmFormatError("the HMAC of the response is wrong: it was not made by this TPM for this session");
    // A policy ends with the command that used its session.
    this.#policyNeeds = "nothing";
  }

  /** The digest of the audit goes on with a command and its response (Part 1, 19.7.2). */
  async audit(attributes: number, cpHash: Uint8Array, rpHash: Uint8Array): Promise<void> {
    if (!hasAttribute("TPMA_SESSION", attributes, "audit")) return;
    const isNew = this.#auditDigest === null || hasAttribute("TPMA_SESSION", attributes, "auditReset");
    const before = isNew ? new Uint8Array(sizeOf(this.algorithm)) : (this.#auditDigest ?? NOTHING);
    this.#auditDigest = await hash(this.algorithm, before, cpHash, rpHash);
  }

  /** @throws TpmFormatError when it can't encrypt. */
  requireCipher(): SessionCipher {
    if (this.cipher !== undefined) return this.cipher;
    throw new TpmFormatError("a session that encrypts parameters needs a cipher: give one to startSession");
  }

  /** Encrypts the first parameter of a command, or decrypts that of a response. @throws TpmFormatError without a cipher. */
  async crypt(way: "encrypt" | "decrypt", entity: BoundEntity | undefined, data: Uint8Array): Promise<Uint8Array> {
    const [newer, older] =
      way === "encrypt" ? [this.#nonceCaller, this.#nonceTPM] : [this.#nonceTPM, this.#nonceCaller];
    const value = concat(this.#sessionKey, trimmed(entity?.auth ?? NOTHING));
    return cryptParameter(way, this.requireCipher(), this.algorithm, value, newer, older, data);
  }
}

/** How a session takes part in a command. */
export interface SessionAuthorization {
  readonly session: AuthSession;
  /** The authValue of the handle's entity; text is taken as UTF-8. Default: empty. */
  readonly auth?: Uint8Array | string;
  /**
   * The authValue after the command, where the command changes it: the response is proved with it. TPM2_HierarchyChangeAuth,
   * TPM2_NV_ChangeAuth, TPM2_PCR_SetAuthValue, TPM2_Clear and TPM2_NV_UndefineSpaceSpecial need not be told.
   */
  readonly newAuth?: Uint8Array | string;
  /** Encrypts the first parameter of the command on its way to the TPM, which decrypts it. */
  readonly decrypt?: boolean;
  /** Has the TPM encrypt the first parameter of its response. */
  readonly encrypt?: boolean;
  /** Audits the command. */
  readonly audit?: boolean;
  /** False: the TPM ends the session with this command. */
  readonly continueSession?: boolean;
  /** TPMA_SESSION, in place of what the four above say. */
  readonly attributes?: number;
}

export function attributesOf(use: SessionAuthorization): number {
  const { decrypt = false, encrypt = false, audit = false, continueSession = true } = use;
  return (
    use.attributes ??
    (continueSession ? attributeBits("TPMA_SESSION", "continueSession") : 0) |
      (decrypt ? attributeBits("TPMA_SESSION", "decrypt") : 0) |
      (encrypt ? attributeBits("TPMA_SESSION", "encrypt") : 0) |
      (audit ? attributeBits("TPMA_SESSION", "audit") : 0)
  );
}
