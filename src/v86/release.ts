/**
 * Which release of v86 an emulator is. v86 has no version to ask for, and a bundler renames what is in its script; but the
 * constants of its processor, v86.wasm, lie where the linker has put them, and are others whenever the processor is another.
 * Releases that differ in their script only count as the same.
 */
import { SUPPORTED_V86_VERSION, type V86Cpu } from "./internals.ts";

/** Releases of the npm package `v86` that the tests run, and the hashes of their processors' constants. */
const TESTED = new Map([
  [SUPPORTED_V86_VERSION, 0xacc5_e2fc],
  ["0.5.430", 0x1436_e8c9],
]);

export const TESTED_V86_VERSIONS: readonly string[] = [...TESTED.keys()];

/** Where the linker begins with the constants, and how many bytes of them are never written. */
const CONSTANTS = 0x1000;
const CONSTANTS_SIZE = 0x6000;

/**
 * The tested release whose processor this is, "0.5.462"; undefined for one that was not tested.
 * @param cpu one that has not executed.
 */
export function testedReleaseOf(cpu: Pick<V86Cpu, "wasm_memory">): string | undefined {
  const { buffer } = cpu.wasm_memory;
  if (buffer.byteLength < CONSTANTS + CONSTANTS_SIZE) return undefined;
  const hash = fnv1a(new Uint8Array(buffer, CONSTANTS, CONSTANTS_SIZE));
  return TESTED_V86_VERSIONS.find((version) => TESTED.get(version) === hash);
}

/** What is said of a v86 that has every member that is needed, and is none of the tested ones. */
export const UNTESTED_V86 =
  `This v86 is none of those that tabtpm is tested with (${TESTED_V86_VERSIONS.join(", ")}). It has all that is needed, so the TPM ` +
  `is attached. If the guest fares ill: npm install --save-exact v86@${SUPPORTED_V86_VERSION}`;

/** FNV-1a, 32 bits. [draft-eastlake-fnv, section 2] */
function fnv1a(bytes: Uint8Array): number {
  let hash = 0x811c_9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x0100_0193);
  return hash >>> 0;
}
