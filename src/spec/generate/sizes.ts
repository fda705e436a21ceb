/**
 * Numbers behind the expressions of the tables. `sizeof` is what a C compiler with natural alignment makes of the
 * type: the reference implementation bounds its buffers by it, so callers see these very numbers as TPM_RC_SIZE.
 */
import { evaluate } from "../expression.ts";
import type { Limits } from "../limits.ts";
import type { Field } from "../rows.ts";
import { constantValues, integerOf, typeNamed } from "../types.ts";

export interface Values {
  /** @throws when a name in the expression is neither a named value nor a limit. */
  evaluate(expression: string | number): number;
  /** Octets of a C object of the type. */
  sizeOf(type: string): number;
}
interface Layout {
  readonly size: number;
  readonly align: number;
}

function roundUp(size: number, align: number): number {
  return Math.ceil(size / align) * align;
}
/** One member after the other, each at its alignment. */
function sequence(members: readonly Layout[]): Layout {
  const align = Math.max(1, ...members.map((member) => member.align));
  let size = 0;
  for (const member of members) size = roundUp(size, member.align) + member.size;
  return { size: roundUp(size, align), align };
}
function overlay(members: readonly Layout[]): Layout {
  const align = Math.max(1, ...members.map((member) => member.align));
  return { size: roundUp(Math.max(0, ...members.map((member) => member.size)), align), align };
}

export function valuesWith(limits: Limits): Values {
  const octets = (count: number): Layout => ({ size: count, align: 1 });
  const uint16: Layout = { size: 2, align: 2 };
  const uint32: Layout = { size: 4, align: 4 };

  const known = new Map<string, number>();
  const values: Values = {
    evaluate(expression) {
      if (typeof expression === "number") return expression;
      const earlier = known.get(expression);
      if (earlier !== undefined) return earlier;
      const value = evaluate(expression, {
        name(name) {
          const value = limits.get(name) ?? constantValues.get(name);
          if (value === undefined)
            throw new Error(`"${expression}": ${name} is neither a named value nor a limit of src/spec`);
          return values.evaluate(value);
        },
        call(fn, argument) {
          if (fn !== "sizeof") throw new Error(`"${expression}": unknown function ${fn}`);
          return values.sizeOf(argument);
        },
      });
      known.set(expression, value);
      return value;
    },
    sizeOf: (type) => layoutOf(type).size,
  };

  function arrayLength(field: Field, fields: readonly Field[]): number {
    const counter = fields.find(({ name }) => name === field.count);
    return values.evaluate(counter?.max ?? field.count ?? "1");
  }
  function layoutOf(type: string): Layout {
    const integer = integerOf(type);
    if (integer !== null) return { size: integer.bytes, align: integer.bytes };
    const row = typeNamed(type);
    switch (row.kind) {
      case "alias":
        return layoutOf(row.of);
      case "buffer":
        return sequence([uint16, octets(values.evaluate(row.max))]);
      case "sized":
        return sequence([uint16, layoutOf(row.field.type)]);
      case "list": {
        const element = layoutOf(row.field.type);
        return sequence([uint32, { size: element.size * values.evaluate(row.max), align: element.align }]);
      }
      case "structure":
        return sequence(
          row.fields.map((field) =>
            field.type === "BYTE" ? octets(arrayLength(field, row.fields)) : layoutOf(field.type),
          ),
        );
      case "union":
        return overlay(
          row.members.map(({ type: member, count }) => {
            if (count !== undefined) return octets(values.evaluate(count));
            return member === undefined ? octets(0) : layoutOf(member);
          }),
        );
      default:
        throw new Error(`${type} has no size`);
    }
  }
  return values;
}
