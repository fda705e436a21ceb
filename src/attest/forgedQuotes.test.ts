/** Quotes that a TPM never makes, signed with a key that is right: what the signature does not stop. */
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type InputOf, marshalValue, type PcrDigest } from "../client/index.ts";
import { concat } from "../engine/bytes.ts";
import { TPM_ALG } from "../spec/algorithms.ts";
import { attributeBits } from "../spec/attributes.ts";
import { TPM_GENERATED, TPM_ST } from "../spec/constants.ts";
import { AK_ATTRIBUTES, eccAk, rsaAk } from "./akTemplates.ts";
import { type PublicArea, signingKeyOf } from "./attestKey.ts";
import { digest } from "./digest.ts";
import { readPublicArea } from "./formats.ts";
import { nameOf, qualifiedName } from "./names.ts";
import { toNumber, toOctets } from "./numbers.ts";
import { checkQuote, type QuoteReference } from "./quote.ts";
import { signatureOctets } from "./signature.ts";
import { badChecks } from "./testkit/findings.ts";

const { TPM_ALG_SHA256: SHA256, TPM_ALG_SHA384: SHA384, TPM_ALG_SHA1: SHA1 } = TPM_ALG;
const NONCE = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const N256 = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const b64 = (text = "") => new Uint8Array(Buffer.from(text, "base64url"));
const uint = (value: number, size: number) => toOctets(BigInt(value), size);
const sized = (octets: Uint8Array) => concat(uint(octets.length, 2), octets);

interface Key {
  readonly area: PublicArea;
  readonly privateKey: KeyObject;
}
const areaOf = (template: InputOf<"TPMT_PUBLIC">, unique: object): PublicArea =>
  readPublicArea(marshalValue("TPMT_PUBLIC", { ...template, unique } as never));
function eccKeyWith(attributes = AK_ATTRIBUTES): Key {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { x, y } = publicKey.export({ format: "jwk" });
  const template = eccAk("TPM_ECC_NIST_P256", "TPM_ALG_ECDSA", "TPM_ALG_SHA256", attributes);
  return { privateKey, area: areaOf(template, { x: b64(x), y: b64(y) }) };
}
const AK = eccKeyWith();
const VALUE = new Uint8Array(32).fill(7);
const PCRS: PcrDigest[] = [{ algorithm: SHA256, pcr: 0, digest: VALUE }];

/** TPML_PCR_SELECTION of banks and their bit maps. */
const selection = (...banks: [number, Uint8Array][]) =>
  concat(uint(banks.length, 4), ...banks.flatMap(([bank, bits]) => [uint(bank, 2), uint(bits.length, 1), bits]));
const ONE = selection([SHA256, Uint8Array.of(1, 0, 0)]);

interface Parts {
  readonly magic?: number;
  readonly type?: number;
  readonly nonce?: Uint8Array;
  readonly safe?: number;
  /** The attested part. Default: a quote of {@link ONE}. */
  readonly attested?: Uint8Array;
  readonly more?: Uint8Array;
}
async function attestOf(parts: Parts, { area }: Key = AK): Promise<Uint8Array> {
  return concat(
    uint(parts.magic ?? TPM_GENERATED.TPM_GENERATED_VALUE, 4),
    uint(parts.type ?? TPM_ST.TPM_ST_ATTEST_QUOTE, 2),
    sized(await qualifiedName("endorsement", [], area)),
    sized(parts.nonce ?? NONCE),
    concat(uint(9, 8), uint(1, 4), uint(1, 4), uint(parts.safe ?? 1, 1), uint(3, 8)),
    parts.attested ?? concat(ONE, sized(await digest(SHA256, VALUE))),
    parts.more ?? new Uint8Array(0),
  );
}
function signed({ privateKey }: Key, message: Uint8Array): { r: Uint8Array; s: Uint8Array } {
  const raw = new Uint8Array(sign("sha256", message, { key: privateKey, dsaEncoding: "ieee-p1363" }));
  return { r: raw.subarray(0, 32), s: raw.subarray(32) };
}
const ecdsa = (r: Uint8Array, s: Uint8Array, hash: number = SHA256, scheme: number = TPM_ALG.TPM_ALG_ECDSA) =>
  signatureOctets({ scheme, hash }, r, s);

async function judge(parts: Parts, known: Partial<QuoteReference> = {}, key = AK, pcrs: readonly PcrDigest[] = PCRS) {
  const quote = await attestOf(parts, key);
  const { r, s } = signed(key, quote);
  const { finding } = await checkQuote(
    { quote, signature: ecdsa(r, s), pcrs },
    { ak: key.area, nonce: NONCE, akName: await nameOf(key.area), ...known },
  );
  return { verdict: finding.verdict, bad: badChecks(finding) };
}
const verdictOf = async (...given: Parameters<typeof judge>) => (await judge(...given)).verdict;

