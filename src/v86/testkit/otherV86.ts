import { createRequire } from "node:module";
import { V86 } from "v86-other";

const { resolve } = createRequire(import.meta.url);

/** In the place of installedV86.ts: the other release that is tested. */
export const installed = {
  V86,
  wasm: resolve("v86-other/build/v86.wasm"),
  package: resolve("v86-other/package.json"),
};
