/** What a TPM tells of itself, in lines to read. */
import { X509Certificate } from "node:crypto";
import type { InspectedNvIndex, TpmInspection } from "../engine/inspection.ts";
import { ekTemplates, PLATFORM_CERTIFICATE_INDEX } from "../provision/index.ts";
import { nameHandle, nameNumber } from "../trace/names.ts";

export function describeInspection(inspection: TpmInspection): string[] {
  return [
    ...describeState(inspection),
    ...describePolicies(inspection),
    ...describePcrs(inspection),
    ...describeNvIndices(inspection),
    ...describeObjects(inspection),
    ...describeSessions(inspection),
    ...describeCertificates(inspection),
  ];
}

const isSet = (set: boolean) => (set ? "set" : "not set");
const yesNo = (yes: boolean) => (yes ? "yes" : "no");

function describeState({ started, failureMode, lastShutdownOrderly, clock, hierarchies, ...rest }: TpmInspection) {
  const { lockout, disableClear, audit, storage } = rest;
  const authOf = (wanted: string) => isSet(hierarchies.find(({ name }) => name === wanted)?.authSet ?? false);
  const { failedTries, maxTries, recoveryTime, lockoutRecovery, nextForgottenIn } = lockout;
  return [
    ...(failureMode ? ["failure mode: yes"] : []),
    `last shutdown: ${lastShutdownOrderly ? "orderly" : "not orderly"}`,
    `resets: ${clock.resetCount}`,
    // Before TPM2_Startup nobody knows whether the next start is a restart.
    ...(started ? [`restarts since the last reset: ${clock.restartCount}`] : []),
    `clock: ${clock.clock} ms`,
    `owner authorization: ${authOf("owner")}`,
    `endorsement authorization: ${authOf("endorsement")}`,
    `lockout authorization: ${isSet(lockout.authSet)}`,
    `TPM2_Clear disabled: ${yesNo(disableClear)}`,
    `dictionary attack: ${failedTries} of ${maxTries} failures, one forgotten every ${recoveryTime} s, lockout recovery ${lockoutRecovery} s`,
    `in lockout: ${yesNo(lockout.inLockout)}`,
    ...(nextForgottenIn === null ? [] : [`next failure forgotten in: ${nextForgottenIn} ms`]),
    `audited commands so far: ${audit.counter}`,
    `room: ${storage.used} of ${storage.capacity} bytes used; ${storage.persistentAvailable} more persistent objects, ${storage.countersAvailable} more NV counters`,
  ];
}

function describePolicies({ hierarchies, lockout, pcrs, acts }: TpmInspection): string[] {
  const policies = [
    ...hierarchies.map(({ handle, policy }) => ({ name: nameHandle(handle), policy })),
    { name: "TPM_RH_LOCKOUT", policy: lockout.policy },
    { name: "PCR 20 to 22", policy: pcrs.policy },
    ...acts.map(({ handle, policy }) => ({ name: nameHandle(handle), policy })),
  ];
  return policies.flatMap(({ name, policy }) =>
    policy === null ? [] : [`policy of ${name}: ${policy.hashAlg} ${hex(policy.digest)}`],
  );
}

function describePcrs({ pcrs, started }: TpmInspection): string[] {
  return pcrs.banks.flatMap(({ hashAlg, values }) => [
    `PCR bank ${hashAlg}: ${selected([...values.keys()])}`,
    ...(started ? [...values].map(([pcr, value]) => `  PCR ${pcr}: ${hex(value)}`) : []),
  ]);
}

function selected(pcrs: readonly number[]): string {
  if (pcrs.length === 0) return "none";
  return pcrs.length === 24 ? "all 24" : pcrs.join(", ");
}

function describeNvIndices({ nvIndices }: TpmInspection): string[] {
  return nvIndices.map(({ handle, attributes, dataSize, authPolicy }) => {
    const policy = authPolicy.length > 0 ? ", with a policy" : "";
    return `NV index ${handleHex(handle)}: ${dataSize} bytes, ${nameNumber("TPMA_NV", attributes, 4)}${policy}`;
  });
}

function describeObjects({ persistent, transient }: TpmInspection): string[] {
  const words = (attributes: number) => nameNumber("TPMA_OBJECT", attributes, 4);
  return [
    ...persistent.map(
      ({ handle, publicArea }) =>
        `persistent object ${handleHex(handle)}: ${publicArea.type}, ${words(publicArea.attributes)}`,
    ),
    ...transient.map((found) =>
      found.kind === "sequence"
        ? `sequence ${handleHex(found.handle)}: ${found.sequence}`
        : `loaded object ${handleHex(found.handle)}: ${found.publicArea.type}, ${words(found.publicArea.attributes)}`,
    ),
  ];
}

function describeSessions({ sessions, savedSessions }: TpmInspection): string[] {
  return [
    ...sessions.map(({ handle, kind, authHash }) => `${kind} session ${handleHex(handle)}: ${authHash}`),
    ...savedSessions.map(({ handle }) => `saved session ${handleHex(handle)}`),
  ];
}

function describeCertificates({ nvIndices }: TpmInspection): string[] {
  const isCertificate = ({ handle }: InspectedNvIndex) =>
    handle === PLATFORM_CERTIFICATE_INDEX || ekTemplates.some(({ index }) => index === handle);
  return nvIndices.filter(isCertificate).map(({ handle, contents }) => {
    const { name = "", key = "" } = ekTemplates.find((template) => template.index === handle) ?? {};
    const kind = handle === PLATFORM_CERTIFICATE_INDEX ? "platform certificate" : `EK certificate ${name} (${key})`;
    const what = `${kind} in ${handleHex(handle)}`;
    // Whoever owns the platform may have put something else there, or an authValue before it.
    if (contents.data === null) return `${what}: can't be read`;
    try {
      const { subject, serialNumber, issuer } = new X509Certificate(contents.data);
      const oneLine = (text: string) => text.replaceAll("\n", ", ");
      return `${what}: ${oneLine(subject)}, serial ${serialNumber}, issued by ${oneLine(issuer)}`;
    } catch {
      return `${what}: is no certificate`;
    }
  });
}

const handleHex = (handle: number) => `0x${handle.toString(16).padStart(8, "0")}`;
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
