/** What a thing in the TPM allows, in words beside the field's own terms. */
import {
  attributeField,
  commandWithCode,
  hasAttribute,
  type InspectedNvIndex,
  type InspectedObject,
  type InspectedSession,
} from "../../../src/index.ts";
import { explorerWords } from "../../words/explorerTree.ts";
import { hexHandle, type Subject, typeName } from "./tree.ts";

export interface Fact {
  /** The field's own term: "fixedTPM", "authPolicy". */
  readonly term: string;
  readonly sentence: string;
}

const hex = (octets: Uint8Array): string => Array.from(octets, (octet) => octet.toString(16).padStart(2, "0")).join("");

/** "TPM2_Unseal"; the code where there is no such command. */
const commandName = (code: number): string => {
  const command = commandWithCode(code);
  return command === undefined ? hexHandle(code) : `TPM2_${command.name}`;
};

/** TPMA_LOCALITY: a bit for each of 0 to 4, or one number above 31. */
const localities = (locality: number): string =>
  locality > 31 ? String(locality) : [0, 1, 2, 3, 4].filter((bit) => (locality >> bit) & 1).join(", ");

export function factsOf(subject: Subject): Fact[] {
  const say = explorerWords();
  switch (subject.kind) {
    case "group":
      return [];
    case "hierarchy": {
      const { name, enabled, hasSeed, authSet, policy } = subject.of;
      return [
        { term: hexHandle(subject.of.handle), sentence: say.hierarchyUse[name] },
        { term: "enable", sentence: enabled ? say.enabled : say.disabled },
        { term: "seed", sentence: hasSeed ? say.hasSeed : say.noSeed },
        { term: "authValue", sentence: authSet ? say.authSet : say.authEmpty },
        { term: "authPolicy", sentence: policy === null ? say.noPolicy : say.policyIs(hex(policy.digest)) },
      ];
    }
    case "object":
      return objectFacts(subject.of);
    case "sequence":
      return [
        { term: "sequence", sentence: say.sequenceUse },
        { term: "authValue", sentence: subject.of.authSet ? say.authSet : say.authEmpty },
      ];
    case "session":
      return sessionFacts(subject.of);
    case "saved":
      return [{ term: "TPM2_ContextSave", sentence: say.savedSessionUse }];
    case "index":
      return indexFacts(subject.of);
    case "pcr":
      return [
        { term: "value", sentence: hex(subject.value) },
        { term: "TPM2_PCR_Extend", sentence: say.pcrExtend },
        { term: "TPM2_PCR_Reset", sentence: pcrReset(subject.pcr) },
      ];
    case "lockout": {
      const { failedTries, maxTries, recoveryTime, inLockout, endsIn, nextForgottenIn, authSet } = subject.of;
      const seconds = (milliseconds: number) => Math.ceil(milliseconds / 1000);
      return [
        { term: "failedTries", sentence: say.tries(failedTries, maxTries) },
        { term: "inLockout", sentence: inLockout ? say.locked : say.notLocked },
        ...(endsIn === null ? [] : [{ term: "inLockout", sentence: say.endsIn(seconds(endsIn)) }]),
        { term: "recoveryTime", sentence: say.recovery(recoveryTime) },
        ...(nextForgottenIn === null
          ? []
          : [{ term: "recoveryTime", sentence: say.forgottenIn(seconds(nextForgottenIn)) }]),
        { term: "lockoutAuth", sentence: authSet ? say.authSet : say.authEmpty },
      ];
    }
  }
}

/** TPM2_PCR_Reset from the locality that Linux has, 0: the debug and the application PCR. */
function pcrReset(pcr: number): string {
  const say = explorerWords();
  return pcr === 16 || pcr === 23 ? say.pcrResettable : say.pcrFixed;
}

