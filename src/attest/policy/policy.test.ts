/** Policies against the guest's own boot, recorded, and against Secure Boot's events as firmware writes them. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concat } from "../../engine/bytes.ts";
import { guid, le, utf16 } from "../../firmware/description/testkit/octets.ts";
import { parseEventLog, serializeEventLog, specIdEvent, type TcgEvent } from "../../firmware/eventLog.ts";
import { replayEventLog } from "../../firmware/eventLogReplay.ts";
import * as types from "../../firmware/eventTypes.ts";
import { TPM_ALG } from "../../spec/algorithms.ts";
import { checkEventLog, type QuotedPcrs } from "../eventLogEvidence.ts";
import type { Finding } from "../finding.ts";
import { checkIma, imaDigest, parseImaLog } from "../ima/index.ts";
import { toHex } from "../octets.ts";
import { checkPolicy, learnPolicy, PolicyError, type PolicyEvidence, parsePolicy, serializePolicy } from "./index.ts";
import { keyTwice } from "./uniqueKeys.ts";

const { TPM_ALG_SHA256: SHA256, TPM_ALG_SHA1: SHA1 } = TPM_ALG;
const octets = (text: string) => new TextEncoder().encode(text);
const sha256 = (...parts: Uint8Array[]) =>
  new Uint8Array(
    createHash("sha256")
      .update(concat(...parts))
      .digest(),
  );
const policyOf = (object: object) => parsePolicy(octets(JSON.stringify({ tabtpmPolicy: 1, ...object })));

const testdata = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../../history/testdata/${name}`, import.meta.url)));
const LOG = testdata("event-log.bin");
const IMA = testdata("ima.txt");
const ALL_PCRS = Array.from({ length: 11 }, (_, pcr) => pcr);

/** What the guest's boot is known by. */
async function evidenceOf(
  log: Uint8Array,
  ima: Uint8Array,
  quotedPcrs: readonly number[] = ALL_PCRS,
): Promise<PolicyEvidence> {
  const banks = await replayEventLog(parseEventLog(log).events);
  let pcr10: Uint8Array = new Uint8Array(32);
  for (const entry of parseImaLog(ima).entries) pcr10 = sha256(pcr10, (await imaDigest(entry, SHA256))!);
  const values = new Map([...banks.get(SHA256)!, [10, pcr10] as const].filter(([pcr]) => quotedPcrs.includes(pcr)));
  const quoted: QuotedPcrs = new Map([[SHA256, values]]);
  return {
    quoted,
    bank: SHA256,
    log: await checkEventLog(log, quoted, SHA256),
    ima: await checkIma(ima, quoted, SHA256),
    firmwareVersion: 0x2024_0101_0012_0000n,
    akName: Uint8Array.of(0, 11, 1, 2, 3),
    ekName: null,
  };
}
const guest = await evidenceOf(LOG, IMA);
const PCRS = Object.fromEntries([...guest.quoted.get(SHA256)!].map(([pcr, value]) => [pcr, [toHex(value)]]));
const everyFinding = (one: Finding): Finding[] => [one, ...one.findings.flatMap(everyFinding)];
const verdictsOf = (one: Finding) =>
  Object.fromEntries(everyFinding(one).map(({ check, verdict }) => [check, verdict]));
const digestsOf = (pcr: number) =>
  guest
    .log!.events.filter(({ event, digest }) => event.pcrIndex === pcr && digest !== null)
    .map(({ digest }) => toHex(digest!));
const COMMAND_LINE = /kernel_cmdline: (.*)/.exec(
  new TextDecoder()
    .decode(guest.log!.events.find(({ event }) => event.pcrIndex === 8 && event.type === types.EV_IPL)!.event.data)
    .replace(/\0$/, ""),
)![1]!;

