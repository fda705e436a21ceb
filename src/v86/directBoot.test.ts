import { expect, test } from "vitest";
import { offerRom } from "./directBoot.ts";
import type { V86Cpu } from "./internals.ts";

test("a machine that boots from a drive has the ROM among its option ROMs, and can be put back as it was", () => {
  const other = { name: "etc/e820", data: new Uint8Array() };
  const cpu = { option_roms: [other] } as unknown as V86Cpu;
  const undo = offerRom(cpu, Uint8Array.of(0x55, 0xaa, 1).buffer);
  expect(cpu.option_roms).toEqual([other, { name: "genroms/tabtpm.bin", data: Uint8Array.of(0x55, 0xaa, 1) }]);
  undo();
  expect(cpu.option_roms).toEqual([other]);
});
