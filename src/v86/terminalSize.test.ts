import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { type SizePort, TerminalSize } from "./terminalSize.ts";

let sent: [port: number, text: string][];
let listeners: ((byte: number) => void)[];
let size: TerminalSize;

const port = {
  add_listener: (event: string, listener: (byte: number) => void) => {
    expect(event).toBe("serial1-output-byte");
    listeners.push(listener);
  },
  remove_listener: (_event: string, listener: (byte: number) => void) => {
    listeners = listeners.filter((other) => other !== listener);
  },
  serial_send_bytes: (number: number, bytes: Uint8Array) => sent.push([number, new TextDecoder().decode(bytes)]),
} as unknown as SizePort;

/** The guest writes to its second serial port. */
function guestWrites(text: string): void {
  for (const byte of new TextEncoder().encode(text)) for (const listener of listeners) listener(byte);
}

beforeEach(() => {
  sent = [];
  listeners = [];
  size = new TerminalSize(port);
});

describe("the terminal's size", () => {
  it("goes to the guest's second serial port when it asks, and at each change", () => {
    size.set(24, 80);
    expect(sent).toEqual([]);
    guestWrites("size?\r\n");
    size.set(50, 132);
    expect(sent).toEqual([
      [1, "24 80\n"],
      [1, "50 132\n"],
    ]);
  });

  it("is sent as soon as it is known, when the guest asked before", () => {
    guestWrites("size?");
    expect(sent).toEqual([]);
    size.set(24, 80);
    expect(sent).toEqual([[1, "24 80\n"]]);
  });

  it("is not sent again when it has not changed", () => {
    guestWrites("size?");
    size.set(24, 80);
    size.set(24, 80);
    expect(sent).toHaveLength(1);
  });

  it("waits for the guest to ask again after a reset", () => {
    size.set(24, 80);
    guestWrites("size?");
    size.forget();
    size.set(25, 80);
    expect(sent).toHaveLength(1);
    guestWrites("size?");
    expect(sent.at(-1)).toEqual([1, "25 80\n"]);
  });

  it("is asked for by these characters only, wherever they begin", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, after) => {
        sent = [];
        const fresh = new TerminalSize(port);
        fresh.set(24, 80);
        sent = [];
        const noise = before.replaceAll("?", "!");
        guestWrites(noise);
        expect(sent).toEqual([]);
        guestWrites(`size?${after.replaceAll("?", "!")}`);
        expect(sent).toEqual([[1, "24 80\n"]]);
        fresh.detach();
      }),
    );
  });

  it.each([
    [0, 80],
    [24, 65536],
    [24.5, 80],
    [24, Number.NaN],
  ])("is refused when it is none: %s rows, %s columns", (rows, columns) => {
    expect(() => size.set(rows, columns)).toThrow(RangeError);
  });

  it("lets go of the port", () => {
    size.detach();
    guestWrites("size?");
    size.set(24, 80);
    expect(sent).toEqual([]);
  });
});
