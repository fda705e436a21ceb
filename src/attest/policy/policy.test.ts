/** Policies against the guest's own boot, recorded. */
import { describe, expect, test } from "vitest";
import { parseEventLog, serializeEventLog } from "../../firmware/eventLog.ts";
import { EV_IPL } from "../../firmware/eventTypes.ts";
import { TPM_ALG } from "../../spec/algorithms.ts";
import { checkEventLog } from "../eventLogEvidence.ts";
import type { Finding } from "../finding.ts";
import { checkIma, parseImaLog } from "../ima/index.ts";
import { toHex } from "../octets.ts";
import { everyFinding } from "../testkit/findings.ts";
import { checkPolicy, learnPolicy, type PolicyEvidence, parsePolicy, serializePolicy } from "./index.ts";
import { COMMAND_LINE, evidenceOf, guest, IMA, LOG, octets, policyOf, sha256 } from "./testkit/guestBoot.ts";

const { TPM_ALG_SHA256: SHA256, TPM_ALG_SHA1: SHA1 } = TPM_ALG;
const PCRS = Object.fromEntries([...guest.quoted.get(SHA256)!].map(([pcr, value]) => [pcr, [toHex(value)]]));
const verdictsOf = (one: Finding) =>
  Object.fromEntries(everyFinding(one).map(({ check, verdict }) => [check, verdict]));
const digestsOf = (pcr: number) =>
  guest
    .log!.events.filter(({ event, digest }) => event.pcrIndex === pcr && digest !== null)
    .map(({ digest }) => toHex(digest!));

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
      one.pcrIndex === 8 && one.type === EV_IPL
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
