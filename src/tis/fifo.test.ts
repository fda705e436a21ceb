import { describe, expect, test } from "vitest";
import { CommandFifo, ResponseFifo } from "./fifo.ts";
import { FIFO_SIZE } from "./registers.ts";

const bytes = (length: number) => Uint8Array.from({ length }, (_, i) => (i % 255) + 1);
const NOTHING = new Uint8Array(FIFO_SIZE);

describe.each([0, 1, 6, 300, FIFO_SIZE])("the memory of a FIFO with %i bytes in it", (length) => {
  test("has the command and is zero after it was cleared", () => {
    const memory = new Uint8Array(FIFO_SIZE);
    const fifo = new CommandFifo(memory);
    fifo.load(bytes(length));
    expect(memory.subarray(0, length)).toEqual(bytes(length));
    expect([fifo.bytes, fifo.written]).toEqual([bytes(length), length]);
    fifo.clear();
    expect([memory, fifo.bytes.length, fifo.written]).toEqual([NOTHING, 0, 0]);
  });

  test("has nothing of a longer command that was there before", () => {
    const memory = new Uint8Array(FIFO_SIZE);
    const fifo = new CommandFifo(memory);
    fifo.load(bytes(length));
    fifo.load(bytes(length >> 1));
    expect(memory.subarray(length >> 1).every((byte) => byte === 0)).toBe(true);
  });

  test("has the response, read or not, and is zero after it was cleared", () => {
    const memory = new Uint8Array(FIFO_SIZE);
    const fifo = new ResponseFifo(memory);
    fifo.load(bytes(length));
    const read = Uint8Array.from({ length: length >> 1 }, () => fifo.shift());
    expect(read).toEqual(bytes(length).subarray(0, length >> 1));
    expect([fifo.bytes, fifo.remaining]).toEqual([bytes(length), length - (length >> 1)]);
    fifo.clear();
    expect([memory, fifo.remaining, fifo.shift()]).toEqual([NOTHING, 0, 0xff]);
  });

  test("has nothing of a longer response that was there before", () => {
    const memory = new Uint8Array(FIFO_SIZE);
    const fifo = new ResponseFifo(memory);
    fifo.load(bytes(length));
    fifo.load(bytes(length >> 1), length >> 2);
    expect(memory.subarray(length >> 1).every((byte) => byte === 0)).toBe(true);
    expect([fifo.position, fifo.remaining]).toEqual([length >> 2, (length >> 1) - (length >> 2)]);
  });
});
