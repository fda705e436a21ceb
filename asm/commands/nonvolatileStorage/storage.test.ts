import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sealedBlob } from "../../testkit/blobs.ts";
import { command, concat, hex, password, TestTpm, u32, u64 } from "../../testkit/harness.ts";
import { CC, PT, RH, rc } from "../../testkit/names.ts";
import {
  defineSpace,
  globalWriteLock,
  NV,
  nvExtend,
  nvIncrement,
  nvRead,
  nvReadLock,
  nvReadPublic,
  nvSetBits,
  nvWrite,
  nvWriteLock,
  OPEN,
  pin,
  undefineSpace,
} from "../../testkit/nv.ts";
import { property } from "../../testkit/readings.ts";

const INDEX = 0x01000000;
const NV_SPACE = rc("TPM_RC_NV_SPACE");
const NV_UNAVAILABLE = rc("TPM_RC_NV_UNAVAILABLE");
const AUTH_UNAVAILABLE = rc("TPM_RC_AUTH_UNAVAILABLE");
const TYPES = {
  ordinary: 0,
  counter: NV.COUNTER,
  bits: NV.BITS,
  extend: NV.EXTEND,
  pass: NV.PIN_PASS,
  fail: NV.PIN_FAIL,
};

/** A TPM with an index of each type, orderly (even handles) and not. */
function populated(): TestTpm {
  const tpm = TestTpm.started();
  let handle = INDEX;
  for (const type of Object.values(TYPES))
    for (const orderly of [NV.ORDERLY, 0]) {
      const pinned = type >= NV.PIN_FAIL ? NV.AUTHREAD : NV.AUTHREAD | NV.AUTHWRITE | NV.GLOBALLOCK | NV.WRITEDEFINE;
      const attributes = NV.OWNERREAD | NV.OWNERWRITE | NV.NO_DA | NV.READ_STCLEAR | pinned | type | orderly;
      const size = type === NV.EXTEND ? 32 : 8;
      expect(tpm.run(defineSpace({ handle: handle++, attributes, size }, [1, 2])).rc).toBe(0);
    }
  return tpm;
}
const ORDERLY = {
  ordinary: INDEX,
  counter: INDEX + 2,
  bits: INDEX + 4,
  extend: INDEX + 6,
  pass: INDEX + 8,
  fail: INDEX + 10,
};

describe("room", () => {
  it("64 kB at least, and counters still find some when nothing else does", () => {
    const tpm = TestTpm.started();
    let handle = INDEX;
    let octets = 0;
    const define = (size: number, type = 0) => tpm.run(defineSpace({ handle, attributes: OPEN | type, size })).rc;
    for (let size = 2048; size > 0; size >>= 1) {
      let rc = define(size);
      for (; rc === 0; rc = define(size)) {
        octets += size;
        handle++;
      }
      expect(rc).toBe(NV_SPACE);
    }
    expect(octets).toBeGreaterThan(64 * 1024);
    expect(property(tpm, PT.HR_NV_INDEX)).toBe(handle - INDEX);
    const counters = property(tpm, PT.NV_COUNTERS_AVAIL);
    expect(counters).toBeGreaterThanOrEqual(8);
    const first = handle;
    while (define(8, NV.COUNTER) === 0) handle++;
    expect(handle - first).toBeGreaterThanOrEqual(counters);
    expect(property(tpm, PT.NV_COUNTERS)).toBe(handle - first);
    expect(property(tpm, PT.NV_COUNTERS_AVAIL)).toBe(0);
    // All of it fits the blob, and comes back.
    const again = tpm.powerCycle();
    expect(again.startup().rc).toBe(0);
    expect(property(again, PT.HR_NV_INDEX)).toBe(property(tpm, PT.HR_NV_INDEX));
    expect(again.run(undefineSpace(RH.OWNER, INDEX)).rc).toBe(0);
    expect(again.run(defineSpace({ handle: INDEX, attributes: OPEN, size: 2048 })).rc).toBe(0);
  });

  it("whatever is removed leaves the others as they were", () => {
    const order = fc.shuffledSubarray([...Array(12).keys()], { minLength: 12 });
    fc.assert(
      fc.property(order, (handles) => {
        const tpm = TestTpm.started();
        const contents = new Map<number, string>();
        for (const [n, offset] of handles.entries()) {
          const handle = INDEX + offset;
          const attributes = OPEN | (n % 2 ? NV.ORDERLY : 0);
          const data = createHash("sha256")
            .update(`${offset}`)
            .digest()
            .subarray(0, 1 + offset);
          expect(tpm.run(defineSpace({ handle, attributes, size: data.length })).rc).toBe(0);
          expect(tpm.run(nvWrite(RH.OWNER, handle, data)).rc).toBe(0);
          contents.set(handle, hex(data));
        }
        for (const offset of handles) {
          expect(tpm.run(undefineSpace(RH.OWNER, INDEX + offset)).rc).toBe(0);
          contents.delete(INDEX + offset);
          for (const [handle, data] of contents)
            expect(hex(tpm.run(nvRead(RH.OWNER, handle, data.length / 2)).parameters.slice(2))).toBe(data);
        }
      }),
      { numRuns: 15 },
    );
  });
});

