/** A policy as JSON, read and written. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TPM_ALG } from "../../spec/algorithms.ts";
import { learnPolicy, PolicyError, parsePolicy, serializePolicy } from "./index.ts";
import { guest, octets } from "./testkit/guestBoot.ts";
import { keyTwice } from "./uniqueKeys.ts";

const { TPM_ALG_SHA256: SHA256, TPM_ALG_SHA1: SHA1 } = TPM_ALG;

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
