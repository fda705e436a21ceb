/**
 * Structures with UINTN fields. The PFP makes them UINT64, but the specifications before it had UINTN, and firmware of
 * 32 bits writes four octets (uintnSize of the Spec ID event).
 */

import { Fields } from "./fields.ts";

/** Octets of a UINTN. */
export type UintnSize = 4 | 8;

/**
 * What `read` makes of the data with fields of eight octets, else with fields of four, which must leave nothing.
 * @param read gives null when the data don't fit.
 */
export function inEitherSize(
  data: Uint8Array,
  read: (fields: Fields, size: UintnSize) => string | null,
): string | null {
  const usual = new Fields(data);
  const found = read(usual, 8);
  if (found !== null && usual.intact) return found;
  const short = new Fields(data);
  const other = read(short, 4);
  return other !== null && short.intact && short.left === 0 ? other : null;
}
