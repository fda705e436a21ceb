/** The same logs read by tpm2_eventlog (tpm2-tools), which nobody here wrote. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isInstalled } from "../node/testkit/installed.ts";
import { HASH_ALGORITHMS, parseEventLog, serializeEventLog, type TcgEvent } from "./eventLog.ts";
import { replayEventLog } from "./eventLogReplay.ts";
import { eventTypeName } from "./eventTypes.ts";
import { anyEventLog } from "./testkit/eventLogs.ts";

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

function tpm2Eventlog(log: Uint8Array): ToolReport {
  const file = join(folder, "log.bin");
  writeFileSync(file, log);
  const output = execFileSync("tpm2_eventlog", [file], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
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
