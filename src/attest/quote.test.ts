import { beforeAll, describe, expect, it } from "vitest";
import type { PcrSelection } from "../client/index.ts";
import { TPM_ALG } from "../spec/algorithms.ts";
import { attributeBits } from "../spec/attributes.ts";
import { AK_ATTRIBUTES, eccAk } from "./akTemplates.ts";
import type { LoadedKey } from "./attester.ts";
import { signingKeyOf } from "./attestKey.ts";
import type { Finding } from "./finding.ts";
import { nameOf } from "./names.ts";
import { checkQuote, describeSelection, type QuoteEvidence, type QuoteReference } from "./quote.ts";
import { Attester } from "./testkit/attester.ts";
import { badChecks, flipped } from "./testkit/findings.ts";

const NONCE = new TextEncoder().encode("a nonce of today");
const SHA256 = TPM_ALG.TPM_ALG_SHA256;
const SHA1 = TPM_ALG.TPM_ALG_SHA1;
const SELECTION: PcrSelection[] = [
  { algorithm: SHA256, pcrs: [0, 1, 7, 16] },
  { algorithm: SHA1, pcrs: [2, 16] },
];

let attester: Attester;
let ak: LoadedKey;
let evidence: QuoteEvidence;
let reference: QuoteReference;

beforeAll(async () => {
  attester = await Attester.start();
  ak = await attester.createAk(eccAk("TPM_ECC_NIST_P256", "TPM_ALG_ECDSA", "TPM_ALG_SHA256"));
  await attester.client.call("PCR_Event", { handles: { pcrHandle: 16 }, parameters: { eventData: NONCE } });
  evidence = await attester.quote(ak, NONCE, SELECTION);
  reference = { ak: ak.publicArea, nonce: NONCE, selection: SELECTION, akName: await nameOf(ak.publicArea) };
});

const check = async (changed: Partial<QuoteEvidence>, known: Partial<QuoteReference> = {}): Promise<Finding> =>
  (await checkQuote({ ...evidence, ...changed }, { ...reference, ...known })).finding;

