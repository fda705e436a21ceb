import { describe, expect, it } from "vitest";
import { Terminal } from "./terminal.ts";
import { FakeStreams } from "./testkit/streams.ts";

function make(isTTY: boolean) {
  const streams = new FakeStreams(isTTY);
  const typed: number[] = [];
  const sizes: string[] = [];
  let quits = 0;
  const terminal = new Terminal(
    streams,
    (bytes) => typed.push(...bytes),
    () => quits++,
    (rows, columns) => sizes.push(`${rows} ${columns}`),
  );
  return { streams, terminal, typed, sizes, quits: () => quits };
}
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe("a user's terminal", () => {
  it("is left when whoever read the output has gone, and outlives a disk that is full", () => {
    const { streams, terminal, quits } = make(false);
    streams.stdout.on("error", () => {});
    terminal.open();
    streams.stdout.emit("error", Object.assign(new Error("full"), { code: "ENOSPC" }));
    expect(quits()).toBe(0);
    streams.stdout.emit("error", Object.assign(new Error("gone"), { code: "EPIPE" }));
    expect(quits()).toBe(1);
    terminal.close();
    streams.stdout.emit("error", Object.assign(new Error("gone"), { code: "EPIPE" }));
    expect(quits()).toBe(1);
  });

  it("is raw while it is the guest's console, and afterwards as before", async () => {
    const { streams, terminal } = make(true);
    expect(streams.rawModes).toEqual([]);
    terminal.open();
    expect(streams.rawModes).toEqual([true]);
    terminal.close();
    terminal.close();
    expect(streams.rawModes).toEqual([true, false]);
    await settle();
    expect(streams.output).toBe("\x1b[?7h\x1b[0m\x1b[?25h\x1b[?2004l\r\n");
  });

  it("passes every key on but Ctrl-], which quits", async () => {
    const { streams, terminal, typed, quits } = make(true);
    terminal.open();
    streams.type("a\x03\x1b[A");
    await settle();
    expect(typed).toEqual([0x61, 0x03, 0x1b, 0x5b, 0x41]);
    expect(quits()).toBe(0);
    streams.type("b\x1dc");
    await settle();
    expect(typed.at(-1)).toBe(0x62);
    expect(quits()).toBe(1);
    terminal.close();
    streams.type("d");
    await settle();
    expect(typed.at(-1)).toBe(0x62);
  });

  it("shows the guest's bytes as they are, and lines of ours between them on stderr", async () => {
    const { streams, terminal } = make(true);
    terminal.open();
    terminal.write(Uint8Array.of(0x68, 0xff));
    terminal.say("note");
    terminal.wrapLines();
    await settle();
    expect(streams.output).toBe("h\xff\x1b[?7h");
    expect(streams.errors).toBe("\r\nnote\r\n");
  });
});

describe("the size of a user's terminal", () => {
  it("is told when it opens and when it changes, until it is closed", () => {
    const { streams, terminal, sizes } = make(true);
    streams.resize(24, 80);
    expect(sizes).toEqual([]);
    terminal.open();
    streams.resize(50, 132);
    terminal.close();
    streams.resize(10, 10);
    expect(sizes).toEqual(["24 80", "50 132"]);
  });

  it("is not told while it is unknown, nor of a file or pipe", () => {
    const unknown = make(true);
    unknown.terminal.open();
    unknown.streams.resize(0, 0);
    unknown.terminal.close();
    const pipe = make(false);
    pipe.terminal.open();
    pipe.streams.resize(24, 80);
    pipe.terminal.close();
    expect([unknown.sizes, pipe.sizes]).toEqual([[], []]);
  });
});

describe("a pipe", () => {
  it("is left as it is: no raw mode, no escape sequences, no quit key", async () => {
    const { streams, terminal, typed, quits } = make(false);
    terminal.open();
    streams.type("x\x1dy");
    terminal.wrapLines();
    terminal.say("note");
    await settle();
    terminal.close();
    await settle();
    expect(typed).toEqual([0x78, 0x1d, 0x79]);
    expect(quits()).toBe(0);
    expect(streams.rawModes).toEqual([]);
    expect(streams.output).toBe("");
    expect(streams.errors).toBe("note\n");
  });
});
