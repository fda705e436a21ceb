import { expect, it } from "vitest";
import type { V86Cpu } from "./internals.ts";
import { JitPolicy } from "./jitPolicy.ts";

/** A processor that notes what it was told, and the number of instructions that a test says it has executed. */
function setUp(start = 0) {
  let instructions = start;
  const told: number[][] = [];
  const pointer = [0];
  const cpu = {
    previous_ip: pointer,
    set_jit_config: (index: number, value: number) => void told.push([index, value]),
  } as unknown as V86Cpu;
  const policy = new JitPolicy(cpu, () => instructions >>> 0);
  /** Slices of a million instructions, each followed by a rest; they end in so many pages, by turns. */
  const run = (millions: number, { rest = 0, booting = false, pages = 4, million = 1_000_000 } = {}) => {
    for (let i = 0; i < millions; i++) {
      instructions += million;
      pointer[0] = (0xc1185 + (i % pages)) * 4096 + ((i * 37) % 4096);
      policy.afterSlice(rest, booting);
    }
  };
  return { policy, told, run, cpu };
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

it("is on after 120 million instructions without a rest at the prompt, of which the boot's are none", () => {
  const { policy, run } = setUp();
  run(300, { booting: true });
  run(120);
  expect(policy.compiling).toBe(false);
  run(1);
  expect(policy.compiling).toBe(true);
});

it("stays off for short work with rests in between", () => {
  const { told, run } = setUp();
  for (let tool = 0; tool < 20; tool++) {
    run(110);
    run(1, { rest: 4 });
  }
  expect(told).toEqual([OFF]);
});

it("is off again after a second of rest, and on again for the next long work", () => {
  const { policy, told, run } = setUp();
  run(121);
  run(9, { rest: 100 });
  run(20);
  expect(policy.compiling).toBe(true);
  run(1, { rest: 100 });
  expect(policy.compiling).toBe(false);
  run(120);
  expect(policy.compiling).toBe(false);
  run(1);
  expect(told).toEqual([OFF, ON, OFF, ON]);
});

it("is not misled by rests shorter than the guest's timer, nor by a counter that wraps around", () => {
  const { policy, run } = setUp(2 ** 32 - 30_000_000);
  run(120, { rest: 3 });
  expect(policy.compiling).toBe(false);
  run(1, { rest: 3 });
  expect(policy.compiling).toBe(true);
});

it("counts the rests since the guest was last at work for long", () => {
  const { policy, run } = setUp();
  run(121);
  run(9, { rest: 100 });
  run(121);
  run(9, { rest: 100 });
  expect(policy.compiling).toBe(true);
  run(1, { rest: 100 });
  expect(policy.compiling).toBe(false);
});

it("is on while the guest is in a loop of three pages, also while it boots, and off as soon as it has left it", () => {
  for (const booting of [true, false]) {
    const { policy, told, run } = setUp();
    const slices = { booting, million: 100_000 };
    run(100, { ...slices, pages: 4 });
    run(20, { ...slices, pages: 3 });
    expect(policy.compiling).toBe(false);
    run(24, { ...slices, pages: 3 });
    expect(policy.compiling).toBe(true);
    run(300, { ...slices, pages: 2 });
    expect(told).toEqual([OFF, ON]);
    run(4, { ...slices, pages: 4 });
    expect(told).toEqual([OFF, ON, OFF]);
  }
});

it("takes no guest that waits for one in a loop", () => {
  const { told, run } = setUp();
  for (let wait = 0; wait < 20; wait++) {
    run(23, { pages: 1, million: 1000 });
    run(1, { pages: 1, rest: 4, million: 1000 });
  }
  expect(told).toEqual([OFF]);
});

it("does without what a release of v86 may not have", () => {
  const { policy, run, cpu } = setUp();
  delete cpu.previous_ip;
  run(120, { pages: 1 });
  expect(policy.compiling).toBe(false);
  run(1, { pages: 1 });
  expect(policy.compiling).toBe(true);
});
