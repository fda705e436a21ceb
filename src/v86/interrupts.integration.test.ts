/** The TPM's interrupts as a program on the bare PC gets them (testdata/tis-interrupts.asm), here and on QEMU's TIS. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bootInQemu } from "../guest/testkit/qemu.ts";
import { createTpm } from "../node/index.ts";
import { isInstalled } from "../node/testkit/installed.ts";
import { attachTpm } from "./attach.ts";
import { makeEmulator } from "./testkit/emulator.ts";
import { bootPc } from "./testkit/pc.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tabtpm-interrupts-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function assemble(irq: number): string {
  const bios = join(folder, `irq${irq}.bin`);
  const source = join(import.meta.dirname, "testdata/tis-interrupts.asm");
  execFileSync("nasm", ["-f", "bin", "-w+all", "-w+error", `-DIRQ=${irq}`, "-o", bios, source]);
  return bios;
}

/** What the program prints up to its end, as a table: the last word is the interrupts' TPM_INT_STATUS. */
const reportOf = (output: string) => output.split("done")[0]!.trim().split(/\r?\n/);

async function onV86(irq: number): Promise<string[]> {
  const tpm = createTpm({ store: { kind: "memory" } });
  const emulator = makeEmulator({
    bios: { buffer: Uint8Array.from(readFileSync(assemble(irq))).buffer },
    autostart: true,
  });
  const attachment = attachTpm(emulator, { tpm, irq });
  let output = "";
  const done = new Promise<void>((resolve) => {
    emulator.add_listener("serial0-output-byte", (byte: number) => {
      output += String.fromCharCode(byte);
      if (output.endsWith("done\n")) resolve();
    });
  });
  await attachment.ready;
  await done;
  await attachment.pullPlug();
  await tpm.close();
  return reportOf(output);
}

async function onQemu(irq: number): Promise<string[]> {
  const qemu = await bootInQemu("tpm-tis", {
    software: ["-nodefaults", "-bios", assemble(irq), "-global", `tpm-tis.irq=${irq}`],
  });
  try {
    return reportOf(await qemu.console.waitFor(/done/));
  } finally {
    await qemu.close();
  }
}

const expected = (irq: number) => [
  `vector 0${irq}`,
  "enabled 80000097",
  "locality 04",
  "ready 80",
  "first octet 02",
  "answer 03",
  "last octet 02",
  // Events that come together are one interrupt, and none is lost.
  "together 83",
  // One that comes behind the acknowledgement, in the handler, is another.
  "meanwhile 83 02",
  "off",
  // Who acknowledges one event at a time gets an interrupt for each.
  "one by one 83 82 80",
  "left 00",
];

describe.runIf(isInstalled("nasm"))("a program that waits for the TPM's interrupts", () => {
  it.each([7, 3])("gets them all on line %i of v86's PC", async (irq) => {
    expect(await onV86(irq)).toEqual(expected(irq));
  });

  it.runIf(isInstalled("qemu-system-i386", "swtpm"))(
    "gets the same from QEMU's TIS, but where ours is better",
    async () => {
      const lines = expected(7);
      // QEMU has no event when stsValid rises with a command's first byte, and no edge for what is still pending.
      const different: Record<string, string> = {
        "first octet 02": "first octet",
        "one by one 83 82 80": "one by one 83",
        "left 00": "left 82",
      };
      expect(await onQemu(7)).toEqual(lines.map((line) => different[line] ?? line));
      expect(Object.keys(different).every((line) => lines.includes(line))).toBe(true);
    },
  );
});

it("Linux 6.1, which can use no TPM's interrupt, takes 7 from _CRS, tries it, and polls", async () => {
  const pc = await bootPc({ kind: "memory" }, undefined, undefined, { irq: 7 });
  try {
    const dmesg = await pc.shell.ok("dmesg");
    expect(dmesg).toMatch(/tpm_tis MSFT0101:00: 2\.0 TPM/);
    expect(dmesg).toContain("TPM interrupt not working, polling instead");
    expect(dmesg).not.toMatch(/nobody cared|timed out/i);
    expect(await pc.shell.ok("tpm2_getrandom 4 --hex")).toMatch(/^[0-9a-f]{8}$/);
  } finally {
    await pc.close();
  }
});
