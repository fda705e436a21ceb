import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eccAk } from "../../attest/akTemplates.ts";
import type { LoadedKey } from "../../attest/attester.ts";
import {
  activateCredential,
  createEk,
  credentialSecret,
  type EndorsementKey,
  EVIDENCE_FILES,
  type Finding,
  readCredentialFile,
  writePcrFile,
  writePublicFile,
} from "../../attest/index.ts";
import { Attester } from "../../attest/testkit/attester.ts";
import { TPM_ALG } from "../../spec/algorithms.ts";
import { run } from "../cli.ts";
import { printableJson } from "../printable.ts";
import { FakeStreams } from "../testkit/streams.ts";
import { findingLines } from "./findingLines.ts";
import { VERIFY_HELP, verifyRows } from "./optionTable.ts";

const NONCE = "0102030405060708";
let home: string;
let attester: Attester;
let ak: LoadedKey;
let ek: EndorsementKey;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "tabtpm-verify-"));
  attester = await Attester.start();
  ek = await createEk(attester.client, "L-2");
  ak = await attester.createAk(eccAk("TPM_ECC_NIST_P256", "TPM_ALG_ECDSA", "TPM_ALG_SHA256"));
  const selection = [{ algorithm: TPM_ALG.TPM_ALG_SHA256, pcrs: [0, 1, 16] }];
  const { quote, signature, pcrs } = await attester.quote(ak, Buffer.from(NONCE, "hex"), selection);
  await Promise.all([
    writeFile(join(home, EVIDENCE_FILES.quote), quote),
    writeFile(join(home, EVIDENCE_FILES.signature), signature),
    writeFile(join(home, EVIDENCE_FILES.pcrs), writePcrFile(selection, pcrs)),
    writeFile(join(home, EVIDENCE_FILES.ak), writePublicFile(ak.publicArea)),
    writeFile(join(home, EVIDENCE_FILES.ek), writePublicFile(ek.publicArea)),
  ]);
});
afterAll(() => rm(home, { recursive: true, force: true }));

async function verify(...argv: string[]) {
  const streams = new FakeStreams(false);
  const code = await run(["verify", ...argv], streams);
  await new Promise((resolve) => setImmediate(resolve));
  return { code, output: streams.output, errors: streams.errors };
}
const file = (name: string) => join(home, name);

