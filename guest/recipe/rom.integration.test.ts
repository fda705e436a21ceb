import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { isInstalled } from "../../src/node/testkit/installed.ts";
import { assembleRom } from "./rom.mjs";

const guest = fileURLToPath(new URL("../", import.meta.url));

describe.runIf(isInstalled("nasm"))("the option ROM", () => {
  it("is what nasm makes of guest/rom: else run `npm run guest:build -- --rom`", () => {
    const folder = mkdtempSync(join(tmpdir(), "tabtpm-rom-"));
    try {
      const rom = assembleRom({ source: join(guest, "rom"), output: join(folder, "rom") });
      expect(rom.equals(readFileSync(join(guest, "images/boot.rom")))).toBe(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
