/** The limits of the implementation, read from where the core declares them: `export const NAME: u32 = expression;`. */
import { evaluate } from "../expression.ts";

export type Limits = ReadonlyMap<string, number>;

/** A limit with this in front of its name is what the profile libtpms-0.9 has instead. */
const LIBTPMS = "LIBTPMS_";

/** The limits of the profile libtpms-0.9. @throws when it has one that the profile full does not have. */
export function limitsOfLibtpms(limits: Limits): Limits {
  const own = new Map(limits);
  for (const [name, value] of limits) {
    if (!name.startsWith(LIBTPMS)) continue;
    const other = name.slice(LIBTPMS.length);
    if (!limits.has(other)) throw new Error(`asm/base/limits.ts: there is ${name}, but no ${other}`);
    own.set(other, value);
  }
  return own;
}

const DECLARATION = /^export const (\w+): u32 = ([^;]+);/gm;

/** @param source the text of asm/base/limits.ts. @throws when a limit refers to one that is not declared before it. */
export function parseLimits(source: string): Limits {
  const limits = new Map<string, number>();
  for (const [, name = "", expression = ""] of source.matchAll(DECLARATION)) {
    const value = evaluate(expression, {
      name(other) {
        const known = limits.get(other);
        if (known === undefined)
          throw new Error(`asm/base/limits.ts: ${name} uses ${other}, which is not declared before it`);
        return known;
      },
      call(fn) {
        throw new Error(`asm/base/limits.ts: ${name} calls ${fn}; only numbers and other limits can be read here`);
      },
    });
    limits.set(name, value);
  }
  return limits;
}
