import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  command,
  concat,
  hex,
  password,
  type Response,
  sized,
  TestTpm,
  text,
  u16,
  u32,
  u64,
} from "../../testkit/harness.ts";
import { ALG, CC, RH, rc, SE } from "../../testkit/names.ts";
import { ecc, runCreatePrimary, STORAGE } from "../../testkit/objects.ts";
import { property } from "../../testkit/readings.ts";
import { AuthSession, call } from "../../testkit/sessions.ts";

const save = (handle: number) => command(CC.ContextSave, [handle]);
const load = (context: Uint8Array) => command(CC.ContextLoad, [], [context]);
const flush = (handle: number) => command(CC.FlushContext, [], [u32(handle)]);
const handles = (tpm: TestTpm, type: number) => {
  const { view, size } = tpm.run(command(CC.GetCapability, [], [u32(1), u32(type * 0x1000000), u32(64)]));
  return Array.from({ length: (size - 19) / 4 }, (_, i) => view.getUint32(19 + 4 * i));
};
const runOn = (tpm: TestTpm) => (bytes: Uint8Array) => tpm.run(bytes).bytes;
const startSession = (tpm: TestTpm) => AuthSession.start(runOn(tpm));
const startSequence = (tpm: TestTpm, algorithm: number = ALG.SHA256): number => {
  const response = tpm.run(command(CC.HashSequenceStart, [], [sized([7]), u16(algorithm)]));
  expect(response.rc).toBe(0);
  return response.view.getUint32(10);
};
const update = (handle: number, data: Uint8Array) =>
  command(CC.SequenceUpdate, [handle], [sized(data)], [password([7])]);
const complete = (handle: number) => command(CC.SequenceComplete, [handle], [sized([]), u32(RH.NULL)], [password([7])]);
function saved(tpm: TestTpm, handle: number): Uint8Array {
  const response = tpm.run(save(handle));
  expect(response.rc).toBe(0);
  return response.body.slice();
}
function loaded(tpm: TestTpm, context: Uint8Array): number {
  const response: Response = tpm.run(load(context));
  expect(response.rc).toBe(0);
  return response.view.getUint32(10);
}

describe("contexts of sessions", () => {
  it("a saved session leaves its slot, keeps its handle, and goes on where it was", async () => {
    const tpm = TestTpm.started();
    tpm.run(command(CC.HierarchyChangeAuth, [RH.OWNER], [sized([1])], [password()]));
    const session = await startSession(tpm);
    const change = {
      code: CC.SetPrimaryPolicy,
      handles: [RH.OWNER],
      parameters: [u16(0), u16(ALG.NULL)],
      uses: [{ session, entity: { auth: Uint8Array.of(1) } }],
    };
    expect((await call(runOn(tpm), change)).response.rc).toBe(0);
    const context = saved(tpm, session.handle);
    expect([handles(tpm, 2), handles(tpm, 3)]).toEqual([[], [session.handle]]);
    expect((await call(runOn(tpm), change)).response.rc).toBe(rc("TPM_RC_REFERENCE_S0"));
    expect(loaded(tpm, context)).toBe(session.handle);
    expect([handles(tpm, 2), handles(tpm, 3)]).toEqual([[session.handle], []]);
    expect((await call(runOn(tpm), change)).response.rc).toBe(0);
  });

  it("a context can be loaded once", async () => {
    const tpm = TestTpm.started();
    const session = await startSession(tpm);
    const first = saved(tpm, session.handle);
    loaded(tpm, first);
    expect(tpm.run(load(first)).rc).toBe(rc("TPM_RC_HANDLE", { parameter: 1 }));
    const second = saved(tpm, session.handle);
    expect(tpm.run(load(first)).rc).toBe(rc("TPM_RC_HANDLE", { parameter: 1 }));
    loaded(tpm, second);
  });

  it("sixty-four sessions may be active", async () => {
    const tpm = TestTpm.started();
    const contexts: Uint8Array[] = [];
    for (let i = 0; i < 63; i++) contexts.push(saved(tpm, (await startSession(tpm)).handle));
    const last = await AuthSession.start(runOn(tpm), { type: SE.POLICY });
    expect(last.handle).toBe(0x03000000 + 63);
    await expect(startSession(tpm)).rejects.toThrow("0x905");
    expect(handles(tpm, 3).length).toBe(63);
    expect(tpm.run(flush(0x02000020)).rc).toBe(0);
    expect(tpm.run(load(contexts[0x20] ?? new Uint8Array())).rc).toBe(rc("TPM_RC_HANDLE", { parameter: 1 }));
    expect((await startSession(tpm)).handle).toBe(0x02000020);
  });

  it("loading needs a free slot", async () => {
    const tpm = TestTpm.started();
    const context = saved(tpm, (await startSession(tpm)).handle);
    for (let i = 0; i < 3; i++) await startSession(tpm);
    expect(tpm.run(load(context)).rc).toBe(rc("TPM_RC_SESSION_MEMORY"));
    expect(tpm.run(flush(0x02000001)).rc).toBe(0);
    loaded(tpm, context);
  });

  it("survive TPM Resume and TPM Restart, not TPM Reset", async () => {
    for (const [shutdown, startup, survives] of [
      [1, 1, true],
      [1, 0, true],
      [0, 0, false],
    ] as const) {
      const tpm = TestTpm.started();
      const session = await startSession(tpm);
      const context = saved(tpm, session.handle);
      expect(tpm.shutdown(shutdown).rc).toBe(0);
      const again = tpm.powerCycle();
      expect(again.startup(startup).rc).toBe(0);
      expect(handles(again, 3)).toEqual(survives ? [session.handle] : []);
      expect(again.run(load(context)).rc).toBe(survives ? 0 : rc("TPM_RC_INTEGRITY", { parameter: 1 }));
    }
  });
});