describe("a policy", () => {
  test("that knows every value is met, and by one value less is not", async () => {
    expect((await checkPolicy(policyOf({ pcrs: { sha256: PCRS } }), guest)).verdict).toBe("good");
    const { 4: _, ...without } = PCRS;
    const finding = await checkPolicy(policyOf({ pcrs: { sha256: without } }), guest);
    expect(finding.verdict).toBe("unknown");
    expect(finding.findings.filter(({ verdict }) => verdict !== "good").map(({ check }) => check)).toEqual([
      "policy.covers.4",
    ]);
    expect((await checkPolicy(policyOf({ pcrs: { sha256: without }, ignoredPcrs: [4] }), guest)).verdict).toBe("good");
    const other = policyOf({ pcrs: { sha256: { ...PCRS, 4: ["ab".repeat(32)] } } });
    expect((await checkPolicy(other, guest)).verdict).toBe("bad");
  });

  test("of SHA-1 values is met where it asks for that bank, and not beside another one", async () => {
    const sha1 = Object.fromEntries(Object.keys(PCRS).map((pcr) => [pcr, ["11".repeat(20)]]));
    const values = new Map(Object.keys(PCRS).map((pcr) => [Number(pcr), new Uint8Array(20).fill(0x11)]));
    // The attester chooses which banks are quoted.
    const both = { ...guest, quoted: new Map([...guest.quoted, [SHA1, values]]) };
    const finding = await checkPolicy(policyOf({ pcrs: { sha1 } }), both);
    expect(finding.verdict).toBe("unknown");
    expect(verdictsOf(finding)).toMatchObject({ "policy.pcr.sha1.0": "good", "policy.covers.0": "unknown" });
    expect((await checkPolicy(policyOf({ bank: "sha1", pcrs: { sha1 } }), both)).verdict).toBe("good");
    expect((await checkPolicy(policyOf({ pcrs: { sha1, sha256: PCRS } }), both)).verdict).toBe("good");
  });

  test("that asks for nothing is met by nothing", async () => {
    expect((await checkPolicy(policyOf({}), guest)).verdict).toBe("unknown");
    expect((await checkPolicy(policyOf({}), { ...guest, quoted: new Map() })).verdict).toBe("unknown");
  });

  test("that asks for what there is no evidence of is not met", async () => {
    const nothing: PolicyEvidence = {
      quoted: new Map(),
      bank: SHA256,
      log: null,
      ima: null,
      firmwareVersion: null,
      akName: null,
      ekName: null,
    };
    const policy = policyOf({
      bank: "sha256",
      pcrs: { sha256: { 0: ["00".repeat(32)] }, sha1: { 1: ["00".repeat(20)] } },
      events: { 8: { list: [{ text: "quiet" }], others: "accept" }, 9: { list: [], others: "refuse" } },
      ima: { files: {}, others: "accept", violations: "accept", bootAggregate: "ignore" },
      secureBoot: { enabled: false },
      firmwareVersions: ["0x1"],
      ek: { names: ["000b01"] },
      ak: { names: ["000b01"] },
    });
    const finding = await checkPolicy(policy, nothing);
    expect(finding.findings.map(({ verdict }) => verdict)).toEqual(Array(9).fill("unknown"));
  });

  test("knows the AK and the firmware by what they are", async () => {
    const base = { pcrs: { sha256: PCRS } };
    const verdict = async (object: object) => (await checkPolicy(policyOf({ ...base, ...object }), guest)).verdict;
    expect(await verdict({ ak: { names: ["000b010203"] }, firmwareVersions: ["0x1", "0x2024010100120000"] })).toBe(
      "good",
    );
    expect(await verdict({ ak: { names: ["000b010204"] } })).toBe("bad");
    expect(await verdict({ firmwareVersions: ["0x2024010100120001"] })).toBe("bad");
    expect(await verdict({ ek: { names: ["000b010203"] } })).toBe("unknown");
  });
});

