import { generateKeyPairSync } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { createAuthority, ekCertificate } from "../provision/certificates.ts";
import type { SigningKey } from "./attestKey.ts";
import { readCertificate } from "./certificate.ts";
import { checkEkCertificate, type EkCertificateReference, manufacturerText } from "./ekCertificate.ts";
import { EvidenceFormatError } from "./errors.ts";
import { keyFromSpki } from "./spki.ts";
import {
  type Authority,
  alternative,
  alternativeInOne,
  ca,
  certify,
  constrained,
  constrainedDomains,
  criticalPurposes,
  type Extension,
  noCa,
  purposes,
  specification,
  TPM_NAME,
  unheardOf,
  usage,
  withDomain,
} from "./testkit/authorities.ts";
import { badChecks, flipped } from "./testkit/findings.ts";

const EK = "2.23.133.8.1";
const spki = (type: "ec" | "rsa") => {
  const { publicKey } =
    type === "ec"
      ? generateKeyPairSync("ec", { namedCurve: "P-256" })
      : generateKeyPairSync("rsa", { modulusLength: 2048 });
  return Uint8Array.from(publicKey.export({ type: "spki", format: "der" }));
};
const publicKey = spki("ec");
const ek = keyFromSpki(publicKey);
const time = new Date("2030-06-01T00:00:00Z");
const rights = [ca(), usage("keyCertSign", "cRLSign")];
const parts = {
  constraints: noCa(),
  usage: usage("keyAgreement"),
  purpose: purposes(EK),
  name: alternative(TPM_NAME),
  specification: specification(),
};

let root: Authority;
beforeAll(async () => {
  root = await certify({ subject: "O=Maker, CN=root", extensions: rights });
});

/** An EK certificate, right but for what is said. */
const made = async (
  changed: Partial<Record<keyof typeof parts | "more", Extension | null>> = {},
  issuer = root,
  subject = "CN=an EK",
) => {
  const extensions = Object.values({ ...parts, ...changed }).filter((each) => each !== null);
  return (await certify({ subject, issuer, publicKey, extensions })).der;
};
const check = (der: Uint8Array, reference: Partial<EkCertificateReference> = {}) =>
  checkEkCertificate(der, { roots: [root.der], ek, time, ...reference });
const bad = async (der: Uint8Array, reference: Partial<EkCertificateReference> = {}) =>
  badChecks((await check(der, reference)).finding);

describe("an EK certificate", () => {
  it("is good, and says whose it is", async () => {
    const { finding, certificate } = await check(await made());
    expect(badChecks(finding)).toEqual([]);
    expect(finding.verdict).toBe("good");
    expect(certificate).toMatchObject({
      subject: "CN=an EK",
      issuer: "O=Maker, CN=root",
      manufacturer: "id:494E5443",
      model: "a model",
      version: "id:00010002",
      specification: { family: "2.0", level: 0, revision: 138 },
    });
    expect(manufacturerText("id:494E5443")).toBe("INTC");
    expect(manufacturerText("id:00001014")).toBe(null);
  });

  it("of the demo CA is good as well", async () => {
    const authority = await createAuthority();
    const identity = { manufacturer: 0x54414254, model: "tabtpm", version: 1, family: "2.0", level: 0, revision: 159 };
    const der = await ekCertificate(authority, identity, publicKey, "a TPM", "keyAgreement");
    const now = { roots: [authority.certificate], time: new Date() };
    expect((await check(der, now)).finding.verdict).toBe("good");
    expect(await bad(der)).toEqual(["ekCertificate.path"]);
  });

  it("may name the TPM in one part", async () => {
    expect((await check(await made({ name: alternativeInOne(TPM_NAME) }))).finding.verdict).toBe("good");
  });

  it("with any octet changed is refused", async () => {
    const der = await made();
    for (const [at, changed] of flipped(der))
      expect([at, (await check(changed)).finding.verdict]).not.toEqual([at, "good"]);
    for (const cut of [der.subarray(1), der.subarray(0, -1), new Uint8Array([...der, 0])])
      expect(await bad(cut)).toEqual(["ekCertificate.format"]);
  });

  it.each([
    ["of an authority", { constraints: ca() }, "ekCertificate.endEntity"],
    ["for another use", { usage: usage("digitalSignature") }, "ekCertificate.keyUsage"],
    ["for the use of RSA keys", { usage: usage("keyEncipherment") }, "ekCertificate.keyUsage"],
    ["that may sign certificates", { usage: usage("keyAgreement", "keyCertSign") }, "ekCertificate.keyUsage"],
    ["without a use", { usage: null }, "ekCertificate.keyUsage"],
    ["for another purpose", { purpose: purposes("2.23.133.8.2") }, "ekCertificate.purpose"],
    ["for any purpose", { purpose: null }, "ekCertificate.purpose"],
    ["without a TPM", { name: null }, "ekCertificate.tpm"],
    ["of a strange manufacturer", { name: alternative({ ...TPM_NAME, "2.23.133.2.1": "Intel" }) }, "ekCertificate.tpm"],
    ["of no model", { name: alternative({ ...TPM_NAME, "2.23.133.2.2": "" }) }, "ekCertificate.tpm"],
    ["of another family", { specification: specification("1.2") }, "ekCertificate.specification"],
    ["with a critical extension that nobody knows", { more: unheardOf(true) }, "ekCertificate.criticalExtensions"],
  ] as const)("%s is refused", async (_, changed, expected) => {
    expect(await bad(await made(changed))).toEqual([expected]);
  });

  it("with an extension that nobody knows is good while it is not critical", async () => {
    expect((await check(await made({ more: unheardOf(false) }))).finding.verdict).toBe("good");
  });

  it("is unknown where it does not say the specification, or the EK is not given", async () => {
    const unsaid = await check(await made({ specification: null }));
    expect([unsaid.finding.verdict, badChecks(unsaid.finding)]).toEqual(["unknown", []]);
    const der = await made();
    expect((await checkEkCertificate(der, { roots: [root.der], time })).finding.verdict).toBe("unknown");
  });

  it("of another key is refused", async () => {
    const others: SigningKey[] = [keyFromSpki(spki("ec")), keyFromSpki(spki("rsa"))];
    for (const other of others) expect(await bad(await made(), { ek: other })).toEqual(["ekCertificate.key"]);
  });

  it("is refused before and after its time", async () => {
    const der = await made();
    const twice = ["ekCertificate.validity", "ekCertificate.validity"];
    expect(await bad(der, { time: new Date("2019-12-31T23:59:59Z") })).toEqual(twice);
    expect(await bad(der, { time: new Date("2040-01-01T00:00:01Z") })).toEqual(twice);
    expect(await bad(der, { time: new Date("2040-01-01T00:00:00Z") })).toEqual([]);
  });
});

