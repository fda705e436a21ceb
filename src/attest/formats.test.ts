import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import type { PcrSelection } from "../client/index.ts";
import { TpmFormatError } from "../client/index.ts";
import { bitString, integer, nothing, oid, sequence } from "../provision/der.ts";
import { toPem } from "../provision/pem.ts";
import { subjectPublicKeyInfo } from "../provision/publicKey.ts";
import { digestSize, TPM_ALG } from "../spec/algorithms.ts";
import { eccAk } from "./akTemplates.ts";
import { readAttestation, readSignature } from "./attestation.ts";
import type { LoadedKey } from "./attester.ts";
import { signingKeyOf } from "./attestKey.ts";
import { readCertificate } from "./certificate.ts";
import { readDer } from "./derReader.ts";
import { EvidenceFormatError } from "./errors.ts";
import {
  readCertificateFile,
  readCredentialFile,
  readNameFile,
  readPublicFile,
  readQuoteFile,
  readSignatureFile,
  writeCredentialFile,
  writePublicFile,
} from "./formats.ts";
import { publicAreaOctets } from "./names.ts";
import { readPcrFile, writePcrFile } from "./pcrFile.ts";
import { checkQuote, type QuoteEvidence } from "./quote.ts";
import { Attester } from "./testkit/attester.ts";

const { TPM_ALG_SHA1: SHA1, TPM_ALG_SHA256: SHA256, TPM_ALG_SHA512: SHA512 } = TPM_ALG;
const NONCE = Uint8Array.of(1, 2, 3);
const text = (octets: string) => new TextEncoder().encode(octets);
const sized = (octets: Uint8Array) => new Uint8Array([octets.length >> 8, octets.length & 255, ...octets]);

const rsaSpki = (modulus: Uint8Array, exponent: Uint8Array) =>
  sequence(sequence(oid("1.2.840.113549.1.1.1"), nothing()), bitString(sequence(integer(modulus), integer(exponent))));

let ak: LoadedKey;
let evidence: QuoteEvidence;
beforeAll(async () => {
  const attester = await Attester.start();
  ak = await attester.createAk(eccAk("TPM_ECC_NIST_P256", "TPM_ALG_ECDSA", "TPM_ALG_SHA256"));
  evidence = await attester.quote(ak, NONCE, [{ algorithm: SHA256, pcrs: [0, 16] }]);
});

describe("files of PCR values", () => {
  const banks = fc.uniqueArray(fc.constantFrom(SHA1, SHA256, SHA512), { maxLength: 3 });
  const selections = banks.chain((algorithms) =>
    fc.tuple(
      ...algorithms.map((algorithm) =>
        fc
          .uniqueArray(fc.integer({ min: 0, max: 23 }), { maxLength: 24 })
          .map((pcrs): PcrSelection => ({ algorithm, pcrs: pcrs.sort((a, b) => a - b) })),
      ),
    ),
  );
  const withValues = (selection: readonly PcrSelection[]) =>
    selection.flatMap(({ algorithm, pcrs }) =>
      pcrs.map((pcr) => ({ algorithm, pcr, digest: new Uint8Array(digestSize(algorithm)).fill(pcr + 1) })),
    );

  it("come back as they were written, in both forms", () => {
    fc.assert(
      fc.property(selections, (selection) => {
        const values = withValues(selection);
        expect(readPcrFile(writePcrFile(selection, values), [])).toEqual(values);
        const bare = new Uint8Array(values.flatMap(({ digest }) => [...digest]));
        expect(readPcrFile(bare, selection)).toEqual(values);
      }),
      { numRuns: 40 },
    );
  });

  it("of any octets are values or an error", () => {
    const whole = writePcrFile(
      [{ algorithm: SHA256, pcrs: [0, 1] }],
      withValues([{ algorithm: SHA256, pcrs: [0, 1] }]),
    );
    const read = (octets: Uint8Array) => {
      try {
        for (const { algorithm, digest } of readPcrFile(octets, [])) expect(digest.length).toBe(digestSize(algorithm));
      } catch (error) {
        expect(error).toBeInstanceOf(EvidenceFormatError);
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 800 }), read));
    fc.assert(fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, octet) => read(whole.with(at, octet))));
    expect(() => readPcrFile(new Uint8Array(31), [{ algorithm: SHA256, pcrs: [0] }])).toThrow("31 octets");
  });
});

