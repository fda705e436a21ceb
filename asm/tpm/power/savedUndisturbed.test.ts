import { describe, expect, it } from "vitest";
import { command, hex, password, TestTpm } from "../../testkit/harness.ts";
import { AUTH_FAIL, LOCKOUT, open, parameters as protection, sealed } from "../../testkit/lockoutScenarios.ts";
import { RH } from "../../testkit/names.ts";

const lockReset = (auth: number[] = []) => command(0x139, [RH.LOCKOUT], [], [password(auth)]);
const view = (tpm: TestTpm) => new Uint8Array(tpm.core.memory.buffer);

function saveVolatile(tpm: TestTpm): Uint8Array {
  const size = tpm.core.saveVolatile();
  return view(tpm).slice(tpm.core.stateBuffer(), tpm.core.stateBuffer() + size);
}
/** TPM_PT_LOCKOUT_COUNTER. */
function tries(tpm: TestTpm): number {
  const response = tpm.run(
    command(
      0x17a,
      [],
      [
        [0, 0, 0, 6],
        [0, 0, 2, 0x0e],
        [0, 0, 0, 1],
      ],
    ),
  );
  return response.view.getUint32(response.size - 4);
}
/** A TPM whose clock and protection are all under way: not safe, two tries, lockoutAuth closed, at other times than 0. */
async function busyTpm(): Promise<TestTpm> {
  const tpm = TestTpm.started().powerCycle();
  tpm.startup();
  const guarded = await sealed((bytes) => tpm.run(bytes).bytes);
  expect(tpm.run(protection(9, 100, 200)).rc).toBe(0);
  tpm.run(open(guarded));
  tpm.now += 1000;
  for (let i = 0; i < 2; i++) expect(tpm.run(open(guarded, [8])).rc).toBe(AUTH_FAIL);
  tpm.now += 1000;
  expect(tpm.run(lockReset([8])).rc).toBe(AUTH_FAIL);
  tpm.now += 1000;
  expect(tpm.run(command(0x181)).view.getUint8(34)).toBe(0);
  return tpm;
}

describe("a TPM whose volatile state is saved", () => {
  it("is as it was: clock and protection go on, there and where it is resumed", async () => {
    const tpm = await busyTpm();
    const before = hex(tpm.save());
    const volatile = saveVolatile(tpm);
    expect(hex(tpm.save())).toBe(before);
    const resumed = new TestTpm({ blob: tpm.save(), seed: "another", now: tpm.now });
    view(resumed).set(volatile, resumed.core.stateBuffer());
    expect(resumed.core.loadVolatile(volatile.length)).toBe(0);
    expect(hex(resumed.save())).toBe(before);
    for (const each of [tpm, resumed]) {
      each.now += 97_000;
      expect(tries(each)).toBe(2);
      each.now += 1000;
      expect(tries(each)).toBe(1);
      each.now += 100_000;
      expect(tries(each)).toBe(0);
      expect(each.run(lockReset()).rc).toBe(LOCKOUT);
      each.now += 1000;
      expect(each.run(lockReset()).rc).toBe(0);
    }
  });

  it("is as it was in its first second, when lockoutAuth is open and Clock safe", () => {
    const tpm = TestTpm.started();
    const before = hex(tpm.save());
    saveVolatile(tpm);
    expect(hex(tpm.save())).toBe(before);
  });

  it("may run on: its volatile state still goes with what time has healed since, and with a later failure", async () => {
    for (const later of ["healed", "failed"] as const) {
      const tpm = await busyTpm();
      const volatile = saveVolatile(tpm);
      tpm.now += 300_000;
      if (later === "failed") expect(tpm.run(lockReset([8])).rc).toBe(AUTH_FAIL);
      else expect(tries(tpm)).toBe(0);
      const resumed = new TestTpm({ blob: tpm.stored as Uint8Array, seed: "another", now: tpm.now });
      view(resumed).set(volatile, resumed.core.stateBuffer());
      expect(resumed.core.loadVolatile(volatile.length)).toBe(0);
      expect(tries(resumed)).toBe(0);
      expect(resumed.run(command(0x181)).view.getUint8(34)).toBe(1);
      expect(resumed.run(lockReset()).rc).toBe(later === "healed" ? 0 : LOCKOUT);
    }
  });

  it("is as it was when the blob is of another state", async () => {
    const [tpm, other] = [await busyTpm(), TestTpm.started()];
    const volatile = saveVolatile(other);
    const before = hex(tpm.save());
    view(tpm).set(volatile, tpm.core.stateBuffer());
    expect(tpm.core.loadVolatile(volatile.length)).toBeGreaterThan(0);
    expect(hex(tpm.save())).toBe(before);
  });
});
