import { describe, expect, it } from "vitest";
import { offerPresence } from "./directBoot.ts";
import type { V86Cpu } from "./internals.ts";

const ROM = Uint8Array.of(0x55, 0xaa, 1).buffer;
const cpuWith = (...names: string[]) =>
  ({ option_roms: names.map((name) => ({ name, data: new Uint8Array() })) }) as unknown as V86Cpu;
const namesOf = (cpu: V86Cpu) => cpu.option_roms.map(({ name }) => name);

describe("offerPresence", () => {
  it("offers the ROM to a machine that boots from a drive", () => {
    const cpu = cpuWith("etc/e820");
    offerPresence(cpu, ROM, undefined);
    expect(namesOf(cpu)).toEqual(["etc/e820", "genroms/tabtpm.bin"]);
    expect(cpu.option_roms[1]!.data).toEqual(new Uint8Array(ROM));
  });

  it("leaves v86's ROM for a kernel in its place, which is taken later", () => {
    const cpu = cpuWith("genroms/kernel.bin");
    offerPresence(cpu, ROM, undefined);
    expect(namesOf(cpu)).toEqual(["genroms/kernel.bin"]);
  });

  it("says how to ask only where that differs from what the ROM does anyhow", () => {
    const cpu = cpuWith("genroms/kernel.bin");
    offerPresence(cpu, ROM, { timeoutSeconds: 5 });
    expect(cpu.option_roms[1]).toEqual({ name: "opt/tabtpm/presence", data: Uint8Array.of(5, 0, 0) });
  });
});
