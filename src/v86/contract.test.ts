/**
 * What this library takes for granted of v86 without its documentation saying so. When one of these fails after an
 * update of v86, the code that relies on it is to be looked at before SUPPORTED_V86_VERSION moves.
 * `otherV86.integration.test.ts` runs these with the other release.
 */
import { readFileSync } from "node:fs";
import type { V86 } from "v86";
import { describe, expect, it, vi } from "vitest";
import { GuestClock, runWithClock } from "./guestClock.ts";
import { clockSourceOf, isInitialised, REQUIRED_MEMBERS, requireInternals, type V86Cpu } from "./internals.ts";
import { TESTED_V86_VERSIONS, testedReleaseOf } from "./release.ts";
import { loaded, makeEmulator, pause, RAM_SIZE, until, v86Wasm } from "./testkit/emulator.ts";
import { installed } from "./testkit/installedV86.ts";
import * as x86 from "./testkit/program.ts";

const BLOCK = 0xfed4_0000;
const DONE = 0x600;

async function boot(...program: number[][]): Promise<{ emulator: V86; cpu: V86Cpu; run: () => Promise<void> }> {
  const emulator = makeEmulator({ bios: { buffer: x86.biosOf(...program, x86.increment(DONE)) } });
  await loaded(emulator);
  const cpu = requireInternals(emulator);
  return {
    emulator,
    cpu,
    run: async () => {
      await emulator.run();
      await until(() => cpu.mem8[DONE] !== 0);
    },
  };
}

