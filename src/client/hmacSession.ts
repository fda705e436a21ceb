/**
 * HMAC sessions (Part 1, 19.6): unbound or bound, unsalted, without parameter encryption. WebCrypto does the hashing,
 * in browsers and in Node.
 */

import { concat } from "../engine/bytes.ts";
import { WEB_CRYPTO_HASHES, type WebCryptoHash } from "../engine/webCrypto.ts";
import { digestSize, TPM_ALG } from "../spec/algorithms.ts";
import type { SessionAnswer, SessionOctets } from "./command.ts";
import { TpmFormatError } from "./errors.ts";
import { Marshaller } from "./marshal.ts";

export type SessionHash = WebCryptoHash;

function uint32(value: number): Uint8Array {
  const marshaller = new Marshaller();
  marshaller.unsigned(value, 4);
  return marshaller.finish();
}

export async function hash(algorithm: SessionHash, ...parts: readonly Uint8Array[]): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest(WEB_CRYPTO_HASHES[algorithm], concat(...parts)));
}
async function hmac(algorithm: SessionHash, key: Uint8Array, ...parts: readonly Uint8Array[]): Promise<Uint8Array> {
  // WebCrypto refuses an empty key. One octet 0 is the same key: HMAC pads keys with zeros.
  const octets = key.length === 0 ? Uint8Array.of(0) : concat(key);
  const parameters = { name: "HMAC", hash: WEB_CRYPTO_HASHES[algorithm] };
  const imported = await crypto.subtle.importKey("raw", octets, parameters, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, concat(...parts)));
}

/** KDFa (Part 1, 11.4.10.2) for one digest of output. */
async function sessionKeyOf(algorithm: SessionHash, key: Uint8Array, nonceTPM: Uint8Array, nonceCaller: Uint8Array) {
  const bits = digestSize(TPM_ALG[algorithm]) * 8;
  const label = new TextEncoder().encode("ATH\0");
  return hmac(algorithm, key, uint32(1), label, nonceTPM, nonceCaller, uint32(bits));
}

/** Trailing zeros are no part of an authValue (Part 1, 19.6.4.3). */
function trimmed(auth: Uint8Array): Uint8Array {
  let size = auth.length;
  while (size > 0 && auth[size - 1] === 0) size--;
  return auth.subarray(0, size);
}

export interface HmacSessionStart {
  readonly handle: number;
  readonly algorithm: SessionHash;
  readonly nonceCaller: Uint8Array;
  readonly nonceTPM: Uint8Array;
  /** The authValue of the entity that the session is bound to; absent for an unbound session. */
  readonly bindAuth?: Uint8Array;
}

/** What a command needs to prove. */
export interface SessionUse {
  readonly cpHash: Uint8Array;
  /** The authValue of the entity that is authorised; empty where the session is bound to this very entity. */
  readonly auth: Uint8Array;
  readonly attributes: number;
}

export class HmacSession {
  readonly handle: number;
  readonly algorithm: SessionHash;
  readonly #sessionKey: Uint8Array;
  #nonceCaller: Uint8Array;
  #nonceTPM: Uint8Array;

  private constructor(start: HmacSessionStart, sessionKey: Uint8Array) {
    this.handle = start.handle;
    this.algorithm = start.algorithm;
    this.#sessionKey = sessionKey;
    this.#nonceCaller = start.nonceCaller;
    this.#nonceTPM = start.nonceTPM;
  }

  static async from(start: HmacSessionStart): Promise<HmacSession> {
    const { algorithm, bindAuth, nonceTPM, nonceCaller } = start;
    const none = new Uint8Array(0);
    const key = bindAuth === undefined ? none : await sessionKeyOf(algorithm, trimmed(bindAuth), nonceTPM, nonceCaller);
    return new HmacSession(start, key);
  }

  /** The TPMS_AUTH_COMMAND for a command, with a fresh nonceCaller. */
  async authorize({ cpHash, auth, attributes }: SessionUse): Promise<SessionOctets> {
    this.#nonceCaller = crypto.getRandomValues(new Uint8Array(this.#nonceTPM.length));
    const nonces = [this.#nonceCaller, this.#nonceTPM];
    const key = concat(this.#sessionKey, trimmed(auth));
    const proof = await hmac(this.algorithm, key, cpHash, ...nonces, Uint8Array.of(attributes));
    return { handle: this.handle, nonce: this.#nonceCaller, attributes, hmac: proof };
  }

  /** Checks the TPM's answer and takes its nonce. @throws TpmFormatError when the HMAC is not the TPM's. */
  async verify(answer: SessionAnswer, rpHash: Uint8Array, auth: Uint8Array): Promise<void> {
    this.#nonceTPM = answer.nonce.slice();
    const key = concat(this.#sessionKey, trimmed(auth));
    const nonces = [this.#nonceTPM, this.#nonceCaller];
    const expected = await hmac(this.algorithm, key, rpHash, ...nonces, Uint8Array.of(answer.attributes));
    const difference = expected.reduce((bits, octet, i) => bits | (octet ^ (answer.hmac[i] ?? 256)), 0);
    if (difference !== 0 || answer.hmac.length !== expected.length)
      throw new TpmFormatError("the HMAC of the response is wrong: it was not made by this TPM for this session");
  }
}

/** How a handle of a command is authorised. */
export interface HmacAuthorization {
  readonly session: HmacSession;
  /** The authValue of the handle's entity; text is taken as UTF-8. Default: empty. */
  readonly auth?: Uint8Array | string;
  /** True when the session is bound to this very entity, and its authValue has not changed since. */
  readonly bound?: boolean;
  /** The authValue after the command, where the command changes it: the response is proved with it. */
  readonly newAuth?: Uint8Array | string;
  /** TPMA_SESSION. Default: continueSession. */
  readonly attributes?: number;
}