describe("events that a policy lists", () => {
  const check = async (pcr: number, rule: object, evidence = guest) => {
    const finding = await checkPolicy(policyOf({ bank: "sha256", events: { [pcr]: rule } }), evidence);
    return finding.findings.find(({ check: name }) => name === `policy.events.${pcr}`)!;
  };
  const files = digestsOf(9).map((digest, index) => ({ digest, what: ["kernel", "initrd"][index] }));

  test("“PCR 9 holds these two files” and “PCR 8 has this command line”", async () => {
    expect((await check(9, { list: files, others: "refuse" })).verdict).toBe("good");
    expect((await check(8, { list: [{ text: COMMAND_LINE }], others: "refuse" })).verdict).toBe("good");
  });

  test.each<[string, number, object]>([
    ["another command line", 8, { list: [{ text: `${COMMAND_LINE} init=/bin/sh` }], others: "accept" }],
    ["one file only", 9, { list: files.slice(0, 1), others: "refuse" }],
    ["a file more", 9, { list: [...files, files[0]], others: "accept" }],
    ["the other order", 9, { list: [files[1], files[0]], others: "accept" }],
    ["no event", 9, { list: [], others: "refuse" }],
  ])("%s is refused", async (_what, pcr, rule) => {
    expect((await check(pcr, rule)).verdict).toBe("bad");
  });

  test("others may be there where the policy says so", async () => {
    expect((await check(9, { list: [files[1]], others: "accept" })).verdict).toBe("good");
    expect(() => policyOf({ bank: "sha256", events: { 9: { list: [], others: "accept" } } })).toThrow(
      "policy.events.9 asks for nothing: list the PCR under policy.ignoredPcrs",
    );
  });

  test("in a log that does not account for the PCR tell nothing", async () => {
    const values = guest.quoted.get(SHA256)!;
    const spoilt = new Map([[SHA256, new Map(values).set(9, new Uint8Array(32))]]);
    const log = await checkEventLog(LOG, spoilt, SHA256);
    expect((await check(9, { list: files, others: "refuse" }, { ...guest, quoted: spoilt, log })).verdict).toBe(
      "unknown",
    );
    expect((await check(9, { list: files, others: "refuse" }, { ...guest, log: null })).verdict).toBe("unknown");
    // A first value says that nothing was measured.
    expect((await check(9, { list: [], others: "refuse" }, { ...guest, quoted: spoilt, log: null })).verdict).toBe(
      "good",
    );
  });
});

describe("files that IMA measured", () => {
  const entries = parseImaLog(IMA).entries;
  const files = Object.fromEntries(entries.slice(1).map(({ name, fileDigest }) => [name, [fileDigest]]));
  const check = async (rule: object, evidence = guest) => {
    const finding = await checkPolicy(policyOf({ ima: { files, others: "refuse", ...rule } }), evidence);
    return finding.findings.find(({ check: name }) => name === "policy.ima")!;
  };

  test("are on the list; the first entry is of the quoted boot", async () => {
    expect(verdictsOf(await check({}))).toEqual({
      "policy.ima": "good",
      "policy.ima.bootAggregate": "good",
      "policy.ima.violations": "good",
      "policy.ima.files": "good",
    });
  });

  test("and are not: another digest, and one that is not listed", async () => {
    const { "/bin/busybox": _, ...without } = files;
    expect((await check({ files: without })).verdict).toBe("bad");
    expect((await check({ files: without, others: "accept" })).verdict).toBe("good");
    const other = { ...files, "/bin/busybox": [`sha256:${"ab".repeat(32)}`] };
    const finding = await check({ files: other, others: "accept" });
    expect(finding.verdict).toBe("bad");
    expect(everyFinding(finding).find(({ check: name }) => name.startsWith("policy.ima.file."))!.seen).toContain(
      "/bin/busybox",
    );
  });

  test.each(["d-ng|xattrnames", "xattrnames|n-ng", "n-ng|xattrnames", "xattrnames|buf", "buf|n"])(
    "are not told by an entry whose fields are called %s, which its digest does not bind",
    async (template) => {
      const relabelled = new TextDecoder().decode(IMA).replace(/ima-ng (sha256:\S+ \/bin\/busybox)/, (_all, rest) => {
        const [digest, name] = (rest as string).split(" ");
        const hex = (text: string) => Buffer.from(text, "latin1").toString("hex");
        const [algorithm, value] = digest!.split(":");
        const inHex = `${hex(`${algorithm}:\0`)}${value}`;
        if (template.startsWith("buf")) return `${template} ${inHex} ${name}`;
        if (template.endsWith("buf")) return `${template} ${digest} ${hex(`${name}\0`)}`;
        return `${template} ${rest}`;
      });
      const busybox = { ...files, "/bin/busybox": [`sha256:${"ab".repeat(32)}`] };
      const evidence = { ...guest, ima: await checkIma(octets(relabelled), guest.quoted, SHA256) };
      for (const others of ["accept", "refuse"])
        expect((await check({ files: busybox, others }, evidence)).verdict, others).not.toBe("good");
    },
  );

  test("with a violation among them are refused, unless the policy accepts it", async () => {
    const text = new TextDecoder().decode(IMA);
    const violation = `10 ${"00".repeat(20)} ima-ng sha256:${"00".repeat(32)} /var/log/x\n`;
    const evidence = await evidenceOf(LOG, octets(text + violation));
    expect((await check({}, evidence)).verdict).toBe("bad");
    expect((await check({ violations: "accept" }, evidence)).verdict).toBe("good");
  });
});

