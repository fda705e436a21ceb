/** asm/generated/refusals.ts: the numbers of the checks that the core notes. */
import { operandsOf, refusalNames } from "../refusals.ts";
import { HEADER } from "./text.ts";

export function generateRefusals(): string {
  const lines = refusalNames.map((name, index) => {
    const operands = operandsOf(name);
    return `export const REFUSAL_${name}: u32 = ${index + 1};${operands.length > 0 ? ` // ${operands.join(", ")}` : ""}`;
  });
  return `${HEADER}\n\n// Each with the operands that refuse() is given.\n${lines.join("\n")}\n`;
}
