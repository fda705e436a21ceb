/** Logs, lists and quotes of others: tpm2_eventlog replays the same, and libtpms' TPM attests through Debian's tpm2-tools. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HASH_ALGORITHMS, hashName, parseEventLog, serializeEventLog } from "../firmware/eventLog.ts";
import { EV_NO_ACTION } from "../firmware/eventTypes.ts";
import { anyEventLog } from "../firmware/testkit/eventLogs.ts";
import { isInstalled } from "../node/testkit/installed.ts";
import { TPM_ALG } from "../spec/algorithms.ts";
import { checkEventLog, type QuotedPcrs } from "./eventLogEvidence.ts";
import { imaDigest, parseImaLog } from "./ima/index.ts";
import { learnPolicy } from "./policy/index.ts";
import { badChecks } from "./testkit/findings.ts";
import { type AttestationFiles, verifyAttestation } from "./verify.ts";

const testdata = (path: string) => new Uint8Array(readFileSync(new URL(path, import.meta.url)));
const LOG = testdata("../history/testdata/event-log.bin");
const SEABIOS = testdata("../firmware/testdata/seabios-event-log.bin");
const IMA = testdata("../history/testdata/ima.txt");

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tabtpm-verify-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.runIf(isInstalled("tpm2_eventlog"))("the PCRs that tpm2_eventlog computes", () => {
  /** As a quote would have them. */
  function toolPcrs(log: Uint8Array): QuotedPcrs {
    const file = join(folder, "log.bin");
    writeFileSync(file, log);
    const output = execFileSync("tpm2_eventlog", [file], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    const banks = new Map<number, Map<number, Uint8Array>>();
    let bank = new Map<number, Uint8Array>();
    for (const line of (output.split(/^pcrs:$/m)[1] ?? "").split("\n")) {
      const heading = /^ {2}(\w+):$/.exec(line)?.[1];
      const algorithm = [...HASH_ALGORITHMS].find(([, { name }]) => name === heading)?.[0];
      if (algorithm !== undefined) {
        bank = new Map();
        banks.set(algorithm, bank);
      }
      const value = /^ {4}(\d+) *: 0x([0-9a-f]+)$/i.exec(line);
      if (value) bank.set(Number(value[1]), new Uint8Array(Buffer.from(value[2]!, "hex")));
    }
    return banks;
  }

  test.each([
    ["the guest's log", LOG],
    ["SeaBIOS' log", SEABIOS.subarray(0, parseEventLog(SEABIOS).size)],
  ])("are accounted for by %s, in every bank", async (_what, log) => {
    const quoted = toolPcrs(log);
    expect(quoted.size).toBe(4);
    for (const [bank, pcrs] of quoted) {
      const { finding, accepted } = await checkEventLog(log, quoted, bank);
      expect([hashName(bank), finding.verdict]).toEqual([hashName(bank), "good"]);
      expect([...accepted]).toEqual([...pcrs.keys()]);
      // And no bit of any of them is.
      for (const [pcr, value] of pcrs) {
        const changed = new Map([[bank, new Map(pcrs).set(pcr, value.with(0, value[0]! ^ 1))]]);
        expect((await checkEventLog(log, changed, bank)).accepted.has(pcr)).toBe(false);
      }
    }
  });

  test("are those of logs in either form", async () => {
    const plainTypes = fc.constantFrom(0x06, 0x09, 0x0c, 0x0e, 0x10, 0x11);
    for (const events of fc.sample(anyEventLog(plainTypes), { seed: 2026, numRuns: 30 })) {
      const log = serializeEventLog(events);
      const quoted = toolPcrs(log);
      for (const bank of quoted.keys()) expect((await checkEventLog(log, quoted, bank)).finding.verdict).toBe("good");
    }
  });
});

