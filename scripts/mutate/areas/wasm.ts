/**
 * AssemblyScript as the product: compiled in this process, which has read the compiler and its library before. Of the two
 * builds the tests run the plain one; where a mutant is the same program in it, or no test tells it, the one with relaxed SIMD
 * has its turn, where it may be another.
 */
import asc from "assemblyscript/asc";
import type { Sandbox } from "../sandbox.ts";
import type { Product } from "./area.ts";

/** Those of asconfig.json but for the optimiser. */
const OPTIONS = ["--noAssert", "--runtime", "stub", "--use", "abort=", "--enable", "simd"];
const BUILDS: readonly (readonly string[])[] = [[], ["--enable", "relaxed-simd"]];
const MEMORY = ["--initialMemory", "16", "--maximumMemory", "16"];

/** Undefined when the compiler refuses it. */
type Compiled = Uint8Array | undefined;

export class WasmProduct implements Product {
  readonly #sandbox: Sandbox;
  readonly #entry: string;
  readonly #outputs: readonly string[];
  readonly #level: number;
  /** Of each build, as the tests have it and optimised. */
  #originals: readonly Compiled[] = [];
  #optimised: readonly Compiled[] = [];
  /** The one that the tests have of the mutant. */
  #build = -1;

  /**
   * @param entry the module that has the exports
   * @param outputs where the tests look for the WASM, whichever build they take it for
   * @param level of optimisation: 0 compiles in a third of the time of 1
   */
  constructor(sandbox: Sandbox, entry: string, outputs: readonly string[], level: 0 | 1) {
    this.#sandbox = sandbox;
    this.#entry = entry;
    this.#outputs = outputs;
    this.#level = level;
  }

  async start(): Promise<void> {
    this.#originals = await this.#compileAll(this.#level);
    // What only the optimiser shows to be the same takes its time, but only survivors need it.
    this.#optimised = this.#level === 1 ? this.#originals : await this.#compileAll(1);
    if (![...this.#originals, ...this.#optimised].every(Boolean)) throw new Error(`${this.#entry} does not compile`);
    this.restore();
  }

  async make(): Promise<"changed" | "same" | "broken"> {
    this.#build = -1;
    return this.#makeNext();
  }

  async another(): Promise<boolean> {
    return (await this.#makeNext()) === "changed";
  }

  async #makeNext(): Promise<"changed" | "same" | "broken"> {
    while (++this.#build < BUILDS.length) {
      const wasm = await this.#compile(this.#level, BUILDS[this.#build] as readonly string[]);
      if (!wasm) return "broken";
      if (isEqual(wasm, this.#originals[this.#build])) continue;
      this.#write(wasm);
      return "changed";
    }
    return "same";
  }

  get isRelaxed(): boolean {
    return this.#build === BUILDS.length - 1;
  }

  async isSame(): Promise<boolean> {
    if (this.#level !== 0) return false;
    const all = await this.#compileAll(1);
    return all.every((wasm, build) => isEqual(wasm, this.#optimised[build]));
  }

  restore(): void {
    this.#write(this.#originals[0] as Uint8Array);
  }

  #write(wasm: Uint8Array): void {
    for (const output of this.#outputs) this.#sandbox.write(output, wasm);
  }

  async #compileAll(level: number): Promise<Compiled[]> {
    const all: Compiled[] = [];
    for (const options of BUILDS) all.push(await this.#compile(level, options));
    return all;
  }

  async #compile(level: number, options: readonly string[]): Promise<Compiled> {
    let wasm: Uint8Array | undefined;
    const place = ["--baseDir", this.#sandbox.folder, "--outFile", "output.wasm", "--config", "none"];
    const optimiser = ["--optimizeLevel", `${level}`, "--shrinkLevel", "0"];
    const { error } = await asc.main([this.#entry, ...place, ...optimiser, ...OPTIONS, ...options, ...MEMORY], {
      writeFile: (_name, contents) => {
        wasm = contents as Uint8Array;
      },
    });
    return error ? undefined : wasm;
  }
}

const isEqual = (a: Uint8Array | undefined, b: Uint8Array | undefined) =>
  a !== undefined && b !== undefined && Buffer.compare(a, b) === 0;
