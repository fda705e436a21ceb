/** Certificates that nobody here has made: those of TPMs' manufacturers. */
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { isSignedBy, keyUsages, readCertificate } from "./certificate.ts";
import { checkChain } from "./chain.ts";
import { readCertificateFile } from "./formats.ts";
import { badChecks, flipped } from "./testkit/findings.ts";

const read = (name: string) => {
  const file = readFileSync(new URL(`testdata/manufacturers/${name}.pem`, import.meta.url));
  const [der] = readCertificateFile(new Uint8Array(file));
  if (der === undefined) throw new Error(`${name} has no certificate`);
  return readCertificate(der);
};
const PAIRS = [
  ["IFX_RSA_RT", "IFX_RSA_01I"],
  ["INF_ECC_010RT", "INF_ECC_010I"],
  ["STM_RSA_RT", "STM_RSA_01I"],
  ["STM_ECC_01RT", "STM_ECC_01I"],
  ["INTEL_RT", "INTEL_I"],
] as const;
const ROOTS = PAIRS.map(([root]) => read(root));
const PURPOSE = "2.23.133.8.1";
const time = new Date("2018-01-01T00:00:00Z");

describe("certificates of manufacturers", () => {
  it.each(PAIRS.flat())("%s is read as node:crypto reads it", (name) => {
    const ours = read(name);
    const theirs = new X509Certificate(ours.der);
    expect(ours.serial.replace(/^00/, "")).toBe(theirs.serialNumber.toLowerCase());
    expect([ours.notBefore, ours.notAfter]).toEqual([new Date(theirs.validFrom), new Date(theirs.validTo)]);
    expect(ours.publicKey).toEqual(new Uint8Array(theirs.publicKey.export({ type: "spki", format: "der" })));
    expect(ours.subject.flat().map(({ value }) => value)).toEqual(
      theirs.subject.split("\n").map((line) => line.slice(line.indexOf("=") + 1)),
    );
    expect(keyUsages(ours)).toContain("keyCertSign");
  });

  it.each(PAIRS)("%s vouches for %s, and no other root does", async (root, below) => {
    const certificate = read(below);
    const reference = { intermediates: [], time, purpose: PURPOSE };
    const found = await checkChain(certificate, { ...reference, roots: ROOTS });
    // The oldest of them is signed over SHA-1.
    expect([found.verdict, badChecks(found)]).toEqual([certificate.isWeaklySigned ? "unknown" : "good", []]);
    expect(certificate.isWeaklySigned).toBe(below === "IFX_RSA_01I");
    const others = ROOTS.filter(({ serial }) => serial !== read(root).serial);
    expect((await checkChain(certificate, { ...reference, roots: others })).verdict).toBe("bad");
  });

  it("with any octet changed are signed by nobody", async () => {
    const [root, below] = [read("INTEL_RT"), read("INTEL_I")];
    for (const [at, der] of flipped(below.der)) {
      let isGood: boolean | null = false;
      try {
        isGood = await isSignedBy(readCertificate(der), root);
      } catch {
        // It can't be read.
      }
      expect([at, isGood]).not.toEqual([at, true]);
    }
  });
});
