import { expect, it } from "vitest";
import type { V86Cpu } from "./internals.ts";
import { JitPolicy } from "./jitPolicy.ts";

/** A processor that notes what it was told, and the number of instructions that a test says it has executed. */
function setUp(start = 0) {
  let instructions = start;
  const told: number[][] = [];
  const cpu = { set_jit_config: (index: number, value: number) => void told.push([index, value]) } as unknown as V86Cpu;
  const policy = new JitPolicy(cpu, () => instructions >>> 0);
  /** Slices of a million instructions, each followed by a rest. */
  const run = (millions: number, { rest = 0, booting = false } = {}) => {
    for (let i = 0; i < millions; i++) {
      instructions += 1_000_000;
      policy.afterSlice(rest, booting);
    }
  };
  return { policy, told, run };
}
const OFF = [0, 1];
const ON = [0, 0];

it("is off while a machine boots, however busy, up to a boot of 400 million instructions", () => {
  const { policy, told, run } = setUp();
  run(400, { booting: true });
  expect([policy.compiling, told]).toEqual([false, [OFF]]);
  run(1, { booting: true });
  expect([policy.compiling, told]).toEqual([true, [OFF, ON]]);
});

it("is on after 60 million instructions without a rest at the prompt, of which the boot's are none", () => {
  const { policy, run } = setUp();
  run(300, { booting: true });
  run(60);
  expect(policy.compiling).toBe(false);
  run(1);
  expect(policy.compiling).toBe(true);
});

it("stays off for short work with rests in between", () => {
  const { told, run } = setUp();
  for (let tool = 0; tool < 20; tool++) {
    run(52);
    run(1, { rest: 4 });
  }
  expect(told).toEqual([OFF]);
});

it("is off again after a second of rest, and on again for the next long work", () => {
  const { policy, told, run } = setUp();
  run(61);
  run(9, { rest: 100 });
  run(20);
  expect(policy.compiling).toBe(true);
  run(1, { rest: 100 });
  expect(policy.compiling).toBe(false);
  run(60);
  expect(policy.compiling).toBe(false);
  run(1);
  expect(told).toEqual([OFF, ON, OFF, ON]);
});

it("is not misled by rests shorter than the guest's timer, nor by a counter that wraps around", () => {
  const { policy, run } = setUp(2 ** 32 - 30_000_000);
  run(60, { rest: 3 });
  expect(policy.compiling).toBe(false);
  run(1, { rest: 3 });
  expect(policy.compiling).toBe(true);
});

it("counts the rests since the guest was last at work for long", () => {
  const { policy, run } = setUp();
  run(61);
  run(9, { rest: 100 });
  run(61);
  run(9, { rest: 100 });
  expect(policy.compiling).toBe(true);
  run(1, { rest: 100 });
  expect(policy.compiling).toBe(false);
});
