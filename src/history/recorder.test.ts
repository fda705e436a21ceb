import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { marshalCommand, readPcrBanks, readPcrs, TpmClient } from "../client/index.ts";
import type { Locality } from "../engine/backend.ts";
import { HASH_ALGORITHMS } from "../firmware/eventLog.ts";
import { createTpm, type InlineTpm } from "../node/index.ts";
import { TPM_ALG } from "../spec/algorithms.ts";
import { traceChain } from "./chain.ts";
import { MAX_STEPS_OF_PCR, PcrRecorder } from "./recorder.ts";

const { TPM_ALG_SHA1, TPM_ALG_SHA256 } = TPM_ALG;
const hex = (octets: Uint8Array) => Buffer.from(octets).toString("hex");
const now = () => performance.timeOrigin + performance.now();

interface Bench {
  readonly tpm: InlineTpm;
  readonly client: TpmClient;
  readonly recorder: PcrRecorder;
  /** _TPM_Init, of which the recorder hears. */
  init(): Promise<void>;
  startup(type?: "TPM_SU_CLEAR" | "TPM_SU_STATE", locality?: Locality): Promise<Uint8Array>;
}

async function bench(): Promise<Bench> {
  const tpm = createTpm({ store: { kind: "memory" } });
  const recorder = new PcrRecorder();
  tpm.on("command", (event) => recorder.observe(event));
  const init = async () => {
    await tpm.powerOn();
    recorder.begin(now());
  };
  await init();
  return {
    tpm,
    client: new TpmClient(tpm),
    recorder,
    init,
    startup: (type = "TPM_SU_CLEAR", locality = 0) =>
      tpm.execute(marshalCommand("Startup", { parameters: { startupType: type } }), { locality }),
  };
}

/** Every PCR of every bank has, by its history, the value that the TPM reads. */
async function expectTpmsValues({ client, recorder }: Bench): Promise<void> {
  for (const { algorithm, pcrs } of await readPcrBanks(client)) {
    for (const pcr of pcrs) {
      const [value] = await readPcrs(client, [{ algorithm, pcrs: [pcr] }]);
      const hash = (bank: number, data: Uint8Array) =>
        Promise.resolve(new Uint8Array(createHash(HASH_ALGORITHMS.get(bank)!.name).update(data).digest()));
      const chain = await traceChain(recorder.steps, algorithm, pcr, hash);
      expect(chain.at(-1)?.after, `PCR ${pcr}, bank ${algorithm}`).toBe(hex(value!.digest));
    }
  }
}

const extend = (pcr: number, digests = [{ hashAlg: TPM_ALG_SHA256, digest: new Uint8Array(32).fill(pcr) }]) =>
  marshalCommand("PCR_Extend", { handles: { pcrHandle: pcr }, parameters: { digests } });
const event = (pcr: number, data: Uint8Array) =>
  marshalCommand("PCR_Event", { handles: { pcrHandle: pcr }, parameters: { eventData: data } });
const reset = (pcr: number) => marshalCommand("PCR_Reset", { handles: { pcrHandle: pcr } });

