/** Takes out of a WebAssembly module what no engine needs: custom sections, with names and debugging information (WebAssembly Core 2.0, 5.5.3). */

const HEADER = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00);
const CUSTOM = 0;

/**
 * @param wasm a binary module
 * @returns the same without its custom sections
 * @throws Error for what is no module, or is cut short
 */
export function stripWasm(wasm: Uint8Array): Uint8Array {
  if (!HEADER.every((octet, at) => wasm[at] === octet)) throw new Error("This is no WebAssembly module of version 1.");
  const kept: Uint8Array[] = [HEADER];
  let at = HEADER.length;
  while (at < wasm.length) {
    const begin = at;
    const id = wasm[at++];
    const size = unsigned();
    at += size;
    if (at > wasm.length) throw new Error(`The section at ${begin} is cut short: it says it has ${size} octets.`);
    if (id !== CUSTOM) kept.push(wasm.subarray(begin, at));
  }
  return Buffer.concat(kept);

  /** LEB128 of at most 32 bits. */
  function unsigned(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const octet = wasm[at++];
      if (octet === undefined) throw new Error(`The module ends within a number, at ${at - 1}.`);
      value += (octet & 0x7f) * 2 ** shift;
      if (octet < 0x80) return value;
    }
    throw new Error(`The number before ${at} has more than 32 bits.`);
  }
}