function objectFacts(object: InspectedObject): Fact[] {
  const say = explorerWords();
  const { publicArea, name, authSet, hasSensitive, parent } = object;
  const { attributes, authPolicy, nameAlg } = publicArea;
  const flag = (term: keyof typeof say.object, sentence = say.object[term]): Fact[] =>
    hasAttribute("TPMA_OBJECT", attributes, term) ? [{ term, sentence }] : [];
  const lacks = (term: keyof typeof say.objectWithout): Fact[] =>
    hasAttribute("TPMA_OBJECT", attributes, term)
      ? []
      : [{ term: `${term} ${say.clear}`, sentence: say.objectWithout[term] }];
  return [
    { term: "type", sentence: typeName(object) },
    { term: "parent", sentence: parent === null ? say.parentUnknown : hexHandle(parent) },
    ...(hasSensitive ? [] : [{ term: "sensitive", sentence: say.publicOnly }]),
    ...flag("fixedTPM"),
    ...lacks("fixedTPM"),
    ...flag("fixedParent"),
    ...flag("stClear"),
    ...flag("sensitiveDataOrigin"),
    ...flag("userWithAuth"),
    ...lacks("userWithAuth"),
    ...flag("adminWithPolicy"),
    ...flag("noDA"),
    ...lacks("noDA"),
    ...flag("encryptedDuplication"),
    ...flag("restricted"),
    ...flag("decrypt"),
    ...flag("sign"),
    ...flag("x509sign"),
    { term: "authValue", sentence: authSet ? say.authSet : say.authEmpty },
    { term: "authPolicy", sentence: authPolicy.length === 0 ? say.noPolicy : say.policyIs(hex(authPolicy)) },
    { term: "name", sentence: `${nameAlg} ${hex(name)}` },
  ];
}

function sessionFacts({
  kind,
  authHash,
  symmetric,
  bound,
  auditDigest,
  policyDigest,
  demands,
}: InspectedSession): Fact[] {
  const say = explorerWords();
  const when = (applies: boolean, term: string, sentence: string): Fact[] => (applies ? [{ term, sentence }] : []);
  return [
    { term: "sessionType", sentence: say.sessionUse[kind] },
    { term: "authHash", sentence: authHash },
    { term: "symmetric", sentence: symmetric === null ? say.notEncrypting : say.encrypting(symmetric.algorithm) },
    ...when(bound, "bind", say.bound),
    ...when(auditDigest !== null, "audit", say.auditing),
    ...(policyDigest === null ? [] : [{ term: "policyDigest", sentence: hex(policyDigest) }]),
    ...(demands === null
      ? []
      : [
          ...when(demands.authValue, "TPM2_PolicyAuthValue", say.demands.authValue),
          ...when(demands.password, "TPM2_PolicyPassword", say.demands.password),
          ...when(demands.physicalPresence, "TPM2_PolicyPhysicalPresence", say.demands.physicalPresence),
          ...when(
            demands.commandCode !== null,
            "TPM2_PolicyCommandCode",
            say.demands.command(commandName(demands.commandCode ?? 0)),
          ),
          ...when(
            demands.locality !== null,
            "TPM2_PolicyLocality",
            say.demands.locality(localities(demands.locality ?? 0)),
          ),
          ...when(demands.cpHash !== null, "TPM2_PolicyCpHash", say.demands.cpHash),
          ...when(demands.nameHash !== null, "TPM2_PolicyNameHash", say.demands.nameHash),
          ...when(demands.templateHash !== null, "TPM2_PolicyTemplate", say.demands.template),
          ...when(
            demands.nvWritten !== null,
            "TPM2_PolicyNvWritten",
            say.demands.nvWritten(demands.nvWritten ?? false),
          ),
          ...when(demands.pcrs === "current", "TPM2_PolicyPCR", say.demands.pcrs),
          ...when(demands.pcrs === "changed", "TPM2_PolicyPCR", say.demands.pcrsChanged),
          ...when(
            demands.expiresIn !== null,
            "timeout",
            say.demands.expires(Math.ceil((demands.expiresIn ?? 0) / 1000)),
          ),
        ]),
  ];
}

function indexFacts({ attributes, dataSize, authSet, authPolicy, contents, accessible }: InspectedNvIndex): Fact[] {
  const say = explorerWords();
  const terms = Object.keys(say.index) as (keyof typeof say.index)[];
  const type = attributeField("TPMA_NV", attributes, "TPM_NT");
  return [
    { term: "dataSize", sentence: say.bytes(dataSize) },
    { term: "TPM_NT", sentence: say.indexTypes[type] ?? String(type) },
    { term: "data", sentence: contents.data === null ? say.contents[contents.why] : hex(contents.data) },
    ...(accessible ? [] : [{ term: "enable", sentence: say.disabled }]),
    ...terms
      .filter((term) => hasAttribute("TPMA_NV", attributes, term))
      .map((term) => ({ term, sentence: say.index[term] })),
    { term: "authValue", sentence: authSet ? say.authSet : say.authEmpty },
    { term: "authPolicy", sentence: authPolicy.length === 0 ? say.noPolicy : say.policyIs(hex(authPolicy)) },
  ];
}
