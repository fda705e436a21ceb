/** The two builds of the core and of its kernels, from one source (src/engine/relaxedSimd.ts). */
import { fusesProducts } from "../../src/engine/relaxedSimd.ts";

export type Build = "plain" | "relaxed";
export const BUILDS: readonly Build[] = ["plain", "relaxed"];

/** What is tested: TABTPM_RELAXED_SIMD is 0 or 1, or the build that the engine would choose here. */
export function buildUnderTest(): Build {
  const { TABTPM_RELAXED_SIMD: wanted } = process.env;
  return wanted === "1" || (wanted !== "0" && fusesProducts()) ? "relaxed" : "plain";
}
