import { expect, test } from "vitest";
import { FakeBackend } from "../engine/testkit/fakeBackend.ts";
import { randomFrom } from "../testkit/random.ts";
import { CrbDevice } from "./device.ts";
import {
  BUFFER_SIZE,
  CRB_SIZE,
  DATA_BUFFER,
  REG_CTRL_CANCEL,
  REG_CTRL_REQ,
  REG_CTRL_START,
  REG_LOC_CTRL,
  REG_LOC_STS,
} from "./registers.ts";

const ACCESSES = 1_000_000;
const BUSY_REGISTERS = [REG_LOC_CTRL, REG_LOC_CTRL, REG_CTRL_REQ, REG_CTRL_START, REG_CTRL_START, REG_CTRL_CANCEL];

test("a million random accesses never throw, never block, and the TPM gets only what START found in the buffer", async () => {
  const below = randomFrom(0xc4b);
  const backend = new FakeBackend();
  const device = new CrbDevice({ backend });
  const errors: string[] = [];
  let [commands, answered, reported] = [0, 0, 0];
  let starting: Uint8Array | null = null;
  backend.onExecute = (command) => {
    commands++;
    backend.executed.length = 0;
    if (`${command}` !== `${starting}`) errors.push(`The TPM got [${command}], the buffer had [${starting}].`);
  };
  /** What a START would send, from what a guest can read. */
  const inBuffer = () => {
    const bytes = Uint8Array.from({ length: BUFFER_SIZE }, (_, index) => device.read8(DATA_BUFFER + index));
    return bytes.slice(0, Math.max(10, Math.min(BUFFER_SIZE, new DataView(bytes.buffer).getUint32(2))));
  };

  for (let i = 0; i < ACCESSES; i++) {
    const size = [1, 1, 2, 4][below(4)]!;
    const kind = below(8);
    let offset = below(CRB_SIZE + 8);
    if (kind < 3) offset = BUSY_REGISTERS[below(BUSY_REGISTERS.length)]! + (below(16) === 0 ? below(4) : 0);
    else if (kind < 6) offset = DATA_BUFFER + below(16);
    if (below(3) === 0) {
      const value = size === 1 ? device.read8(offset) : size === 2 ? device.read16(offset) : device.read32(offset);
      if (!(value >= 0 && value < 2 ** (8 * size))) errors.push(`Read ${value} at ${offset}`);
    } else {
      const value = below(4) === 0 ? below(0x1_0000_0000) : [0, 0, 1, 1, 2, 0x20][below(6)]!;
      // What a write may start is known before it; to look at the whole buffer each time would take for ever.
      const first = offset <= REG_CTRL_START && offset + size > REG_CTRL_START;
      const bit = first && ((value >>> (8 * (REG_CTRL_START - offset))) & 1) === 1;
      const due: boolean = bit && device.read32(REG_CTRL_START) === 0 && device.read32(REG_LOC_STS) === 1;
      const before = commands;
      starting = due ? inBuffer() : null;
      if (size === 1) device.write8(offset, value);
      else if (size === 2) device.write16(offset, value);
      else device.write32(offset, value);
      if (commands !== before + Number(due)) errors.push(`${commands - before} commands by a write at ${offset}`);
      starting = null;
    }
    if (below(50) === 0) {
      const pending = backend.pending.shift();
      if (pending !== undefined) {
        answered++;
        if (below(10) === 0) pending.reject(new Error("no answer"));
        else pending.resolve(new Uint8Array(10 + below(BUFFER_SIZE - 9)).map(() => below(256)));
      }
      for (let tick = 0; tick < 4; tick++) await Promise.resolve();
    }
    if (below(20_000) === 0) device.reset();
    if (below(20_000) === 0) reported += device.dumpRegisters().length;
  }
  expect(errors).toEqual([]);
  expect(commands).toBeGreaterThan(1000);
  expect(answered).toBeGreaterThan(1000);
  expect(reported).toBeGreaterThan(0);
});
