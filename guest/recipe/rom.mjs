// The option ROM (guest/rom): assembled by nasm, with the two checksums that it can't compute itself.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./run.mjs";

const BLOCK = 512;
const PNP_SIZE = 32;
const PNP_CHECKSUM = 9;

/**
 * @param {{ source: string, output: string }} options paths: guest/rom, and the file that nasm writes
 * @returns {Buffer} the ROM, a multiple of 512 bytes whose sum is 0
 */
export function assembleRom({ source, output }) {
  run("nasm", ["-f", "bin", "-w+all", "-w+error", `-I${source}/`, "-o", output, join(source, "boot.asm")]);
  return withChecksums(readFileSync(output));
}

/** @param {Buffer} rom changed in place. @throws where it is no ROM with a PnP header. */
export function withChecksums(rom) {
  const pnp = rom.indexOf("$PnP");
  if (rom.readUInt16LE(0) !== 0xaa55 || rom.length !== rom[2] * BLOCK || pnp < 0) {
    throw new Error("guest/rom/boot.asm: no option ROM with a PnP header came of it");
  }
  const sum = (bytes) => bytes.reduce((total, byte) => total + byte, 0);
  rom[pnp + PNP_CHECKSUM] -= sum(rom.subarray(pnp, pnp + PNP_SIZE));
  rom[rom.length - 1] -= sum(rom);
  return rom;
}
