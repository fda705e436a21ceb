import { describe, expect, it } from "vitest";
import { coreName, type Profile, selfTimes, serverName, sharesTable } from "./profile.ts";

const frame = (functionName: string, url = "") => ({ functionName, url });
const PROFILE: Profile = {
  nodes: [
    { id: 1, callFrame: frame("asm/crypto/a/f", "wasm://wasm/1") },
    { id: 2, callFrame: frame("run", "file:///x.js") },
    { id: 3, callFrame: frame("(idle)") },
    { id: 4, callFrame: frame("asm/crypto/a/f", "wasm://wasm/1") },
  ],
  samples: [1, 2, 3, 4, 1],
  timeDeltas: [10, 5, 1000, 20, 5],
};

describe("a CPU profile", () => {
  it("is summed up by who was on top of the stack, wherever it was called from; idle time is none", () => {
    expect([...selfTimes(PROFILE, coreName)]).toEqual([
      ["`crypto/a/f`", 35],
      ["JavaScript", 5],
    ]);
  });

  it("is shown as shares, with small ones in one row", () => {
    const times = new Map([
      ["a", 90],
      ["b", 8],
      ["c", 1],
      ["d", 1],
    ]);
    expect(sharesTable("function", times, 0.05).slice(2)).toEqual([
      "| a | 90 % |",
      "| b | 8.0 % |",
      "| 2 others, each less than 5.0 % | 2.0 % |",
    ]);
    expect(sharesTable("function", times, 0.001)).toHaveLength(6);
  });

  it("calls the parts of the core by its files, and the rest by what it is", () => {
    expect(coreName(frame("wasm-to-js::d", "wasm://wasm/1"))).toBe("calls between JavaScript and the core");
    expect(coreName(frame("(garbage collector)"))).toBe("garbage collection");
  });

  it.each([
    ["(program)", "", "system calls, libuv, V8 (native)"],
    ["asm/x/f", "wasm://wasm/1", "the TPM's core"],
    ["onread", "node:internal/stream_base_commons", "Node: stream_base_commons"],
    ["writeBuffer", "", "Node: writeBuffer"],
    ["serve", "file:///dist/commands/socketServer.js", "tabtpm: `serve`"],
  ])("calls %s of a server's profile by whose it is", (functionName, url, name) => {
    expect(serverName(frame(functionName, url))).toBe(name);
  });
});
