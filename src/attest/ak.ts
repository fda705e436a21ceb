/** Attestation keys: what a key must be so that its signature means that a TPM says so. */
import { type AttributeName, hasAttribute } from "../spec/attributes.ts";
import { type PublicArea, type SigningKey, schemeOf, signingKeyOf } from "./attestKey.ts";
import { algorithmName, isHash } from "./digest.ts";
import { type Finding, finding, group } from "./finding.ts";
import { nameOf } from "./names.ts";
import { equal, toHex } from "./octets.ts";

/**
 * Restricted: it signs nothing from outside that looks like an attestation. Fixed and made by the TPM: no one has it anywhere
 * else. (Part 1, 25.2 and 31.)
 */
const SET = ["restricted", "sign", "fixedTPM", "fixedParent", "sensitiveDataOrigin"] as const;
const CLEAR = ["decrypt"] as const;

/** A key that may attest: its public area, or a bare public key (PEM), of which nobody knows what it is restricted to. */
export type AttestationKey = PublicArea | SigningKey;
export const isPublicArea = (key: AttestationKey): key is PublicArea => typeof key.type === "number";

export interface AkReference {
  /** Its Name, where the verifier has heard it: from a credential that was activated, or an enrolment. */
  readonly name?: Uint8Array | undefined;
}

/** Whether a key is an attestation key. Where it lives is for a credential to tell: {@link makeCredential}. */
export async function checkAk(ak: AttestationKey, reference: AkReference = {}): Promise<Finding> {
  if (!isPublicArea(ak)) {
    const note = "a bare public key does not say whether it is restricted and bound to a TPM: give its public area";
    return group("ak", [
      finding("ak.attributes", "unknown", { expected: attributesWanted(), seen: describeKey(ak), note }),
    ]);
  }
  const findings = [checkKey(ak), checkAttributes(ak), checkScheme(ak)];
  if (!isHash(ak.nameAlg)) {
    const seen = algorithmName(ak.nameAlg);
    return group("ak", [...findings, finding("ak.name", "bad", { expected: "a nameAlg that is a hash", seen })]);
  }
  if (reference.name !== undefined) {
    const name = await nameOf(ak);
    const verdict = equal(name, reference.name) ? "good" : "bad";
    findings.push(finding("ak.name", verdict, { expected: toHex(reference.name), seen: toHex(name) }));
  }
  return group("ak", findings);
}

function checkKey(ak: PublicArea): Finding {
  const expected = "an RSA key, or an ECC key whose point is on its curve";
  try {
    return finding("ak.key", "good", { expected, seen: describeKey(signingKeyOf(ak)) });
  } catch (error) {
    return finding("ak.key", "bad", { expected, seen: (error as RangeError).message });
  }
}

const attributesWanted = () => `${SET.join(", ")}; not ${CLEAR.join(", ")}`;

function checkAttributes({ objectAttributes }: PublicArea): Finding {
  const has = (name: AttributeName<"TPMA_OBJECT">) => hasAttribute("TPMA_OBJECT", objectAttributes, name);
  const isGood = SET.every(has) && !CLEAR.some(has);
  const seen = [...SET, ...CLEAR].filter(has).join(", ") || "none of them";
  return finding("ak.attributes", isGood ? "good" : "bad", { expected: attributesWanted(), seen });
}

function checkScheme(ak: PublicArea): Finding {
  const scheme = schemeOf(ak);
  const expected = "a signature scheme with a hash";
  if (scheme === null) return finding("ak.scheme", "bad", { expected, seen: "none" });
  const seen = `${algorithmName(scheme.scheme)} with ${algorithmName(scheme.hash)}`;
  return finding("ak.scheme", isHash(scheme.hash) ? "good" : "bad", { expected, seen });
}

/** "RSA 2048", "ECC NIST P256" */
export function describeKey(key: SigningKey): string {
  if (key.type === "rsa") return `RSA ${key.modulus.toString(2).length}`;
  return `ECC ${key.curve.name.replace("TPM_ECC_", "").replaceAll("_", " ")}`;
}