describe("files of keys", () => {
  it("are told by what they must have", () => {
    const { publicArea: area } = ak;
    expect(readPublicFile(writePublicFile(area))).toEqual(area);
    expect(readPublicFile(publicAreaOctets(area))).toEqual(area);
    const spki = subjectPublicKeyInfo(area as unknown as Parameters<typeof subjectPublicKeyInfo>[0]);
    expect(readPublicFile(spki)).toEqual(signingKeyOf(area));
    expect(readPublicFile(text(toPem("PUBLIC KEY", spki)))).toEqual(signingKeyOf(area));
  });

  it.each([
    ["nothing", () => new Uint8Array(0), "no TPM2B_PUBLIC"],
    ["a certificate in PEM", () => text(toPem("CERTIFICATE", new Uint8Array(4))), "BEGIN PUBLIC KEY"],
    ["a PEM without its end", () => text("-----BEGIN PUBLIC KEY-----\nAAAA\n"), "has no end"],
    ["a public area with more behind", () => new Uint8Array([...publicAreaOctets(ak.publicArea), 0]), "left over"],
    ["a public area that is cut", () => publicAreaOctets(ak.publicArea).subarray(0, -1), "can't be read"],
    ["another DER", () => Uint8Array.of(0x30, 0), "no RSA or ECC key"],
    ["an exponent of 64 bits", () => rsaSpki(Uint8Array.of(0xff), new Uint8Array(8).fill(0x7f)), "out of bounds"],
    ["an exponent of 1", () => rsaSpki(Uint8Array.of(0xff), Uint8Array.of(1)), "out of bounds"],
    ["a modulus of 20000 bits", () => rsaSpki(new Uint8Array(2500).fill(0x7f), Uint8Array.of(3)), "out of bounds"],
    ["an even modulus", () => rsaSpki(Uint8Array.of(0xfe), Uint8Array.of(3)), "even modulus"],
  ])("of %s are refused, with a reason", (_, octets, reason) => {
    expect(() => readPublicFile(octets())).toThrow(EvidenceFormatError);
    expect(() => readPublicFile(octets())).toThrow(reason);
  });
});