describe("tabtpm verify", () => {
  it("learns a policy of a folder, which the folder then meets", async () => {
    const learned = await verify("--from", home, "--nonce", NONCE, "--learn-policy", file("policy.json"));
    expect(learned.code).toBe(4);
    expect(learned.errors).toContain("It pins this AK");
    expect(learned.output).toMatch(/^unknown {2}attestation\ngood {7}quote\n/m);
    const met = await verify("--from", home, "--nonce", NONCE, "--policy", file("policy.json"));
    expect([met.code, met.errors]).toEqual([0, ""]);
    expect(met.output).toMatch(/^good {5}attestation\n/);
    const brief = await verify("--from", home, "--nonce", NONCE, "--policy", file("policy.json"), "--brief");
    expect(brief.output).toBe("good     attestation\n");
    // It is not written over.
    const again = await verify("--from", home, "--nonce", NONCE, "--learn-policy", file("policy.json"));
    expect([again.code, again.errors]).toEqual([1, expect.stringContaining("policy.json is there already")]);
  });

  it("says what is bad by its exit code, in lines and in JSON, and learns nothing of it", async () => {
    const wrong = ["--from", home, "--nonce", "ff"];
    const lines = await verify(...wrong, "--brief", "--learn-policy", file("other.json"));
    expect(lines.code).toBe(1);
    expect(lines.errors).toContain("No policy is learned from what is not proven: quote is bad.");
    expect(lines.output).toContain("bad          quote.nonce\n");
    expect(lines.output).toContain(`seen:     ${NONCE}\n`);
    expect(lines.output).not.toMatch(/^good/m);
    const json = await verify(...wrong, "--json");
    expect(json.code).toBe(3);
    expect((JSON.parse(json.output) as Finding).verdict).toBe("bad");
    await expect(readFile(file("other.json"))).rejects.toThrow("ENOENT");
  });

  it("makes a credential that the TPM with both keys opens, and knows the answer", async () => {
    const made = await verify("--from", home, "--make-credential", file("credential"));
    expect([made.code, made.output]).toEqual([0, expect.stringMatching(/^[0-9a-f]{40}\n$/)]);
    expect(made.errors).toContain("tabtpm attest --credential");
    const secret = made.output.trim();
    const seed = Buffer.from(secret, "hex");
    const opened = await activateCredential(
      attester.client,
      ek,
      ak,
      readCredentialFile(await readFile(file("credential"))),
    );
    expect(opened).toEqual(await credentialSecret(seed, ek.publicArea, ak.publicArea));
    const answered = async (answer: Uint8Array | string, ...more: string[]) => {
      const given = ["--secret", secret, "--answer", Buffer.from(answer as string, "hex").toString("hex")];
      const { output } = await verify("--from", home, "--nonce", NONCE, "--json", ...given, ...more);
      return (JSON.parse(output) as Finding).findings.find(({ check: name }) => name === "credential")!.verdict;
    };
    const answer = Buffer.from(opened).toString("hex");
    expect([await answered(answer), await answered("00".repeat(20)), await answered(secret)]).toEqual([
      "good",
      "bad",
      "bad",
    ]);
    // The answer of one AK and one EK says nothing of others, which may stand in the folder by now.
    const another = await attester.createAk(eccAk("TPM_ECC_NIST_P384", "TPM_ALG_ECDSA", "TPM_ALG_SHA384"));
    await writeFile(file("another.pub"), writePublicFile(another.publicArea));
    expect(await answered(answer, "--ak", file("another.pub"))).toBe("bad");
    const otherEk = await createEk((await Attester.start()).client, "L-2");
    await writeFile(file("other-ek.pub"), writePublicFile(otherEk.publicArea));
    expect(await answered(answer, "--ek", file("other-ek.pub"))).toBe("bad");
    const named = ["--ak", file(EVIDENCE_FILES.ak), "--make-credential", file("other")];
    expect(await verify(...named)).toMatchObject({ code: 2, errors: expect.stringContaining("--ek are missing") });
  });

  it("takes files by their names", async () => {
    const named = (["quote", "signature", "pcrs", "ak"] as const).flatMap((name) => [
      `--${name}`,
      file(EVIDENCE_FILES[name]),
    ]);
    expect((await verify(...named, "--nonce", NONCE)).code).toBe(4);
    const [, , ...without] = named;
    expect(await verify(...without, "--nonce", NONCE)).toMatchObject({
      code: 2,
      errors: expect.stringContaining("--quote"),
    });
    const swapped = named.map((name) => (name === file(EVIDENCE_FILES.quote) ? file(EVIDENCE_FILES.signature) : name));
    expect((await verify(...swapped, "--nonce", NONCE)).code).toBe(3);
  });

  it.each<[string, string[], number, string]>([
    ["nothing", [], 2, "--quote, --signature, --pcrs, --ak are missing, or --from DIR"],
    ["a nonce that is none", ["--from", "DIR", "--nonce", "xyz"], 2, "--nonce needs octets in hexadecimal"],
    ["a secret without an answer", ["--from", "DIR", "--secret", "00"], 2, "--secret and --answer belong together"],
    [
      "roots that are none",
      ["--from", "DIR", "--roots", "DIR/quote.msg"],
      1,
      "/quote.msg: The certificate is neither DER nor PEM",
    ],
    ["a folder as a file", ["--from", "DIR", "--log", "DIR"], 1, "EISDIR: illegal operation on a directory, read '"],
    [
      "a folder as a policy",
      ["--from", "DIR", "--policy", "DIR"],
      1,
      "EISDIR: illegal operation on a directory, read '",
    ],
    ["a secret without an EK", ["--ak", "x", "--secret", "00", "--answer", "00"], 2, "--quote, --signature"],
    ["a folder that is empty", ["--from", "/nowhere"], 2, "--quote is missing, and the folder has no quote.msg."],
    ["a policy that is not there", ["--from", "DIR", "--policy", "/nowhere"], 1, "ENOENT"],
    ["a policy that is none", ["--from", "DIR", "--policy", "DIR/quote.msg"], 1, "policy is no JSON in UTF-8"],
    ["an option without its value", ["--from", ""], 2, "--from needs a value"],
  ])("given %s fails with what to do", async (_what, argv, code, message) => {
    const result = await verify(...argv.map((one) => one.replace("DIR", home)));
    expect([result.code, result.output]).toEqual([code, ""]);
    expect(result.errors).toContain(message);
  });

  it("explains each option and each exit code", () => {
    for (const [name, { help }] of verifyRows)
      expect(VERIFY_HELP).toMatch(new RegExp(`--${name}\\b.*${help.slice(0, 12).replace(/[.*+?^$()|[\]\\/`]/g, ".")}`));
    expect(VERIFY_HELP).toContain("Exit codes: 0 good; 3 something is bad; 4 nothing is bad, but something is unknown");
  });

  it("prints what anybody wrote as text that a terminal does not obey", () => {
    const finding: Finding = {
      check: "ima",
      verdict: "bad",
      expected: null,
      seen: "/tmp/\u001b[2J\nx",
      note: null,
      findings: [],
    };
    expect(findingLines(finding)).toEqual(["bad      ima", "           seen:     /tmp/\\u{1b}[2J\\u{a}x"]);
    // U+009B is what begins a sequence in one character, U+202E turns what follows round.
    const hostile = { seen: "\u001b[2J\u009b2J\u202egpj.exe \u{e0041}\ud800 é😀" };
    const json = printableJson(hostile);
    expect(json).toBe('{\n  "seen": "\\u001b[2J\\u009b2J\\u202egpj.exe \\udb40\\udc41\\ud800 é😀"\n}');
    expect(JSON.parse(json)).toEqual(hostile);
  });
});
