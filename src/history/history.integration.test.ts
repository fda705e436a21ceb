/** A boot of the project's own guest: its history against the TPM's own values, the firmware's log and Linux' list. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readPcrBanks, readPcrs, TpmClient } from "../client/index.ts";
import { readEventLog } from "../firmware/eventLog.ts";
import { EV_NO_ACTION } from "../firmware/eventTypes.ts";
import { bootPc, type Pc } from "../v86/testkit/pc.ts";
import { compareBoots, joinEvents, joinIma, PcrRecorder, type PcrStep, parseImaLog, traceChain } from "./index.ts";
import { parseBootRecord, serializeBootRecord } from "./record.ts";

let pc: Pc;
const recorder = new PcrRecorder();
const now = () => performance.timeOrigin + performance.now();

beforeAll(async () => {
  pc = await bootPc(undefined, undefined, (machine, tpm) => {
    tpm.on("command", (event) => recorder.observe(event));
    machine.on("stage", (stage) => stage === "bios" && recorder.begin(now()));
    machine.on("reset", () => recorder.begin(now()));
  });
});
afterAll(() => pc.close());

const events = () => {
  const log = pc.machine.log!;
  return readEventLog(pc.machine.readPhysical(log.address, log.size)).events;
};

/** The steps with what is known of them, and the list of IMA from the guest. */
async function explained(): Promise<readonly PcrStep[]> {
  const list = await pc.shell.ok("cat /sys/kernel/security/ima/ascii_runtime_measurements");
  const { entries, isCut } = parseImaLog(new TextEncoder().encode(`${list}\n`));
  expect(isCut).toBe(false);
  const { steps, unextended } = joinEvents(recorder.steps, events());
  expect(unextended).toEqual([]);
  const joined = await joinIma(steps, entries);
  expect(joined.unextended).toEqual([]);
  return joined.steps;
}

/** Every PCR of every bank as the TPM reads it, and as its history has it. */
async function compareWithTpm(): Promise<void> {
  const client = new TpmClient({ execute: (command) => pc.tpm.execute(command, { own: true }) });
  const banks = await readPcrBanks(client);
  expect(banks.length).toBeGreaterThan(1);
  for (const { algorithm, pcrs } of banks) {
    for (const pcr of pcrs) {
      const [value] = await readPcrs(client, [{ algorithm, pcrs: [pcr] }]);
      const chain = await traceChain(recorder.steps, algorithm, pcr);
      expect(chain.at(-1)!.after, `PCR ${pcr} of ${algorithm}`).toBe(Buffer.from(value!.digest).toString("hex"));
    }
  }
}

describe("a boot's history", () => {
  test("gives the value of every PCR in every bank", compareWithTpm);

  test("has an event of the firmware's or an entry of IMA's for each step", async () => {
    const steps = await explained();
    const measured = steps.filter(({ pcr }) => pcr !== null);
    expect(measured.filter(({ source }) => source === undefined)).toEqual([]);
    const firmware = measured.filter(({ source }) => source?.kind === "firmware");
    expect(firmware).toHaveLength(events().filter(({ type }) => type !== EV_NO_ACTION).length);
    const ima = measured.filter(({ source }) => source?.kind === "ima");
    expect(ima.map(({ source }) => source?.kind === "ima" && source.proven)).toEqual(ima.map(() => true));
    expect(ima[0]!.source).toMatchObject({ name: "boot_aggregate", template: "ima-ng" });
    expect(measured.map(({ at }) => at)).toEqual(measured.map(({ at }) => at).sort((a, b) => a - b));
  });

  test("says what the events are, in this PC's order", async () => {
    const kinds = (await explained()).flatMap(({ source }) => (source?.kind === "firmware" ? [source.event] : []));
    expect(kinds.filter((kind) => kind !== "separator")).toEqual([
      "SMBIOS",
      "option ROM scan",
      "option ROM",
      "option ROM",
      "INT 19h",
      "kernel",
      "command line",
      "initrd",
    ]);
  });

  test("has what the guest's tools do, and goes on with the values that tpm2_pcrread shows", async () => {
    const digest = "0123456789abcdef".repeat(4);
    await pc.shell.ok(`tpm2_pcrextend 23:sha256=${digest}; tpm2_pcrextend 16:sha1=${"ab".repeat(20)}`);
    await pc.shell.ok("echo hello > /tmp/h; tpm2_pcrevent 23 /tmp/h; tpm2_pcrreset 16");
    expect(recorder.steps.slice(-4).map(({ kind, pcr }) => `${kind} ${pcr}`)).toEqual([
      "PCR_Extend 23",
      "PCR_Extend 16",
      expect.stringMatching(/^(PCR_Event|EventSequenceComplete) 23$/),
      "PCR_Reset 16",
    ]);
    await compareWithTpm();
  });

  test("is the same after it was kept, and differs from a boot with other kernel arguments in PCR 8 first", async () => {
    const steps = await explained();
    const record = { began: recorder.began, steps, omitted: recorder.omitted, banks: [] };
    const kept = parseBootRecord(serializeBootRecord(record));
    expect(compareBoots(kept, record).first).toBeNull();
    const changed = steps.map((step) =>
      step.source?.kind === "firmware" && step.source.event === "command line"
        ? { ...step, digests: step.digests.map((one) => ({ ...one, digest: one.digest.replace(/^./, "f") })) }
        : step,
    );
    const { first, pcrs } = compareBoots(kept, { ...record, steps: changed });
    expect(first).toBe(8);
    expect(pcrs[8]!.difference).toEqual({ kind: "digest", row: 1 });
  });
});
