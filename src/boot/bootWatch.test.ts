import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { marshalCommand, TpmClient } from "../client/index.ts";
import { Emitter } from "../engine/events.ts";
import { serializeEventLog, specIdEvent, type TcgEvent } from "../firmware/eventLog.ts";
import { EV_IPL, EV_SEPARATOR } from "../firmware/eventTypes.ts";
import { createTpm, type InlineTpm } from "../node/index.ts";
import { algorithms, TPM_ALG } from "../spec/algorithms.ts";
import type { MachineEvents } from "../v86/machine.ts";
import { type BootJudgement, BootWatch, unexplainedPcrs } from "./bootWatch.ts";

const BANKS = ["TPM_ALG_SHA1", "TPM_ALG_SHA256", "TPM_ALG_SHA384", "TPM_ALG_SHA512"] as const;
const digests = (octet: number) =>
  BANKS.map((name) => ({ algorithm: TPM_ALG[name], digest: new Uint8Array(algorithms[name].digest).fill(octet) }));
const separator = (pcrIndex: number): TcgEvent => ({
  pcrIndex,
  type: EV_SEPARATOR,
  digests: digests(pcrIndex),
  data: new Uint8Array(4),
});
const headerOf = (banks: readonly (typeof BANKS)[number][]) =>
  specIdEvent({
    platformClass: 0,
    specVersionMajor: 2,
    specVersionMinor: 0,
    specErrata: 0,
    uintnSize: 2,
    algorithms: banks.map((name) => ({ algorithm: TPM_ALG[name], size: algorithms[name].digest })),
    vendorInfo: new Uint8Array(0),
  });
const header = headerOf(BANKS);
/** What an option ROM has to measure, and its event. */
const MEASURED = [
  { name: "/bzImage", pcr: 9, text: "/bzImage" },
  { name: "kernel_cmdline", pcr: 8, text: "kernel_cmdline: /bzImage quiet" },
  { name: "/initrd.img", pcr: 9, text: "/initrd.img" },
];
const ipl = (pcrIndex: number, text: string): TcgEvent => ({
  pcrIndex,
  type: EV_IPL,
  digests: digests(pcrIndex),
  data: new TextEncoder().encode(`${text}\0`),
});

const startup = marshalCommand("Startup", { parameters: { startupType: "TPM_SU_CLEAR" } });
const disable = (hierarchy: "TPM_RH_OWNER" | "TPM_RH_ENDORSEMENT" | "TPM_RH_PLATFORM") =>
  marshalCommand("HierarchyControl", {
    handles: { authHandle: "TPM_RH_PLATFORM" },
    parameters: { enable: hierarchy, state: 0 },
  });
const getRandom = marshalCommand("GetRandom", { parameters: { bytesRequested: 8 } });
const extend = ({ pcrIndex }: TcgEvent) =>
  marshalCommand("PCR_Extend", {
    handles: { pcrHandle: pcrIndex },
    parameters: { digests: digests(pcrIndex).map(({ algorithm, digest }) => ({ hashAlg: algorithm, digest })) },
  });
const FAILURE = Uint8Array.of(0x80, 1, 0, 0, 0, 10, 0, 0, 1, 1);

/** A machine that does what the test says, with a TPM in this thread. */
class FakeMachine {
  readonly events = new Emitter<MachineEvents>();
  log: { address: number; size: number } | undefined = { address: 0x1000, size: 0x1_0000 };
  memory: Uint8Array = new Uint8Array(0);
  measured: typeof MEASURED = [];
  on: Emitter<MachineEvents>["on"] = (name, listener) => this.events.on(name, listener);
  readPhysical = () => this.memory;
}

let tpm: InlineTpm;
let machine: FakeMachine;
let watch: BootWatch;
let last: BootJudgement;
/** Resolves when the kernel's beginning has been looked at. */
let judged: () => Promise<void>;
let time: number;

beforeEach(() => {
  tpm = createTpm({ store: { kind: "memory" } });
  machine = new FakeMachine();
  time = 1000;
  const waiting: (() => void)[] = [];
  judged = () => new Promise((resolve) => waiting.push(resolve));
  watch = new BootWatch({
    machine,
    tpm,
    onJudgement: (judgement) => {
      last = judgement;
      for (const resolve of waiting.splice(0)) resolve();
    },
    now: () => time,
  });
});
afterEach(() => tpm.close());

