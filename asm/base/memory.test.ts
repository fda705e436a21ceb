import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { command, password, sized, TestTpm, u16 } from "../testkit/harness.ts";
import { CC, RH } from "../testkit/names.ts";
import { defineSpace, nvWrite, OPEN, undefineSpace } from "../testkit/nv.ts";

const TOO_LARGE = 3;

describe("the buffers between host and core", () => {
  it("have the sizes that the ABI tells, and do not overlap", () => {
    const { core } = new TestTpm();
    expect(core.stateCapacity()).toBe(262_144);
    const buffers = [
      [core.commandBuffer(), 4096],
      [core.responseBuffer(), 4096],
      [core.stateBuffer(), core.stateCapacity()],
    ].sort(([a], [b]) => (a as number) - (b as number)) as [number, number][];
    let free = 0;
    for (const [address, size] of buffers) {
      expect(address).toBeGreaterThanOrEqual(free);
      expect(address % 16).toBe(0);
      free = address + size;
    }
    expect(free).toBeLessThanOrEqual(core.memory.buffer.byteLength);
  });

  it("take no state larger than the buffer", () => {
    const { core } = new TestTpm();
    expect(core.loadState(core.stateCapacity() + 1)).toBe(TOO_LARGE);
    expect(core.loadState(core.stateCapacity())).not.toBe(0);
  });
});

const INDEX = 0x01000000;
/** Of an index that is to be written in commands of at most 4096 octets. */
const PIECE = 1024;
const define = (number: number, size: number) => defineSpace({ handle: INDEX + number, attributes: OPEN, size });
const write = (number: number, size: number) =>
  nvWrite(RH.OWNER, INDEX + number, new Uint8Array(Math.min(size, PIECE)).fill(0xa5));

const isZero = (memory: ArrayBufferLike) => Buffer.from(memory).equals(Buffer.alloc(memory.byteLength));

describe("memory that is used on demand", () => {
  const NV_STORE_SIZE = 196_608;
  const IN_ALL = 262_144 + 2 * NV_STORE_SIZE;
  /** Room for what a TPM with few objects has of it. */
  const USED = 65_536;

  it("is not touched beyond what is used of it: when a TPM is made, loaded, started, used and saved", () => {
    const made = TestTpm.started();
    expect(made.run(define(0, 2048)).rc).toBe(0);
    expect(made.shutdown(1).rc).toBe(0);
    for (const blob of [undefined, made.stored as Uint8Array]) {
      const tpm = new TestTpm();
      const { core } = tpm;
      const onDemand = new Uint8Array(core.memory.buffer, core.stateBuffer(), IN_ALL);
      const unused = [USED, 262_144 + USED, 262_144 + NV_STORE_SIZE + USED].map((at, i) =>
        onDemand.subarray(at, [262_144, 262_144 + NV_STORE_SIZE, IN_ALL][i]),
      );
      for (const area of unused) {
        // The NV store lies behind the transfer area, and its copy behind it.
        expect(area.every((byte) => byte === 0)).toBe(true);
        area.fill(0xee);
      }
      if (blob) expect(tpm.load(blob)).toBe(0);
      else core.manufacture(0);
      core.committed();
      core.powerOn();
      expect(tpm.startup().rc).toBe(0);
      for (const each of [define(1, 2048), write(1, 2048), define(2, 16), undefineSpace(RH.OWNER, INDEX + 1)])
        expect(tpm.run(each).rc).toBe(0);
      tpm.storeFails = true;
      expect(tpm.run(define(3, 64)).rc).toBe(0x923);
      tpm.storeFails = false;
      tpm.saveVolatile();
      core.inspect();
      tpm.save();
      core.committed();
      for (const area of unused) expect(area.every((byte) => byte === 0xee)).toBe(true);
      core.wipe();
      for (const area of unused) {
        expect(area.every((byte) => byte === 0xee)).toBe(true);
        area.fill(0);
      }
      expect(isZero(core.memory.buffer)).toBe(true);
    }
  });

  it("is zero again when it is wiped, whatever was done: NV that grew and shrank, stores that refused, states in and out", () => {
    const size = fc.constantFrom(1, 64, 1000, 2048);
    const step = fc.record({ number: fc.nat(5), size, fails: fc.boolean(), what: fc.nat(8) });
    const large = TestTpm.started();
    for (let number = 0; number < 40; number++) expect(large.run(define(number, 2048)).rc).toBe(0);
    const [blob, volatile] = [large.stored as Uint8Array, large.saveVolatile()];
    let kept = 0;
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), fc.boolean(), (steps, isLoaded) => {
        const tpm = isLoaded ? TestTpm.resumed(blob, volatile) : TestTpm.started();
        const run = (bytes: Uint8Array) => {
          if (tpm.run(bytes).rc === 0) kept++;
        };
        for (const { number, size, fails, what } of steps) {
          tpm.storeFails = fails;
          if (what === 0) run(undefineSpace(RH.OWNER, INDEX + number));
          else if (what === 1) run(write(number, size));
          else if (what === 2) tpm.saveVolatile();
          else if (what === 3) tpm.core.inspect();
          else if (what === 4) tpm.save();
          else if (what === 5) run(command(CC.HierarchyChangeAuth, [RH.OWNER], [sized([])], [password()]));
          else if (what === 6) run(command(CC.Clear, [RH.PLATFORM], [], [password()]));
          else if (what === 7) tpm.load(blob.subarray(0, number * 8000));
          else run(define(number, size));
        }
        // With what no store has taken.
        tpm.storeFails = true;
        run(command(CC.GetRandom, [], [u16(32)]));
        tpm.core.wipe();
        expect(isZero(tpm.core.memory.buffer)).toBe(true);
      }),
      { numRuns: 60 },
    );
    expect(kept).toBeGreaterThan(60);
  });
});