describe("a change that cannot be stored did not happen", () => {
  const changes: [name: string, bytes: Uint8Array][] = [
    ["define", defineSpace({ handle: INDEX + 50, attributes: OPEN, size: 1 })],
    ["define orderly", defineSpace({ handle: INDEX + 50, attributes: OPEN | NV.ORDERLY, size: 1 })],
    ["undefine", undefineSpace(RH.OWNER, INDEX + 3)],
    ["undefine orderly", undefineSpace(RH.OWNER, ORDERLY.counter)],
    ["write", nvWrite(RH.OWNER, INDEX + 1, [1, 2, 3])],
    ["increment", nvIncrement(RH.OWNER, INDEX + 3)],
    ["first increment of an orderly counter", nvIncrement(RH.OWNER, ORDERLY.counter)],
    ["set bits", nvSetBits(RH.OWNER, INDEX + 5, 5n)],
    ["extend", nvExtend(RH.OWNER, INDEX + 7, [1])],
    ["write-lock", nvWriteLock(RH.OWNER, INDEX + 1)],
    ["read-lock", nvReadLock(RH.OWNER, INDEX + 1)],
    ["global lock", globalWriteLock(RH.OWNER)],
    ["set a PIN", nvWrite(RH.OWNER, INDEX + 9, pin(0, 3))],
    ["clear", command(CC.Clear, [RH.PLATFORM], [], [password()])],
    ["shutdown", command(CC.Shutdown, [], [[0, 1]])],
  ];
  for (const [name, bytes] of changes) {
    it(name, () => {
      const tpm = populated();
      const before = tpm.stateHash();
      tpm.storeFails = true;
      expect(tpm.run(bytes).rc).toBe(NV_UNAVAILABLE);
      expect(tpm.stateHash()).toBe(before);
      expect(hex(tpm.save())).toBe(hex(tpm.stored ?? new Uint8Array(0)));
      tpm.storeFails = false;
      expect(tpm.run(bytes).rc).toBe(0);
      // What was answered is what the store has.
      expect(hex(tpm.save())).toBe(hex(tpm.stored ?? new Uint8Array(0)));
    });
  }

  it("orderly data needs no store, but for what a shutdown has put on record", () => {
    const tpm = populated();
    expect(tpm.run(nvIncrement(RH.OWNER, ORDERLY.counter)).rc).toBe(0);
    tpm.storeFails = true;
    const { commits } = tpm;
    expect(tpm.run(nvWrite(RH.OWNER, ORDERLY.ordinary, [1])).rc).toBe(0);
    expect(tpm.run(nvSetBits(RH.OWNER, ORDERLY.bits, 1n)).rc).toBe(0);
    expect(tpm.run(nvExtend(RH.OWNER, ORDERLY.extend, [1])).rc).toBe(0);
    for (let i = 2; i < 256; i++) expect(tpm.run(nvIncrement(RH.OWNER, ORDERLY.counter)).rc).toBe(0);
    // The counter would get more than MAX_ORDERLY_COUNT ahead.
    expect(tpm.run(nvIncrement(RH.OWNER, ORDERLY.counter)).rc).toBe(NV_UNAVAILABLE);
    expect(hex(tpm.run(nvRead(RH.OWNER, ORDERLY.counter, 8)).parameters)).toBe(`0008${hex(u64(255n))}`);
    expect(tpm.commits).toBe(commits);
    tpm.storeFails = false;
    expect(tpm.run(nvIncrement(RH.OWNER, ORDERLY.counter)).rc).toBe(0);
    expect(tpm.commits).toBe(commits + 1);
    tpm.shutdown(1);
    tpm.storeFails = true;
    expect(tpm.run(nvSetBits(RH.OWNER, ORDERLY.bits, 2n)).rc).toBe(NV_UNAVAILABLE);
  });

  it("while it cannot be stored, a right PIN and a wrong one look the same", () => {
    for (const handle of [INDEX + 11, ORDERLY.fail]) {
      const tpm = populated();
      expect(tpm.run(nvWrite(RH.OWNER, handle, pin(0, 2))).rc).toBe(0);
      expect(tpm.shutdown(1).rc).toBe(0);
      tpm.storeFails = true;
      for (const auth of [[1, 2], [3], [4], [5], [1, 2]]) {
        expect(tpm.run(nvRead(handle, handle, 8, 0, auth)).rc).toBe(NV_UNAVAILABLE);
        expect(hex(tpm.run(nvRead(RH.OWNER, handle, 8)).parameters)).toBe(`0008${hex(pin(0, 2))}`);
      }
      tpm.storeFails = false;
      for (const auth of [[3], [4]])
        expect(tpm.run(nvRead(handle, handle, 8, 0, auth)).rc).toBe(rc("TPM_RC_BAD_AUTH", { session: 1 }));
      expect(tpm.run(nvRead(handle, handle, 8, 0, [1, 2])).rc).toBe(AUTH_UNAVAILABLE);
    }
  });

  it("a PIN that failed is counted in the store before the answer", () => {
    const tpm = populated();
    const handle = INDEX + 11;
    expect(tpm.run(nvWrite(RH.OWNER, handle, pin(0, 2))).rc).toBe(0);
    expect(tpm.run(nvRead(handle, handle, 8, 0, [3])).rc).toBe(rc("TPM_RC_BAD_AUTH", { session: 1 }));
    const again = tpm.powerCycle();
    expect(again.startup().rc).toBe(0);
    expect(hex(again.run(nvRead(RH.OWNER, handle, 8)).parameters)).toBe(`0008${hex(pin(1, 2))}`);
  });
});

