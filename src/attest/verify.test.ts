/** A TPM that measured the guest's recorded boot, its quote, and everything that can be changed about them. */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import type { TpmClient } from "../client/index.ts";
import { parseEventLog } from "../firmware/eventLog.ts";
import { EV_NO_ACTION } from "../firmware/eventTypes.ts";
import { ekCertificate as certifyEk, createAuthority } from "../provision/certificates.ts";
import { subjectPublicKeyInfo } from "../provision/publicKey.ts";
import { TPM_ALG } from "../spec/algorithms.ts";
import { eccAk } from "./akTemplates.ts";
import { quoteOf, readAttestation } from "./attestation.ts";
import { activateCredential, createEk, type EndorsementKey, type LoadedKey } from "./attester.ts";
import { makeCredential } from "./credential.ts";
import type { Finding } from "./finding.ts";
import { writePublicFile } from "./formats.ts";
import { imaDigest, parseImaLog } from "./ima/index.ts";
import { nameOf } from "./names.ts";
import { readPcrFile, writePcrFile } from "./pcrFile.ts";
import { type AttestationPolicy, learnPolicy, parsePolicy, serializePolicy } from "./policy/index.ts";
import { Attester } from "./testkit/attester.ts";
import { badChecks } from "./testkit/findings.ts";
import { type AttestationFiles, verifyAttestation } from "./verify.ts";

