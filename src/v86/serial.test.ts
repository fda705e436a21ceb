import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { character } from "../testkit/characters.ts";
import { SerialConsole, type SerialPort } from "./serial.ts";

/** The serial port of an emulator: `write` is the guest. */
class FakePort {
  readonly received: number[] = [];
  #listeners: ((byte: number) => void)[] = [];

  add_listener(_: string, listener: (byte: number) => void) {
    this.#listeners.push(listener);
  }
  remove_listener(_: string, listener: (byte: number) => void) {
    this.#listeners = this.#listeners.filter((other) => other !== listener);
  }
  serial_send_bytes(serial: number, data: Uint8Array) {
    expect(serial).toBe(0);
    this.received.push(...data);
  }
  /** A slice in which the guest writes these bytes. */
  async write(bytes: Uint8Array | string) {
    for (const byte of typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes) {
      for (const listener of this.#listeners) listener(byte);
    }
    await Promise.resolve();
  }
}

function make() {
  const port = new FakePort();
  return { port, console: new SerialConsole(port as unknown as SerialPort) };
}

describe("serial console", () => {
  it("delivers what the guest writes in a slice as one event", async () => {
    const { port, console } = make();
    const events: string[] = [];
    console.on("output", (bytes) => events.push(String.fromCharCode(...bytes)));
    await port.write("hello");
    await port.write("world\r\n");
    expect(events).toEqual(["hello", "world\r\n"]);
    expect(console.text()).toBe("helloworld\r\n");
  });

  it("decodes any text in any division into slices, and hides requests for the cursor's position", async () => {
    const part = fc.oneof(fc.string({ unit: character }), fc.constantFrom("\x1b[6n", "\x1b", "\x1b[", "\x1b[6", "n"));
    await fc.assert(
      fc.asyncProperty(fc.array(part), fc.array(fc.nat(20)), async (parts, sizes) => {
        const { port, console } = make();
        let seen = "";
        console.on("text", (text) => {
          seen += text;
        });
        const bytes = new TextEncoder().encode(`${parts.join("")}.`);
        let position = 0;
        for (const size of sizes) {
          await port.write(bytes.subarray(position, position + size));
          position += size;
        }
        await port.write(bytes.subarray(position));
        const expected = new TextDecoder().decode(bytes).replaceAll("\x1b[6n", "");
        expect(console.text()).toBe(expected);
        expect(seen).toBe(expected);
      }),
    );
  });

  it("types text as UTF-8, and bytes as they are", () => {
    const { port, console } = make();
    console.send("é\n");
    console.send(Uint8Array.of(3, 255));
    expect(port.received).toEqual([0xc3, 0xa9, 0x0a, 3, 255]);
  });

  it("keeps a bounded text whose end is the newest", async () => {
    const { port, console } = make();
    for (let i = 0; i < 40; i++) await port.write("x".repeat(60_000));
    await port.write("the end");
    expect(console.text().length).toBeLessThanOrEqual(1 << 20);
    expect(console.text().length).toBeGreaterThanOrEqual(1 << 19);
    expect(console.text().endsWith("the end")).toBe(true);
    console.clear();
    expect(console.text()).toBe("");
  });

  it("waits for output that matches, also across slices", async () => {
    const { port, console } = make();
    await port.write("prompt# ");
    const match = console.waitFor(/prompt# $/);
    await port.write("a\r\npro");
    await port.write("mpt# ");
    expect(await match).toBe("a\r\nprompt# ");
    expect(await console.waitFor(/a/, { from: 0 })).toBe("prompt# a");
  });

  it("stops waiting when told to", async () => {
    const { console } = make();
    const reason = new Error("enough");
    const controller = new AbortController();
    const match = console.waitFor(/never/, { signal: controller.signal });
    controller.abort(reason);
    await expect(match).rejects.toBe(reason);
    await expect(console.waitFor(/never/, { signal: controller.signal })).rejects.toBe(reason);
  });

  it("hears nothing after detach", async () => {
    const { port, console } = make();
    console.detach();
    await port.write("late");
    expect(console.text()).toBe("");
  });
});