describe("a shutdown on record", () => {
  const changes: [name: string, bytes: Uint8Array, nullifies: boolean][] = [
    ["writing an orderly index", nvWrite(RH.OWNER, ORDERLY.ordinary, [1]), true],
    ["incrementing an orderly counter", nvIncrement(RH.OWNER, ORDERLY.counter), true],
    ["locking an orderly index for writing", nvWriteLock(RH.OWNER, ORDERLY.ordinary), true],
    ["locking an orderly index for reading", nvReadLock(RH.OWNER, ORDERLY.ordinary), true],
    ["the global lock, with orderly indices", globalWriteLock(RH.OWNER), true],
    ["writing an index", nvWrite(RH.OWNER, INDEX + 1, [1]), false],
    ["locking an index", nvWriteLock(RH.OWNER, INDEX + 1), false],
    ["defining an orderly index", defineSpace({ handle: INDEX + 50, attributes: OPEN | NV.ORDERLY, size: 1 }), false],
    ["undefining an orderly index", undefineSpace(RH.OWNER, ORDERLY.bits), false],
    ["reading", nvReadPublic(ORDERLY.ordinary), false],
  ];
  for (const [name, bytes, nullifies] of changes) {
    it(`is ${nullifies ? "void" : "still good"} after ${name}`, () => {
      const tpm = populated();
      expect(tpm.shutdown(1).rc).toBe(0);
      expect(tpm.run(bytes).rc).toBe(0);
      const seen = [...Array(12).keys()].map((i) => hex(tpm.run(nvReadPublic(INDEX + i)).bytes));
      const again = tpm.powerCycle();
      expect(again.startup(1).rc).toBe(nullifies ? rc("TPM_RC_VALUE", { parameter: 1 }) : 0);
      // On TPM Resume everything is as it was left.
      if (!nullifies)
        expect([...Array(12).keys()].map((i) => hex(again.run(nvReadPublic(INDEX + i)).bytes))).toEqual(seen);
    });
  }
});

