import { createPublicKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { character } from "../testkit/characters.ts";
import {
  createAuthority,
  type DemoAuthority,
  ekCertificate,
  importAuthority,
  platformCertificate,
  type TpmIdentity,
} from "./certificates.ts";
import { subjectPublicKeyInfo } from "./publicKey.ts";
import { extensionsOf, type Node, readOid } from "./testkit/asn1.ts";

const TPM: TpmIdentity = {
  manufacturer: 0x54414254,
  model: "a TPM",
  version: 0x10002,
  family: "2.0",
  level: 0,
  revision: 159,
};
const EXTENSIONS = {
  "2.5.29.37": "extended key usage",
  "2.5.29.17": "alternative name",
  "2.5.29.19": "basic constraints",
  "2.5.29.9": "directory attributes",
  "2.5.29.35": "authority key",
  "2.5.29.14": "subject key",
  "2.5.29.15": "key usage",
} as Record<string, string>;

let authority: DemoAuthority;
let ca: X509Certificate;
const p256 = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey;
const spki = Uint8Array.from(p256.export({ type: "spki", format: "der" }));
const certify = (identity: TpmIdentity, subject = "an EK") =>
  ekCertificate(authority, identity, spki, subject, "keyAgreement");

beforeAll(async () => {
  authority = await createAuthority({ extractable: true });
  ca = new X509Certificate(authority.certificate);
});

describe("the demo CA", () => {
  it("says what it is, signs itself, and may issue to keys only", () => {
    expect(ca.subject).toMatch(/^O=tabtpm demo \(not a real TPM manufacturer\)\nCN=tabtpm demo EK CA [0-9a-f]{8}$/);
    expect([ca.issuer, ca.ca, ca.verify(ca.publicKey)]).toEqual([ca.subject, true, true]);
    const constraints = extensionsOf(authority.certificate).find(({ id }) => id === "2.5.29.19");
    expect(constraints?.critical).toBe(true);
    expect(constraints?.value.children.map(({ content }) => content.toString("hex"))).toEqual(["ff", "00"]);
  });

  it("is another one each time", async () => {
    const other = new X509Certificate((await createAuthority()).certificate);
    expect(other.subject).not.toBe(ca.subject);
    expect(other.fingerprint256).not.toBe(ca.fingerprint256);
  });

  it("keeps its key to itself unless told", async () => {
    const { signingKey } = await createAuthority();
    await expect(crypto.subtle.exportKey("pkcs8", signingKey)).rejects.toThrow();
  });

  it("is imported from its octets, and only with its own key", async () => {
    const key = new Uint8Array(await crypto.subtle.exportKey("pkcs8", authority.signingKey));
    const again = await importAuthority(authority.certificate, key);
    expect(new X509Certificate(await ekCertificate(again, TPM, spki, "x", "keyAgreement")).verify(ca.publicKey)).toBe(
      true,
    );
    const { certificate } = await createAuthority();
    await expect(importAuthority(certificate, key)).rejects.toThrow("not that of the key");
  });
});

describe("a platform certificate", () => {
  it("names the platform as swtpm_cert does, and has the EK's key", async () => {
    const platform = { manufacturer: "tabtpm demo", model: "virtual machine", version: "1" };
    const der = await platformCertificate(authority, platform, spki, "vm:01", "keyAgreement");
    const certificate = new X509Certificate(der);
    expect([certificate.checkIssued(ca), certificate.verify(ca.publicKey), certificate.ca]).toEqual([
      true,
      true,
      false,
    ]);
    expect(certificate.publicKey.equals(p256)).toBe(true);
    expect([certificate.subject, certificate.keyUsage]).toEqual(["CN=vm:01", ["2.23.133.8.2"]]);
    const extensions = extensionsOf(der);
    expect(extensions.map(({ id, critical }) => [EXTENSIONS[id], critical])).toEqual([
      ["extended key usage", false],
      ["alternative name", true],
      ["basic constraints", true],
      ["authority key", false],
      ["subject key", false],
      ["key usage", true],
    ]);
    const [directoryName] = extensions.find(({ id }) => EXTENSIONS[id] === "alternative name")?.value.children ?? [];
    expect(directoryName?.tag).toBe(0xa4);
    const attributes = directoryName?.children[0]?.children.map((set) => {
      const [id, value] = set.children[0]?.children ?? [];
      return [readOid(id as Node), value?.content.toString()];
    });
    expect(attributes).toEqual([
      ["2.23.133.5.1.1", "tabtpm demo"],
      ["2.23.133.5.1.4", "virtual machine"],
      ["2.23.133.5.1.5", "1"],
    ]);
  });
});

describe("an EK certificate", () => {
  it("has what the EK Credential Profile asks for", async () => {
    const der = await certify(TPM);
    const certificate = new X509Certificate(der);
    expect(certificate.checkIssued(ca)).toBe(true);
    expect(certificate.verify(ca.publicKey)).toBe(true);
    expect(certificate.publicKey.equals(p256)).toBe(true);
    expect([certificate.subject, certificate.ca, certificate.validTo]).toEqual([
      "CN=an EK",
      false,
      "Dec 31 23:59:59 9999 GMT",
    ]);
    expect(Date.parse(certificate.validFrom)).toBeLessThanOrEqual(Date.now());
    expect(certificate.keyUsage).toEqual(["2.23.133.8.1"]);
    expect(certificate.serialNumber).toMatch(/^[0-9A-F]{20,40}$/);
    const extensions = extensionsOf(der);
    expect(extensions.map(({ id, critical }) => [EXTENSIONS[id], critical])).toEqual([
      ["extended key usage", false],
      ["alternative name", true],
      ["basic constraints", true],
      ["directory attributes", false],
      ["authority key", false],
      ["subject key", false],
      ["key usage", true],
    ]);
    const value = (id: string) => extensions.find((extension) => extension.id === id)?.value as Node;
    expect(value("2.5.29.35").children[0]?.content).toEqual(
      extensionsOf(authority.certificate).find(({ id }) => id === "2.5.29.14")?.value.content,
    );
    // digitalSignature is bit 0, keyEncipherment 2, keyAgreement 4
    expect(value("2.5.29.15").content.toString("hex")).toBe("0308");
    // The octets of swtpm_cert 0.7.1, but for the revision: 159 here, 164 there.
    const [attribute] = value("2.5.29.9").children;
    expect(readOid(attribute?.children[0] as Node)).toBe("2.23.133.2.16");
    expect(attribute?.children[1]?.content.toString("hex")).toBe("300c0c03322e300201000202009f");
  });

  it("names the TPM, whatever it calls itself", async () => {
    const identities = fc.record({
      manufacturer: fc.nat(0xffffffff),
      version: fc.nat(0xffffffff),
      model: fc.string({ unit: character, minLength: 1, maxLength: 64 }),
      family: fc.constantFrom("2.0", "1.2"),
      level: fc.nat(0xffffffff),
      revision: fc.nat(0xffffffff),
    });
    const subjects = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(identities, subjects, async (identity, subject) => {
        const der = await certify(identity, subject);
        expect(new X509Certificate(der).verify(ca.publicKey)).toBe(true);
        const extensions = extensionsOf(der);
        const [directory] = extensions.find(({ id }) => id === "2.5.29.17")?.value.children ?? [];
        const name = directory?.children[0]?.children.map(({ children }) => children[0]?.children as Node[]) ?? [];
        const hex = (value: number) => `id:${value.toString(16).toUpperCase().padStart(8, "0")}`;
        expect(name.map(([id, value]) => [readOid(id as Node), value?.tag, value?.content.toString()])).toEqual([
          ["2.23.133.2.1", 0x0c, hex(identity.manufacturer)],
          ["2.23.133.2.2", 0x0c, Buffer.from(identity.model).toString()],
          ["2.23.133.2.3", 0x0c, hex(identity.version)],
        ]);
        const [attribute] = extensions.find(({ id }) => id === "2.5.29.9")?.value.children ?? [];
        const [family, level, revision] = attribute?.children[1]?.children[0]?.children ?? [];
        const number = (node: Node | undefined) => BigInt(`0x${node?.content.toString("hex")}`);
        expect([family?.content.toString(), number(level), number(revision)]).toEqual([
          identity.family,
          BigInt(identity.level),
          BigInt(identity.revision),
        ]);
      }),
      { numRuns: 20 },
    );
  });
});

