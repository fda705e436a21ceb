/**
 * Secure Boot as PCR 7 has it: the variables that the firmware measured before its separator, and what verified the images
 * after it. [PFP 1.06, "PCR[7] – Secure Boot Policy Measurements"]
 */
import { webCryptoHash } from "../../firmware/eventLogReplay.ts";
import { EV_EFI_VARIABLE_AUTHORITY, eventTypeName } from "../../firmware/eventTypes.ts";
import { TPM_ALG } from "../../spec/algorithms.ts";
import { readVariable } from "../eventFields.ts";
import type { EventEvidence, EventLogEvidence } from "../eventLogEvidence.ts";
import { type Finding, finding, group } from "../finding.ts";
import { equal, toHex } from "../octets.ts";
import { SECURE_BOOT_VARIABLES, type SecureBootRule } from "./policy.ts";

export const SECURE_BOOT_PCR = 7;
/** EFI_GLOBAL_VARIABLE and EFI_IMAGE_SECURITY_DATABASE_GUID. [UEFI 2.10, 3.3 and 32.6.1] */
const [GLOBAL, SECURITY_DATABASE] = ["8be4df61-93ca-11d2-aa0d-00e098032b8c", "d719b2cb-3d3a-4596-a3bc-dad00e67656f"];
const VENDORS: Readonly<Record<string, string>> = {
  SecureBoot: GLOBAL,
  PK: GLOBAL,
  KEK: GLOBAL,
  db: SECURITY_DATABASE,
  dbx: SECURITY_DATABASE,
};
/** What a separator's digest is the hash of: told by the digest, since an event's type is bound by nothing. */
const SEPARATORS = [Uint8Array.of(0, 0, 0, 0), Uint8Array.of(0xff, 0xff, 0xff, 0xff)];

/** What PCR 7 of a log says. */
export interface SecureBootEvidence {
  /** Values of the variables before the separator, by name; more than one where the log has it more than once. */
  readonly variables: ReadonlyMap<string, readonly Uint8Array[]>;
  /** Events before the separator of which nobody knows what was measured: any of them may be of a variable. */
  readonly hidden: readonly EventEvidence[];
  /** SHA-256 digests of what verified images. */
  readonly authorities: readonly Uint8Array[];
  /** Events behind the separator that are something else. */
  readonly others: readonly EventEvidence[];
}

const sha256 = (octets: Uint8Array): Promise<Uint8Array> => webCryptoHash(TPM_ALG.TPM_ALG_SHA256, octets)!;

/** What of an event's data its digest is of, whatever its type calls it. */
const measured = ({ event, form }: EventEvidence): Uint8Array => form?.octets(event.data) ?? new Uint8Array(0);

/** @returns null where the log does not account for PCR 7, or has no separator there. */
export async function readSecureBoot(log: EventLogEvidence | null): Promise<SecureBootEvidence | null> {
  if (log === null || !log.accepted.has(SECURE_BOOT_PCR)) return null;
  const events = log.events.filter(({ event, digest }) => event.pcrIndex === SECURE_BOOT_PCR && digest !== null);
  const separator = events.findIndex(
    (one) => one.form !== null && SEPARATORS.some((octets) => equal(octets, measured(one))),
  );
  if (separator < 0) return null;
  const variables = new Map<string, Uint8Array[]>();
  const hidden: EventEvidence[] = [];
  for (const one of events.slice(0, separator)) {
    // Whatever its type says, which is bound by nothing: a variable that is called something else is a variable still.
    if (one.form === null) hidden.push(one);
    const variable = one.form === null ? null : readVariable(measured(one));
    if (variable === null || VENDORS[variable.name] !== variable.vendor) continue;
    variables.set(variable.name, [...(variables.get(variable.name) ?? []), variable.value]);
  }
  const authorities: Uint8Array[] = [];
  const others: EventEvidence[] = [];
  for (const one of events.slice(separator + 1)) {
    const { event, form } = one;
    const variable = event.type === EV_EFI_VARIABLE_AUTHORITY && form !== null ? readVariable(measured(one)) : null;
    if (variable === null) others.push(one);
    else authorities.push(await sha256(variable.value));
  }
  return { variables, hidden, authorities, others };
}

/** @returns findings `policy.secureBoot.enabled`, `.PK` and so on, `.authorities`. */
export async function checkSecureBoot(rule: SecureBootRule, log: EventLogEvidence | null): Promise<Finding> {
  const evidence = await readSecureBoot(log);
  if (evidence === null) {
    const note = "There is no log that accounts for the quoted PCR 7, or it has no separator there.";
    return finding("policy.secureBoot", "unknown", { expected: "the variables of Secure Boot in a log", note });
  }
  const findings = [checkSwitch(rule.enabled, evidence)];
  for (const name of SECURE_BOOT_VARIABLES) {
    const digests = rule.variables.get(name);
    if (digests === undefined) continue;
    const value = only(evidence, name);
    const seen = value === null ? null : toHex(await sha256(value));
    const isGood = seen !== null && digests.some((digest) => toHex(digest) === seen);
    const expected = `a value with the SHA-256 digest ${digests.map(toHex).join(" or ")}`;
    findings.push(
      finding(`policy.secureBoot.${name}`, seen === null ? "unknown" : isGood ? "good" : "bad", {
        expected,
        seen,
        ...onceOnly(evidence, name),
      }),
    );
  }
  if (rule.authorities !== null) findings.push(checkAuthorities(rule.authorities, evidence));
  return group("policy.secureBoot", findings);
}

const only = ({ variables, hidden }: SecureBootEvidence, name: string): Uint8Array | null => {
  const values = variables.get(name) ?? [];
  return values.length === 1 && hidden.length === 0 ? values[0]! : null;
};
const onceOnly = ({ variables, hidden }: SecureBootEvidence, name: string) => {
  const [first] = hidden;
  if (first !== undefined)
    return { note: `Event ${first.index} before the separator does not say what was measured: it may be ${name}.` };
  const count = variables.get(name)?.length ?? 0;
  return count === 1
    ? {}
    : { note: `The log has ${count} events of the variable ${name} before its separator, not one.` };
};

function checkSwitch(enabled: boolean, evidence: SecureBootEvidence): Finding {
  const value = only(evidence, "SecureBoot");
  const isOn = value?.length === 1 && value[0] === 1;
  const isOff = value !== null && (value.length === 0 || (value.length === 1 && value[0] === 0));
  return finding(
    "policy.secureBoot.enabled",
    value === null || !(isOn || isOff) ? "unknown" : isOn === enabled ? "good" : "bad",
    {
      expected: enabled ? "SecureBoot is on" : "SecureBoot is off",
      seen: value === null ? null : isOn ? "on" : isOff ? "off" : toHex(value.subarray(0, 16)),
      ...onceOnly(evidence, "SecureBoot"),
    },
  );
}

function checkAuthorities(allowed: readonly Uint8Array[], { authorities, others }: SecureBootEvidence): Finding {
  const unknown = authorities.filter((one) => !allowed.some((digest) => equal(digest, one)));
  const strange = others.map(({ event, index }) => `event ${index}, ${eventTypeName(event.type)}`);
  const seen = [...unknown.map(toHex), ...strange];
  return finding("policy.secureBoot.authorities", seen.length === 0 ? "good" : "bad", {
    expected: "behind the separator of PCR 7 nothing but what may have verified an image",
    seen: seen.length === 0 ? `${authorities.length} that are on the list` : seen.slice(0, 20).join(", "),
  });
}
