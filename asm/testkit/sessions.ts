/** A client of HMAC and policy sessions (Part 1, 19 and 21) on node:crypto: it shares no code with the core. */

import { createCipheriv, createDecipheriv, createHash, createHmac } from "node:crypto";
import { command, concat, hex, Response, sized, text, u8, u16, u32 } from "./harness.ts";
import { ALG, bitsOf, CC, RH, SE } from "./names.ts";
import type { Run } from "./run.ts";

const BITS = bitsOf("TPMA_SESSION");
export const CONTINUE = BITS.continueSession;
export const AUDIT_EXCLUSIVE = BITS.auditExclusive;
export const AUDIT_RESET = BITS.auditReset;
export const DECRYPT = BITS.decrypt;
export const ENCRYPT = BITS.encrypt;
export const AUDIT = BITS.audit;

const hashes: Record<number, string> = {
  [ALG.SHA1]: "sha1",
  [ALG.SHA256]: "sha256",
  [ALG.SHA384]: "sha384",
  [ALG.SHA512]: "sha512",
  [ALG.SM3_256]: "sm3",
  [ALG.SHA3_256]: "sha3-256",
  [ALG.SHA3_384]: "sha3-384",
  [ALG.SHA3_512]: "sha3-512",
};

export function digest(algorithm: number, ...parts: Uint8Array[]): Uint8Array {
  return createHash(hashes[algorithm] ?? "")
    .update(concat(...parts))
    .digest();
}
export function hmac(algorithm: number, key: Uint8Array, ...parts: Uint8Array[]): Uint8Array {
  return createHmac(hashes[algorithm] ?? "", key)
    .update(concat(...parts))
    .digest();
}

export function kdfa(algorithm: number, key: Uint8Array, label: string, u: Uint8Array, v: Uint8Array, bits: number) {
  const blocks: Uint8Array[] = [];
  for (let i = 1, have = 0; have * 8 < bits; i++) {
    const block = hmac(algorithm, key, u32(i), text(label), u8(0), u, v, u32(bits));
    blocks.push(block);
    have += block.length;
  }
  return concat(...blocks).subarray(0, bits / 8);
}

const ciphers = {
  aes: { id: ALG.AES, name: (bits: number) => `aes-${bits}-cfb`, blockBits: 128 },
  camellia: { id: ALG.CAMELLIA, name: (bits: number) => `camellia-${bits}-cfb`, blockBits: 128 },
  sm4: { id: ALG.SM4, name: () => "sm4-cfb", blockBits: 128 },
  tdes: { id: ALG.TDES, name: (bits: number) => (bits === 128 ? "des-ede-cfb" : "des-ede3-cfb"), blockBits: 64 },
} as const;
type Cipher = keyof typeof ciphers;

/** TPMT_SYM_DEF */
export type Symmetric =
  | { algorithm: "null" }
  | { algorithm: "xor"; hash: number }
  | { algorithm: Cipher; bits: number };

export function cipherWithId(id: number): Cipher | undefined {
  return (Object.keys(ciphers) as Cipher[]).find((name) => ciphers[name].id === id);
}

/** Parameter encryption in CFB mode (Part 1, 21.3): key and IV come from KDFa. */
export function cryptCfb(
  cipher: Cipher,
  bits: number,
  derive: (label: string, bits: number) => Uint8Array,
  data: Uint8Array,
  encrypt: boolean,
): Uint8Array {
  const { name, blockBits } = ciphers[cipher];
  const material = derive("CFB", bits + blockBits);
  const make = encrypt ? createCipheriv : createDecipheriv;
  const transform = make(name(bits), material.subarray(0, bits / 8), material.subarray(bits / 8));
  return new Uint8Array(Buffer.concat([transform.update(data), transform.final()]));
}

function symmetricBytes(symmetric: Symmetric): Uint8Array {
  if (symmetric.algorithm === "null") return u16(ALG.NULL);
  if (symmetric.algorithm === "xor") return concat(u16(ALG.XOR), u16(symmetric.hash));
  return concat(u16(ciphers[symmetric.algorithm].id), u16(symmetric.bits), u16(ALG.CFB));
}

let nonces = 0;
function freshNonce(size: number): Uint8Array {
  return createHash("sha512").update(`nonce ${nonces++}`).digest().subarray(0, size);
}

interface Start {
  type?: number;
  hash?: number;
  symmetric?: Symmetric;
  /** Handle of the bound entity, and its authValue. */
  bind?: { handle: number; auth: Uint8Array };
  /** Handle of the key to which the salt is encrypted, and how that is done. */
  key?: { handle: number; encrypt(label: string): { seed: Uint8Array; secret: Uint8Array } };
}