describe("a blob with NV in it", () => {
  function written(): TestTpm {
    const tpm = populated();
    tpm.run(nvWrite(RH.OWNER, INDEX, [1, 2, 3]));
    tpm.run(nvWrite(RH.OWNER, INDEX + 1, [1, 2, 3]));
    for (const handle of [INDEX + 2, INDEX + 3]) tpm.run(nvIncrement(RH.OWNER, handle));
    tpm.run(nvWrite(RH.OWNER, INDEX + 8, pin(1, 2)));
    tpm.run(nvWrite(RH.OWNER, INDEX + 9, pin(1, 2)));
    expect(tpm.shutdown().rc).toBe(0);
    return tpm;
  }
  const sealed = (body: Uint8Array) => sealedBlob(concat(body, new Uint8Array(32)));

  it("is loaded and saved byte for byte", () => {
    const blob = written().save();
    expect(hex(new TestTpm({ blob }).save())).toBe(hex(blob));
    expect(blob.length).toBeLessThan(4000);
  });

  it("is DAMAGED, or holds nothing that traps, whichever octets are changed", () => {
    const blob = written().save();
    const body = blob.subarray(0, blob.length - 32);
    // The two runs of entries are at the end.
    const at = fc.integer({ min: body.length - 950, max: body.length - 1 });
    const value = fc.oneof(fc.constantFrom(0, 1, 8, 0x7f, 0x80, 0xff), fc.nat(255));
    let loaded = 0;
    // Most are refused, by one TPM for all of them.
    const probe = new TestTpm();
    fc.assert(
      fc.property(fc.array(fc.tuple(at, value), { minLength: 1, maxLength: 3 }), (changes) => {
        const bad = body.slice();
        for (const [where, to] of changes) bad[where] = to;
        const status = probe.load(sealed(bad));
        expect([0, 1]).toContain(status);
        if (status !== 0) return;
        loaded++;
        expect(hex(probe.save())).toBe(hex(sealed(bad)));
        const tpm = new TestTpm({ blob: sealed(bad) });
        if (tpm.startup().rc !== 0) return;
        const list = tpm.run(command(CC.GetCapability, [], [u32(1), u32(INDEX), u32(50)])).body;
        for (let i = 9; i < list.length; i += 4) {
          const handle = new DataView(list.buffer, list.byteOffset).getUint32(i);
          tpm.run(nvReadPublic(handle));
          tpm.run(nvRead(handle, handle, 8, 0, [1, 2]));
          tpm.run(nvWrite(RH.OWNER, handle, [1, 2]));
          tpm.run(nvIncrement(RH.OWNER, handle));
          tpm.run(undefineSpace(RH.PLATFORM, handle));
        }
        tpm.shutdown(1);
      }),
      { numRuns: 250 },
    );
    expect(loaded).toBeGreaterThan(20);
  });

  it("is DAMAGED when an entry is cut off, or when orderly data has no index", () => {
    const tpm = TestTpm.started();
    expect(tpm.run(defineSpace({ handle: INDEX, attributes: OPEN | NV.ORDERLY, size: 4 })).rc).toBe(0);
    const blob = tpm.save();
    const body = blob.subarray(0, blob.length - 32);
    const load = (bytes: Uint8Array, nvSize: number) => {
      const view = new DataView(bytes.buffer);
      view.setUint32(12, bytes.length + 32);
      view.setUint32(16, nvSize);
      return new TestTpm().load(sealed(bytes));
    };
    // One index at the end, and before it its data.
    const [entry, orderly] = [8 + 16 + 2 + 32, 8 + 4 + 4];
    const fields = body.slice(0, body.length - entry - orderly - 4);
    const [data, index] = [body.slice(-entry - orderly, -entry), body.slice(-entry)];
    expect(load(concat(fields, u32(orderly), data, index), entry)).toBe(0);
    expect(load(body.slice(0, -1), entry - 1)).toBe(1);
    expect(load(body.slice(0, -1), entry)).toBe(1);
    expect(load(concat(body, [0]), entry + 1)).toBe(1);
    expect(load(concat(body, [0]), entry)).toBe(1);
    expect(load(concat(fields, u32(orderly), data), 0)).toBe(1);
    expect(load(concat(fields, u32(0), index), entry)).toBe(1);
    expect(load(concat(fields, u32(0)), 0)).toBe(0);
  });
});
