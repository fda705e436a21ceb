/** Plays what a real QEMU's tpm-tis device answered (testdata/README.md) on this device. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { FakeBackend } from "../engine/testkit/fakeBackend.ts";
import { TisDevice } from "./device.ts";

const trace = readFileSync(new URL("./testdata/qemu-tis.trace", import.meta.url), "utf8")
  .trim()
  .split("\n");

describe("beside a real QEMU", () => {
  test("every access of the trace has the same result", async () => {
    const backend = new FakeBackend();
    const device = new TisDevice({ backend, vector: 5 });
    const reads = { 1: 0, 2: 0, 4: 0 };
    let answers = 0;
    const different: string[] = [];
    const compare = (read: number, value: number, where: string) => {
      if (read !== value) different.push(`${where}, here ${read.toString(16)}`);
    };
    for (const [index, line] of trace.entries()) {
      const [operation, offsetHex = "", valueHex = ""] = line.split(" ");
      const offset = Number.parseInt(offsetHex, 16);
      const value = Number.parseInt(valueHex, 16);
      const where = `line ${index + 1}: ${line}`;
      switch (operation) {
        case "r1":
          compare(device.read8(offset), value, where);
          reads[1]++;
          break;
        case "r2":
          compare(device.read16(offset), value, where);
          reads[2]++;
          break;
        case "r4":
          compare(device.read32(offset), value, where);
          reads[4]++;
          break;
        case "w1":
          device.write8(offset, value);
          break;
        case "w2":
          device.write16(offset, value);
          break;
        case "w4":
          device.write32(offset, value);
          break;
        case "answer":
          expect(backend.pending, where).toHaveLength(1);
          await backend.answer(Uint8Array.from(Buffer.from(offsetHex, "hex")));
          answers++;
          break;
        default:
          expect(line.startsWith("# QEMU emulator version"), where).toBe(true);
      }
    }
    expect(different).toEqual([]);
    expect(answers).toBeGreaterThan(50);
    for (const count of Object.values(reads)) expect(count).toBeGreaterThan(300);
  });
});