describe("the path to a root", () => {
  const authority = (subject: string, issuer: Authority, extensions: readonly Extension[] = rights) =>
    certify({ subject, issuer, extensions });

  it("goes over authorities that are given, in any order, and over no others", async () => {
    const one = await authority("CN=one", root);
    const two = await authority("CN=two", one);
    const der = await made({}, two);
    expect((await check(der, { intermediates: [two.der, one.der] })).finding.verdict).toBe("good");
    expect(await bad(der, { intermediates: [two.der] })).toEqual(["ekCertificate.path"]);
    expect(await bad(der)).toEqual(["ekCertificate.path"]);
    // Who trusts an authority needs no root above it.
    expect((await check(der, { roots: [two.der] })).finding.verdict).toBe("good");
  });

  it("never ends at a root that came along", async () => {
    const own = await certify({ subject: root.name, extensions: rights });
    const der = await made({}, own);
    const { finding } = await check(der, { intermediates: [own.der] });
    expect(badChecks(finding)).toEqual(["ekCertificate.path"]);
    expect(JSON.stringify(finding)).toContain("the signature of O=Maker, CN=root on O=Maker, CN=root is wrong");
    expect(await bad(der, { roots: [], intermediates: [own.der] })).toEqual(["ekCertificate.path"]);
    // The right one among several of one name is found.
    expect((await check(der, { roots: [root.der, own.der] })).finding.verdict).toBe("good");
  });

  it.each([
    ["is no authority", [noCa(), usage("keyCertSign")], "ekCertificate.basicConstraints"],
    ["has no constraints", [usage("keyCertSign")], "ekCertificate.basicConstraints"],
    ["may not sign certificates", [ca(), usage("digitalSignature")], "ekCertificate.authorityKeyUsage"],
    ["has a critical extension that nobody knows", [...rights, unheardOf(true)], "ekCertificate.criticalExtensions"],
  ] as const)("is refused when who issued it %s", async (_, extensions, expected) => {
    const between = await authority("CN=between", root, extensions);
    expect(await bad(await made({}, between), { intermediates: [between.der] })).toEqual([expected]);
  });

  it.each([
    ["bad", "another purpose, critically", [criticalPurposes("1.3.6.1.5.5.7.3.1")]],
    ["unknown", "another purpose", [purposes("1.3.6.1.5.5.7.3.1")]],
    ["good", "EKs, too", [criticalPurposes("1.3.6.1.5.5.7.3.1", EK)]],
    ["good", "any purpose", [purposes("2.5.29.37.0")]],
  ] as const)("is %s when who issued it is for %s", async (verdict, _, extensions) => {
    const between = await authority("CN=between", root, [...rights, ...extensions]);
    const { finding } = await check(await made({}, between), { intermediates: [between.der] });
    expect([finding.verdict, badChecks(finding)]).toEqual([
      verdict,
      verdict === "bad" ? ["ekCertificate.authorityPurpose"] : [],
    ]);
  });

  it("is unknown with a signature over SHA-1, but for that of who is trusted on itself", async () => {
    const extensions = Object.values(parts);
    const old = await certify({ subject: "CN=an EK", issuer: root, publicKey, extensions, hash: "SHA-1" });
    expect((await check(old.der)).finding.verdict).toBe("unknown");
    const between = await certify({ subject: "CN=old", issuer: root, extensions: rights, hash: "SHA-1" });
    const der = await made({}, between);
    expect((await check(der, { intermediates: [between.der] })).finding.verdict).toBe("unknown");
    expect((await check(der, { roots: [between.der] })).finding.verdict).toBe("good");
  });

  it("is refused with a key of another who has the authority's name", async () => {
    const right = await authority("CN=between", root);
    const wrong = await certify({ subject: "CN=between", extensions: rights });
    const forged = await made({}, wrong);
    for (const intermediates of [[right.der], [wrong.der], [right.der, wrong.der]])
      expect(await bad(forged, { intermediates })).toEqual(["ekCertificate.path"]);
  });

  it("is refused where the certificate is its own issuer, or is trusted as one itself", async () => {
    const own = await certify({ subject: "CN=an EK", extensions: Object.values(parts) });
    const key = { ek: keyFromSpki(readCertificate(own.der).publicKey) };
    expect(await bad(own.der, key)).toEqual(["ekCertificate.path"]);
    expect(await bad(own.der, { ...key, intermediates: [own.der] })).toEqual(["ekCertificate.path"]);
    const pinned = await check(own.der, { ...key, roots: [own.der] });
    expect(badChecks(pinned.finding)).toContain("ekCertificate.basicConstraints");
  });

  it("has no more authorities than those above allow", async () => {
    const narrow = await certify({ subject: "CN=narrow", extensions: [ca(1), usage("keyCertSign")] });
    const one = await authority("CN=one", narrow);
    const two = await authority("CN=two", one);
    const roots = [narrow.der];
    expect((await check(await made({}, one), { roots, intermediates: [one.der] })).finding.verdict).toBe("good");
    expect(await bad(await made({}, two), { roots, intermediates: [one.der, two.der] })).toEqual([
      "ekCertificate.pathLength",
    ]);
  });

  it("does not go round in circles", async () => {
    const one = await certify({ subject: "CN=one", extensions: rights });
    const two = await authority("CN=two", one);
    const back = { ...(await certify({ subject: "CN=one", issuer: two, extensions: rights })), keys: one.keys };
    expect(await bad(await made({}, one), { intermediates: [one.der, two.der, back.der] })).toEqual([
      "ekCertificate.path",
    ]);
  });

  it("says when what is trusted is no certificate", async () => {
    await expect(check(await made(), { roots: [new Uint8Array(9)] })).rejects.toThrow(EvidenceFormatError);
    expect((await check(await made(), { intermediates: [new Uint8Array(9)] })).finding.verdict).toBe("good");
  });
});