/** One session in use by a command: what the caller wants of it. */
export interface Use {
  session: AuthSession;
  attributes?: number;
  /** The entity that it authorises: its authValue, and whether the session is bound to it. */
  entity?: {
    auth: Uint8Array;
    bound?: boolean;
    /** The authValue that the command itself sets: the response is keyed with it. */
    after?: Uint8Array;
  };
  /** A policy session with PolicyPassword: sends the password. */
  password?: Uint8Array;
  /** A policy session with PolicyAuthValue: the authValue is part of the key. */
  withAuth?: boolean;
}

export class AuthSession {
  readonly handle: number;
  readonly hash: number;
  readonly symmetric: Symmetric;
  readonly isPolicy: boolean;
  key: Uint8Array;
  nonceTpm: Uint8Array;
  nonceCaller: Uint8Array;

  private constructor(handle: number, start: Start, salt: Uint8Array, nonceCaller: Uint8Array, nonceTpm: Uint8Array) {
    this.handle = handle;
    this.hash = start.hash ?? ALG.SHA256;
    this.symmetric = start.symmetric ?? { algorithm: "null" };
    this.isPolicy = (start.type ?? SE.HMAC) !== SE.HMAC;
    this.nonceCaller = nonceCaller;
    this.nonceTpm = nonceTpm;
    const secret = concat(stripZeros(start.bind?.auth ?? new Uint8Array(0)), salt);
    this.key =
      start.bind || start.key
        ? kdfa(this.hash, secret, "ATH", nonceTpm, nonceCaller, digest(this.hash).length * 8)
        : new Uint8Array(0);
  }

  static async start(run: Run, start: Start = {}): Promise<AuthSession> {
    const hash = start.hash ?? ALG.SHA256;
    const nonce = freshNonce(digest(hash).length);
    const salt = start.key?.encrypt("SECRET");
    const bytes = command(
      CC.StartAuthSession,
      [start.key?.handle ?? RH.NULL, start.bind?.handle ?? RH.NULL],
      [
        sized(nonce),
        sized(salt?.secret ?? []),
        u8(start.type ?? SE.HMAC),
        symmetricBytes(start.symmetric ?? { algorithm: "null" }),
        u16(hash),
      ],
    );
    const response = new Response(await run(bytes));
    if (response.rc !== 0) throw new Error(`TPM2_StartAuthSession: 0x${response.rc.toString(16)}`);
    const handle = response.view.getUint32(10);
    return new AuthSession(handle, start, salt?.seed ?? new Uint8Array(0), nonce, response.bytes.slice(16));
  }

  /** HMAC key and, for encryption, its first part. */
  keyWith(auth: Uint8Array | undefined): Uint8Array {
    return concat(this.key, stripZeros(auth ?? new Uint8Array(0)));
  }

  crypt(
    data: Uint8Array,
    auth: Uint8Array | undefined,
    newer: Uint8Array,
    older: Uint8Array,
    encrypt: boolean,
  ): Uint8Array {
    const key = this.keyWith(auth);
    if (this.symmetric.algorithm === "xor") {
      const mask = kdfa(this.hash, key, "XOR", newer, older, data.length * 8);
      return data.map((byte, i) => byte ^ (mask[i] ?? 0));
    }
    if (this.symmetric.algorithm === "null") throw new Error("the session has no symmetric algorithm");
    const derive = (label: string, bits: number) => kdfa(this.hash, key, label, newer, older, bits);
    return cryptCfb(this.symmetric.algorithm, this.symmetric.bits, derive, data, encrypt);
  }
}

function stripZeros(auth: Uint8Array): Uint8Array {
  let size = auth.length;
  while (size > 0 && auth[size - 1] === 0) size--;
  return auth.subarray(0, size);
}

export interface Call {
  code: number;
  handles?: number[];
  /** Names of the handles; the handles themselves where a Name is not given. */
  names?: (Uint8Array | undefined)[];
  parameters?: Uint8Array[];
  uses: Use[];
  /** Handles in the response. */
  responseHandles?: number;
  /** Changes the command's bytes before they are sent. */
  tamper?: (bytes: Uint8Array) => void;
}

/**
 * Runs a command with sessions: encrypts, signs, and checks the nonces, HMACs and attributes of the response.
 * @returns the response and its parameters in clear.
 */
