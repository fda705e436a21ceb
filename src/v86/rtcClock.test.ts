/** The real-time clock of the installed v86, through its ports, on a clock whose host is set by hand. */
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { GuestClock } from "./guestClock.ts";
import { requireInternals, type V86Cpu } from "./internals.ts";
import { Platform } from "./platform.ts";
import { RtcClock } from "./rtcClock.ts";
import { loaded, makeEmulator, until, v86Wasm } from "./testkit/emulator.ts";
import * as x86 from "./testkit/program.ts";

const [SECONDS, SECONDS_ALARM, MINUTES, MINUTES_ALARM, HOURS, HOURS_ALARM] = [0, 1, 2, 3, 4, 5];
const [DAY, MONTH, YEAR, STATUS_A, STATUS_B, STATUS_C, CENTURY] = [7, 8, 9, 0x0a, 0x0b, 0x0c, 0x32];
/** 24 hours, BCD, no interrupts: as v86 has it at first. */
const MODE = 0x02;
const NOON = Date.UTC(2031, 4, 6, 12, 0, 0);
const DAY_MS = 86_400_000;

async function bios(...program: number[][]): Promise<V86Cpu> {
  const emulator = makeEmulator({ bios: { buffer: x86.biosOf(...program) } });
  await loaded(emulator);
  return requireInternals(emulator);
}

/** What a guest does with IN and OUT, between two slices. */
function ports(cpu: V86Cpu) {
  const { rtc } = cpu.devices;
  const select = (register: number) => cpu.io.ports[0x70]!.write8.call(rtc, register);
  const read = (register: number) => {
    select(register);
    return cpu.io.ports[0x71]!.read8.call(rtc);
  };
  const write = (register: number, value: number) => {
    select(register);
    cpu.io.ports[0x71]!.write8.call(rtc, value);
  };
  const number = (register: number) => (read(register) >> 4) * 10 + (read(register) & 15);
  const time = () =>
    Date.UTC(
      number(CENTURY) * 100 + number(YEAR),
      number(MONTH) - 1,
      number(DAY),
      number(HOURS),
      number(MINUTES),
      number(SECONDS),
    );
  return { read, write, time };
}

/** A host whose uptime and wall time are set by hand, and the clock of a guest that was switched on at `start`. */
async function setUp(start = NOON) {
  const cpu = await bios();
  const host = { up: 5000, wall: start };
  const pass = (ms: number) => {
    host.up += ms;
    host.wall += ms;
  };
  const clock = new GuestClock(() => host.up);
  const rtcClock = new RtcClock(cpu, clock, () => host.wall);
  const raised = vi.spyOn(cpu, "device_raise_irq").mockImplementation(() => {});
  const slice = () => cpu.devices.rtc.timer();
  /** As long as the guest executes: slices of a millisecond. */
  const run = (ms: number) => {
    for (let i = 0; i < ms; i++) {
      pass(1);
      slice();
    }
  };
  return { cpu, host, pass, clock, rtcClock, raised, slice, run, ...ports(cpu) };
}

describe("the guest's wall clock", () => {
  it("shows the host's time when the guest is switched on, and goes on with the guest", async () => {
    const { time, run } = await setUp(NOON + 250);
    expect(time()).toBe(NOON);
    run(2000);
    expect(time()).toBe(NOON + 2000);
  });

  it("stands still while the guest does, and has made up for it later", async () => {
    const { time, run, pass, clock, slice } = await setUp();
    clock.stand();
    pass(20_000);
    slice();
    expect(time()).toBe(NOON);
    clock.resume();
    run(1000);
    expect(time()).toBe(NOON + 1000);
    run(399_000);
    expect(time()).toBe(NOON + 420_000);
  });

  it("does not follow the host's wall clock when that is set, but at a reset", async () => {
    const { time, run, host, clock, rtcClock } = await setUp();
    for (const step of [-3_600_000, 86_400_000]) {
      host.wall += step;
      run(1000);
    }
    expect(time()).toBe(NOON + 2000);
    clock.synchronise();
    rtcClock.synchronise();
    expect(time()).toBe(NOON + 2000 - 3_600_000 + 86_400_000);
  });

  it("has the days of a leap year and the century", async () => {
    const { time, run } = await setUp(Date.UTC(2096, 1, 28, 23, 59, 59));
    run(1000);
    expect(new Date(time()).toISOString()).toBe("2096-02-29T00:00:00.000Z");
  });

  it("never goes back, never steps by more than 10 ms, and stands while held: whatever the host does", async () => {
    const { cpu, clock, pass, host, slice } = await setUp();
    const act = fc.record({
      kind: fc.constantFrom("run", "run", "run", "stop", "stand", "resume", "set the host's clock"),
      ms: fc.integer({ min: 0, max: 40_000 }),
    });
    fc.assert(
      fc.property(fc.array(act, { maxLength: 100 }), (acts) => {
        const wrong: string[] = [];
        clock.resume();
        let standing = false;
        for (const { kind, ms } of acts) {
          const before = cpu.devices.rtc.rtc_time;
          if (kind === "run") pass(ms % 10);
          else if (kind === "stop") pass(ms);
          else if (kind === "stand") clock.stand();
          else if (kind === "resume") clock.resume();
          else host.wall -= ms;
          if (kind === "stand") standing = true;
          if (kind === "resume") standing = false;
          const due = slice();
          const step = cpu.devices.rtc.rtc_time - before;
          if (step < 0 || step > (standing ? 0 : 10.001)) wrong.push(`${kind} ${ms}: ${step}`);
          if (due < 0 || due > 100) wrong.push(`due in ${due}`);
        }
        expect(wrong).toEqual([]);
      }),
    );
  });
});

