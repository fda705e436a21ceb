import { afterEach, describe, expect, it, vi } from "vitest";
import { createTpmOn } from "./create.ts";
import { nodePlatform } from "./node.ts";
import { chooseCore, fusesProducts } from "./relaxedSimd.ts";
import type { WasmSource } from "./wasm.ts";

/** An engine that takes the probe, and computes what it is told to. */
const engine = (f: (a: number, b: number) => number, isTaken = true) =>
  ({
    validate: () => isTaken,
    Module: class {},
    Instance: class {
      exports = { f };
    },
  }) as unknown as typeof WebAssembly;

/** a * b - 1 with one rounding, for what the probe asks: both factors are 1 plus or minus a power of two. */
const fused = (a: number, b: number) => (a - 1) * (b - 1) + (a - 1) + (b - 1);

describe("the build with relaxed SIMD", () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it("is for engines that take it and round a fused product once", () => {
    expect(fusesProducts(engine(fused))).toBe(true);
    expect(fusesProducts(engine((a, b) => a * b - 1))).toBe(false);
    expect(fusesProducts(engine(fused, false))).toBe(false);
  });

  it("is not for where WebAssembly is forbidden, or missing", () => {
    const forbidden = engine(fused);
    forbidden.Module = class {
      constructor() {
        throw new WebAssembly.CompileError("Wasm code generation disallowed by Content Security Policy");
      }
    } as unknown as typeof WebAssembly.Module;
    expect(fusesProducts(forbidden)).toBe(false);
    vi.stubGlobal("WebAssembly", undefined);
    expect(fusesProducts()).toBe(false);
    vi.unstubAllGlobals();
  });

  it("is asked for with a module that needs relaxed SIMD, and is nothing else", () => {
    const seen: Uint8Array<ArrayBuffer>[] = [];
    const spy = engine(fused);
    spy.validate = (bytes) => {
      seen.push(bytes as Uint8Array<ArrayBuffer>);
      return true;
    };
    fusesProducts(spy);
    const [probe] = seen as [Uint8Array<ArrayBuffer>];
    // f64x2.relaxed_madd is 0xfd 0x107: with an opcode that nobody knows in its place it is no module.
    const at = probe.findIndex((octet, i) => octet === 0xfd && probe[i + 1] === 0x87 && probe[i + 2] === 0x02);
    expect(at).toBeGreaterThan(0);
    const unknown = probe.with(at + 2, 0x03);
    expect(WebAssembly.validate(unknown)).toBe(false);
  });

  it("is loaded where it computes what it must, and the plain one elsewhere, or when it is not wanted", async () => {
    const loaded = async (options: { relaxedSimd?: boolean; wasm?: URL } = {}) => {
      const compile = vi.fn((_source: WasmSource) => Promise.reject(new Error("not here")));
      const tpm = createTpmOn({ ...nodePlatform, wasm: nodePlatform.wasm, compile }, { thread: "inline", ...options });
      await expect(tpm.ready).rejects.toThrow("not here");
      await tpm.close();
      return compile.mock.calls[0]![0];
    };
    const { plain, relaxed } = nodePlatform.cores;
    const here = fusesProducts() ? relaxed : plain;
    expect(plain.href).not.toBe(relaxed.href);
    expect(chooseCore(nodePlatform.cores)).toBe(here);
    expect(await loaded()).toBe(here);
    expect(await loaded({ relaxedSimd: true })).toBe(here);
    expect(await loaded({ relaxedSimd: false })).toBe(plain);
    // An address of the user's own is taken whatever it is.
    const own = new URL("file:///elsewhere/core.wasm");
    for (const relaxedSimd of [true, false]) expect(await loaded({ wasm: own, relaxedSimd })).toBe(own);
    vi.stubEnv("TABTPM_RELAXED_SIMD", "0");
    expect(await loaded()).toBe(plain);
  });
});