describe("SubjectPublicKeyInfo of a TPM's key", () => {
  const octets = (base64url: string | undefined) => new Uint8Array(Buffer.from(base64url ?? "", "base64url"));

  it.each(["P-256", "P-384", "P-521"])("is node:crypto's for %s", (namedCurve) => {
    const curveID = { "P-256": 3, "P-384": 4, "P-521": 5 }[namedCurve] ?? 0;
    for (let i = 0; i < 20; i++) {
      const { publicKey } = generateKeyPairSync("ec", { namedCurve });
      const { x, y } = publicKey.export({ format: "jwk" });
      // A TPM may leave leading zeros out.
      const short = (text: string | undefined) => octets(text).subarray(octets(text).findIndex((octet) => octet !== 0));
      for (const unique of [
        { x: octets(x), y: octets(y) },
        { x: short(x), y: short(y) },
      ]) {
        const made = subjectPublicKeyInfo({ type: 0x23, parameters: { curveID }, unique });
        expect(Buffer.from(made)).toEqual(publicKey.export({ type: "spki", format: "der" }));
      }
    }
  });

  it("is node:crypto's for RSA, with the default exponent", () => {
    const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 1024 });
    const unique = octets(publicKey.export({ format: "jwk" }).n);
    const made = subjectPublicKeyInfo({ type: 0x01, parameters: { exponent: 0 }, unique });
    expect(createPublicKey({ key: Buffer.from(made), format: "der", type: "spki" }).equals(publicKey)).toBe(true);
    expect(Buffer.from(made)).toEqual(publicKey.export({ type: "spki", format: "der" }));
  });

  it("is not made for other keys", () => {
    expect(() =>
      subjectPublicKeyInfo({ type: 0x23, parameters: { curveID: 0x10 }, unique: { x: spki, y: spki } }),
    ).toThrow(RangeError);
    expect(() => subjectPublicKeyInfo({ type: 0x08, parameters: {}, unique: spki })).toThrow(RangeError);
  });
});
