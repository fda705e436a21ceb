/**
 * The TypeScript compiler for the tests' thread. Required, because an import of its nine megabytes takes a second: Node looks
 * through all of them for the names that they export.
 */
import { createRequire } from "node:module";
import type typescript from "typescript";

const ts: typeof typescript = createRequire(import.meta.url)("typescript");
export default ts;