describe("Secure Boot's variables", () => {
  const GLOBAL = "8be4df61-93ca-11d2-aa0d-00e098032b8c";
  const DATABASE = "d719b2cb-3d3a-4596-a3bc-dad00e67656f";
  const variable = (vendor: string, name: string, value: Uint8Array) =>
    Uint8Array.from([...guid(vendor), ...le(name.length, 8), ...le(value.length, 8), ...utf16(name), ...value]);
  const event = (type: number, data: Uint8Array, pcrIndex = 7): TcgEvent => ({
    pcrIndex,
    type,
    digests: [{ algorithm: SHA256, digest: sha256(data) }],
    data,
  });
  const HEADER = specIdEvent({
    platformClass: 0,
    specVersionMajor: 2,
    specVersionMinor: 0,
    specErrata: 0,
    uintnSize: 2,
    algorithms: [{ algorithm: SHA256, size: 32 }],
    vendorInfo: new Uint8Array(0),
  });
  const CONFIG = types.EV_EFI_VARIABLE_DRIVER_CONFIG;
  const on = event(CONFIG, variable(GLOBAL, "SecureBoot", Uint8Array.of(1)));
  const off = event(CONFIG, variable(GLOBAL, "SecureBoot", Uint8Array.of(0)));
  const others = [
    event(CONFIG, variable(GLOBAL, "PK", octets("pk"))),
    event(CONFIG, variable(GLOBAL, "KEK", octets("kek"))),
    event(CONFIG, variable(DATABASE, "db", octets("db"))),
    event(CONFIG, variable(DATABASE, "dbx", octets("dbx"))),
  ];
  const separator = event(types.EV_SEPARATOR, new Uint8Array(4));
  const authority = event(types.EV_EFI_VARIABLE_AUTHORITY, variable(DATABASE, "db", octets("certificate")));
  const RULE = {
    enabled: true,
    variables: {
      PK: [toHex(sha256(octets("pk")))],
      KEK: [toHex(sha256(octets("kek")))],
      db: [toHex(sha256(octets("db")))],
      dbx: [toHex(sha256(octets("older"))), toHex(sha256(octets("dbx")))],
    },
    authorities: [toHex(sha256(octets("certificate")))],
  };
  const verdict = async (rule: object, ...events: TcgEvent[]) => {
    const bytes = serializeEventLog([HEADER, ...events]);
    const quoted = await replayEventLog(events);
    const log = await checkEventLog(bytes, quoted, SHA256);
    const evidence = { ...guest, quoted, log, ima: null };
    return (await checkPolicy(policyOf({ secureBoot: rule }), evidence)).verdict;
  };

  test("are as the policy has them", async () => {
    expect(await verdict(RULE, on, ...others, separator, authority)).toBe("good");
    expect(await verdict({ enabled: false }, off, ...others, separator)).toBe("unknown");
  });

  test.each<[string, string, TcgEvent[]]>([
    ["bad", "off", [off, ...others, separator, authority]],
    ["bad", "off, and on again behind the separator", [off, ...others, separator, on, authority]],
    ["unknown", "off and on before the separator", [off, on, ...others, separator, authority]],
    ["unknown", "nowhere", [...others, separator, authority]],
    ["unknown", "without a separator", [on, ...others, authority]],
    [
      "unknown",
      "of another vendor",
      [event(CONFIG, variable(DATABASE, "SecureBoot", Uint8Array.of(1))), ...others, separator],
    ],
    [
      "bad",
      "on, with another database",
      [on, ...others.slice(0, 2), event(CONFIG, variable(DATABASE, "db", octets("mine"))), others[3]!, separator],
    ],
    ["unknown", "on, without dbx", [on, ...others.slice(0, 3), separator, authority]],
    [
      "bad",
      "on, and what verified is not on the list",
      [on, ...others, separator, event(types.EV_EFI_VARIABLE_AUTHORITY, variable(DATABASE, "db", octets("mine")))],
    ],
    [
      "bad",
      "on, and something else was measured behind the separator",
      [on, ...others, separator, event(types.EV_EFI_ACTION, octets("DMA Protection Disabled"))],
    ],
  ])("are %s where the switch is %s", async (expected, _what, events) => {
    expect(await verdict(RULE, ...events)).toBe(expected);
  });

  // An event's type is bound by no digest, and nor is what is around that which was measured.
  test.each<[string, string, TcgEvent]>([
    ["unknown", "EV_EVENT_TAG", { ...off, type: types.EV_EVENT_TAG }],
    ["unknown", "EV_EFI_VARIABLE_AUTHORITY", { ...off, type: types.EV_EFI_VARIABLE_AUTHORITY }],
    ["unknown", "a type without data", { ...off, type: types.EV_POST_CODE, data: octets("POST CODE") }],
    ["unknown", "a file", { ...off, type: types.EV_IPL, data: octets("/boot/grub.cfg") }],
    ["unknown", "an action", { ...off, type: types.EV_ACTION, data: concat(off.data, octets("!")) }],
    ["unknown", "a text", { ...off, type: types.EV_IPL, data: concat(octets("text: "), off.data, new Uint8Array(1)) }],
    ["unknown", "another's value", { ...off, type: types.EV_EFI_VARIABLE_BOOT, data: variable(GLOBAL, "x", off.data) }],
  ])("are %s where the switch is off and on, and off is called %s", async (expected, _what, event) => {
    expect(await verdict(RULE, event, on, ...others, separator, authority)).toBe(expected);
  });

  test("are unknown behind a separator that is called something else, before one that was made up", async () => {
    const hidden = { ...separator, type: types.EV_POST_CODE, data: octets("POST CODE") };
    const text = { ...separator, type: types.EV_IPL, data: concat(octets("text: "), new Uint8Array(5)) };
    expect(await verdict(RULE, hidden, on, ...others, separator, authority)).toBe("unknown");
    expect(await verdict(RULE, text, on, ...others, separator, authority)).not.toBe("good");
  });

  test("of a separator whose type was changed still count as before it", async () => {
    const renamed = { ...separator, type: types.EV_IPL };
    expect(await verdict(RULE, off, ...others, renamed, on)).toBe("bad");
  });
});

