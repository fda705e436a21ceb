/** What the tests of each area run. */
import { SOURCE_CORES } from "../../build/cores.mjs";
import type { Sandbox } from "../sandbox.ts";
import type { Product } from "./area.ts";
import type { AREAS } from "./index.ts";
import { machine } from "./machine.ts";
import { src } from "./src.ts";
import { TypeScriptProduct } from "./typescript.ts";
import { WasmProduct } from "./wasm.ts";

/** Stands for asm/testkit/crypto/compile.ts: the kernels that the sandbox has compiled. */
const COMPILED = `import { readFileSync } from "node:fs";
export const PUBLIC_BUILD = "";
export const compileKernels = async () =>
  new Uint8Array(readFileSync(new URL("../../../kernels.wasm", import.meta.url)));
`;

export const PRODUCTS: Readonly<Record<keyof typeof AREAS, (sandbox: Sandbox) => Product>> = {
  crypto(sandbox) {
    sandbox.write("asm/testkit/crypto/compile.ts", COMPILED);
    return new WasmProduct(sandbox, "asm/testkit/crypto/entry.ts", ["kernels.wasm"], 1);
  },
  tpm: (sandbox) => new WasmProduct(sandbox, "asm/index.ts", SOURCE_CORES, 0),
  src: (sandbox) => new TypeScriptProduct(sandbox, sandbox.files(src.folders, src.isChanged)),
  machine: (sandbox) => new TypeScriptProduct(sandbox, sandbox.files(machine.folders, machine.isChanged)),
};
