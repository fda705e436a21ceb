/** The project's own guest is attested: real firmware, Linux with IMA, and what changes when something is changed. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TpmClient } from "../client/index.ts";
import { TPM_ALG } from "../spec/algorithms.ts";
import { bootPc, type Pc } from "../v86/testkit/pc.ts";
import { createAk, createQuote } from "./attester.ts";
import type { Finding } from "./finding.ts";
import { writePublicFile } from "./formats.ts";
import { isBinaryList, parseBinaryImaLog, parseImaLog } from "./ima/index.ts";
import { writePcrFile } from "./pcrFile.ts";
import { type AttestationPolicy, learnPolicy, parsePolicy, serializePolicy } from "./policy/index.ts";
import { badChecks } from "./testkit/findings.ts";
import { type AttestationFiles, verifyAttestation } from "./verify.ts";

const SECURITY = "/sys/kernel/security";
const NONCE = Uint8Array.from({ length: 20 }, (_, at) => at);
const SELECTION = [{ algorithm: TPM_ALG.TPM_ALG_SHA256, pcrs: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10] }];

let pc: Pc;
let policy: AttestationPolicy;
let learned: Finding;

beforeAll(async () => {
  pc = await bootPc();
  const { finding, evidence } = await verifyAttestation(await attest(pc), { nonce: NONCE, policy: null });
  learned = finding;
  policy = parsePolicy(new TextEncoder().encode(serializePolicy(learnPolicy(evidence!))));
});
afterAll(() => pc.close());

/** A file of the guest's, octet by octet. */
const readGuest = async ({ shell }: Pc, path: string) =>
  new Uint8Array(Buffer.from(await shell.ok(`base64 ${path}`), "base64"));

async function attest(from: Pc, list = "ascii_runtime_measurements"): Promise<AttestationFiles> {
  const client = new TpmClient({ execute: (command) => from.tpm.execute(command, { own: true }) });
  const log = await readGuest(from, `${SECURITY}/tpm0/binary_bios_measurements`);
  const ak = await createAk(client);
  const { quote, signature, pcrs } = await createQuote(client, ak, NONCE, SELECTION);
  await client.call("FlushContext", { parameters: { flushHandle: ak.handle } });
  // It may be ahead of the quote: this program is measured when it first runs.
  const ima = await readGuest(from, `${SECURITY}/ima/${list}`);
  return { quote, signature, pcrs: writePcrFile(SELECTION, pcrs), ak: writePublicFile(ak.publicArea), log, ima };
}
const verify = async (files: AttestationFiles, knowledge: { policy: AttestationPolicy } = { policy }) =>
  (await verifyAttestation(files, { nonce: NONCE, ...knowledge })).finding;

describe("the guest's boot", () => {
  test("is proven by its quote, its firmware's log and IMA's list", () => {
    expect(learned.findings.map(({ check, verdict }) => [check, verdict])).toEqual([
      ["quote", "good"],
      ["ak.trust", "unknown"],
      ["bank", "good"],
      ["eventLog", "good"],
      ["ima", "good"],
      ["policy", "unknown"],
    ]);
  });

  test("meets the policy that was learned of it, with either form of the list", async () => {
    const finding = await verify(await attest(pc));
    expect(badChecks(finding)).toEqual([]);
    const binary = await attest(pc, "binary_runtime_measurements");
    expect(isBinaryList(binary.ima!)).toBe(true);
    const ascii = await attest(pc);
    const read = parseBinaryImaLog(binary.ima!);
    expect(read.entries).toEqual(parseImaLog(ascii.ima!).entries.slice(0, read.entries.length));
    expect((await verify(binary)).findings.find(({ check }) => check === "ima")!.verdict).toBe("good");
  });

  test("meets it no more once a file ran that is on no list", async () => {
    await pc.shell.ok("printf '#!/bin/sh\\necho evil\\n' > /usr/bin/evil; chmod +x /usr/bin/evil; /usr/bin/evil");
    const finding = await verify(await attest(pc));
    expect(finding.verdict).toBe("bad");
    const files = badChecks(finding);
    expect(files.length).toBeGreaterThan(0);
    expect(files.every((check) => check.startsWith("policy.ima.file."))).toBe(true);
    expect(JSON.stringify(finding)).toContain("/usr/bin/evil");
  });

  test("with another kernel command line is another boot, and PCR 8 says so first", async () => {
    const other = await bootPc(undefined, undefined, undefined, { cmdline: "console=ttyS0 evil" });
    try {
      const files = await attest(other);
      const { finding, evidence } = await verifyAttestation(files, { nonce: NONCE, policy });
      // Another TPM, too: its AK is not the pinned one.
      expect(badChecks(finding)).toContain("policy.ak.name");
      const { finding: own } = await verifyAttestation(files, {
        nonce: NONCE,
        policy: { ...policy, akNames: [evidence!.akName!] },
      });
      expect(badChecks(own).filter((check) => check.startsWith("policy.events."))).toEqual([
        expect.stringMatching(/^policy\.events\.8\./),
      ]);
      expect(own.findings.find(({ check }) => check === "eventLog")!.verdict).toBe("good");
    } finally {
      await other.close();
    }
  });
});