describe("its interrupts", () => {
  it("periodic: as often as register A says, in the guest's time", async () => {
    const { raised, run, write, read, pass, clock, slice } = await setUp();
    // 64 Hz.
    write(STATUS_A, 0x2a);
    write(STATUS_B, MODE | 0x40);
    run(1000);
    expect(raised.mock.calls.length).toBeGreaterThanOrEqual(63);
    expect(raised.mock.calls.length).toBeLessThanOrEqual(65);
    expect(raised).toHaveBeenCalledWith(8);
    expect(read(STATUS_C)).toBe(0xc0);
    expect(read(STATUS_C)).toBe(0);
    raised.mockClear();
    clock.stand();
    pass(5000);
    slice();
    clock.resume();
    slice();
    expect(raised.mock.calls.length).toBeLessThanOrEqual(1);
    write(STATUS_B, MODE);
    raised.mockClear();
    run(100);
    expect(raised).not.toHaveBeenCalled();
  });

  it.each([
    ["periodic", 0x40, 64],
    ["update ended", 0x10, 1],
  ])("%s: where the host's date is far ahead, in the mode with 12 hours too", async (_, enable, times) => {
    const { raised, run, write } = await setUp(Date.UTC(2001, 1, 3));
    write(STATUS_A, 0x2a);
    write(STATUS_B, enable);
    run(1000);
    expect(Math.abs(raised.mock.calls.length - times)).toBeLessThanOrEqual(1);
    expect(raised).toHaveBeenCalledWith(8);
  });

  it("alarm: once, when the guest's clock shows its time, also when the host is long past it and on another day", async () => {
    const { raised, run, write, read, time, pass, clock, slice } = await setUp(Date.UTC(2031, 4, 6, 23, 59, 55));
    clock.stand();
    pass(15_000);
    slice();
    clock.resume();
    for (const [register, value] of [
      [SECONDS_ALARM, 0x58],
      [MINUTES_ALARM, 0x59],
      [HOURS_ALARM, 0x23],
    ] as const)
      write(register, value);
    write(STATUS_B, MODE | 0x20);
    run(2000);
    expect(raised).not.toHaveBeenCalled();
    run(1000);
    expect(raised).toHaveBeenCalledOnce();
    expect(new Date(time()).toISOString()).toBe("2031-05-06T23:59:58.000Z");
    expect(read(STATUS_C)).toBe(0xa0);
    run(1000);
    expect(raised).toHaveBeenCalledOnce();
  });

  it("update ended: once a second", async () => {
    const { raised, run, write, read } = await setUp();
    write(STATUS_B, MODE | 0x10);
    run(3500);
    expect(raised).toHaveBeenCalledTimes(4);
    expect(read(STATUS_C)).toBe(0x90);
  });

  it("are due no later than they come: the processor sleeps no longer", async () => {
    const { write, slice, run } = await setUp();
    expect(slice()).toBe(100);
    write(STATUS_B, MODE | 0x10);
    run(940);
    expect(slice()).toBeCloseTo(61);
    write(SECONDS_ALARM, 0x01);
    write(MINUTES_ALARM, 0x00);
    write(HOURS_ALARM, 0x12);
    write(STATUS_B, MODE | 0x20);
    expect(slice()).toBeCloseTo(60);
    write(STATUS_A, 0x2a);
    write(STATUS_B, MODE | 0x40);
    expect(slice()).toBe(0);
    run(1);
    expect(slice()).toBeLessThan(1000 / 64);
  });
});

it("a machine that is held, released, reset and detached has the guest's time, the host's and v86's own again", async () => {
  const host = { up: 5000 };
  // A slice lasts until a millisecond has passed: each look takes a little.
  const clock = new GuestClock(() => (host.up += 0.01));
  const emulator = makeEmulator({
    bios: { buffer: x86.biosOf(x86.increment(0x600), x86.spin()) },
    wasm_fn: clock.instantiate(v86Wasm),
  });
  await loaded(emulator);
  const cpu = requireInternals(emulator);
  const own = [cpu.devices.rtc.timer, cpu.io.ports[0x71]!.write8];
  const wall = vi.spyOn(Date, "now").mockReturnValue(NOON);
  try {
    const { time } = ports(cpu);
    const platform = new Platform(emulator, clock);
    const release = platform.hold();
    let slices = 0;
    platform.on("slice", () => slices++);
    await emulator.run();
    await until(() => cpu.mem8[0x600] === 0);
    release();
    await until(() => slices > 2);
    host.up += 20_000;
    wall.mockReturnValue(NOON + 20_000);
    slices = 0;
    await until(() => slices > 2);
    expect(time()).toBe(NOON);
    expect(clock.lag).toBeGreaterThan(19_000);
    platform.reset();
    expect(time()).toBe(NOON + 20_000);
    await emulator.stop();
    platform.detach();
    expect([cpu.devices.rtc.timer, cpu.io.ports[0x71]!.write8]).toEqual(own);
    wall.mockReturnValue(NOON + DAY_MS);
    cpu.devices.rtc.timer();
    expect(time()).toBe(NOON + DAY_MS);
  } finally {
    wall.mockRestore();
  }
});