describe("name constraints", () => {
  const O = "2.5.4.10";
  const within = async (constraint: Extension, subject: string, name: Extension = parts.name) => {
    const narrow = await certify({ subject: "O=Maker, CN=narrow", issuer: root, extensions: [...rights, constraint] });
    return check(await made({ name }, narrow, subject), { intermediates: [narrow.der] });
  };
  const TPM_BASE = { "2.23.133.2.1": "id:494E5443" };

  it.each([
    ["permit the names below", constrained([{ [O]: "Maker" }, TPM_BASE]), "O=Maker, CN=x", "good"],
    ["do not care about case and spaces", constrained([{ [O]: " mAKER" }, TPM_BASE]), "O=Maker, CN=x", "good"],
    ["permit no other subject", constrained([{ [O]: "Maker" }, TPM_BASE]), "O=Other, CN=x", "bad"],
    ["permit no other alternative name", constrained([{ [O]: "Maker" }]), "O=Maker, CN=x", "bad"],
    ["exclude a subject", constrained([], [{ [O]: "Other" }]), "O=Other, CN=x", "bad"],
    ["exclude an alternative name", constrained([], [TPM_BASE]), "CN=x", "bad"],
    ["exclude nobody else", constrained([], [{ [O]: "Other" }]), "O=Maker, CN=x", "good"],
    ["of domains have nothing to say of directory names", constrainedDomains("example.org"), "CN=x", "good"],
  ] as const)("%s", async (_, constraint, subject, verdict) => {
    const { finding } = await within(constraint, subject);
    expect([finding.verdict, badChecks(finding)]).toEqual([
      verdict,
      verdict === "bad" ? ["ekCertificate.nameConstraints"] : [],
    ]);
  });

  it("of domains make a certificate with a domain unknown", async () => {
    const { finding } = await within(constrainedDomains("example.org"), "CN=x", withDomain("tpm.example.org"));
    expect([finding.verdict, badChecks(finding)]).toEqual(["unknown", []]);
  });
});
