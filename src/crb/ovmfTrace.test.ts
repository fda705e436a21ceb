/** Plays what OVMF did with a real QEMU's tpm-crb device (testdata/README.md) on this device. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { CTRL_REQ_CMD_READY, REG_CTRL_REQ, REG_CTRL_START } from "./registers.ts";
import { setUp } from "./testkit/guest.ts";

const trace = readFileSync(new URL("./testdata/ovmf-crb.trace", import.meta.url), "utf8")
  .trim()
  .split("\n");

test("every access of OVMF's boot has the same result as in QEMU, and the TPM gets the same commands", async () => {
  const { device, guest, backend, executions } = setUp();
  device.reset();
  const different: string[] = [];
  const commands: string[] = [];
  let [reads, answers] = [0, 0];
  for (const [index, line] of trace.entries()) {
    const [operation, offsetHex = "", valueHex = ""] = line.split(" ");
    const where = `line ${index + 1}: ${line}`;
    const offset = Number.parseInt(offsetHex, 16);
    const value = Number.parseInt(valueHex, 16);
    const bytes = () => Uint8Array.from(Buffer.from(offsetHex, "hex"));
    const compare = (read: number) => {
      reads++;
      if (read !== value) different.push(`${where}, here ${read.toString(16)}`);
    };
    switch (operation) {
      case "r1":
        compare(device.read8(offset));
        break;
      case "r2":
        compare(device.read16(offset));
        break;
      case "r4":
        compare(device.read32(offset));
        break;
      case "w4":
        device.write32(offset, value);
        break;
      case "command":
        guest.write(bytes());
        commands.push(offsetHex);
        break;
      case "answer": {
        expect(device.read32(REG_CTRL_START), where).toBe(1);
        expect(backend.pending, where).toHaveLength(1);
        const answer = bytes();
        await backend.answer(answer);
        // What OVMF copies out of the buffer once START is 0.
        expect(guest.read(answer.length), where).toEqual(answer);
        answers++;
        break;
      }
      default:
        expect(line.startsWith("# QEMU emulator version"), where).toBe(true);
    }
  }
  expect(different).toEqual([]);
  expect(backend.executed.map(({ command }) => Buffer.from(command).toString("hex"))).toEqual(commands);
  expect(executions.at(-1)).toBeNull();
  expect(answers).toBe(commands.length);
  expect(commands.length).toBeGreaterThan(50);
  expect(reads).toBeGreaterThan(400);
  // It begins with TPM2_Startup and ends in Idle, the response wiped.
  expect(commands[0]).toBe("80010000000c000001440000");
  device.write32(REG_CTRL_REQ, CTRL_REQ_CMD_READY);
  expect(guest.read(10)).toEqual(new Uint8Array(10));
});
