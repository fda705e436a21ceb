/**
 * The arithmetic of the tables: `PCR_FIRST + IMPLEMENTATION_PCR - 1`, `MAX_RSA_KEY_BYTES / 2`, `sizeof(TPMT_HA)`.
 * Numbers, names, `+ - * / << |`, parentheses and calls with one name as argument. Divisions round down.
 */
export interface Names {
  /** Value of a name. @throws when there is none. */
  name(name: string): number;
  /** Value of `fn(argument)`. @throws when there is none. */
  call(fn: string, argument: string): number;
}

/** @throws when the expression is malformed or a name is unknown. */
export function evaluate(expression: string, names: Names): number {
  const tokens = expression.match(/0[xX][0-9a-fA-F]+|\d+|\w+|<<|[-+*/|()]|\S/g) ?? [];
  let at = 0;
  const fail = (): never => {
    throw new Error(`cannot read the expression "${expression}" at "${tokens[at] ?? "its end"}"`);
  };

  function primary(): number {
    const token = tokens[at++];
    if (token === "(") {
      const value = level(0);
      if (tokens[at++] !== ")") fail();
      return value;
    }
    if (token === undefined || !/^\w+$/.test(token)) return fail();
    if (/^\d/.test(token)) return Number(token);
    if (tokens[at] !== "(") return names.name(token);
    const argument = tokens[at + 1];
    if (argument === undefined || tokens[at + 2] !== ")") return fail();
    at += 3;
    return names.call(token, argument);
  }
  const levels: readonly (readonly string[])[] = [["|"], ["<<"], ["+", "-"], ["*", "/"]];
  function level(depth: number): number {
    const operators = levels[depth];
    if (operators === undefined) return primary();
    let value = level(depth + 1);
    for (let operator = tokens[at]; operator !== undefined && operators.includes(operator); operator = tokens[at]) {
      at++;
      value = apply(operator, value, level(depth + 1));
    }
    return value;
  }
  const value = level(0);
  if (at !== tokens.length) fail();
  return value;
}

function apply(operator: string, left: number, right: number): number {
  switch (operator) {
    case "|":
      return (left | right) >>> 0;
    case "<<":
      return left * 2 ** right;
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    default:
      return Math.floor(left / right);
  }
}