const kinds = () => last.findings.map(({ kind }) => kind);
const stage = (entered: MachineEvents["stage"]) => machine.events.emit("stage", entered);
async function guest(command: Uint8Array, answer?: Uint8Array): Promise<void> {
  watch.observe({ command, response: answer ?? (await tpm.execute(command)), startedAt: ++time, own: false });
}
async function powerOn(): Promise<void> {
  await tpm.powerOn();
  stage("bios");
}
async function handOver(...events: TcgEvent[]): Promise<void> {
  machine.memory = serializeEventLog([header, ...events]);
  stage("kernel");
  await judged();
}
async function measuredBoot(): Promise<void> {
  await powerOn();
  await guest(startup);
  const events = [separator(0), separator(4)];
  for (const event of events) await guest(extend(event));
  await handOver(...events);
}

describe("a watched boot", () => {
  it("is whole when it was measured and Linux sent commands, and settled at the prompt", async () => {
    await measuredBoot();
    expect(last).toEqual({ findings: [], settled: false });
    await guest(getRandom);
    stage("shell");
    expect(last).toEqual({ findings: [], settled: true });
  });

  it("is judged late when the prompt is there before the TPM has answered", async () => {
    await powerOn();
    await guest(startup);
    await guest(extend(separator(0)));
    machine.memory = serializeEventLog([header, separator(0)]);
    stage("kernel");
    stage("shell");
    expect(last).toEqual({ findings: [], settled: false });
    await judged();
    expect([kinds(), last.settled]).toEqual([["no-driver"], true]);
  });

  it("misses the driver when no command came since the kernel began", async () => {
    await measuredBoot();
    stage("shell");
    expect(kinds()).toEqual(["no-driver"]);
  });

  it("tells a firmware that gave up, and why", async () => {
    await powerOn();
    await guest(startup);
    await guest(extend(separator(0)), FAILURE);
    for (const hierarchy of ["TPM_RH_ENDORSEMENT", "TPM_RH_OWNER", "TPM_RH_PLATFORM"] as const)
      await guest(disable(hierarchy));
    await handOver();
    expect(kinds()).toEqual(["given-up", "not-measured"]);
    expect(last.findings[0]!.sentence).toContain("TPM2_PCR_Extend answered TPM_RC_FAILURE");
  });

  it("does not take hierarchies that a user has turned off for a firmware that gave up", async () => {
    await powerOn();
    await guest(startup);
    await guest(extend(separator(0)));
    for (const hierarchy of ["TPM_RH_OWNER", "TPM_RH_ENDORSEMENT"] as const) await guest(disable(hierarchy));
    await handOver(separator(0));
    expect(kinds()).toEqual([]);
  });

  it("tells a firmware that gave up after it had turned off what a user wants off", async () => {
    await powerOn();
    await guest(startup);
    await guest(extend(separator(0)));
    const all = ["TPM_RH_OWNER", "TPM_RH_ENDORSEMENT", "TPM_RH_ENDORSEMENT", "TPM_RH_OWNER"] as const;
    for (const hierarchy of all) await guest(disable(hierarchy));
    await handOver(separator(0));
    expect(kinds()).toEqual(["given-up"]);
  });

  it("does not take for the reason what failed because of the hierarchies that are off", async () => {
    await powerOn();
    await guest(startup);
    await guest(disable("TPM_RH_PLATFORM"));
    await guest(disable("TPM_RH_OWNER"), FAILURE);
    await handOver();
    expect(last.findings[0]!.kind).toBe("given-up");
    expect(last.findings[0]!.sentence).not.toContain("TPM_RC_FAILURE");
  });

  it("takes nothing that the host sends for the guest's: not its TPM2_Shutdown, nor what it asks", async () => {
    await powerOn();
    watch.observe({ command: disable("TPM_RH_OWNER"), response: FAILURE, startedAt: ++time, own: true });
    await guest(startup);
    await guest(extend(separator(0)));
    await handOver(separator(0));
    watch.observe({ command: getRandom, response: FAILURE, startedAt: ++time, own: true });
    stage("shell");
    expect(kinds()).toEqual(["no-driver"]);
  });

  it("looks at the TPM's hierarchies", async () => {
    await powerOn();
    await guest(startup);
    for (const hierarchy of ["TPM_RH_ENDORSEMENT", "TPM_RH_OWNER", "TPM_RH_PLATFORM"] as const) {
      await tpm.execute(disable(hierarchy));
    }
    await handOver();
    expect(kinds()).toEqual(["hierarchies-off", "not-measured"]);
  });

  it("sends no command", async () => {
    const sent: Uint8Array[] = [];
    tpm.on("command", ({ command }) => sent.push(command));
    await measuredBoot();
    stage("shell");
    expect(last.settled).toBe(true);
    expect(sent).toHaveLength(3);
  });

  it("can't check a TPM in failure mode, and says so", async () => {
    await powerOn();
    await guest(startup);
    await guest(extend(separator(0)));
    await tpm.enterFailureMode();
    await handOver(separator(0));
    expect(kinds()).toEqual(["unchecked"]);
    expect(last.findings[0]!.sentence).toContain("failure mode");
  });

  it("compares PCRs 0 to 9 with the log, in every bank", async () => {
    await powerOn();
    await guest(startup);
    await guest(extend(separator(0)));
    await guest(extend(separator(9)));
    await guest(extend(separator(10)));
    await handOver(separator(0), separator(4));
    expect(kinds()).toEqual(["pcrs-differ"]);
    expect(last.findings[0]!.sentence).toContain("PCR 4, 9:");
  });

  it("finds the kernel, its command line and its initrd in the log, or says which is not there", async () => {
    machine.measured = MEASURED;
    await powerOn();
    await guest(startup);
    const events = MEASURED.map(({ pcr, text }) => ipl(pcr, text));
    for (const event of [separator(0), ...events]) await guest(extend(event));
    await handOver(separator(0), ...events);
    expect(kinds()).toEqual([]);

    const doctored = [
      [events[0]!, events[1]!],
      [events[0]!, ipl(8, "kernel_cmdline: /bzImage"), events[2]!],
      [events[1]!, { ...events[0]!, pcrIndex: 8 }, events[2]!],
      [{ ...events[0]!, type: EV_SEPARATOR }, separator(0)],
    ];
    const missing = ["/initrd.img (PCR 9)", "kernel_cmdline (PCR 8)", "/bzImage (PCR 9)"];
    missing.push("/bzImage (PCR 9), kernel_cmdline (PCR 8), /initrd.img (PCR 9)");
    for (const [index, log] of doctored.entries()) {
      await handOver(...log);
      const finding = last.findings.find(({ kind }) => kind === "kernel-not-measured");
      expect(finding?.sentence).toContain(`log: ${missing[index]}.`);
    }
  });

  it("does not take one event for two files of the same name", async () => {
    machine.measured = [MEASURED[0]!, MEASURED[0]!];
    await powerOn();
    await guest(startup);
    for (const event of [separator(0), separator(9)]) await guest(extend(event));
    await handOver(separator(0), ipl(9, "/bzImage"));
    expect(kinds()).toEqual(["kernel-not-measured"]);
    expect(last.findings[0]!.sentence).toContain("log: /bzImage (PCR 9).");
  });

  it("compares the banks of the log with the TPM's", async () => {
    await powerOn();
    await guest(startup);
    const sha256 = digests(0).slice(1, 2);
    machine.memory = serializeEventLog([headerOf(["TPM_ALG_SHA256"]), { ...separator(0), digests: sha256 }]);
    await guest(
      marshalCommand("PCR_Extend", {
        handles: { pcrHandle: 0 },
        parameters: { digests: sha256.map(({ algorithm, digest }) => ({ hashAlg: algorithm, digest })) },
      }),
    );
    stage("kernel");
    await judged();
    expect(kinds()).toEqual(["banks-differ"]);
    expect(last.findings[0]!.sentence).toContain("sha1, sha384, sha512 only in the TPM");
  });

  it("sees a bank in the log that the TPM lacks", async () => {
    await powerOn();
    await guest(startup);
    await guest(
      marshalCommand("PCR_Allocate", {
        handles: { authHandle: "TPM_RH_PLATFORM" },
        parameters: {
          pcrAllocation: BANKS.map((name) => ({
            hash: TPM_ALG[name],
            pcrSelect: new Uint8Array(3).fill(name === "TPM_ALG_SHA512" ? 0 : 0xff),
          })),
        },
      }),
    );
    await tpm.powerOff();
    await powerOn();
    await guest(startup);
    await guest(extend(separator(0)));
    await handOver(separator(0));
    expect(kinds()).toEqual(["banks-differ"]);
    expect(last.findings[0]!.sentence).toBe("PCR banks differ: sha512 only in the firmware's event log.");
  });

  it("knows a TPM that was not started, and that its PCRs stand for nothing", async () => {
    await powerOn();
    await handOver();
    expect(kinds()).toEqual(["not-started", "not-measured", "unchecked"]);
    expect(last.findings[2]!.sentence).toContain("still waits for TPM2_Startup");
  });

  it("compares the PCRs of a TPM with one bank", async () => {
    await tpm.powerOn();
    await tpm.execute(startup);
    await new TpmClient(tpm).call("PCR_Allocate", {
      handles: { authHandle: "TPM_RH_PLATFORM" },
      parameters: {
        pcrAllocation: BANKS.map((hash) => ({
          hash,
          pcrSelect: new Uint8Array(3).fill(hash === "TPM_ALG_SHA256" ? 255 : 0),
        })),
      },
    });
    await powerOn();
    await guest(startup);
    for (const event of [separator(0), separator(4)]) await guest(extend(event));
    await handOver(separator(0));
    expect(kinds()).toEqual(["banks-differ", "pcrs-differ"]);
    expect(last.findings[1]!.sentence).toMatch(/\b4\b/);
  });

  it("knows that the firmware was offered no TPM", async () => {
    await powerOn();
    machine.log = undefined;
    stage("kernel");
    expect(kinds()).toEqual(["no-tpm"]);
  });

  it("reads a damaged log as far as it goes", async () => {
    await powerOn();
    await guest(startup);
    await guest(extend(separator(0)));
    const log = serializeEventLog([header, separator(0), separator(4)]);
    machine.memory = log.subarray(0, log.length - 6);
    stage("kernel");
    await judged();
    expect(kinds()).toEqual(["log-damaged"]);
  });

  it("starts over with a reset: nothing of the boot before is left, answers that are on their way neither", async () => {
    await powerOn();
    await handOver();
    stage("shell");
    expect(kinds()).toContain("not-measured");
    const late = ++time;
    time++;
    stage("bios");
    machine.events.emit("reset", undefined);
    expect(last).toEqual({ findings: [], settled: false });
    watch.observe({ command: disable("TPM_RH_OWNER"), response: FAILURE, startedAt: late, own: false });
    await measuredBoot();
    expect(kinds()).toEqual([]);
    stage("off");
    expect(last).toEqual({ findings: [], settled: false });
  });

  it("forgets what it was about to find when the power goes meanwhile", async () => {
    await powerOn();
    stage("kernel");
    stage("off");
    await tpm.powerOff();
    await powerOn();
    await guest(startup);
    expect(last).toEqual({ findings: [], settled: false });
  });
});