describe("v86", () => {
  it("is a release that is tested, and its processor is recognised before and while it executes", async () => {
    const { version } = JSON.parse(readFileSync(installed.package, "utf8")) as { version: string };
    const release = version.split("+")[0];
    expect(TESTED_V86_VERSIONS).toContain(release);
    const { cpu, run } = await boot(x86.increment(0x700));
    expect(testedReleaseOf(cpu)).toBe(release);
    await run();
    expect(testedReleaseOf(cpu)).toBe(release);
  });

  it("has every member that is required, and the absence of one is an error that names it and a version that has it", async () => {
    const { emulator } = await boot();
    for (const path of Object.keys(REQUIRED_MEMBERS)) {
      expect(() => requireInternals(emulator), path).not.toThrow();
      const keys = path.split(".");
      const last = keys.pop()!;
      let owner: Record<string, unknown> = emulator as unknown as Record<string, unknown>;
      for (const key of keys) owner = owner[key] as Record<string, unknown>;
      const member = owner[last];
      owner[last] = undefined;
      expect(() => requireInternals(emulator)).toThrow(new RegExp(`no ${path.replaceAll(".", "\\.")} .*0\\.5\\.462`));
      owner[last] = member;
    }
  });

  it("sends emulator-ready after the devices exist and before the first instruction, with autostart too", async () => {
    const emulator = makeEmulator({ bios: { buffer: x86.biosOf() }, autostart: true });
    expect(isInitialised(emulator)).toBe(false);
    const seen = await new Promise((resolve) => {
      emulator.add_listener("emulator-ready", () => {
        resolve({ initialised: isInitialised(emulator), instructions: emulator.get_instruction_counter() });
      });
    });
    expect(seen).toEqual({ initialised: true, instructions: 0 });
  });

  it("has guest RAM in mem8 and its size in memory_size", async () => {
    const { cpu, run } = await boot(x86.setEax(0x1122_3344), x86.store32(0x700));
    await run();
    expect(cpu.memory_size[0]).toBe(RAM_SIZE);
    expect(cpu.mem8.length).toBe(RAM_SIZE);
    expect([...cpu.mem8.slice(0x700, 0x704)]).toEqual([0x44, 0x33, 0x22, 0x11]);
    cpu.zero_memory(0, RAM_SIZE);
    expect(cpu.mem8[0x700]).toBe(0);
  });

  it("passes accesses on as 8 and 32 bits: 16 as two of 8, 64 as two of 32, unaligned 32 as one; all signed", async () => {
    const { cpu, run } = await boot(
      x86.load8(BLOCK + 1),
      x86.load16(BLOCK + 0x10),
      x86.load32(BLOCK + 0x20),
      x86.store32(0x700),
      x86.load32(BLOCK + 0x31),
      x86.load64(BLOCK + 0x40),
      x86.store64(BLOCK + 0x50),
      x86.setEax(0xf1f2_f3f4),
      x86.store8(BLOCK + 0x60),
      x86.store16(BLOCK + 0x70),
      x86.store32(BLOCK + 0x80),
      x86.store32(BLOCK + 0x91),
    );
    const log: string[] = [];
    const at = (address: number) => {
      expect(address).toBeLessThan(0);
      return (address - BLOCK) >>> 0;
    };
    cpu.io.mmap_register(
      BLOCK | 0,
      0x2_0000,
      (address) => {
        log.push(`read8 ${at(address).toString(16)}`);
        return 0x80;
      },
      (address, value) => log.push(`write8 ${at(address).toString(16)} ${value.toString(16)}`),
      (address) => {
        log.push(`read32 ${at(address).toString(16)}`);
        return at(address) === 0x20 ? 0x8000_0020 | 0 : at(address);
      },
      (address, value) =>
        log.push(`write32 ${at(address).toString(16)} ${value === (value | 0)} ${(value >>> 0).toString(16)}`),
    );
    await run();
    expect(log).toEqual([
      "read8 1",
      "read8 10",
      "read8 11",
      "read32 20",
      "read32 31",
      "read32 40",
      "read32 44",
      "write32 50 true 40",
      "write32 54 true 44",
      "write8 60 f4",
      "write8 70 f4",
      "write8 71 f3",
      "write32 80 true f1f2f3f4",
      "write32 91 true f1f2f3f4",
    ]);
    expect([...cpu.mem8.slice(0x700, 0x704)]).toEqual([0x20, 0x00, 0x00, 0x80]);
  });

  it("maps blocks of 128 KiB, and gives the former handlers back through the memory maps", async () => {
    const { cpu } = await boot();
    const block = BLOCK >>> 17;
    const former = cpu.memory_map_read8[block];
    const read8 = () => 1;
    const nothing = () => {};
    cpu.io.mmap_register(BLOCK | 0, 0x2_0000, read8, nothing, read8, nothing);
    expect(cpu.memory_map_read8[block]).toBe(read8);
    expect(cpu.memory_map_write8[block]).toBe(nothing);
    expect(cpu.memory_map_read32[block]).toBe(read8);
    expect(cpu.memory_map_write32[block]).toBe(nothing);
    expect(cpu.memory_map_read8[block - 1]).toBe(former);
    expect(cpu.memory_map_read8[block + 1]).toBe(former);
  });

  it("offers option_roms as the fw_cfg directory, read at each access", async () => {
    const { cpu, run } = await boot(
      x86.out16(0x510, 0x19),
      ...[0, 1, 2, 3].flatMap((i) => [x86.in8(0x511), x86.store8(0x700 + i)]),
      ...Array.from({ length: 64 }, (_, i) => [...x86.in8(0x511), ...x86.store8(0x710 + i)]),
      x86.out16(0x510, 0xc000),
      ...[0, 1, 2].flatMap((i) => [x86.in8(0x511), x86.store8(0x780 + i)]),
    );
    cpu.option_roms.push({ name: "etc/example", data: Uint8Array.of(7, 8, 9) });
    await run();
    const entry = new DataView(cpu.mem8.slice(0x710, 0x750).buffer);
    expect([...cpu.mem8.slice(0x700, 0x704)]).toEqual([0, 0, 0, 1]);
    expect([entry.getUint32(0), entry.getUint16(4)]).toEqual([3, 0xc000]);
    expect(String.fromCharCode(...new Uint8Array(entry.buffer, 8, 12))).toBe("etc/example\0");
    expect([...cpu.mem8.slice(0x780, 0x783)]).toEqual([7, 8, 9]);
  });

  it.each([
    ["port 0xCF9", [...x86.out8(0xcf9, 0x02), ...x86.out8(0xcf9, 0x06)]],
    ["the 8042", x86.out8(0x64, 0xfe)],
  ])("resets through %s by the instance's reboot_internal", async (_, instructions) => {
    const { emulator, cpu } = await boot(instructions, x86.spin());
    const reboot = vi.fn();
    cpu.reboot_internal = reboot;
    await emulator.run();
    await until(() => reboot.mock.calls.length > 0);
  });

  it("restarts by the instance's reboot_internal, which runs the BIOS again in the same RAM", async () => {
    const { emulator, cpu, run } = await boot(x86.increment(0x700));
    const reboot = vi.spyOn(cpu, "reboot_internal");
    await run();
    emulator.restart();
    await until(() => cpu.mem8[DONE] === 2);
    expect(reboot).toHaveBeenCalledOnce();
    expect(cpu.mem8[0x700]).toBe(2);
  });

  it("executes in the instance's main_loop only, whose result is the delay until the next slice", async () => {
    const { emulator, cpu } = await boot();
    const main = cpu.main_loop.bind(cpu);
    let gated = 0;
    cpu.main_loop = () => {
      gated++;
      return 0;
    };
    await emulator.run();
    await until(() => gated > 10);
    expect(emulator.get_instruction_counter()).toBe(0);
    expect(emulator.is_running()).toBe(true);
    cpu.main_loop = main;
    await until(() => cpu.mem8[DONE] === 1);
    expect(emulator.get_instruction_counter()).toBeGreaterThan(0);
  });

  it("ends the slice when in_hlt is set by a port's handler, and goes on where it was after it is cleared", async () => {
    const { emulator, cpu } = await boot(x86.increment(0x700), x86.out16(0xb004, 0), x86.increment(0x700));
    let writes = 0;
    cpu.io.register_write(0xb004, cpu.io.ports[0xb004]!.device!, undefined, () => {
      writes++;
      cpu.in_hlt[0] = 1;
    });
    await emulator.run();
    await until(() => writes === 1);
    await pause();
    expect(cpu.mem8[0x700]).toBe(1);
    cpu.in_hlt[0] = 0;
    await until(() => cpu.mem8[DONE] === 1);
    expect(cpu.mem8[0x700]).toBe(2);
  });

  it("stops before the next slice, so that a stop in emulator-loaded undoes autostart", async () => {
    const emulator = makeEmulator({ bios: { buffer: x86.biosOf(x86.spin()) }, autostart: true });
    const stopped = new Promise((resolve) => emulator.add_listener("emulator-stopped", () => resolve(undefined)));
    emulator.add_listener("emulator-loaded", () => void emulator.stop());
    await stopped;
    expect(emulator.get_instruction_counter()).toBe(0);
  });

  it("has PM1 control as a 16-bit port at 0xB004 that belongs to the ACPI device", async () => {
    const { cpu, run } = await boot(x86.out16(0xb004, 0x3c01));
    const entry = cpu.io.ports[0xb004]!;
    expect(entry.device).toBe(cpu.devices.acpi);
    const written: number[] = [];
    cpu.io.register_write(0xb004, entry.device!, undefined, (value) => written.push(value));
    await run();
    expect(written).toEqual([0x3c01]);
  });

  it("shows paging in cr[0]", async () => {
    // One page directory entry: the first 4 MiB, identity mapped as one large page.
    const { cpu, run } = await boot(
      x86.setEax(0x83),
      x86.store32(0x1000),
      x86.enableLargePages(),
      x86.enablePaging(0x1000),
    );
    expect(cpu.cr[0]! & 0x8000_0000).toBe(0);
    await run();
    expect(cpu.cr[0]! >>> 31).toBe(1);
  });

  it("compiles what is in RAM anew after jit_clear_cache", async () => {
    const count = x86.increment(0x700);
    const { emulator, cpu } = await boot([...count, 0xeb, 256 - count.length - 2]);
    const counter = (address: number) => new DataView(cpu.mem8.slice(address, address + 4).buffer).getUint32(0, true);
    await emulator.run();
    await until(() => counter(0x700) > 1_000_000);
    const code = findCode(cpu.mem8.slice(0xf_0000, 0x10_0000), count) + 0xf_0000;
    cpu.mem8.set(x86.increment(0x704), code);
    cpu.jit_clear_cache();
    await until(() => counter(0x704) > 0);
  });

  it("takes the time from env.microtick in the processor, and from the class in its devices", async () => {
    const look = (to: number) => [0x66, 0xba, 0x08, 0xb0, 0xed, ...x86.store32(to)];
    const program = [...look(0x704), ...look(0x714)];
    // Later than what the devices have seen when they were made: the PM timer does not go back.
    let host = Math.ceil(performance.now()) + 10_000;
    const begin = host + 1;
    let looks = 0;
    const clock = new GuestClock(() => {
      looks++;
      return host;
    });
    const emulator = makeEmulator({
      bios: { buffer: x86.biosOf(program, x86.increment(DONE)) },
      wasm_fn: clock.instantiate(v86Wasm),
    });
    await loaded(emulator);
    const cpu = requireInternals(emulator);
    const main = cpu.main_loop.bind(cpu);
    cpu.main_loop = () => {
      host += 1;
      looks = 0;
      return runWithClock(clockSourceOf(emulator), clock, main);
    };
    await emulator.run();
    await until(() => cpu.mem8[DONE] === 1);
    const word = (at: number) => new DataView(cpu.mem8.slice(at, at + 4).buffer).getUint32(0, true);
    // v86 counts the looks at one and the same time.
    expect(word(0x714)).toBe(word(0x704) + 1);
    expect(looks).toBeGreaterThan(0);
    expect((word(0x704) - Math.trunc((begin * 3_579_545) / 1000)) & 0xff_ffff).toBeLessThan(100);
  });

  it("has a real-time clock of these fields, whose timer is the instance's, and whose port 71h reads the time in them", async () => {
    const { emulator, cpu } = await boot(x86.out8(0x70, 4), x86.in8(0x71), x86.store8(0x700));
    const { rtc } = cpu.devices;
    const kinds = Object.entries(rtc).map(([name, value]) => [name, typeof value]);
    const expected = {
      rtc_time: "number",
      last_update: "number",
      periodic_interrupt: "boolean",
      periodic_interrupt_time: "number",
      next_interrupt: "number",
      next_interrupt_alarm: "number",
      update_interrupt: "boolean",
      update_interrupt_time: "number",
      cmos_index: "number",
      cmos_b: "number",
      cmos_c: "number",
    };
    expect(Object.fromEntries(kinds)).toMatchObject(expected);
    expect(cpu.io.ports[0x71]!.device).toBe(rtc);
    const timer = vi.fn(() => 100);
    rtc.timer = timer;
    rtc.rtc_time = Date.UTC(2031, 4, 6, 13);
    await emulator.run();
    await until(() => cpu.mem8[DONE] === 1);
    expect(timer).toHaveBeenCalled();
    expect(cpu.mem8[0x700]).toBe(0x13);
  });

  it("takes its turn at once after stop_idling, and for a stopped one says that it has stopped", async () => {
    const { emulator, cpu } = await boot();
    let turns = 0;
    cpu.main_loop = () => {
      turns++;
      return 1e8;
    };
    await emulator.run();
    await until(() => turns === 1);
    await pause();
    expect(turns).toBe(1);
    cpu.stop_idling();
    await until(() => turns === 2);
    const stopped = emulator.stop();
    cpu.stop_idling();
    await stopped;
    expect(emulator.is_running()).toBe(false);
    expect(turns).toBe(2);
  });

  it("requests an interrupt from the PIC by device_raise_irq", async () => {
    const program = [x86.out8(0x20, 0x0a), x86.in8(0x20), x86.store8(0x700)];
    const quiet = await boot(...program);
    await quiet.run();
    expect(quiet.cpu.mem8[0x700]! & 0x80).toBe(0);
    const raised = await boot(...program);
    raised.cpu.device_raise_irq(7);
    await raised.run();
    expect(raised.cpu.mem8[0x700]! & 0x80).toBe(0x80);
    expect(() => raised.cpu.device_lower_irq(7)).not.toThrow();
  });
});

function findCode(memory: Uint8Array, code: number[]): number {
  return Buffer.from(memory).indexOf(Buffer.from(code));
}
