/** AssemblyScript as the product: compiled in this process, which has read the compiler and its library before. */
import asc from "assemblyscript/asc";
import type { Sandbox } from "../sandbox.ts";
import type { Product } from "./area.ts";

/** Those of asconfig.json but for the optimiser. */
const OPTIONS = ["--noAssert", "--runtime", "stub", "--use", "abort=", "--enable", "simd"];
const MEMORY = ["--initialMemory", "16", "--maximumMemory", "16"];

export class WasmProduct implements Product {
  readonly #sandbox: Sandbox;
  readonly #entry: string;
  readonly #output: string;
  readonly #level: number;
  #original: Uint8Array | undefined;
  #optimised: Uint8Array | undefined;

  /**
   * @param entry the module that has the exports
   * @param output where the tests look for the WASM
   * @param level of optimisation: 0 compiles in a third of the time of 1
   */
  constructor(sandbox: Sandbox, entry: string, output: string, level: 0 | 1) {
    this.#sandbox = sandbox;
    this.#entry = entry;
    this.#output = output;
    this.#level = level;
  }

  async start(): Promise<void> {
    this.#original = await this.#compile(this.#level);
    // What only the optimiser shows to be the same takes its time, but only survivors need it.
    this.#optimised = this.#level === 1 ? this.#original : await this.#compile(1);
    if (!this.#original || !this.#optimised) throw new Error(`${this.#entry} does not compile`);
    this.restore();
  }

  async make(): Promise<"changed" | "same" | "broken"> {
    const wasm = await this.#compile(this.#level);
    if (!wasm) return "broken";
    if (isEqual(wasm, this.#original)) return "same";
    this.#sandbox.write(this.#output, wasm);
    return "changed";
  }

  async isSame(): Promise<boolean> {
    return this.#level === 0 && isEqual(await this.#compile(1), this.#optimised);
  }

  restore(): void {
    this.#sandbox.write(this.#output, this.#original as Uint8Array);
  }

  async #compile(level: number): Promise<Uint8Array | undefined> {
    let wasm: Uint8Array | undefined;
    const place = ["--baseDir", this.#sandbox.folder, "--outFile", "output.wasm", "--config", "none"];
    const optimiser = ["--optimizeLevel", `${level}`, "--shrinkLevel", "0"];
    const { error } = await asc.main([this.#entry, ...place, ...optimiser, ...OPTIONS, ...MEMORY], {
      writeFile: (_name, contents) => {
        wasm = contents as Uint8Array;
      },
    });
    return error ? undefined : wasm;
  }
}

const isEqual = (a: Uint8Array | undefined, b: Uint8Array | undefined) =>
  a !== undefined && b !== undefined && Buffer.compare(a, b) === 0;
