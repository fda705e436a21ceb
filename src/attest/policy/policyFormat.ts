/** A policy as JSON: read strictly, and written. */
import { HASH_ALGORITHMS, hashName, PCR_COUNT } from "../../firmware/eventLog.ts";
import { toHex } from "../octets.ts";
import {
  hexOf,
  listOf,
  mapOf,
  ObjectReader,
  oneOf,
  PolicyError,
  type Reader,
  readBoolean,
  readString,
  someOf,
} from "./json.ts";
import {
  type AttestationPolicy,
  EMPTY_POLICY,
  type EventRule,
  type ExpectedEvent,
  type ImaRule,
  POLICY_VERSION,
  SECURE_BOOT_VARIABLES,
  type SecureBootRule,
} from "./policy.ts";
import { keyTwice } from "./uniqueKeys.ts";

export { PolicyError };

/** Octets of a policy that are read: an allow-list of a whole distribution has some tens of millions. */
export const MAX_POLICY_SIZE = 64 << 20;
const SHA256_SIZE = 32;
const [UTF_8, UTF_16] = ["utf-8", "utf-16le"] as const;

/**
 * @param octets JSON in UTF-8.
 * @throws PolicyError for what is no policy: where it is wrong and what should stand there. What is not known is wrong, so
 * that no rule is lost.
 */
export function parsePolicy(octets: Uint8Array): AttestationPolicy {
  if (octets.length > MAX_POLICY_SIZE) throw new PolicyError("policy", `has more than ${MAX_POLICY_SIZE} octets`);
  let value: unknown;
  let twice: string | null;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(octets);
    value = JSON.parse(text);
    twice = keyTwice(text);
  } catch (error) {
    throw new PolicyError("policy", `is no JSON in UTF-8: ${(error as Error).message}`);
  }
  if (twice !== null) throw new PolicyError("policy", `has the key ${JSON.stringify(twice)} twice in one object`);
  const object = new ObjectReader(value, "policy");
  object.required("tabtpmPolicy", readVersion);
  const bank = object.optional("bank", readBank);
  const ek = object.optional("ek", readEk);
  const policy: AttestationPolicy = {
    name: object.optional("name", readString),
    bank,
    pcrs: object.optional("pcrs", readPcrs) ?? EMPTY_POLICY.pcrs,
    events: object.optional("events", (rules, path) => readEvents(rules, path, bank)) ?? EMPTY_POLICY.events,
    ignoredPcrs: object.optional("ignoredPcrs", listOf(readPcr)) ?? [],
    ima: object.optional("ima", readIma),
    secureBoot: object.optional("secureBoot", readSecureBoot),
    firmwareVersions: object.optional("firmwareVersions", someOf(readFirmwareVersion)),
    ekRoots: ek?.roots ?? null,
    ekNames: ek?.names ?? null,
    akNames: object.optional("ak", readAk),
  };
  object.end();
  return policy;
}

const readVersion: Reader<number> = (value, path) => {
  if (value === POLICY_VERSION) return POLICY_VERSION;
  throw new PolicyError(
    path,
    `must be ${POLICY_VERSION}, the version that is known here; it is ${JSON.stringify(value)}`,
  );
};

const readBank: Reader<number> = (value, path) => {
  const found = [...HASH_ALGORITHMS].find(([, { name }]) => name === value);
  if (found !== undefined) return found[0];
  throw new PolicyError(path, `must be the name of a PCR bank, such as "sha256"; it is ${JSON.stringify(value)}`);
};

const readPcr: Reader<number> = (value, path) => {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value < PCR_COUNT) return value;
  throw new PolicyError(path, `must be a PCR, 0 to ${PCR_COUNT - 1}; it is ${JSON.stringify(value)}`);
};
/** As a key: "8", and not "08". */
const readPcrKey: Reader<number> = (value, path) =>
  /^(0|[1-9]\d?)$/.test(String(value))
    ? readPcr(Number(value), `${path}.${value}`)
    : readPcr(value, `${path}.${value}`);

const readPcrs: Reader<AttestationPolicy["pcrs"]> = mapOf(
  (name, path) => readBank(name, `${path}.${name}`),
  (bank) => mapOf(readPcrKey, () => someOf(hexOf(HASH_ALGORITHMS.get(bank)!.size))),
);

function readEvents(value: unknown, path: string, bank: number | null): AttestationPolicy["events"] {
  if (bank === null) throw new PolicyError(path, "needs policy.bank: digests are those of one bank");
  const readEvent: Reader<ExpectedEvent> = (event, at) => {
    const object = new ObjectReader(event, at);
    const text = object.optional("text", readString);
    const encoding = object.optional("encoding", oneOf(UTF_8, UTF_16));
    const digest = object.optional("digest", hexOf(HASH_ALGORITHMS.get(bank)!.size));
    const what = object.optional("what", readString);
    object.end();
    if ((text === null) === (digest === null)) throw new PolicyError(at, "must have a text or a digest, and not both");
    if (encoding !== null && text === null) throw new PolicyError(`${at}.encoding`, "is of a text, and there is none");
    const octets = text === null ? null : encoding === UTF_16 ? utf16(text) : new TextEncoder().encode(text);
    return { digest, text: octets, what: what ?? text ?? "an event" };
  };
  return mapOf(
    readPcrKey,
    (): Reader<EventRule> => (rule, at) => {
      const object = new ObjectReader(rule, at);
      const list = object.required("list", listOf(readEvent));
      const others = object.required("others", oneOf("refuse", "accept"));
      object.end();
      if (list.length === 0 && others === "accept")
        throw new PolicyError(at, "asks for nothing: list the PCR under policy.ignoredPcrs, or refuse other events");
      return { list, others };
    },
  )(value, path);
}

