// Entry of the test build: every kernel, and one area of memory for its operands.
export * from "./index";

export const ARENA_SIZE: u32 = 256 * 1024;
const area: usize = memory.data(262144, 16);

export function arena(): usize {
  return area;
}
