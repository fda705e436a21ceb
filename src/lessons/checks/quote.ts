/** A quote as a verifier checks it, with the files of it that lie in the guest's /mnt. */

import { quoteOf, readAttestation } from "../../attest/attestation.ts";
import type { Finding } from "../../attest/finding.ts";
import { readPublicFile, readQuoteFile, readSignatureFile } from "../../attest/formats.ts";
import { fromHex } from "../../attest/octets.ts";
import { readPcrFile } from "../../attest/pcrFile.ts";
import { checkQuote } from "../../attest/quote.ts";
import { type CheckResult, defineCheck, missing, passed, wrong } from "../check.ts";
import type { Facts } from "../facts.ts";
import { hex, list, oneOf, optional, required, text } from "../schema.ts";
import { bankAlgorithm, bankNames, pcrNumber } from "./banks.ts";
import { listed } from "./wants.ts";

export const quote = defineCheck({
  name: "quote",
  words:
    "A quote, checked as a verifier does it: signature, nonce, and the digest of the PCRs. All its files lie in the guest's /mnt.",
  parameters: {
    message: required(text, "path of what tpm2_quote -m wrote, from /mnt on"),
    signature: required(text, "path of what -s wrote"),
    pcrs: required(text, "path of what -o wrote"),
    key: required(text, "path of the public key, as tpm2_createak -u or tpm2_readpublic -o wrote it"),
    nonce: required(hex, "what the verifier gave, in hex"),
    bank: optional(oneOf(bankNames), "of the PCRs below; sha256 by default"),
    covers: optional(list(pcrNumber), "PCRs that it must be about, others may be there besides"),
  },
  describe: ({ message, nonce, covers }) =>
    `the quote ${message} is good for the nonce ${nonce}${covers === undefined ? "" : `, over PCR ${listed(covers.map(String), "and")}`}`,
  run: async (wanted, { readFile }) => {
    const files = await readAll(wanted, readFile);
    if (typeof files === "string") return missing(`There is no file /mnt/${files} yet.`);
    try {
      return await judge(files, wanted);
    } catch (error) {
      // What is no quote, no signature, no key or no list of PCRs says so itself.
      return wrong((error as Error).message);
    }
  },
});

interface Files {
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
  readonly pcrs: Uint8Array;
  readonly key: Uint8Array;
}

/** The four files, or the path of the first that is not there. */
async function readAll(
  paths: Readonly<Record<keyof Files, string>>,
  readFile: Facts["readFile"],
): Promise<Files | string> {
  const found: Partial<Record<keyof Files, Uint8Array>> = {};
  for (const name of ["key", "message", "signature", "pcrs"] as const) {
    const content = await readFile(paths[name]);
    if (content === null) return paths[name];
    found[name] = content;
  }
  return found as Files;
}

interface Asked {
  readonly nonce: string;
  readonly bank: (typeof bankNames)[number] | undefined;
  readonly covers: readonly number[] | undefined;
}

async function judge(files: Files, { nonce, bank = "sha256", covers = [] }: Asked): Promise<CheckResult> {
  const ak = readPublicFile(files.key);
  const octets = readQuoteFile(files.message);
  const said = quoteOf(readAttestation(octets));
  if (said === null) return wrong("What was signed is no quote of PCRs.");
  const evidence = {
    quote: octets,
    signature: readSignatureFile(files.signature, ak),
    pcrs: readPcrFile(files.pcrs, said.selection),
  };
  const { finding } = await checkQuote(evidence, { ak, nonce: fromHex(nonce)! });
  if (finding.verdict !== "good") return wrong(inWords(finding));
  const quoted = said.selection.find(({ algorithm }) => algorithm === bankAlgorithm(bank))?.pcrs ?? [];
  const absent = covers.filter((pcr) => !quoted.includes(pcr));
  if (absent.length === 0) return passed;
  return wrong(`The quote is not about PCR ${listed(absent.map(String), "and")} of the ${bank} bank, which was asked.`);
}

/** The first thing that is not good, from within. */
function inWords(found: Finding): string {
  const part = found.findings.find(({ verdict }) => verdict !== "good");
  if (part !== undefined) return inWords(part);
  const { check, expected, seen, note } = found;
  const facts = [seen !== null && `it is ${seen}`, expected !== null && `${expected} was asked`, note].filter(Boolean);
  return `The verifier does not accept ${check}: ${facts.join("; ") || "nothing tells why"}.`;
}