describe("the history of a TPM's PCRs", () => {
  test("begins with the values of TPM2_Startup, and its locality in PCR 0", async () => {
    for (const locality of [0, 3] as const) {
      const one = await bench();
      await one.startup("TPM_SU_CLEAR", locality);
      await expectTpmsValues(one);
      const [first] = await traceChain(one.recorder.steps, TPM_ALG_SHA1, 0);
      expect(first!.after).toBe(`${"00".repeat(19)}0${locality}`);
    }
  });

  test("has what every command does, whichever succeed", async () => {
    const pcr = fc.nat(23);
    const command = fc.oneof(
      fc
        .tuple(pcr, fc.constantFrom<number[]>([TPM_ALG_SHA1], [TPM_ALG_SHA256], [TPM_ALG_SHA1, TPM_ALG_SHA256]))
        .map(([at, banks]) => {
          const digest = (bank: number) => new Uint8Array(HASH_ALGORITHMS.get(bank)!.size).fill(at + 1);
          return extend(
            at,
            banks.map((hashAlg) => ({ hashAlg, digest: digest(hashAlg) }) as never),
          );
        }),
      fc.tuple(pcr, fc.uint8Array({ maxLength: 40 })).map(([at, data]) => event(at, data)),
      pcr.map(reset),
      fc.constant(extend(0x4000_0007)),
      fc.constant(extend(5).subarray(0, 30)),
    );
    const locality = fc.constantFrom<Locality[]>(0, 0, 0, 2, 3);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(command, locality), { maxLength: 25 }), async (commands) => {
        const one = await bench();
        await one.startup();
        for (const [octets, at] of commands) await one.tpm.execute(octets, { locality: at });
        await expectTpmsValues(one);
      }),
      { numRuns: 8 },
    );
  });

  test("has the digests that an event sequence ends with", async () => {
    const one = await bench();
    await one.startup();
    const { handles } = await one.client.call("HashSequenceStart", {
      parameters: { auth: new Uint8Array(0), hashAlg: "TPM_ALG_NULL" },
    });
    const sequenceHandle = handles.sequenceHandle as number;
    await one.client.call("SequenceUpdate", {
      handles: { sequenceHandle },
      parameters: { buffer: Buffer.from("one ") },
    });
    await one.client.call("EventSequenceComplete", {
      handles: { pcrHandle: 16, sequenceHandle },
      parameters: { buffer: Buffer.from("two") },
    });
    const [, last] = await traceChain(one.recorder.steps, TPM_ALG_SHA256, 16);
    expect(last).toMatchObject({
      digest: createHash("sha256").update("one two").digest("hex"),
      before: "00".repeat(32),
      step: { kind: "EventSequenceComplete", pcr: 16, own: false },
    });
    await expectTpmsValues(one);
  });

  test("goes on over a Resume, and begins anew with a Restart and a Reset", async () => {
    const one = await bench();
    await one.startup();
    for (const pcr of [0, 15, 16]) await one.tpm.execute(extend(pcr));
    await one.client.call("Shutdown", { parameters: { shutdownType: "TPM_SU_STATE" } });
    await one.init();
    await one.startup("TPM_SU_STATE");
    await one.tpm.execute(extend(15));
    await expectTpmsValues(one);
    expect((await traceChain(one.recorder.steps, TPM_ALG_SHA256, 15)).map(({ step }) => step.kind)).toEqual([
      "Startup",
      "PCR_Extend",
      "resume",
      "PCR_Extend",
    ]);
    await one.client.call("Shutdown", { parameters: { shutdownType: "TPM_SU_STATE" } });
    await one.init();
    await one.startup("TPM_SU_CLEAR");
    expect(one.recorder.steps).toHaveLength(1);
    await expectTpmsValues(one);
  });

  test("has the platform's own measurement, before TPM2_Startup and after it", async () => {
    const data = Buffer.from("measured by the platform");
    const measure = async (one: Bench) => {
      await one.tpm.hashStart();
      await one.tpm.hashData(data);
      await one.tpm.hashEnd();
      const banks = [...HASH_ALGORITHMS].filter(([, { name }]) => /^sha(1|256|384|512)$/.test(name));
      const digests = banks.map(([algorithm, { name }]) => ({
        algorithm,
        digest: createHash(name).update(data).digest("hex"),
      }));
      one.recorder.hashSequence(digests, now());
    };
    const early = await bench();
    await measure(early);
    await early.startup();
    await early.tpm.execute(extend(0));
    await expectTpmsValues(early);
    const late = await bench();
    await late.startup();
    await measure(late);
    await late.tpm.execute(extend(18), { locality: 2 });
    await expectTpmsValues(late);
  });

  test("knows no commands from before the power came, and no more steps than it has room for", async () => {
    const one = await bench();
    await one.startup();
    const [heard] = one.recorder.steps;
    one.recorder.begin(heard!.at + 1);
    const octets = { command: extend(8), response: Uint8Array.of(0x80, 1, 0, 0, 0, 10, 0, 0, 0, 0) };
    expect(one.recorder.observe({ ...octets, locality: 0, own: false, startedAt: heard!.at })).toBe(false);
    for (let i = 0; i < MAX_STEPS_OF_PCR + 2; i++) {
      one.recorder.observe({ ...octets, locality: 0, own: false, startedAt: heard!.at + 1 });
    }
    expect([one.recorder.steps.length, one.recorder.omitted.get(8)]).toEqual([MAX_STEPS_OF_PCR, 2]);
  });

  test("never throws, whatever octets it hears", () => {
    const recorder = new PcrRecorder();
    const success = fc.constant(Uint8Array.of(0x80, 1, 0, 0, 0, 10, 0, 0, 0, 0));
    const octets = fc.uint8Array({ maxLength: 60 });
    const cut = fc
      .tuple(fc.constantFrom(extend(3), event(3, new Uint8Array(9)), reset(16)), fc.nat(60))
      .map(([command, size]) => command.subarray(0, size));
    fc.assert(
      fc.property(fc.oneof(octets, cut), fc.oneof(success, octets), (command, response) => {
        recorder.observe({ command, response, locality: 0, own: false, startedAt: 1 });
      }),
    );
  });
});