describe("contexts of sequences", () => {
  it("the object stays, and the context is a copy of it", () => {
    const tpm = TestTpm.started();
    const sequence = startSequence(tpm);
    expect(tpm.run(update(sequence, text("abc"))).rc).toBe(0);
    const context = saved(tpm, sequence);
    expect(hex(context.subarray(8, 16))).toBe("8000000140000007");
    const copy = loaded(tpm, context);
    expect(handles(tpm, 0x80)).toEqual([sequence, copy]);
    expect(tpm.run(update(sequence, text("x"))).rc).toBe(0);
    const digests = [sequence, copy].map((handle) => hex(tpm.run(complete(handle)).parameters.subarray(2, 34)));
    expect(digests[1]).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect(digests[0]).not.toBe(digests[1]);
    expect(handles(tpm, 0x80)).toEqual([]);
    expect(loaded(tpm, context)).toBe(0x80000000);
  });

  it("an event sequence of all banks fits, too", () => {
    const tpm = TestTpm.started();
    const sequence = startSequence(tpm, ALG.NULL);
    tpm.run(update(sequence, text("abc")));
    const context = saved(tpm, sequence);
    expect(context.length).toBeLessThanOrEqual(2680 + 92);
    tpm.run(flush(sequence));
    const response = tpm.run(
      command(CC.EventSequenceComplete, [16, loaded(tpm, context)], [sized([])], [password(), password([7])]),
    );
    expect(hex(response.parameters.subarray(6, 26))).toBe("a9993e364706816aba3e25717850c26c9cd0d89d");
  });

  it("three objects are the limit", () => {
    const tpm = TestTpm.started();
    const context = saved(tpm, startSequence(tpm));
    loaded(tpm, context);
    loaded(tpm, context);
    expect(tpm.run(load(context)).rc).toBe(rc("TPM_RC_OBJECT_MEMORY"));
    expect(tpm.run(command(CC.HashSequenceStart, [], [u16(0), u16(ALG.SHA1)])).rc).toBe(rc("TPM_RC_OBJECT_MEMORY"));
  });

  it("the sequence number counts up, and starts again at TPM Reset", () => {
    const tpm = TestTpm.started();
    const sequence = startSequence(tpm);
    for (const expected of [1n, 2n, 3n]) expect(hex(saved(tpm, sequence).subarray(0, 8))).toBe(hex(u64(expected)));
    const context = saved(tpm, sequence);
    const again = tpm.powerCycle();
    again.startup();
    expect(again.run(load(context)).rc).toBe(rc("TPM_RC_INTEGRITY", { parameter: 1 }));
    expect(hex(saved(again, startSequence(again)).subarray(0, 8))).toBe(hex(u64(1n)));
  });

  it("another TPM refuses them", () => {
    const tpm = TestTpm.started();
    const context = saved(tpm, startSequence(tpm));
    expect(TestTpm.started({ seed: "other" }).run(load(context)).rc).toBe(rc("TPM_RC_INTEGRITY", { parameter: 1 }));
  });
});