export async function call(
  run: Run,
  c: Call,
): Promise<{ response: Response; parameters: Uint8Array; attributes: number[] }> {
  const handles = c.handles ?? [];
  let parameters: Uint8Array = concat(...(c.parameters ?? []));
  for (const use of c.uses) use.session.nonceCaller = freshNonce(use.session.nonceTpm.length);
  const decrypt = c.uses.find((use) => (use.attributes ?? CONTINUE) & DECRYPT);
  const encrypt = c.uses.find((use) => (use.attributes ?? CONTINUE) & ENCRYPT);
  if (decrypt) {
    const { session } = decrypt;
    const size = new DataView(parameters.buffer, parameters.byteOffset).getUint16(0);
    const clear = parameters.subarray(2, 2 + size);
    const secret = session.crypt(clear, decrypt.entity?.auth, session.nonceCaller, session.nonceTpm, true);
    parameters = concat(parameters.subarray(0, 2), secret, parameters.subarray(2 + size));
  }
  const names = handles.map((handle, i) => c.names?.[i] ?? u32(handle));
  const sessions = c.uses.map((use, i) => {
    const { session } = use;
    const attributes = use.attributes ?? CONTINUE;
    const key = session.keyWith(keyAuth(use));
    let auth: Uint8Array = new Uint8Array(0);
    if (use.password) {
      auth = use.password;
    } else if (key.length > 0 || !use.entity) {
      const cpHash = digest(session.hash, u32(c.code), ...names, parameters);
      const extra: Uint8Array[] = [];
      if (i === 0 && use.entity) {
        if (decrypt && decrypt !== use) extra.push(decrypt.session.nonceTpm);
        if (encrypt && encrypt !== use && encrypt !== decrypt) extra.push(encrypt.session.nonceTpm);
      }
      auth = hmac(session.hash, key, cpHash, session.nonceCaller, session.nonceTpm, ...extra, u8(attributes));
    }
    return { handle: session.handle, nonce: session.nonceCaller, attributes, auth };
  });
  const bytes = command(c.code, handles, [parameters], sessions);
  c.tamper?.(bytes);
  const response = new Response(await run(bytes));
  if (response.rc !== 0) return { response, parameters: new Uint8Array(0), attributes: [] };
  return {
    response,
    ...checkResponse(
      c,
      response,
      sessions.map((s) => s.auth),
    ),
  };
}

/** The authValue that is part of the HMAC key. */
function keyAuth(use: Use): Uint8Array | undefined {
  if (use.session.isPolicy) return use.withAuth ? use.entity?.auth : undefined;
  return use.entity?.bound ? undefined : use.entity?.auth;
}

function checkResponse(c: Call, response: Response, sent: Uint8Array[]) {
  const view = response.view;
  const at = 10 + 4 * (c.responseHandles ?? 0);
  const size = view.getUint32(at);
  let parameters: Uint8Array = response.bytes.slice(at + 4, at + 4 + size);
  let cursor = at + 4 + size;
  const take = (length: number) => {
    cursor += length;
    return response.bytes.slice(cursor - length, cursor);
  };
  const takeSized = () => {
    cursor += 2;
    return take(view.getUint16(cursor - 2));
  };
  const attributesOf: number[] = [];
  for (const [i, use] of c.uses.entries()) {
    const { session } = use;
    session.nonceTpm = takeSized();
    const [attributes = 0] = take(1);
    const received = takeSized();
    const rpHash = digest(session.hash, u32(0), u32(c.code), parameters);
    const changed = keyAuth(use) === undefined ? undefined : use.entity?.after;
    const key = session.keyWith(changed ?? keyAuth(use));
    const empty = use.password !== undefined || (key.length === 0 && sent[i]?.length === 0);
    const expected = empty
      ? ""
      : hex(hmac(session.hash, key, rpHash, session.nonceTpm, session.nonceCaller, u8(attributes)));
    if (hex(received) !== expected) throw new Error(`session ${i}: the response's HMAC is wrong`);
    attributesOf.push(attributes);
  }
  if (cursor !== response.size) throw new Error("the response has octets after its sessions");
  const encrypt = c.uses.find((use) => (use.attributes ?? CONTINUE) & ENCRYPT);
  if (encrypt) {
    const { session } = encrypt;
    const length = new DataView(parameters.buffer, parameters.byteOffset).getUint16(0);
    const secret = parameters.subarray(2, 2 + length);
    const clear = session.crypt(secret, encrypt.entity?.auth, session.nonceTpm, session.nonceCaller, false);
    parameters = concat(parameters.subarray(0, 2), clear, parameters.subarray(2 + length));
  }
  return { parameters, attributes: attributesOf };
}