describe("a quote", () => {
  it("is good, and says what it says", async () => {
    const { finding, quote } = await checkQuote(evidence, reference);
    expect(badChecks(finding)).toEqual([]);
    expect(finding.verdict).toBe("good");
    expect(quote).toMatchObject({ nonce: NONCE, clockInfo: { safe: 1 } });
    expect(describeSelection(quote?.selection ?? [])).toBe("sha256:0,1,7,16+sha1:2,16");
  });

  it("names what was attested of a key that is not known to be there", async () => {
    const finding = await check({});
    const { note } = finding.findings.find(({ check: name }) => name === "quote.qualifiedSigner") as Finding;
    expect(note).toBe("a primary key, endorsement hierarchy");
    const owner = { hierarchy: "owner", parents: [] } as const;
    expect(badChecks(await check({}, { place: owner }))).toEqual(["quote.qualifiedSigner"]);
    expect((await check({}, { place: { ...owner, hierarchy: "endorsement" } })).verdict).toBe("good");
  });

  it("is refused with any octet of it changed", async () => {
    for (const [at, quote] of flipped(evidence.quote)) {
      const finding = await check({ quote });
      expect([at, finding.verdict]).toEqual([at, "bad"]);
      // What can be read at all is refused by its signature, whatever else was seen.
      const isRead = !badChecks(finding).includes("quote.format");
      expect([at, badChecks(finding).includes("quote.signature")]).toEqual([at, isRead]);
    }
  });

  it("is refused with any octet of its signature changed", async () => {
    for (const [at, signature] of flipped(evidence.signature)) {
      const bad = badChecks(await check({ signature }));
      expect([at, bad.includes("quote.signature") || bad.includes("quote.format")]).toEqual([at, true]);
    }
  });

  it("is refused with any octet of any PCR changed", async () => {
    for (const [which, pcr] of evidence.pcrs.entries())
      for (const [, digest] of flipped(pcr.digest)) {
        const pcrs = evidence.pcrs.with(which, { ...pcr, digest });
        expect(badChecks(await check({ pcrs }))).toEqual(["quote.pcrDigest"]);
      }
  });

  it("is refused with any octet of the public area changed, or it is another key's", async () => {
    const other = await attester.createAk(eccAk("TPM_ECC_NIST_P256", "TPM_ALG_ECDSA", "TPM_ALG_SHA384"));
    expect(badChecks(await check({}, { ak: other.publicArea, akName: undefined }))).toContain("quote.signature");
    const { x, y } = ak.publicArea.unique as { x: Uint8Array; y: Uint8Array };
    for (const [, turned] of flipped(x)) {
      const area = { ...ak.publicArea, unique: { x: turned, y } } as typeof ak.publicArea;
      expect(badChecks(await check({}, { ak: area }))).toEqual(
        expect.arrayContaining(["ak.key", "ak.name", "quote.signature"]),
      );
    }
  });

  it.each([
    ["another nonce", {}, { nonce: new Uint8Array(16) }, ["quote.nonce"]],
    ["an empty nonce", {}, { nonce: new Uint8Array(0) }, ["quote.nonce"]],
    ["other PCRs than asked", {}, { selection: SELECTION.slice(1) }, ["quote.selection"]],
  ])("is refused: %s", async (_, changed, known, bad) => {
    expect(badChecks(await check(changed, known))).toEqual(bad);
  });

  it("is refused with a PCR missing, too many, twice, of another bank or too short", async () => {
    const [first, ...rest] = evidence.pcrs;
    if (first === undefined) throw new Error("there is none");
    const said = async (pcrs: QuoteEvidence["pcrs"]) => {
      const finding = await check({ pcrs });
      expect(badChecks(finding)).toEqual(["quote.pcrs", "quote.pcrDigest"]);
      return finding.findings.find(({ check: name }) => name === "quote.pcrs")?.seen;
    };
    expect(await said(rest)).toBe("PCR 0 (sha256) is missing");
    expect(await said([...evidence.pcrs, { ...first, pcr: 5 }])).toBe("PCR 5 (sha256) is not quoted");
    expect(await said([...evidence.pcrs, first])).toBe("PCR 0 (sha256) is there twice");
    expect(await said([{ ...first, algorithm: SHA1 }, ...rest])).toBe("PCR 0 (sha256) is missing");
    const short = { ...first, digest: first.digest.subarray(1) };
    expect(await said([short, ...rest])).toBe("PCR 0 (sha256) has 31 octets, not 32");
  });

  it("does not care in which order the PCRs come: the quote has its own", async () => {
    expect((await check({ pcrs: [...evidence.pcrs].reverse() })).verdict).toBe("good");
    const reversed = await attester.quote(ak, NONCE, [...SELECTION].reverse());
    expect((await checkQuote(reversed, reference)).finding.verdict).toBe("good");
    expect(reversed.quote).not.toEqual(evidence.quote);
  });

  it("is unknown, never good, without a nonce, without PCRs, or with a bare key", async () => {
    expect((await check({}, { nonce: null })).verdict).toBe("unknown");
    const empty = await attester.quote(ak, NONCE, []);
    expect((await checkQuote(empty, { ...reference, selection: undefined })).finding.verdict).toBe("unknown");
    const bare = await check({}, { ak: signingKeyOf(ak.publicArea), akName: undefined });
    expect(bare.verdict).toBe("unknown");
    expect(badChecks(bare)).toEqual([]);
  });

  it("is none when the TPM attests something else", async () => {
    const { parameters } = await attester.client.call("GetTime", {
      handles: { privacyAdminHandle: "TPM_RH_ENDORSEMENT", signHandle: ak.handle },
      parameters: { qualifyingData: NONCE, inScheme: { scheme: "TPM_ALG_NULL" } },
    });
    expect(badChecks(await check({ quote: parameters.timeInfo }))).toEqual(["quote.type", "quote.signature"]);
  });

  it("of a key that signs anything is refused: it may have signed what somebody made up", async () => {
    const restricted = attributeBits("TPMA_OBJECT", "restricted");
    const template = eccAk("TPM_ECC_NIST_P256", "TPM_ALG_ECDSA", "TPM_ALG_SHA256", AK_ATTRIBUTES & ~restricted);
    const free = await attester.createAk(template);
    const quote = await attester.quote(free, NONCE, SELECTION);
    const { finding } = await checkQuote(quote, { ...reference, ak: free.publicArea, akName: undefined });
    expect(badChecks(finding)).toEqual(["ak.attributes"]);
  });
});