describe("a context that was changed", () => {
  it("is refused, whatever was changed, and nothing happens", async () => {
    const tpm = TestTpm.started();
    const session = await startSession(tpm);
    const contexts = [saved(tpm, startSequence(tpm)), saved(tpm, session.handle)];
    const before = tpm.stateHash();
    fc.assert(
      fc.property(fc.constantFrom(...contexts), fc.nat(), fc.integer({ min: 1, max: 255 }), (context, at, flip) => {
        const bad = context.slice();
        const index = at % bad.length;
        bad[index] = (bad[index] ?? 0) ^ flip;
        expect(tpm.run(load(bad)).rc).not.toBe(0);
        expect(tpm.core.failureMode()).toBe(0);
      }),
      { numRuns: 500 },
    );
    expect(tpm.stateHash()).toBe(before);
  });

  it("a command with octets after the context", () => {
    const tpm = TestTpm.started();
    const context = saved(tpm, startSequence(tpm));
    expect(tpm.run(load(concat(context, [0]))).rc).toBe(rc("TPM_RC_SIZE"));
  });
});

describe("octets behind the contextBlob", () => {
  /** TPM_PT_MAX_OBJECT_CONTEXT */
  const largest = (tpm: TestTpm) => property(tpm, 0x121);
  /** The context with `more` octets behind it; `fill` gives them. */
  const padded = (context: Uint8Array, more: number, fill = 0) => concat(context, new Uint8Array(more).fill(fill));
  const SIZE = rc("TPM_RC_SIZE");

  it.each([0, 1])(
    "up to TPM_PT_MAX_OBJECT_CONTEXT, as Windows Server sends them, mean nothing, in profile %i",
    async (profile) => {
      const tpm = TestTpm.started({ profile });
      const sequence = startSequence(tpm);
      const key = runCreatePrimary(tpm, ecc(STORAGE)).handle;
      const session = (await startSession(tpm)).handle;
      for (const [handle, fill] of [
        [sequence, 0],
        [key, 0xa5],
        [session, 0xff],
      ] as const) {
        const context = saved(tpm, handle);
        const rest = largest(tpm) - context.length;
        expect(rest).toBeGreaterThan(0);
        for (const more of [1, 2, rest - 1, rest + 1, 4096 - 10 - context.length])
          expect([more, tpm.run(load(padded(context, more, fill))).rc]).toEqual([more, SIZE]);
        const again = loaded(tpm, padded(context, rest, fill));
        if (handle === session) expect(again).toBe(session);
        else expect(tpm.run(flush(again)).rc).toBe(0);
      }
    },
  );

  it("do not make up for octets that are missing or changed", () => {
    const tpm = TestTpm.started();
    const context = saved(tpm, startSequence(tpm));
    const full = padded(context, largest(tpm) - context.length);
    // The size of the contextBlob is at 16.
    const size = new DataView(context.buffer).getUint16(16);
    for (const other of [size + 1, full.length - 18]) {
      const bad = full.slice();
      bad.set(u16(other), 16);
      expect(tpm.run(load(bad)).rc).toBe(rc("TPM_RC_INTEGRITY", { parameter: 1 }));
    }
    const longer = full.slice();
    longer.set(u16(full.length - 17), 16);
    expect(tpm.run(load(longer)).rc).toBe(rc("TPM_RC_INSUFFICIENT", { parameter: 1 }));
    expect(loaded(tpm, full)).toBeGreaterThan(0);
  });

  it("of the same number are TPM_RC_SIZE in any other command", () => {
    const tpm = TestTpm.started();
    const parameters = new Uint8Array(largest(tpm));
    parameters.set(u16(8));
    expect(tpm.run(command(CC.GetRandom, [], [parameters])).rc).toBe(SIZE);
  });
});