describe("what a key has signed", () => {
  it("is good where it is a quote", async () => {
    expect(await judge({})).toEqual({ verdict: "good", bad: [] });
  });

  const others = Object.entries(TPM_ST).filter(([name]) => name !== "TPM_ST_ATTEST_QUOTE");
  it.each(others)("is no quote as %s", async (_, type) => {
    expect(await verdictOf({ type })).toBe("bad");
  });

  it.each<[string, Parts, string[]]>([
    ["another magic number", { magic: 0xff544348 }, ["quote.magic"]],
    ["no magic number", { magic: 0 }, ["quote.magic"]],
    ["a clock that is neither safe nor not", { safe: 2 }, ["quote.format"]],
    ["an octet behind it", { more: Uint8Array.of(0) }, ["quote.format"]],
    ["no nonce", { nonce: new Uint8Array(0) }, ["quote.nonce"]],
    ["the nonce's beginning", { nonce: NONCE.subarray(0, 7) }, ["quote.nonce"]],
    ["more than the nonce", { nonce: concat(NONCE, Uint8Array.of(0)) }, ["quote.nonce"]],
    ["more than a TPM takes as nonce", { nonce: new Uint8Array(200) }, ["quote.nonce"]],
  ])("is refused with %s", async (_, parts, bad) => {
    expect(await judge(parts)).toEqual({ verdict: "bad", bad });
  });

  it("is refused with a nonce that begins as the one of the quote", async () => {
    for (const nonce of [NONCE.subarray(0, 4), concat(NONCE, NONCE), new Uint8Array(0)])
      expect(await judge({}, { nonce })).toEqual({ verdict: "bad", bad: ["quote.nonce"] });
  });

  it("is not good of a key that is no AK", async () => {
    const bits = (...names: Parameters<typeof attributeBits<"TPMA_OBJECT">>[1][]) =>
      attributeBits("TPMA_OBJECT", ...names);
    for (const name of ["restricted", "sign", "fixedTPM", "fixedParent", "sensitiveDataOrigin"] as const) {
      const key = eccKeyWith(AK_ATTRIBUTES & ~bits(name));
      expect([name, (await judge({}, {}, key)).bad]).toEqual([name, expect.arrayContaining(["ak.attributes"])]);
    }
    const both = eccKeyWith(AK_ATTRIBUTES | bits("decrypt"));
    expect((await judge({}, {}, both)).bad).toContain("ak.attributes");
  });
});

describe("what a quote selects", () => {
  const quoting = async (octets: Uint8Array, ...values: Uint8Array[]) =>
    concat(octets, sized(await digest(SHA256, ...values)));
  const of = (algorithm: number, pcr: number, value = VALUE) => ({ algorithm, pcr, digest: value });

  it.each<[string, Uint8Array]>([
    ["no bank", selection()],
    ["a bank, and nothing of it", selection([SHA256, new Uint8Array(3)])],
    ["a bank without a bit map", selection([SHA256, new Uint8Array(0)])],
  ])("is unknown where it is %s", async (_, octets) => {
    expect(await verdictOf({ attested: await quoting(octets) }, {}, AK, [])).not.toBe("good");
    // Whoever brings values along that nobody quoted is refused.
    expect(await verdictOf({ attested: await quoting(octets) })).toBe("bad");
  });

  it("is one PCR once, whichever banks stand there twice", async () => {
    const twice = selection([SHA256, Uint8Array.of(1, 0, 0)], [SHA256, Uint8Array.of(1, 0, 0)]);
    for (const pcrs of [PCRS, [...PCRS, ...PCRS], [...PCRS, of(SHA256, 0, new Uint8Array(32))]])
      for (const values of [[VALUE], [VALUE, new Uint8Array(32)]])
        expect(await verdictOf({ attested: await quoting(twice, ...values) }, {}, AK, pcrs)).toBe("bad");
  });

  it.each<[string, Uint8Array]>([
    ["a bank that is no hash", selection([TPM_ALG.TPM_ALG_AES, Uint8Array.of(1, 0, 0)])],
    ["a bank that nobody knows", selection([0x7777, Uint8Array.of(1, 0, 0)])],
    ["more octets of PCRs than there are", selection([SHA256, new Uint8Array(255).fill(1)])],
    ["more banks than are there", concat(uint(0xffff_ffff, 4), ONE.subarray(4))],
    ["a bit map without an end", concat(ONE.subarray(0, 6), Uint8Array.of(9, 1))],
  ])("is refused with %s", async (_, octets) => {
    expect(await verdictOf({ attested: await quoting(octets, VALUE) })).toBe("bad");
  });

  it("beyond PCR 23 is a PCR that has to have a value, and is asked for by nobody", async () => {
    const attested = await quoting(selection([SHA256, Uint8Array.of(1, 0, 0, 1)]), VALUE, VALUE);
    expect(await verdictOf({ attested })).toBe("bad");
    const asked = { selection: [{ algorithm: SHA256, pcrs: [0] }] };
    expect((await judge({ attested }, asked, AK, [...PCRS, of(SHA256, 24)])).verdict).toBe("bad");
  });

  it("is in its own order, and in no other", async () => {
    const both = selection([SHA1, Uint8Array.of(1, 0, 0)], [SHA256, Uint8Array.of(1, 0, 0)]);
    const old = new Uint8Array(20).fill(3);
    const pcrs = [...PCRS, of(SHA1, 0, old)];
    expect(await verdictOf({ attested: await quoting(both, old, VALUE) }, {}, AK, pcrs)).toBe("good");
    expect(await verdictOf({ attested: await quoting(both, VALUE, old) }, {}, AK, pcrs)).toBe("bad");
  });
});

