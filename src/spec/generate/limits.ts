/** asm/generated/limits.ts: the limits of the profile full, which are the larger ones. */
import type { LimitRows, Limits } from "../limits.ts";
import { HEADER } from "./text.ts";

/** @param names those that are imported; the others are left out. */
export function generateLimits(rows: LimitRows, limits: Limits, names: ReadonlySet<string>): string {
  const lines = [HEADER, ""];
  for (const [name, { meaning }] of Object.entries(rows)) {
    if (!names.has(name)) continue;
    if (meaning !== undefined) lines.push(`/** ${meaning} */`);
    lines.push(`export const ${name}: u32 = ${limits.get(name)};`);
  }
  return `${lines.join("\n")}\n`;
}