function utf16(text: string): Uint8Array {
  const view = new DataView(new ArrayBuffer(2 * text.length));
  for (let at = 0; at < text.length; at++) view.setUint16(2 * at, text.charCodeAt(at), true);
  return new Uint8Array(view.buffer);
}

const readDigest: Reader<string> = (value, path) => {
  if (typeof value === "string" && /^(?:(?:[a-z0-9-]{1,20}:){1,2})?(?:[0-9a-f]{2}){16,64}$/.test(value)) return value;
  throw new PolicyError(path, `must be a digest as IMA's list has it, "sha256:…"; it is ${JSON.stringify(value)}`);
};

const readIma: Reader<ImaRule> = (value, path) => {
  const object = new ObjectReader(value, path);
  const rule: ImaRule = {
    files: object.required(
      "files",
      mapOf(readString, () => someOf(readDigest)),
    ),
    others: object.required("others", oneOf("refuse", "accept")),
    violations: object.optional("violations", oneOf("refuse", "accept")) ?? "refuse",
    bootAggregate: object.optional("bootAggregate", oneOf("compare", "ignore")) ?? "compare",
  };
  object.end();
  return rule;
};

const readSecureBoot: Reader<SecureBootRule> = (value, path) => {
  const object = new ObjectReader(value, path);
  const digests = hexOf(SHA256_SIZE);
  const rule: SecureBootRule = {
    enabled: object.required("enabled", readBoolean),
    variables:
      object.optional(
        "variables",
        mapOf(
          (name, at) => oneOf(...SECURE_BOOT_VARIABLES)(name, at),
          () => someOf(digests),
        ),
      ) ?? new Map(),
    authorities: object.optional("authorities", listOf(digests)),
  };
  object.end();
  return rule;
};

/** 64 bits, in hexadecimal. */
const readFirmwareVersion: Reader<bigint> = (value, path) => {
  if (typeof value === "string" && /^0x[0-9a-fA-F]{1,16}$/.test(value)) return BigInt(value);
  throw new PolicyError(path, `must be a version of 64 bits, as "0x2024010100120000"; it is ${JSON.stringify(value)}`);
};

const readPem: Reader<string> = (value, path) => {
  if (typeof value === "string" && value.includes("-----BEGIN CERTIFICATE-----")) return value;
  throw new PolicyError(path, "must be a certificate in PEM");
};

const readEk: Reader<{ roots: string[] | null; names: Uint8Array[] | null }> = (value, path) => {
  const object = new ObjectReader(value, path);
  const roots = object.optional("roots", someOf(readPem));
  const names = object.optional("names", someOf(hexOf(null)));
  object.end();
  return { roots, names };
};

const readAk: Reader<Uint8Array[]> = (value, path) => {
  const object = new ObjectReader(value, path);
  const names = object.required("names", someOf(hexOf(null)));
  object.end();
  return names;
};

/** @returns JSON for people, which {@link parsePolicy} reads as the same policy. */
export function serializePolicy(policy: AttestationPolicy): string {
  const { name, bank, pcrs, events, ignoredPcrs, ima, secureBoot, firmwareVersions, ekRoots, ekNames, akNames } =
    policy;
  const object = {
    tabtpmPolicy: POLICY_VERSION,
    ...(name === null ? {} : { name }),
    ...(bank === null ? {} : { bank: hashName(bank) }),
    ...(pcrs.size === 0
      ? {}
      : { pcrs: byKey(pcrs, hashName, (values) => byKey(values, String, (digests) => digests.map(toHex))) }),
    ...(events.size === 0
      ? {}
      : { events: byKey(events, String, ({ list, others }) => ({ list: list.map(writeEvent), others })) }),
    ...(ignoredPcrs.length === 0 ? {} : { ignoredPcrs }),
    ...(ima === null ? {} : { ima: { ...ima, files: byKey(ima.files, String, (digests) => digests) } }),
    ...(secureBoot === null ? {} : { secureBoot: writeSecureBoot(secureBoot) }),
    ...(firmwareVersions === null
      ? {}
      : { firmwareVersions: firmwareVersions.map((version) => `0x${version.toString(16).padStart(16, "0")}`) }),
    ...(ekRoots === null && ekNames === null
      ? {}
      : {
          ek: {
            ...(ekRoots === null ? {} : { roots: ekRoots }),
            ...(ekNames === null ? {} : { names: ekNames.map(toHex) }),
          },
        }),
    ...(akNames === null ? {} : { ak: { names: akNames.map(toHex) } }),
  };
  return `${JSON.stringify(object, null, 2)}\n`;
}

/** Object.fromEntries makes own properties of whatever names, "__proto__" too. */
const byKey = <K, V, W>(map: ReadonlyMap<K, V>, key: (key: K) => string, value: (value: V) => W): Record<string, W> =>
  Object.fromEntries(Array.from(map, ([k, v]) => [key(k), value(v)]));

function writeEvent({ digest, text, what }: ExpectedEvent) {
  if (text === null) return { digest: toHex(digest ?? new Uint8Array(0)), what };
  try {
    // The byte order mark is kept: it is hashed.
    return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(text), what };
  } catch {
    return { text: new TextDecoder("utf-16le", { ignoreBOM: true }).decode(text), encoding: UTF_16, what };
  }
}

const writeSecureBoot = ({ enabled, variables, authorities }: SecureBootRule) => ({
  enabled,
  ...(variables.size === 0 ? {} : { variables: byKey(variables, String, (digests) => digests.map(toHex)) }),
  ...(authorities === null ? {} : { authorities: authorities.map(toHex) }),
});
