/** Signatures of certificates, which are the library's to verify. It is fetched when it is needed. */
import { X509Certificate } from "../provision/x509.ts";

/**
 * Whether the key of `issuer` signed `certificate`; both DER.
 * @throws Error of the library for an algorithm that neither it nor WebCrypto has.
 */
export function verifySignature(certificate: Uint8Array, issuer: Uint8Array): Promise<boolean> {
  const { publicKey } = new X509Certificate(issuer.slice());
  return new X509Certificate(certificate.slice()).verify({ publicKey, signatureOnly: true });
}