describe.runIf(isInstalled("swtpm", "tpm2_quote", "tpm2_checkquote"))("libtpms' TPM, quoted by tpm2-tools", () => {
  const { TPM_ALG_SHA1, TPM_ALG_SHA256 } = TPM_ALG;
  const NONCE = "00112233445566778899";
  let pid = 0;
  const sh = (script: string) =>
    execFileSync("bash", ["-euo", "pipefail", "-c", script], {
      cwd: folder,
      encoding: "utf8",
      env: { ...process.env, TPM2TOOLS_TCTI: `swtpm:path=${join(folder, "socket")}` },
      stdio: ["ignore", "pipe", "pipe"],
    });
  const read = (name: string) => new Uint8Array(readFileSync(join(folder, name)));
  const hex = (octets: Uint8Array) => Buffer.from(octets).toString("hex");

  beforeAll(async () => {
    mkdirSync(join(folder, "state"));
    sh(`swtpm socket --tpm2 --tpmstate dir=$PWD/state --flags not-need-init,startup-clear --daemon --pid file=$PWD/pid \
      --server type=unixio,path=$PWD/socket --ctrl type=unixio,path=$PWD/socket.ctrl`);
    pid = Number(readFileSync(join(folder, "pid"), "utf8"));
    const banks: readonly number[] = [TPM_ALG_SHA1, TPM_ALG_SHA256];
    const extended: string[] = [];
    for (const { pcrIndex, type, digests } of parseEventLog(LOG).events) {
      const wanted = digests.filter(({ algorithm }) => banks.includes(algorithm));
      if (type === EV_NO_ACTION) continue;
      extended.push(`${pcrIndex}:${wanted.map((one) => `${hashName(one.algorithm)}=${hex(one.digest)}`).join(",")}`);
    }
    for (const entry of parseImaLog(IMA).entries) {
      const digests = await Promise.all(
        banks.map(async (bank) => `${hashName(bank)}=${hex((await imaDigest(entry, bank))!)}`),
      );
      extended.push(`10:${digests.join(",")}`);
    }
    sh(`for one in ${extended.join(" ")}; do tpm2_pcrextend $one; done`);
    sh("tpm2_createek -Q -c ek.ctx -G rsa -u ek.pub; tpm2_flushcontext -t");
  });
  afterAll(() => {
    if (pid > 0) process.kill(pid);
  });

  function attest(kind: string, hash: string, pcrs: string): AttestationFiles {
    const [algorithm, scheme] = kind.split(" ") as [string, string];
    sh(`tpm2_createak -Q -C ek.ctx -c ak.ctx -G ${algorithm} -s ${scheme} -g ${hash} -u ak.pub -n ak.name; tpm2_flushcontext -t
      tpm2_quote -Q -c ak.ctx -l ${pcrs} -q ${NONCE} -g ${hash} --scheme ${scheme} -m quote.msg -s quote.sig -o pcrs.bin; tpm2_flushcontext -t`);
    const [quote, signature, values, ak] = ["quote.msg", "quote.sig", "pcrs.bin", "ak.pub"].map(read);
    return { quote: quote!, signature: signature!, pcrs: values!, ak: ak!, log: LOG, ima: IMA };
  }
  const ours = async (files: AttestationFiles, nonce = NONCE) => {
    const known = { nonce: new Uint8Array(Buffer.from(nonce, "hex")) };
    const { evidence } = await verifyAttestation(files, {
      nonce: new Uint8Array(Buffer.from(NONCE, "hex")),
      policy: null,
    });
    return verifyAttestation(files, { ...known, policy: learnPolicy(evidence!) });
  };
  const theirs = (nonce = NONCE) =>
    sh(
      `tpm2_checkquote -Q -u ak.pub -m quote.msg -s quote.sig -f pcrs.bin -g sha256 -q ${nonce} && echo good || echo bad`,
    ).trim();

  test.each(["rsa rsassa", "ecc ecdsa"])("with %s is good to both, and with another nonce to neither", async (kind) => {
    const files = attest(kind, "sha256", "sha1:0,1,2,3,4,5,6,7,8,9,10+sha256:0,1,2,3,4,5,6,7,8,9,10");
    expect(theirs()).toBe("good");
    const { finding, evidence } = await ours(files);
    expect([finding.verdict, badChecks(finding)]).toEqual(["good", []]);
    expect(hex(evidence!.akName!)).toBe(hex(read("ak.name")));
    expect(theirs("aabb")).toBe("bad");
    expect(badChecks((await ours(files, "aabb")).finding)).toEqual(["quote.nonce"]);
  });

  test("with RSAPSS, which Debian's tpm2_checkquote does not check", async () => {
    const files = attest("rsa rsapss", "sha256", "sha256:0,1,2,3,4,5,6,7,8,9,10");
    expect((await ours(files)).finding.verdict).toBe("good");
    expect(badChecks((await ours(files, "aabb")).finding)).toEqual(["quote.nonce"]);
  });

  test("of a boot with one event more: the quote is good to both, the log to us is not", async () => {
    const before = attest("ecc ecdsa", "sha256", "sha256:0,1,2,3,4,5,6,7,8,9,10");
    const { evidence } = await verifyAttestation(before, {
      nonce: new Uint8Array(Buffer.from(NONCE, "hex")),
      policy: null,
    });
    sh(`tpm2_pcrextend 9:sha256=${"ab".repeat(32)}`);
    const after = attest("ecc ecdsa", "sha256", "sha256:0,1,2,3,4,5,6,7,8,9,10");
    expect(theirs()).toBe("good");
    const knowledge = { nonce: new Uint8Array(Buffer.from(NONCE, "hex")), policy: learnPolicy(evidence!) };
    const { finding } = await verifyAttestation(after, knowledge);
    expect(finding.findings.find(({ check }) => check === "quote")!.verdict).toBe("good");
    expect(badChecks(finding)).toContain("policy.ima.bootAggregate");
    expect(
      finding.findings
        .find(({ check }) => check === "eventLog")!
        .findings.filter(({ verdict }) => verdict === "bad")
        .map(({ check }) => check),
    ).toEqual(["eventLog.pcr.9"]);
  });
});
