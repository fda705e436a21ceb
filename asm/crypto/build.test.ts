import { expect, it } from "vitest";
import { loadKernels } from "../testkit/crypto/kernels.ts";

const { TABTPM_RELAXED_SIMD } = process.env;
const { call } = await loadKernels();

it("the kernels are those of the build that is to be tested", () => {
  expect(Boolean(call.hasRelaxedSimd())).toBe(TABTPM_RELAXED_SIMD === "1");
});