describe("a policy that was learned", () => {
  test("is met by the same boot, and says what the events are", async () => {
    const policy = learnPolicy(guest, "the guest");
    expect((await checkPolicy(policy, guest)).verdict).toBe("good");
    expect([...policy.pcrs.get(SHA256)!.keys()]).toEqual([0, 1, 2, 3, 6, 7]);
    expect(new TextDecoder().decode(policy.events.get(8)!.list.at(-1)!.text!)).toBe(COMMAND_LINE);
    expect(policy.ima!.files.size).toBe(4);
    expect(parsePolicy(octets(serializePolicy(policy)))).toEqual(policy);
  });

  test("is not met by another boot: kernel arguments, a file, an AK", async () => {
    const policy = learnPolicy(guest);
    const events = parseEventLog(LOG).events.map((one) =>
      one.pcrIndex === 8 && one.type === types.EV_IPL
        ? {
            ...one,
            digests: one.digests.map((each) =>
              each.algorithm === SHA256 ? { ...each, digest: sha256(octets("quiet")) } : each,
            ),
            data: octets("kernel_cmdline: quiet"),
          }
        : one,
    );
    const changed = await evidenceOf(serializeEventLog(events), IMA);
    const bad = everyFinding(await checkPolicy(policy, changed)).filter(
      ({ verdict, findings }) => verdict === "bad" && findings.length === 0,
    );
    // The first entry of IMA's list is of another boot then, too.
    expect(bad.map(({ check }) => check)).toEqual(["policy.events.8.0", "policy.ima.bootAggregate"]);
    const text = new TextDecoder().decode(IMA).replace("sha256:5179", "sha256:5170");
    const spoilt = await evidenceOf(LOG, octets(text));
    expect(spoilt.ima!.finding.verdict).toBe("bad");
    expect((await checkPolicy(policy, spoilt)).verdict).toBe("unknown");
    expect((await checkPolicy(policy, { ...guest, akName: Uint8Array.of(0, 11, 9) })).verdict).toBe("bad");
  });
});

