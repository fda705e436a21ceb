import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteReader, EndOfStream } from "./byteReader.ts";

const idle = { pause: () => {}, resume: () => {} };

describe("ByteReader", () => {
  it("gives the same bytes in any pieces, however they were cut", async () => {
    const sizes = fc.array(fc.nat({ max: 40 }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(sizes, fc.infiniteStream(fc.integer({ min: 1, max: 50 })), async (taken, cuts) => {
        const total = taken.reduce((sum, size) => sum + size, 0);
        const bytes = Uint8Array.from({ length: total }, (_, i) => i);
        const reader = new ByteReader(idle);
        const feed = (async () => {
          for (let at = 0; at < total; ) {
            const { value } = cuts.next();
            reader.push(bytes.subarray(at, at + value));
            at += value;
            await null;
          }
          reader.end();
        })();
        const out: number[] = [];
        for (const [i, size] of taken.entries()) {
          if (i % 3 === 2) {
            await reader.discard(size);
            out.push(...bytes.subarray(out.length, out.length + size));
          } else out.push(...(await reader.take(size)));
        }
        await feed;
        expect(out).toEqual([...bytes]);
        expect(reader.buffered).toBe(0);
        await expect(reader.take(1)).rejects.toBeInstanceOf(EndOfStream);
      }),
    );
  });

  it("holds the source back while nobody takes, and lets it go on for a piece larger than what came", async () => {
    const calls: string[] = [];
    const reader = new ByteReader({ pause: () => calls.push("pause"), resume: () => calls.push("resume") });
    reader.push(new Uint8Array(60_000));
    expect(calls).toEqual([]);
    reader.push(new Uint8Array(60_000));
    expect(calls).toEqual(["pause"]);
    const large = reader.take(150_000);
    expect(calls).toEqual(["pause", "resume"]);
    reader.push(new Uint8Array(30_000));
    expect((await large).length).toBe(150_000);
    calls.length = 0;
    reader.push(new Uint8Array(70_000));
    await reader.take(40_000);
    expect(calls).toEqual(["pause", "resume"]);
  });

  it("reads integers, drops what came, and gives the source's error on", async () => {
    const reader = new ByteReader(idle);
    reader.push(Uint8Array.of(0xff, 0xfe, 0xfd, 0xfc, 7, 1, 2));
    expect(await reader.u32()).toBe(0xfffefdfc);
    expect(await reader.u8()).toBe(7);
    reader.drop();
    const waiting = reader.take(1);
    reader.end(new Error("reset"));
    await expect(waiting).rejects.toThrow("reset");
    await expect(reader.discard(1)).rejects.toThrow("reset");
  });

  it("passes chunks on in the same turn while nobody else wants them, and keeps what is left to others", async () => {
    const reader = new ByteReader(idle);
    const passed: number[] = [];
    const whatToDo = new Map([
      [1, "taken"],
      [2, "taken"],
      [3, "last"],
      [5, "left"],
    ] as const);
    const take = (chunk: Uint8Array) => {
      passed.push(...chunk);
      return whatToDo.get(chunk[0] as 1) ?? "taken";
    };
    const first = reader.pass(take);
    reader.push(Uint8Array.of(1));
    reader.push(Uint8Array.of(2));
    expect([passed, reader.buffered]).toEqual([[1, 2], 0]);
    reader.push(Uint8Array.of(3));
    // After the last one, also before anybody has heard of it.
    reader.push(Uint8Array.of(4));
    await first;
    expect([passed, reader.buffered]).toEqual([[1, 2, 3], 1]);
    // Something lies unread.
    await reader.pass(take);
    expect(await reader.u8()).toBe(4);
    const second = reader.pass(take);
    reader.push(Uint8Array.of(5, 6));
    reader.push(Uint8Array.of(7));
    await second;
    expect(passed).toEqual([1, 2, 3, 5, 6]);
    expect([...(await reader.take(3))]).toEqual([5, 6, 7]);
  });

  it("gives on what went wrong with a chunk that was passed, and the end", async () => {
    const reader = new ByteReader(idle);
    const failing = reader.pass(() => {
      throw new Error("no good");
    });
    reader.push(Uint8Array.of(1));
    await expect(failing).rejects.toThrow("no good");
    reader.push(Uint8Array.of(2));
    expect(await reader.u8()).toBe(2);
    const waiting = reader.pass(() => "taken");
    reader.end();
    await expect(waiting).rejects.toBeInstanceOf(EndOfStream);
    await expect(reader.pass(() => "taken")).rejects.toBeInstanceOf(EndOfStream);
  });
});
