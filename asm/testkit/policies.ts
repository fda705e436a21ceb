/** Policies as a client sees them: policyDigest computed anew, and the commands that make one. */

import { constants, generateKeyPairSync, sign } from "node:crypto";
import { testKey } from "./crypto/rsa/keys.ts";
import { nodeKey } from "./crypto/rsa/rsa.ts";
import { command, concat, hex, password, type Response, sized, u16, u32 } from "./harness.ts";
import { ALG, CC, RH } from "./names.ts";
import { ecc, OBJECT, rsa } from "./objects.ts";
import { ok, type Run } from "./run.ts";
import { type AuthSession, digest } from "./sessions.ts";

export const HASHES = [ALG.SHA1, ALG.SHA256, ALG.SHA384, ALG.SHA512];
export const empty = new Uint8Array(0);

/** policyDigest as Part 3 defines it. */
export class Policy {
  value: Uint8Array;
  readonly hash: number;
  constructor(hash: number = ALG.SHA256) {
    this.hash = hash;
    this.value = new Uint8Array(digest(hash).length);
  }
  /** One step: policyDigest is extended with the command code and what follows it. */
  extend(code: number, ...values: Uint8Array[]): this {
    this.value = digest(this.hash, this.value, u32(code), ...values);
    return this;
  }
  /** PolicyUpdate(): 23.2.3. */
  update(code: number, name: Uint8Array, policyRef: Uint8Array): this {
    this.extend(code, name);
    this.value = digest(this.hash, this.value, policyRef);
    return this;
  }
  reset(): this {
    this.value = new Uint8Array(this.value.length);
    return this;
  }
}

export async function policyDigest(run: Run, session: AuthSession): Promise<string> {
  return hex((await ok(run, command(CC.PolicyGetDigest, [session.handle]))).body.slice(2));
}
export const flush = (session: AuthSession) => command(CC.FlushContext, [], [u32(session.handle)]);
export const restart = (session: AuthSession) => command(CC.PolicyRestart, [session.handle]);
/** TPM2_PolicySecret, by password. */
export function secret(
  session: AuthSession,
  auth: { handle: number; password?: Uint8Array },
  {
    nonce = empty,
    cpHash = empty,
    ref = empty,
    expiration = 0,
  }: { nonce?: Uint8Array; cpHash?: Uint8Array; ref?: Uint8Array; expiration?: number } = {},
): Uint8Array {
  const parameters = [sized(nonce), sized(cpHash), sized(ref), u32(expiration)];
  return command(CC.PolicySecret, [auth.handle, session.handle], parameters, [password(auth.password ?? empty)]);
}
/** timeout and ticket of TPM2_PolicySecret or TPM2_PolicySigned. */
export function timeoutAndTicket(response: Response): { timeout: Uint8Array; ticket: Uint8Array } {
  const parameters = response.parameters;
  const size = new DataView(parameters.buffer, parameters.byteOffset).getUint16(0);
  return { timeout: parameters.slice(2, 2 + size), ticket: parameters.slice(2 + size) };
}
export function ticketCommand(
  session: AuthSession,
  timeout: Uint8Array,
  cpHash: Uint8Array,
  ref: Uint8Array,
  name: Uint8Array,
  ticket: Uint8Array,
): Uint8Array {
  const parameters = [sized(timeout), sized(cpHash), sized(ref), sized(name), ticket];
  return command(CC.PolicyTicket, [session.handle], parameters);
}
/** A key of OpenSSL, as a TPMT_PUBLIC to load, and its TPMT_SIGNATURE of a message. */
export interface Signer {
  area: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}
export function rsaSigner(): Signer {
  const { n, p } = testKey(2048);
  const key = { key: nodeKey(n, 65537, p).private, padding: constants.RSA_PKCS1_PADDING };
  return {
    area: rsa(OBJECT.sign, { unique: sized(n) }),
    sign: (message) => concat(u16(ALG.RSASSA), u16(ALG.SHA256), sized(sign("sha256", message, key))),
  };
}
export function eccSigner(): Signer {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { x = "", y = "" } = publicKey.export({ format: "jwk" });
  const key = { key: privateKey, dsaEncoding: "ieee-p1363" } as const;
  return {
    area: ecc(OBJECT.sign, { unique: concat(...[x, y].map((c) => sized(Buffer.from(c, "base64url")))) }),
    sign: (message) => {
      const value = sign("sha384", message, key);
      return concat(u16(ALG.ECDSA), u16(ALG.SHA384), sized(value.subarray(0, 32)), sized(value.subarray(32)));
    },
  };
}
export interface Qualifiers {
  nonce?: Uint8Array;
  cpHash?: Uint8Array;
  ref?: Uint8Array;
  expiration?: number;
}
/** TPM2_PolicySigned with the signature of its qualifiers, or with another one. */
export function signed(
  session: AuthSession,
  handle: number,
  signer: Signer,
  qualifiers: Qualifiers,
  auth?: Uint8Array,
) {
  const { nonce = empty, cpHash = empty, ref = empty, expiration = 0 } = qualifiers;
  const signature = auth ?? signer.sign(concat(nonce, u32(expiration), cpHash, ref));
  const parameters = [sized(nonce), sized(cpHash), sized(ref), u32(expiration), signature];
  return command(CC.PolicySigned, [handle, session.handle], parameters);
}

/** The owner has the policy while `use` runs. */
export async function withOwnerPolicy(run: Run, policy: Policy, use: () => Promise<void>): Promise<void> {
  const set = (value: Uint8Array, hash: number) =>
    command(CC.SetPrimaryPolicy, [RH.OWNER], [sized(value), u16(hash)], [password()]);
  await ok(run, set(policy.value, policy.hash));
  await use();
  await ok(run, set(empty, ALG.NULL));
}
