/** PCs of which one thing was changed: each boots to the prompt, and just the PCR that this is for differs, by just that event. */
import { beforeAll, expect, test } from "vitest";
import { readPcrs, TpmClient } from "../client/index.ts";
import { readEventLog } from "../firmware/eventLog.ts";
import { loadGuestFromDirectory } from "../guest/node.ts";
import { KeptFolder } from "../share/folder.ts";
import { MemoryDatabase } from "../share/memoryDatabase.ts";
import { TPM_ALG } from "../spec/algorithms.ts";
import { type BootChange, changedBoot } from "../v86/bootChange.ts";
import { bootPc } from "../v86/testkit/pc.ts";
import { type BootRecord, compareBoots, joinEvents, joinIma, PcrRecorder, type PcrStep, parseImaLog } from "./index.ts";

const images = await loadGuestFromDirectory();
const octets = (text: string) => new TextEncoder().encode(text);
const SHA256 = TPM_ALG.TPM_ALG_SHA256;
const PCR_COUNT = 24;
const SCRIPT = "#!/bin/sh\necho a script of the disk\n";

/** Boots, starts the script that lies on the host, and takes down what was measured. */
async function recordOf(change: BootChange, script = SCRIPT): Promise<{ record: BootRecord; console: string }> {
  const recorder = new PcrRecorder();
  const files = await KeptFolder.open(new MemoryDatabase());
  await files.addFile("start", octets(script));
  const pc = await bootPc(
    undefined,
    undefined,
    (machine, tpm) => {
      tpm.on("command", (event) => recorder.observe(event));
      machine.on("stage", (stage) => stage === "bios" && recorder.begin(0));
    },
    { files, images, ...changedBoot(images, change) },
  );
  try {
    await pc.shell.ok("chmod +x /mnt/start; /mnt/start");
    const list = await pc.shell.ok("cat /sys/kernel/security/ima/ascii_runtime_measurements");
    const { address, size } = pc.machine.log!;
    const firmware = joinEvents(recorder.steps, readEventLog(pc.machine.readPhysical(address, size)).events);
    const { steps, unextended } = await joinIma(firmware.steps, parseImaLog(octets(`${list}\n`)).entries);
    expect([...firmware.unextended, ...unextended]).toEqual([]);
    const client = new TpmClient({ execute: (command) => pc.tpm.execute(command, { own: true }) });
    const values: string[] = [];
    for (let pcr = 0; pcr < PCR_COUNT; pcr++) {
      const [value] = await readPcrs(client, [{ algorithm: SHA256, pcrs: [pcr] }]);
      values.push(Buffer.from(value!.digest).toString("hex"));
    }
    const banks = [{ algorithm: SHA256, values }];
    const record = { began: recorder.began, steps, omitted: recorder.omitted, banks };
    return { record, console: pc.machine.serial.text() };
  } finally {
    await pc.close();
  }
}

let good: BootRecord;
beforeAll(async () => {
  good = (await recordOf({})).record;
});

const nameOf = (step: PcrStep | null) =>
  step?.source?.kind === "firmware" ? step.source.event : (step?.source?.name ?? null);

/** The PCRs whose values differ, and the first step that does. */
function differences(record: BootRecord) {
  const values = (boot: BootRecord) => boot.banks[0]!.values;
  const differing = values(record).flatMap((value, pcr) => (value === values(good)[pcr] ? [] : [pcr]));
  const { first, pcrs } = compareBoots(good, record);
  const { rows, difference } = pcrs[first!]!;
  const later = rows.slice(difference!.row).find((row) => row.later !== null)!.later;
  return { differing, first, kind: difference!.kind, event: nameOf(later) };
}

interface Expected {
  readonly differing: readonly number[];
  readonly first: number;
  readonly kind: string;
  readonly event: string;
  /** On the console. */
  readonly says: string;
}

// PCR 10 begins with a digest of PCR 0 to 9, and follows.
test.each<[string, BootChange, Expected]>([
  [
    "an argument for the kernel",
    { append: "init=/bin/sh" },
    { differing: [8, 10], first: 8, kind: "digest", event: "command line", says: "tabtpm: shell ready" },
  ],
  [
    "another initrd",
    { initrdFiles: [{ path: "etc/motd", data: octets("somebody was here\n") }] },
    { differing: [9, 10], first: 9, kind: "digest", event: "initrd", says: "somebody was here" },
  ],
  [
    "another kernel",
    { kernelBuild: 2 },
    { differing: [9, 10], first: 9, kind: "digest", event: "kernel", says: "tabtpm: shell ready" },
  ],
  [
    "a card with an option ROM",
    { optionRom: "a card says hello" },
    { differing: [2, 10], first: 2, kind: "added", event: "option ROM", says: "a card says hello" },
  ],
])("%s", async (_, change, { says, ...expected }) => {
  const { record, console } = await recordOf(change);
  expect(differences(record)).toEqual(expected);
  expect(console).toContain(says);
});

test("a script that IMA measures", async () => {
  const { record, console } = await recordOf({}, `${SCRIPT}echo and one line more\n`);
  expect(differences(record)).toEqual({ differing: [10], first: 10, kind: "digest", event: "/mnt/start" });
  expect(console).toContain("and one line more");
});

test("nothing: the same boot gives the same PCRs", async () => {
  const { record } = await recordOf({});
  expect(compareBoots(good, record).first).toBeNull();
  expect(record.banks).toEqual(good.banks);
});