describe("files of quotes", () => {
  it("are a TPMS_ATTEST or a TPM2B_ATTEST", () => {
    expect(readQuoteFile(evidence.quote)).toEqual(evidence.quote);
    expect(readQuoteFile(sized(evidence.quote))).toEqual(evidence.quote);
    for (const wrong of [evidence.quote.subarray(1), sized(evidence.quote).subarray(0, -1), new Uint8Array(0)])
      expect(() => readQuoteFile(wrong)).toThrow("does not begin with ff544347");
  });

  it("have a TPMT_SIGNATURE or, with a key that names its scheme, r and s in DER", async () => {
    expect(readSignatureFile(evidence.signature, ak.publicArea)).toEqual(evidence.signature);
    const { signatureR, signatureS } = readSignature(evidence.signature).signature as unknown as Record<
      string,
      Uint8Array
    >;
    const number = (octets: Uint8Array = NONCE) => {
      const content = (octets[0] ?? 0) & 0x80 ? [0, ...octets] : [...octets];
      return [2, content.length, ...content];
    };
    const body = [...number(signatureR), ...number(signatureS)];
    const plain = Uint8Array.from([0x30, body.length, ...body]);
    const signature = readSignatureFile(plain, ak.publicArea);
    expect((await checkQuote({ ...evidence, signature }, { ak: ak.publicArea, nonce: NONCE })).finding.verdict).toBe(
      "good",
    );
    expect(() => readSignatureFile(plain, signingKeyOf(ak.publicArea))).toThrow("needs the AK's public area");
    expect(() => readSignatureFile(new Uint8Array(64), ak.publicArea)).toThrow("neither a TPMT_SIGNATURE");
  });

  it("of any octets are read or refused, and never good", async () => {
    const judge = async (quote: Uint8Array, signature: Uint8Array) => {
      const { finding } = await checkQuote(
        { quote, signature, pcrs: evidence.pcrs },
        { ak: ak.publicArea, nonce: NONCE },
      );
      expect(finding.verdict).toBe("bad");
    };
    const octets = fc.uint8Array({ maxLength: 200 });
    await fc.assert(fc.asyncProperty(octets, octets, judge));
    const cut = fc.nat(evidence.quote.length - 1).map((at) => evidence.quote.subarray(0, at));
    await fc.assert(fc.asyncProperty(cut, fc.constant(evidence.signature), judge), { numRuns: 30 });
  });

  it("throw nothing but errors of their format", () => {
    const octets = fc.uint8Array({ maxLength: 200 });
    for (const [read, error] of [
      [readAttestation, TpmFormatError],
      [readSignature, TpmFormatError],
      [readPublicFile, EvidenceFormatError],
      [readCertificate, EvidenceFormatError],
      [readCertificateFile, EvidenceFormatError],
      [readDer, EvidenceFormatError],
      [readCredentialFile, EvidenceFormatError],
    ] as const)
      fc.assert(
        fc.property(octets, (some) => {
          try {
            read(some);
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(error);
          }
        }),
      );
  });
});

describe("other files", () => {
  it("credentials come back as they were written", () => {
    const file = { credential: Uint8Array.of(1, 2, 3), secret: Uint8Array.of(4, 5) };
    expect(readCredentialFile(writeCredentialFile(file))).toEqual(file);
    for (const wrong of [writeCredentialFile(file).with(3, 0), writeCredentialFile(file).subarray(0, -1)])
      expect(() => readCredentialFile(wrong)).toThrow("no credential");
  });

  it("Names have their size before them or not", () => {
    const name = Uint8Array.of(0, 11, ...new Uint8Array(32));
    expect([readNameFile(name), readNameFile(sized(name))]).toEqual([name, name]);
    expect(() => readNameFile(Uint8Array.of(0, 11))).toThrow("too short");
  });

  it("certificates may have the filling of an NV Index behind them, and nothing else", () => {
    const der = Uint8Array.of(0x30, 3, 2, 1, 5);
    for (const filling of [[], [0, 0, 0], [255, 255]])
      expect(readCertificateFile(new Uint8Array([...der, ...filling]))).toEqual([der]);
    expect(() => readCertificateFile(new Uint8Array([...der, 0, 1]))).toThrow("no filling");
    expect(readCertificateFile(text(toPem("CERTIFICATE", der).repeat(3)))).toEqual([der, der, der]);
    expect(() => readCertificateFile(text(toPem("PRIVATE KEY", der)))).toThrow("PRIVATE KEY among");
  });
});

describe("DER", () => {
  it.each([
    ["a length that is longer than needed", [0x30, 0x81, 2, 5, 0]],
    ["a length without end", [0x30, 0x80, 5, 0, 0, 0]],
    ["a number with a zero too many", [2, 2, 0, 1]],
    ["a boolean of neither kind", [1, 1, 7]],
    ["a bit string with unused bits that are set", [3, 2, 3, 1]],
    ["octets left over", [5, 0, 0]],
    ["a value that is cut", [4, 3, 0]],
    ["a NULL with content", [5, 1, 0]],
  ])("is refused with %s", (_, octets) => {
    expect(() => readDer(Uint8Array.from(octets))).toThrow(EvidenceFormatError);
  });

  it("is not nested for ever", () => {
    const deep = Array.from({ length: 60 }).reduce<number[]>((inner) => [0x30, inner.length, ...inner], []);
    expect(() => readDer(Uint8Array.from(deep))).toThrow("nested deeper");
  });
});
