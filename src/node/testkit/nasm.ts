/** Machine code for a test. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** @param source for nasm. @returns what it makes of it, as flat binary */
export function nasm(source: string): Buffer {
  const folder = mkdtempSync(join(tmpdir(), "tabtpm-nasm-"));
  try {
    const [input, output] = [join(folder, "source.asm"), join(folder, "binary")];
    writeFileSync(input, source);
    execFileSync("nasm", ["-f", "bin", "-o", output, input]);
    return readFileSync(output);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
