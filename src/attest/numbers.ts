/** Whole numbers as octets, big-endian, and the other way round. */
import { toHex } from "./octets.ts";

/** Never negative; 0 for no octets. */
export function toNumber(octets: Uint8Array): bigint {
  return octets.length === 0 ? 0n : BigInt(`0x${toHex(octets)}`);
}

/** @throws RangeError when it does not fit into `size` octets. */
export function toOctets(value: bigint, size: number): Uint8Array<ArrayBuffer> {
  const octets = new Uint8Array(size);
  let rest = value;
  for (let at = size - 1; at >= 0; at--) {
    octets[at] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  if (rest !== 0n) throw new RangeError(`the number does not fit into ${size} octets`);
  return octets;
}
