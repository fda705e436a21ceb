import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import type { KernelBoot } from "./bootPlan.ts";
import { measureDirectBoot, offerRom } from "./directBoot.ts";
import type { V86Cpu } from "./internals.ts";

test("a machine that boots from a drive has the ROM among its option ROMs, and can be put back as it was", () => {
  const other = { name: "etc/e820", data: new Uint8Array() };
  const cpu = { option_roms: [other] } as unknown as V86Cpu;
  const undo = offerRom(cpu, Uint8Array.of(0x55, 0xaa, 1).buffer);
  expect(cpu.option_roms).toEqual([other, { name: "genroms/tabtpm.bin", data: Uint8Array.of(0x55, 0xaa, 1) }]);
  undo();
  expect(cpu.option_roms).toEqual([other]);
});

const V86_ROM = "\x55\xaa\x01\xfa\xb8\x00\x80\x8e\xc0\x8e\xd8\x8e\xe0\x8e\xe8\x8e\xd0\xbc\x00\xe0\xea\x00\x00\x20\x80";
const bufferOf = (bytes: Uint8Array) => new Uint8Array(bytes).buffer;
const archive = new TextEncoder().encode("an initrd");
const packed = gzipSync(archive);

test.each([
  ["the file of an initrd that was unpacked from it", archive, packed, packed],
  ["an initrd that is not what is in the file", Buffer.from("another one"), packed, Buffer.from("another one")],
  ["an initrd of the same size that is not either", Buffer.from("an initrD"), packed, Buffer.from("an initrD")],
  ["an initrd whose file is no packed one", archive, Buffer.from("no gzip"), archive],
  ["an initrd without a file", archive, undefined, archive],
])("measures %s", async (_, initrd, initrdFile, measured) => {
  const cpu = { option_roms: [{ name: "genroms/kernel.bin", data: Buffer.from(V86_ROM, "latin1") }] };
  const none = new ArrayBuffer(0);
  const images = {
    ...{ bios: none, vgaBios: none, rom: none, kernel: none, initrd: bufferOf(initrd) },
    initrdFile: initrdFile && bufferOf(initrdFile),
  };
  await measureDirectBoot(cpu as unknown as V86Cpu, { images, cmdline: "" } as unknown as KernelBoot);
  const file = Buffer.from(cpu.option_roms.find(({ name }) => name === "opt/tabtpm/boot")!.data);
  const includes = (bytes: Uint8Array) => file.includes(createHash("sha256").update(bytes).digest());
  for (const bytes of [archive, packed, initrd]) expect(includes(bytes)).toBe(Buffer.from(bytes).equals(measured));
});