describe("a quote after another", () => {
  it("comes later in the same boot, or in a later one", async () => {
    const last = (await checkQuote(evidence, reference)).quote;
    if (last === null) throw new Error("it can't be read");
    const again = await attester.quote(ak, NONCE, SELECTION);
    const judge = async (clockInfo: Partial<typeof last.clockInfo>) => {
      const known = { ...reference, last: { ...last, clockInfo: { ...last.clockInfo, ...clockInfo } } };
      const { finding } = await checkQuote(again, known);
      return finding.findings.find(({ check: name }) => name === "quote.clock")?.verdict;
    };
    const { clock, resetCount, restartCount } = last.clockInfo;
    expect(await judge({ clock: clock - 1n })).toBe("good");
    expect(await judge({ clock: clock + 1_000_000_000n })).toBe("bad");
    expect(await judge({ resetCount: resetCount + 1 })).toBe("bad");
    expect(await judge({ clock: 0n, restartCount: restartCount + 1 })).toBe("bad");
    expect(await judge({ clock: 0n, resetCount: resetCount - 1, restartCount: 9 })).toBe("good");
  });

  it("has the firmware version that is asked for", async () => {
    const version = (await checkQuote(evidence, reference)).quote?.firmwareVersion ?? 0n;
    expect((await check({}, { firmwareVersion: version })).verdict).toBe("good");
    expect(badChecks(await check({}, { firmwareVersion: version + 1n }))).toEqual(["quote.firmwareVersion"]);
  });
});

describe("signature schemes of a TPM", () => {
  let fresh: Attester;
  beforeAll(async () => {
    fresh = await Attester.start();
  });

  it.each([
    ["TPM_ECC_NIST_P256", "TPM_ALG_ECDSA", "TPM_ALG_SHA384"],
    ["TPM_ECC_NIST_P384", "TPM_ALG_ECDSA", "TPM_ALG_SHA256"],
    ["TPM_ECC_NIST_P256", "TPM_ALG_ECSCHNORR", "TPM_ALG_SHA256"],
    ["TPM_ECC_NIST_P256", "TPM_ALG_SM2", "TPM_ALG_SHA256"],
    ["TPM_ECC_SM2_P256", "TPM_ALG_SM2", "TPM_ALG_SM3_256"],
    ["TPM_ECC_BN_P256", "TPM_ALG_ECDSA", "TPM_ALG_SHA3_256"],
  ] as const)("%s, %s with %s", async (curve, scheme, hash) => {
    const other = await fresh.createAk(eccAk(curve, scheme, hash));
    const quoted = await fresh.quote(other, NONCE, SELECTION);
    const known = { ...reference, ak: other.publicArea, akName: undefined };
    expect((await checkQuote(quoted, known)).finding.verdict).toBe("good");
    for (const [at, signature] of flipped(quoted.signature).filter((_, i) => i % 5 === 0))
      expect([at, (await checkQuote({ ...quoted, signature }, known)).finding.verdict]).toEqual([at, "bad"]);
    await fresh.client.call("FlushContext", { parameters: { flushHandle: other.handle } });
  });
});
