/** Which build of the core a Node loads, with the flags of engine and processor that it is started with; and that build tests itself. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const run = promisify(execFile);

/** Prints the build's file, and what the whole self-test answers after Startup. */
const PROGRAM = `
  const { createTpm } = await import(${JSON.stringify(new URL("../../dist/node/index.js", import.meta.url).href)});
  const { nodePlatform } = await import(${JSON.stringify(new URL("../../dist/engine/node.js", import.meta.url).href)});
  const tpm = createTpm();
  await tpm.powerOn();
  const answers = [];
  for (const command of ["80010000000c000001440000", "80010000000b0000014301"])
    answers.push(Buffer.from(await tpm.execute(Uint8Array.from(Buffer.from(command, "hex")))).toString("hex"));
  await tpm.close();
  console.log([nodePlatform.wasm.href.split("/").at(-1), ...answers].join(" "));
`;
const SUCCESS = "80010000000a00000000";

async function loadedBy(flags: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const { TABTPM_RELAXED_SIMD: _, ...others } = process.env;
  const options = { env: { ...others, ...env } };
  const { stdout } = await run(process.execPath, [...flags, "--input-type=module", "--eval", PROGRAM], options);
  const [build = "", ...answers] = stdout.trim().split(" ");
  expect(answers).toEqual([SUCCESS, SUCCESS]);
  return build;
}

const isNode20 = process.versions.node.startsWith("20.");
/** Makes Node 20 take relaxed SIMD; newer ones do without. */
const RELAXED_SIMD = isNode20 ? ["--experimental-wasm-relaxed-simd"] : [];
/** Every processor but the oldest with x64. */
const hasFma =
  process.arch !== "x64" || !existsSync("/proc/cpuinfo") || / fma\b/.test(readFileSync("/proc/cpuinfo", "utf8"));
const PLAIN = "tabtpm.wasm";
const RELAXED = hasFma ? "tabtpm-relaxed.wasm" : PLAIN;

describe("Node loads", () => {
  it("the build with relaxed SIMD where the engine has it and the processor fuses products", async () => {
    expect(await loadedBy(RELAXED_SIMD)).toBe(RELAXED);
  });

  it("the plain build where the engine has no relaxed SIMD: Node 20 as it is", async () => {
    expect(await loadedBy([])).toBe(isNode20 ? PLAIN : RELAXED);
  });

  it("the plain build where the processor can't fuse products", async () => {
    // A flag of x64 only.
    expect(await loadedBy([...RELAXED_SIMD, "--no-enable-fma3"])).toBe(process.arch === "x64" ? PLAIN : RELAXED);
  });

  it("the plain build when it is told to", async () => {
    expect(await loadedBy(RELAXED_SIMD, { TABTPM_RELAXED_SIMD: "0" })).toBe(PLAIN);
  });
});
