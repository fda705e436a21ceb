import { type Check, type CheckResult, defineCheck, passed } from "../check.ts";
import type { CheckCall } from "../lesson.ts";
import { ParameterError, required, type Shape } from "../schema.ts";

/** One of several checks: another right way is right too. @param find a check by its name */
export function anyCheck(find: (call: unknown, path: string) => { check: Check; call: CheckCall }): Check {
  const calls: Shape<readonly { check: Check; call: CheckCall }[]> = {
    words: "a list of checks",
    parse(value, path) {
      if (!Array.isArray(value) || value.length < 2)
        throw new ParameterError(path, "must be a list of two checks or more");
      return value.map((each, at) => find(each, `${path}[${at}]`));
    },
  };
  return defineCheck({
    name: "any",
    words: "One of several checks holds.",
    parameters: { of: required(calls, "the checks") },
    describe: ({ of }) => of.map(({ check, call }) => check.describe(call.parameters)).join("; or "),
    run: async ({ of }, facts) => {
      const results: CheckResult[] = [];
      for (const { check, call } of of) results.push(await check.run(call.parameters, facts));
      if (results.some((result) => result.passed)) return passed;
      return results.find((result) => !result.passed && result.attempted) ?? results[0]!;
    },
  });
}
