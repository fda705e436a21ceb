import { expect, it } from "vitest";
import { requireInternals } from "./internals.ts";
import { acquirePlatform } from "./platform.ts";
import { loaded, makeEmulator } from "./testkit/emulator.ts";
import * as x86 from "./testkit/program.ts";

const APIC_IN_SERVICE = 96;
const IOAPIC_LINES = 204;
const PIC_REQUESTS = 3;

it("a reset forgets interrupts that are pending or in service, and what the serial port has received", async () => {
  const emulator = makeEmulator({ bios: { buffer: x86.biosOf() } });
  await loaded(emulator);
  const cpu = requireInternals(emulator);
  const { release } = acquirePlatform(emulator);
  const { uart0 } = cpu.devices;
  const bytes = (address: number) => [...new Uint8Array(cpu.wasm_memory.buffer, address, 4)];
  const state = () => ({
    pic: bytes(cpu.get_pic_addr_master() + PIC_REQUESTS)[0],
    lines: bytes(cpu.get_ioapic_addr() + IOAPIC_LINES),
    inService: bytes(cpu.get_apic_addr() + APIC_IN_SERVICE),
    serial: uart0.get_state(),
    received: uart0.input.length,
  });
  const fresh = state();

  emulator.serial_send_bytes(0, Uint8Array.of(0x41));
  cpu.device_raise_irq(4);
  new Uint8Array(cpu.wasm_memory.buffer)[cpu.get_apic_addr() + APIC_IN_SERVICE] = 1;
  const pending = state();
  expect(pending.received).toBe(1);
  for (const part of ["pic", "lines", "inService", "serial"] as const) {
    expect(pending[part], part).not.toEqual(fresh[part]);
  }

  emulator.restart();
  expect(state()).toEqual(fresh);
  release();
});
