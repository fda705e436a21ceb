import { createRequire } from "node:module";
import { V86 } from "v86";

const { resolve } = createRequire(import.meta.url);

/** The v86 that the tests run: the one that the product has. */
export const installed = { V86, wasm: resolve("v86/build/v86.wasm"), package: resolve("v86/package.json") };
