/** The maker of a kernel: a key pair that is in this page only, and goes with it. */
import { toPem } from "../../../src/index.ts";

const ALGORITHM = {
  name: "RSASSA-PKCS1-v1_5",
  modulusLength: 2048,
  publicExponent: Uint8Array.of(1, 0, 1),
  hash: "SHA-256",
};

export class Maker {
  readonly #keys: Promise<CryptoKeyPair> = crypto.subtle.generateKey(ALGORITHM, false, ["sign", "verify"]);

  /** SubjectPublicKeyInfo, in PEM. */
  async publicKey(): Promise<Uint8Array> {
    const { publicKey } = await this.#keys;
    const spki = new Uint8Array(await crypto.subtle.exportKey("spki", publicKey));
    return new TextEncoder().encode(toPem("PUBLIC KEY", spki));
  }

  /** The signature with which TPM2_PolicyAuthorize lets a policy count, without a policyRef. [Part 3, 23.16] */
  async approve(policy: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
    const { privateKey } = await this.#keys;
    return new Uint8Array(await crypto.subtle.sign(ALGORITHM.name, privateKey, policy));
  }
}