describe("a signature", () => {
  const judgeSignature = async (make: (r: Uint8Array, s: Uint8Array) => Uint8Array) => {
    const quote = await attestOf({});
    const { r, s } = signed(AK, quote);
    return (await checkQuote({ quote, signature: make(r, s), pcrs: PCRS }, { ak: AK.area, nonce: NONCE })).finding
      .verdict;
  };
  const number = (value: bigint, size = 32) => toOctets(value, size);

  it("of ECDSA has both its numbers between 0 and the order, in as many octets as they take", async () => {
    expect(await judgeSignature((r, s) => ecdsa(r, s))).toBe("good");
    // The other half of the same signature: FIPS 186-4 has both.
    expect(await judgeSignature((r, s) => ecdsa(r, number(N256 - toNumber(s))))).toBe("good");
    const zero = new Uint8Array(32);
    for (const bad of [zero, number(N256), number(N256 + 1n), new Uint8Array(0), new Uint8Array(32).fill(0xff)]) {
      expect(await judgeSignature((r) => ecdsa(r, bad))).toBe("bad");
      expect(await judgeSignature((_, s) => ecdsa(bad, s))).toBe("bad");
      expect(await judgeSignature(() => ecdsa(bad, bad))).toBe("bad");
    }
    expect(await judgeSignature((r, s) => ecdsa(number(toNumber(r) + N256, 33), s))).toBe("bad");
    expect(await judgeSignature((r, s) => ecdsa(concat(Uint8Array.of(0), r), s))).toBe("bad");
    expect(await judgeSignature((r, s) => ecdsa(s, r))).toBe("bad");
  });

  it("has the scheme and the hash that its key is bound to", async () => {
    const { TPM_ALG_ECSCHNORR, TPM_ALG_SM2, TPM_ALG_RSASSA, TPM_ALG_RSAPSS } = TPM_ALG;
    for (const scheme of [TPM_ALG_ECSCHNORR, TPM_ALG_SM2])
      expect([scheme, await judgeSignature((r, s) => ecdsa(r, s, SHA256, scheme))]).toEqual([scheme, "bad"]);
    for (const scheme of [TPM_ALG_RSASSA, TPM_ALG_RSAPSS])
      expect([scheme, await judgeSignature((r) => signatureOctets({ scheme, hash: SHA256 }, r))]).toEqual([
        scheme,
        "bad",
      ]);
    for (const hash of [SHA1, SHA384]) expect(await judgeSignature((r, s) => ecdsa(r, s, hash))).toBe("bad");
    expect(await judgeSignature(() => uint(TPM_ALG.TPM_ALG_NULL, 2))).toBe("bad");
  });

  it("of RSA has as many octets as the modulus, and is below it", async () => {
    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const modulus = b64(publicKey.export({ format: "jwk" }).n);
    const key = { privateKey, area: areaOf(rsaAk("TPM_ALG_RSASSA", "TPM_ALG_SHA256"), modulus) };
    const quote = await attestOf({}, key);
    const right = new Uint8Array(sign("sha256", quote, privateKey));
    const verdict = async (octets: Uint8Array) => {
      const signature = signatureOctets({ scheme: TPM_ALG.TPM_ALG_RSASSA, hash: SHA256 }, octets);
      return (await checkQuote({ quote, signature, pcrs: PCRS }, { ak: key.area, nonce: NONCE })).finding.verdict;
    };
    expect(await verdict(right)).toBe("good");
    expect(signingKeyOf(key.area).type).toBe("rsa");
    const sum = toNumber(right) + toNumber(modulus);
    const wrong = [
      concat(Uint8Array.of(0), right),
      right.subarray(1),
      right.subarray(0, -1),
      concat(right, Uint8Array.of(0)),
      toOctets(sum, 257),
      ...(sum < 2n ** 2048n ? [toOctets(sum, 256)] : []),
      new Uint8Array(256),
      toOctets(1n, 256),
      modulus,
      toOctets(toNumber(modulus) - 1n, 256),
      new Uint8Array(0),
    ];
    for (const [at, octets] of wrong.entries()) expect([at, await verdict(octets)]).toEqual([at, "bad"]);
  });
});
