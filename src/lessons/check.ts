/** What a check is: a fact that it asks for, with the words for who has not got there yet. */
import type { Facts } from "./facts.ts";
import { ParameterError, type Parameters, parseParameters, type ValuesOf } from "./schema.ts";

export type CheckResult =
  | { readonly passed: true }
  | {
      readonly passed: false;
      /** What was seen and what was asked, in English, one or two sentences. */
      readonly hint: string;
      /** Something was tried that the hint is about; false while nothing has been seen yet. */
      readonly attempted: boolean;
    };

export const passed: CheckResult = { passed: true };
/** Nothing of the kind was seen yet. */
export const missing = (hint: string): CheckResult => ({ passed: false, hint, attempted: false });
/** It was seen, and was not what was asked. */
export const wrong = (hint: string): CheckResult => ({ passed: false, hint, attempted: true });

export interface CheckDefinition<Of extends Parameters> {
  /** As it stands in a lesson. */
  readonly name: string;
  /** One sentence: what it looks at. */
  readonly words: string;
  readonly parameters: Of;
  /** It asks for something only with at least one of these. */
  readonly asks?: readonly (keyof Of & string)[];
  /** What it looks at with these parameters, for the list of lessons: "TPM2_Create that succeeds, below owner". */
  readonly describe: (parameters: ValuesOf<Of>) => string;
  readonly run: (parameters: ValuesOf<Of>, facts: Facts) => CheckResult | Promise<CheckResult>;
}

/** A check whose parameters are read when it is asked. */
export interface Check {
  readonly name: string;
  readonly words: string;
  readonly parameters: Parameters;
  /** @throws ParameterError */
  readonly describe: (parameters: unknown) => string;
  /** @throws ParameterError */
  readonly run: (parameters: unknown, facts: Facts) => Promise<CheckResult>;
}

export function defineCheck<const Of extends Parameters>(definition: CheckDefinition<Of>): Check {
  const { name, words, parameters, asks } = definition;
  const parse = (value: unknown) => {
    const values = parseParameters(parameters, value, name);
    if (asks?.every((each) => values[each] === undefined))
      throw new ParameterError(name, `asks for nothing: it needs at least one of ${asks.join(", ")}`);
    return values;
  };
  return {
    name,
    words,
    parameters,
    describe: (value) => definition.describe(parse(value)),
    run: async (value, facts) => await definition.run(parse(value), facts),
  };
}
