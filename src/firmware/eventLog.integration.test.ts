/** The same logs read by tpm2_eventlog (tpm2-tools), and their certificates by openssl: nobody here wrote those. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isInstalled } from "../node/testkit/installed.ts";
import { describeEvent } from "./description/index.ts";
import {
  ascii,
  guid,
  le,
  node,
  SHA256,
  signatureList,
  utf16,
  variable,
  X509,
  zeros,
} from "./description/testkit/octets.ts";
import { HASH_ALGORITHMS, parseEventLog, serializeEventLog, type TcgEvent } from "./eventLog.ts";
import { replayEventLog } from "./eventLogReplay.ts";
import { eventTypeName } from "./eventTypes.ts";
import { anyEventLog, BANKS } from "./testkit/eventLogs.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tabtpm-eventlog-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface ToolReport {
  /** "pcr type" of each event. */
  events: string[];
  /** "bank pcr" -> value in hexadecimal. */
  pcrs: Record<string, string>;
}

/** In the tool's second form, which takes apart what the first prints in hexadecimal. */
function toolOutput(log: Uint8Array, ...options: string[]): string {
  const file = join(folder, "log.bin");
  writeFileSync(file, log);
  return execFileSync("tpm2_eventlog", [...options, file], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

function tpm2Eventlog(log: Uint8Array): ToolReport {
  const output = toolOutput(log);
  const [events = "", pcrs = ""] = output.split(/^pcrs:$/m);
  const report: ToolReport = { events: [], pcrs: {} };
  for (const match of events.matchAll(/PCRIndex: (\d+)\s+EventType: (.+)/g))
    report.events.push(`${match[1]} ${match[2]}`);
  let bank = "";
  for (const line of pcrs.split("\n")) {
    const heading = /^ {2}(\w+):$/.exec(line);
    if (heading) bank = heading[1]!;
    const value = /^ {4}(\d+) *: 0x([0-9a-f]+)$/i.exec(line);
    if (value) report.pcrs[`${bank} ${value[1]}`] = value[2]!.toLowerCase();
  }
  return report;
}

async function ourReport(events: readonly TcgEvent[]): Promise<ToolReport> {
  const report: ToolReport = { events: [], pcrs: {} };
  for (const event of events) report.events.push(`${event.pcrIndex} ${eventTypeName(event.type)}`);
  for (const [algorithm, bank] of await replayEventLog(events)) {
    for (const [pcr, value] of bank) {
      report.pcrs[`${HASH_ALGORITHMS.get(algorithm)!.name} ${pcr}`] = Buffer.from(value).toString("hex");
    }
  }
  return report;
}

describe.runIf(isInstalled("tpm2_eventlog"))("tpm2_eventlog reads the same", () => {
  test("from the log that SeaBIOS wrote", async () => {
    const bytes = new Uint8Array(readFileSync(new URL("testdata/seabios-event-log.bin", import.meta.url)));
    const log = parseEventLog(bytes);
    const report = tpm2Eventlog(bytes.subarray(0, log.size));
    expect(Object.keys(report.pcrs)).toHaveLength(4 * 8);
    expect(await ourReport(log.events)).toEqual(report);
  });

  test("from logs that we write", async () => {
    // Types whose data the tool takes as they are; others it refuses when the data have not the form it expects.
    const plainTypes = fc.constantFrom(0x01, 0x04, 0x05, 0x06, 0x09, 0x0c, 0x0e, 0x0f, 0x10, 0x11, 0x12, 0x8000_0007);
    const logs = fc.sample(anyEventLog(plainTypes), { seed: 20262, numRuns: 60 });
    let values = 0;
    for (const events of logs) {
      const bytes = serializeEventLog(events);
      const report = tpm2Eventlog(bytes);
      expect(await ourReport(parseEventLog(bytes).events)).toEqual(report);
      values += Object.keys(report.pcrs).length;
    }
    expect(values).toBeGreaterThan(200);
  });
});

describe.runIf(isInstalled("tpm2_eventlog"))("what tpm2_eventlog finds in an event, its description says", () => {
  const DISK = "8be4df61-93ca-11d2-aa0d-00e098032b8c";
  const END = node(0x7f, 0xff, []);
  const path = [...node(4, 4, [...utf16("\\EFI\\BOOT\\BOOTX64.EFI"), 0, 0]), ...END];
  const entry = [...guid(DISK), ...zeros(40), ...utf16("root"), ...zeros(64)];

  /** What the tool prints of the event, and where that stands in the description. */
  test.each<[string, number, readonly number[], RegExp, (found: string) => string]>([
    [
      "the name of a variable",
      0x8000_0001,
      variable("SecureBoot", [1]),
      /UnicodeName: (\w+)/,
      (name) => `${name} = on`,
    ],
    ["that a variable is on", 0x8000_0001, variable("SecureBoot", [1]), /Enabled: 'Yes'()/, () => "SecureBoot = on"],
    [
      "the owner of a database",
      0x8000_0001,
      variable("dbx", signatureList(SHA256, [zeros(32)])),
      /UnicodeName: (dbx)/,
      (name) => `${name} = 1 SHA-256`,
    ],
    [
      "the boot order",
      0x8000_0002,
      variable("BootOrder", [2, 0, 10, 0]),
      /- Boot(000a)/,
      (last) => `BootOrder = 0002, ${last}`,
    ],
    [
      "what a boot option is called",
      0x8000_0002,
      variable("Boot0001", [...le(1, 4), ...le(path.length, 2), ...utf16("debian"), 0, 0, ...path]),
      /Description: "(\w+)"/,
      (name) => `Boot0001 = ${name} \\EFI\\BOOT\\BOOTX64.EFI`,
    ],
    [
      "where an image lies",
      0x8000_0003,
      [...le(0x7d0c_a018, 8), ...le(0xe7230, 8), ...le(0, 8), ...le(path.length, 8), ...path],
      /ImageLocationInMemory: (0x\w+)/,
      (address) => `\\EFI\\BOOT\\BOOTX64.EFI, 0xe7230 bytes at ${address}`,
    ],
    [
      "where firmware lies",
      0x8000_0008,
      [...le(0xffa9_0000, 8), ...le(0x35_0000, 8)],
      /BlobBase: (0x\w+)/,
      (address) => `0x350000 bytes at ${address}`,
    ],
    [
      "how long firmware is",
      0x01,
      [...le(0xffa9_0000, 8), ...le(0x35_0000, 8)],
      /BlobLength: (0x\w+)/,
      (length) => `${length} bytes at 0xffa90000`,
    ],
    ["an action", 0x8000_0007, ascii("Exit Boot Services Invocation"), /Event: (?:\|-\s+)?'?(.+?)'?$/m, (text) => text],
    [
      "a command line",
      0x0d,
      [...ascii("kernel_cmdline: quiet"), 0],
      /String: (?:\|-\s+)?"(.+?)(?:\\0)?"/,
      (text) => text,
    ],
    [
      "a disk",
      0x8000_0006,
      [...ascii("EFI PART"), ...zeros(48), ...guid(DISK), ...zeros(20), ...le(1, 8), ...entry],
      /DiskGUID: ([-\w]+)/,
      (disk) => `disk ${disk}, 1 partition: root`,
    ],
    [
      "a partition",
      0x8000_0006,
      [...ascii("EFI PART"), ...zeros(48), ...guid(DISK), ...zeros(20), ...le(1, 8), ...entry],
      /PartitionName: "(\w+)"/,
      (name) => `disk ${DISK}, 1 partition: ${name}`,
    ],
  ])("%s", (_what, type, data, pattern, expected) => {
    const digests = [{ algorithm: BANKS[0]!, digest: new Uint8Array(20) }];
    const event: TcgEvent = { pcrIndex: 4, type, digests, data: Uint8Array.from(data) };
    const output = toolOutput(serializeEventLog([event]), "--eventlog-version=2");
    const found = pattern.exec(output)?.[1];
    expect(found, output).toBeDefined();
    expect(describeEvent(event)).toBe(expected(found!));
  });
});

describe.runIf(isInstalled("openssl"))("openssl reads the same subject from a certificate", () => {
  test.each([
    "/C=US/ST=Washington/L=Redmond/O=Example Corporation/CN=Example UEFI CA 2023",
    "/CN=key 1",
    "/O=Größe\\, Inc./emailAddress=keys@example.com/CN=Schlüssel",
    "/DC=com/DC=example/OU=a+CN=b/serialNumber=7",
    "/1.2.3.4=unknown/CN=own attribute",
  ])("%s", (subject) => {
    const [key, file] = [join(folder, "key.pem"), join(folder, "certificate.der")];
    const openssl = (...parameters: string[]) =>
      execFileSync("openssl", parameters, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key);
    const names = ["-utf8", "-multivalue-rdn", "-subj", subject];
    openssl("req", "-new", "-x509", "-key", key, "-outform", "DER", "-out", file, ...names);
    // RFC 2253 with UTF-8 as it is, and the names that its successor has.
    const options = "RFC2253,-esc_msb,utf8,sname";
    const printed = openssl("x509", "-inform", "DER", "-in", file, "-noout", "-subject", "-nameopt", options);
    const theirs = printed.replace(/^subject=\s*/, "").trimEnd();
    const data = Uint8Array.from(variable("db", signatureList(X509, [[...readFileSync(file)]])));
    const ours = describeEvent({ pcrIndex: 7, type: 0x8000_0001, digests: [], data });
    expect(ours.replaceAll(", ", ",")).toBe(`db = 1 X.509: ${theirs.replaceAll(", ", ",")}`);
  });
});