describe("the PCRs that a log does not explain", () => {
  const value = (name: (typeof BANKS)[number], octet: number) => ({
    algorithm: TPM_ALG[name],
    pcr: 0,
    digest: new Uint8Array(algorithms[name].digest).fill(octet),
  });
  const log = { events: [separator(0)] };
  const computed = (octet: number) =>
    new Map([[TPM_ALG.TPM_ALG_SHA256, new Map([[0, new Uint8Array(32).fill(octet)]])]]);

  it("are none where those that were compared are as they should be, and null where none was", () => {
    expect(unexplainedPcrs(log, computed(1), [value("TPM_ALG_SHA256", 1)])).toEqual([]);
    expect(unexplainedPcrs(log, computed(2), [value("TPM_ALG_SHA256", 1)])).toEqual([0]);
    expect(unexplainedPcrs(log, computed(1), [])).toBeNull();
    expect(unexplainedPcrs(log, computed(1), [value("TPM_ALG_SHA384", 1)])).toBeNull();
  });

  it("are those that hold anything, where the log has nothing for their bank", () => {
    expect(unexplainedPcrs({ events: [] }, new Map(), [value("TPM_ALG_SHA384", 0)])).toEqual([]);
    expect(unexplainedPcrs({ events: [] }, new Map(), [value("TPM_ALG_SHA384", 1)])).toEqual([0]);
  });
});
