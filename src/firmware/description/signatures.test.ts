import { describe, expect, test } from "vitest";
import { describeSignature, describeSignatureLists } from "./signatures.ts";
import { ascii, certificateOf, guid, hex, le, RSA2048, SHA256, signatureList, X509, zeros } from "./testkit/octets.ts";

const lists = (...parts: (readonly number[])[]) => describeSignatureLists(Uint8Array.from(parts.flat()));
const digest = (octet: number) => new Array<number>(32).fill(octet);

describe("signature lists", () => {
  test("are counted by kind, with the subjects of the certificates", () => {
    expect(
      lists(
        signatureList(X509, [certificateOf("Windows")]),
        signatureList(X509, [certificateOf("UEFI drivers")]),
        signatureList(SHA256, [digest(1), digest(2), digest(3)]),
        signatureList(SHA256, [digest(4)]),
      ),
    ).toBe("2 X.509, 4 SHA-256: CN=Windows; CN=UEFI drivers");
  });

  test.each<[string, string, number]>([
    ["SHA-1", "826ca512-cf10-4ac9-b187-be01496631bd", 20],
    ["SHA-224", "0b6e5233-a65c-44c9-9407-d9ab83bfc8bd", 28],
    ["SHA-256", SHA256, 32],
    ["SHA-384", "ff3e5307-9fd0-48c9-85f1-8ad56c701e01", 48],
    ["SHA-512", "093e0fae-a6c4-4f50-9f1b-d41e2b89c19a", 64],
    ["SM3", "57347f87-7a9b-403a-b93c-dc4afb7a0ebc", 32],
    ["RSA-2048", RSA2048, 256],
    ["RSA-2048 SHA-256", "e2b36190-879b-4a3d-ad8d-f2e7bba32784", 256],
    ["RSA-2048 SHA-1", "67f8444f-8743-48f1-a328-1eaab8736080", 256],
    ["X.509 SHA-256", "3bd2a492-96c0-4079-b420-fcf98ef103ed", 48],
    ["X.509 SHA-384", "7076876e-80c2-4ee6-aad2-28b349a6865b", 64],
    ["X.509 SHA-512", "446dbf63-2502-4cda-bcfa-2465d2b0fe9d", 80],
    ["X.509 SM3", "60d807e5-10b4-49a9-9331-e40437888d37", 48],
    ["PKCS #7", "4aafd29d-68df-49ee-8aa9-347d375665a7", 700],
  ])("may be of %s", (name, type, size) => {
    expect(lists(signatureList(type, [zeros(size), zeros(size)]))).toBe(`2 ${name}`);
  });

  test("may have a header of their own", () => {
    expect(lists(signatureList(SHA256, [digest(1)], [1, 2, 3, 4]))).toBe("1 SHA-256");
  });

  test("name eight certificates, and count all", () => {
    const many = Array.from({ length: 12 }, (_, i) => signatureList(X509, [certificateOf(`key ${i}`)]));
    expect(lists(...many)).toMatch(/^12 X\.509: CN=key 0; .*CN=key 7; …$/);
  });

  test("say what is no certificate, and what is no list", () => {
    expect(lists(signatureList(X509, [zeros(40)]))).toBe("1 X.509: not a certificate");
    expect(lists(signatureList(SHA256, [digest(1)]), [1, 2, 3])).toBe("1 SHA-256, 3 bytes that are no list");
  });

  test.each<[string, readonly number[]]>([
    ["nothing", []],
    ["text", ascii("sbat,1,2023012900")],
    ["a list of an unknown kind", signatureList("11111111-2222-3333-4444-555555555555", [digest(1)])],
    ["a list that is longer than the data", signatureList(SHA256, [digest(1)]).slice(0, -1)],
    ["signatures of another size than the kind's", signatureList(SHA256, [zeros(31)])],
    ["signatures without an owner", [...guid(SHA256), ...le(28, 4), ...le(0, 4), ...le(0, 4)]],
    ["a list whose signatures leave something over", [...guid(SHA256), ...le(29, 4), ...le(0, 4), ...le(48, 4), 0]],
    ["a list that ends before its header does", [...guid(SHA256), ...le(28, 4), ...le(9, 4), ...le(48, 4)]],
  ])("are not found in %s", (_what, octets) => {
    expect(lists(octets)).toBeNull();
  });
});

describe("the signature that verified an image", () => {
  const OWNER = "77fa9abd-0359-4d32-bd60-28f4e78f784b";
  const describeOctets = (octets: readonly number[]) => describeSignature(Uint8Array.from(octets));

  test("is a certificate, with its owner as UEFI has it or alone as shim writes its own", () => {
    expect(describeOctets([...guid(OWNER), ...certificateOf("UEFI CA")])).toBe("X.509: CN=UEFI CA");
    expect(describeOctets(certificateOf("Distribution CA"))).toBe("X.509: CN=Distribution CA");
  });

  test("or a hash", () => {
    const value = hex("a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a");
    expect(describeOctets([...guid(OWNER), ...value])).toBe(
      "SHA-256 a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a of owner 77fa9abd-0359-4d32-bd60-28f4e78f784b",
    );
  });

  test("or neither", () => {
    expect(describeOctets([1])).toBeNull();
    expect(describeOctets(ascii("sbat,1,2023012900\n"))).toBeNull();
  });
});