describe("the text of a policy", () => {
  test.each<[string, string]>([
    ["", "policy is no JSON in UTF-8"],
    ["[]", "policy must be an object; it is []"],
    ["{}", "policy.tabtpmPolicy is missing"],
    ['{"tabtpmPolicy":2}', "policy.tabtpmPolicy must be 1, the version that is known here; it is 2"],
    ['{"tabtpmPolicy":1,"wings":1}', "policy.wings is no part of a policy of this version"],
    [
      '{"tabtpmPolicy":1,"bank":"sha255"}',
      'policy.bank must be the name of a PCR bank, such as "sha256"; it is "sha255"',
    ],
    ['{"tabtpmPolicy":1,"pcrs":{"sha256":{"24":[]}}}', "policy.pcrs.sha256.24 must be a PCR, 0 to 23"],
    ['{"tabtpmPolicy":1,"pcrs":{"sha256":{"08":[]}}}', "policy.pcrs.sha256.08 must be a PCR"],
    ['{"tabtpmPolicy":1,"pcrs":{"sha256":{"8":[]}}}', "policy.pcrs.sha256.8 must be a list of at least one"],
    [
      '{"tabtpmPolicy":1,"pcrs":{"sha256":{"8":["00"]}}}',
      'policy.pcrs.sha256.8[0] must be 32 octets in hexadecimal; it is "00"',
    ],
    ['{"tabtpmPolicy":1,"events":{}}', "policy.events needs policy.bank"],
    [
      '{"tabtpmPolicy":1,"bank":"sha1","events":{"8":{"list":[{"text":"a","digest":"00"}],"others":"refuse"}}}',
      "policy.events.8.list[0].digest must be 20 octets",
    ],
    [
      '{"tabtpmPolicy":1,"bank":"sha1","events":{"8":{"list":[{}],"others":"refuse"}}}',
      "policy.events.8.list[0] must have a text or a digest",
    ],
    ['{"tabtpmPolicy":1,"bank":"sha1","events":{"8":{"list":[]}}}', "policy.events.8.others is missing"],
    [
      '{"tabtpmPolicy":1,"ima":{"files":{"/a":["abc"]},"others":"refuse"}}',
      "policy.ima.files./a[0] must be a digest as IMA's list has it",
    ],
    ['{"tabtpmPolicy":1,"ima":{"files":{}}}', "policy.ima.others is missing"],
    ['{"tabtpmPolicy":1,"secureBoot":{"enabled":1}}', "policy.secureBoot.enabled must be true or false; it is 1"],
    [
      '{"tabtpmPolicy":1,"secureBoot":{"enabled":true,"variables":{"MOK":[]}}}',
      'policy.secureBoot.variables must be "PK" or "KEK" or "db" or "dbx"; it is "MOK"',
    ],
    ['{"tabtpmPolicy":1,"firmwareVersions":[1]}', "policy.firmwareVersions[0] must be a version of 64 bits"],
    ['{"tabtpmPolicy":1,"ek":{"roots":["x"]}}', "policy.ek.roots[0] must be a certificate in PEM"],
    ['{"tabtpmPolicy":1,"ak":{}}', "policy.ak.names is missing"],
    ['{"tabtpmPolicy":1,"bank":"sha256","bank":"sha1"}', 'policy has the key "bank" twice in one object'],
    [
      '{"tabtpmPolicy":1,"ima":{"others":"refuse","files":{"a":[],"b{\\"[":["x,"],"\\u0061":[]}}}',
      'policy has the key "a" twice in one object',
    ],
    [
      `{"tabtpmPolicy":1,"ignoredPcrs":${"[".repeat(9999)}${"]".repeat(9999)}}`,
      "policy.ignoredPcrs[0] must be a PCR, 0 to 23",
    ],
    ['{"tabtpmPolicy":1,"__proto__":{"bank":"sha1"}}', "policy.__proto__ is no part of a policy of this version"],
    ['{"tabtpmPolicy":1,"pcrs":{"__proto__":{"8":[]}}}', "policy.pcrs.__proto__ must be the name of a PCR bank"],
    ['{"tabtpmPolicy":1,"pcrs":{"sha256":{"constructor":[]}}}', "policy.pcrs.sha256.constructor must be a PCR"],
    ['{"tabtpmPolicy":1,"ignoredPcrs":[1e999]}', "policy.ignoredPcrs[0] must be a PCR"],
    ['{"tabtpmPolicy":1,"firmwareVersions":["0x10000000000000000"]}', "must be a version of 64 bits"],
    ['{"tabtpmPolicy":1,"ak":{"names":[]}}', "policy.ak.names must be a list of at least one"],
    ['{"tabtpmPolicy":1,"ignoredPcrs":["1"]}', 'policy.ignoredPcrs[0] must be a PCR, 0 to 23; it is "1"'],
  ])("%s is refused", (text, message) => {
    expect(() => parsePolicy(octets(text))).toThrow(PolicyError);
    expect(() => parsePolicy(octets(text))).toThrow(message);
  });

  const digest = (size: number) => fc.uint8Array({ minLength: size, maxLength: size });
  const anyPolicy = fc.record({
    name: fc.option(fc.string()),
    bank: fc.constantFrom(SHA1, SHA256),
    ignoredPcrs: fc.uniqueArray(fc.nat(23)),
    values: fc.uniqueArray(fc.tuple(fc.nat(23), fc.array(digest(32), { minLength: 1, maxLength: 3 })), {
      selector: ([pcr]) => pcr,
      minLength: 1,
    }),
    files: fc.dictionary(fc.string(), fc.constant([`sha256:${"ab".repeat(32)}`])),
    others: fc.constantFrom("refuse" as const, "accept" as const),
    texts: fc.array(fc.string({ unit: "grapheme" }), { minLength: 1 }),
    firmwareVersions: fc.option(fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { minLength: 1 })),
    secureBoot: fc.option(fc.record({ enabled: fc.boolean(), authorities: fc.option(fc.array(digest(32))) })),
    names: fc.option(fc.array(fc.uint8Array({ minLength: 1, maxLength: 34 }), { minLength: 1 })),
  });

  test("is read as what was written, whatever the policy is", () => {
    fc.assert(
      fc.property(anyPolicy, ({ values, files, others, texts, secureBoot, names, ...rest }) => {
        const policy = {
          ...rest,
          pcrs: new Map([[SHA256, new Map(values)]]),
          events: new Map([
            [8, { list: texts.map((text) => ({ text: octets(text), digest: null, what: "line" })), others }],
          ]),
          ima: { files: new Map(Object.entries(files)), others, violations: others, bootAggregate: "ignore" as const },
          secureBoot: secureBoot && { ...secureBoot, variables: new Map([["db" as const, [new Uint8Array(32)]]]) },
          ekRoots: null,
          ekNames: names,
          akNames: names,
        };
        expect(parsePolicy(octets(serializePolicy(policy)))).toEqual(policy);
      }),
      { numRuns: 200 },
    );
  });

  test("has no key twice, however it is spelt and wherever it stands", () => {
    const escaped = (key: string) => Array.from(key, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
    fc.assert(
      fc.property(fc.jsonValue(), fc.string({ unit: "binary-ascii" }), fc.boolean(), (value, key, isWithin) => {
        const text = JSON.stringify(value);
        expect(keyTwice(text)).toBe(null);
        const own = `{${JSON.stringify(key)}:${text},"${escaped(key).join("")}":0}`;
        expect(keyTwice(isWithin ? `[{"x,":[${text}],"y":${own}}]` : own)).toBe(key);
      }),
    );
  });

  test("of any octets, or of any JSON, is a policy or a PolicyError", () => {
    const text = serializePolicy(learnPolicy(guest));
    const spoiled = fc
      .tuple(fc.nat(text.length - 1), fc.string({ maxLength: 4 }), fc.nat(6))
      .map(([at, put, gone]) => octets(text.slice(0, at) + put + text.slice(at + gone)));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.json().map(octets), spoiled), (any) => {
        try {
          parsePolicy(any);
        } catch (error) {
          expect(error).toBeInstanceOf(PolicyError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