const { TPM_ALG_SHA1, TPM_ALG_SHA256 } = TPM_ALG;
const NONCE = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const testdata = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../history/testdata/${name}`, import.meta.url)));
const LOG = testdata("event-log.bin");
const IMA = testdata("ima.txt");

let attester: Attester;
let ak: LoadedKey;
let files: AttestationFiles;
let policy: AttestationPolicy;

async function extend(pcr: number, digests: readonly { readonly algorithm: number; readonly digest: Uint8Array }[]) {
  await attester.client.call("PCR_Extend", {
    handles: { pcrHandle: pcr },
    parameters: { digests: digests.map(({ algorithm, digest }) => ({ hashAlg: algorithm, digest })) },
  } as never);
}

async function attest(nonce = NONCE, algorithm: number = TPM_ALG_SHA256, key = ak): Promise<AttestationFiles> {
  const selection = [{ algorithm, pcrs: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10] }];
  const { quote, signature, pcrs } = await attester.quote(key, nonce, selection);
  return {
    quote,
    signature,
    pcrs: writePcrFile(selection, pcrs),
    ak: writePublicFile(key.publicArea),
    log: LOG,
    ima: IMA,
  };
}

beforeAll(async () => {
  attester = await Attester.start();
  ak = await attester.createAk(eccAk("TPM_ECC_NIST_P256", "TPM_ALG_ECDSA", "TPM_ALG_SHA256"));
  for (const { pcrIndex, type, digests } of parseEventLog(LOG).events)
    if (type !== EV_NO_ACTION) await extend(pcrIndex, digests);
  for (const entry of parseImaLog(IMA).entries) {
    const banks = [TPM_ALG_SHA1, TPM_ALG_SHA256];
    await extend(
      10,
      await Promise.all(banks.map(async (algorithm) => ({ algorithm, digest: (await imaDigest(entry, algorithm))! }))),
    );
  }
  files = await attest();
  const { evidence } = await verifyAttestation(files, { nonce: NONCE, policy: null });
  policy = parsePolicy(new TextEncoder().encode(serializePolicy(learnPolicy(evidence!, "the guest"))));
});

const verdicts = ({ findings }: Finding) => Object.fromEntries(findings.map(({ check, verdict }) => [check, verdict]));
const judge = async (
  changed: Partial<AttestationFiles> = {},
  knowledge: { nonce?: Uint8Array | null; policy?: AttestationPolicy | null } = {},
) => (await verifyAttestation({ ...files, ...changed }, { nonce: NONCE, policy, ...knowledge })).finding;

describe("a boot is verified", () => {
  test("against a policy that was learned of it: everything is good", async () => {
    const finding = await judge();
    expect(verdicts(finding)).toEqual({
      quote: "good",
      "ak.trust": "good",
      bank: "good",
      eventLog: "good",
      ima: "good",
      policy: "good",
    });
    expect(finding.verdict).toBe("good");
  });

  test("and is never good without a policy, a nonce, a pinned AK, a log or a list", async () => {
    expect(verdicts(await judge({}, { policy: null }))).toMatchObject({ policy: "unknown", "ak.trust": "unknown" });
    expect((await judge({}, { policy: null })).verdict).toBe("unknown");
    expect((await judge({}, { nonce: null })).verdict).toBe("unknown");
    expect(verdicts(await judge({}, { policy: { ...policy, akNames: null } }))).toMatchObject({
      "ak.trust": "unknown",
      policy: "good",
    });
    expect((await judge({ log: undefined })).verdict).toBe("unknown");
    expect((await judge({ ima: undefined })).verdict).toBe("unknown");
  });

  test("in a bank that the policy names, where it has rules for logs: else the attester chooses it", async () => {
    const unnamed = { ...policy, bank: null, events: new Map(), ignoredPcrs: [...policy.events.keys()] };
    const finding = await judge({}, { policy: unnamed });
    expect([finding.verdict, verdicts(finding)]).toEqual(["unknown", expect.objectContaining({ bank: "unknown" })]);
    expect((await judge({}, { policy: { ...unnamed, bank: policy.bank } })).verdict).toBe("good");
  });

  test("in the bank SHA-1 only where the policy asks for it", async () => {
    const old = await attest(NONCE, TPM_ALG_SHA1);
    const { evidence, finding } = await verifyAttestation(old, { nonce: NONCE, policy: null });
    expect(verdicts(finding)).toMatchObject({ quote: "good", bank: "unknown", eventLog: "good", ima: "good" });
    const learned = learnPolicy(evidence!);
    expect((await verifyAttestation(old, { nonce: NONCE, policy: learned })).finding.verdict).toBe("good");
    expect((await verifyAttestation(old, { nonce: NONCE, policy: { ...learned, bank: null } })).finding.verdict).toBe(
      "unknown",
    );
  });
});

describe("an AK that no policy knows", () => {
  const unpinned = () => ({ ...policy, akNames: null });
  const SECRET = Uint8Array.from({ length: 16 }, (_, at) => at);
  let ek: EndorsementKey;
  let ekFiles: Pick<AttestationFiles, "ek" | "ekCertificate">;
  let roots: Uint8Array[];
  let answer: Uint8Array;

  /** An EK of a TPM, and its certificate by an authority. */
  async function endorsed(client: TpmClient) {
    const key = await createEk(client, "L-2");
    const authority = await createAuthority();
    const identity = { manufacturer: 0x54414254, model: "tabtpm", version: 1, family: "2.0", level: 0, revision: 159 };
    const spki = subjectPublicKeyInfo(key.publicArea as never);
    const ekCertificate = await certifyEk(authority, identity, spki, "EK", "keyAgreement");
    return { key, authority, given: { ek: writePublicFile(key.publicArea), ekCertificate } };
  }

  beforeAll(async () => {
    const { key, authority, given } = await endorsed(attester.client);
    ek = key;
    ekFiles = given;
    roots = [authority.certificate];
    const credential = await makeCredential(ek.publicArea, await nameOf(ak.publicArea), SECRET);
    answer = await activateCredential(attester.client, ek, ak, credential);
  });

  const verify = async (knowledge: object, changed: Partial<AttestationFiles> = {}) =>
    (await verifyAttestation({ ...files, ...ekFiles, ...changed }, { nonce: NONCE, policy: unpinned(), ...knowledge }))
      .finding;

  test("is trusted once it opened a credential, with an EK that a root vouches for", async () => {
    const credential = { secret: SECRET, answer };
    const finding = await verify({ roots, credential });
    expect(verdicts(finding)).toMatchObject({ ekCertificate: "good", credential: "good", "ak.trust": "good" });
    expect(finding.verdict).toBe("good");
    const pem = `-----BEGIN CERTIFICATE-----\n${Buffer.from(roots[0]!).toString("base64")}\n-----END CERTIFICATE-----\n`;
    expect((await verify({ credential, policy: { ...unpinned(), ekRoots: [pem] } })).verdict).toBe("good");
    const ekNames = [await nameOf(ek.publicArea)];
    expect((await verify({ credential, policy: { ...unpinned(), ekNames } })).verdict).toBe("good");
  });

  test("is not by less than that", async () => {
    const credential = { secret: SECRET, answer };
    for (const [what, knowledge, changed] of [
      ["no credential", { roots }, {}],
      ["no root", { credential }, {}],
      ["another root", { roots: [(await createAuthority()).certificate], credential }, {}],
      ["another answer", { roots, credential: { secret: SECRET, answer: answer.with(0, 99) } }, {}],
      ["no certificate", { roots, credential }, { ekCertificate: undefined }],
      ["a certificate of anything", { roots, credential }, { ekCertificate: new Uint8Array(9) }],
      ["no EK", { roots, credential }, { ek: undefined }],
      [
        "a pinned EK that no credential was for",
        { policy: { ...unpinned(), ekNames: [await nameOf(ek.publicArea)] } },
        {},
      ],
    ] as const) {
      const finding = await verify(knowledge, changed);
      expect([what, finding.verdict === "good", verdicts(finding)["ak.trust"]]).toEqual([what, false, "unknown"]);
    }
  });

  test("nor with the certificate of another TPM's EK", async () => {
    const { given, authority } = await endorsed((await Attester.start()).client);
    const finding = await verify(
      { roots: [authority.certificate], credential: { secret: SECRET, answer } },
      { ekCertificate: given.ekCertificate },
    );
    expect(badChecks(finding)).toContain("ekCertificate.key");
  });
});

describe("an attack is refused", () => {
  test("another nonce: the quote is an old one", async () => {
    expect(badChecks(await judge({}, { nonce: Uint8Array.of(9) }))).toEqual(["quote.nonce"]);
  });

  test("another key that says the same, in this very TPM", async () => {
    const other = await attester.createAk(eccAk("TPM_ECC_NIST_P384", "TPM_ALG_ECDSA", "TPM_ALG_SHA256"));
    const finding = await judge(await attest(NONCE, TPM_ALG_SHA256, other));
    expect(badChecks(finding)).toEqual(["policy.ak.name"]);
  });

  test("PCR values of before, beside a quote of now", async () => {
    await extend(8, [{ algorithm: TPM_ALG_SHA256, digest: new Uint8Array(32).fill(1) }]);
    const { quote, signature, pcrs } = await attest();
    expect(badChecks(await judge({ quote, signature }))).toEqual(["quote.pcrDigest"]);
    const finding = await judge({ quote, signature, pcrs });
    expect(badChecks(finding)).toContain("policy.ima.bootAggregate");
    expect(verdicts(finding)).toMatchObject({ quote: "good", eventLog: "bad" });
  });

  test.each(["quote", "signature", "ak"] as const)("any octet of the %s", async (name) => {
    const octets = files[name];
    for (let at = 0; at < octets.length; at++) {
      const { verdict } = await judge({ [name]: octets.with(at, octets[at]! ^ 0x10) });
      expect([at, verdict === "good"]).toEqual([at, false]);
    }
  });

  test("any octet of the PCR values; what fills tpm2-tools' structures up is not read", async () => {
    const octets = files.pcrs;
    const { selection } = quoteOf(readAttestation(files.quote))!;
    const values = readPcrFile(octets, selection);
    let filling = 0;
    for (let at = 0; at < octets.length; at += 3) {
      const changed = octets.with(at, octets[at]! ^ 0x10);
      if ((await judge({ pcrs: changed })).verdict !== "good") continue;
      expect(readPcrFile(changed, selection)).toEqual(values);
      filling++;
    }
    expect(filling).toBeGreaterThan(0);
  });

  test("files of anything", async () => {
    for (const name of ["quote", "signature", "pcrs", "ak"] as const) {
      for (const octets of [new Uint8Array(0), new Uint8Array(200), LOG]) {
        expect((await judge({ [name]: octets })).verdict).toBe("bad");
      }
    }
    expect((await judge({ log: IMA })).verdict).toBe("bad");
    expect((await judge({ ima: LOG })).verdict).toBe("bad");
  });
});
