/** The checks by their names. A new one: a file beside this one, and its line in the list below. */
import type { Check, CheckResult } from "../check.ts";
import type { Facts } from "../facts.ts";
import type { CheckCall } from "../lesson.ts";
import { ParameterError } from "../schema.ts";
import { answer } from "./answer.ts";
import { anyCheck } from "./any.ts";
import { bootPcrs } from "./bootPcrs.ts";
import { command } from "./command.ts";
import { event } from "./event.ts";
import { failureMode } from "./failureMode.ts";
import { file } from "./file.ts";
import { hierarchy } from "./hierarchy.ts";
import { key } from "./key.ts";
import { lockout } from "./lockout.ts";
import { names } from "./names.ts";
import { nv } from "./nv.ts";
import { pcr } from "./pcr.ts";
import { pcrEquals } from "./pcrEquals.ts";
import { persistent } from "./persistent.ts";
import { quote } from "./quote.ts";
import { random } from "./random.ts";
import { rebooted } from "./rebooted.ts";
import { refused } from "./refused.ts";
import { sealed } from "./sealed.ts";
import { flushed, policyStep, started, used } from "./sessions.ts";
import { ticket } from "./ticket.ts";
import { transients } from "./transients.ts";

export const checks: readonly Check[] = [
  command,
  event,
  hierarchy,
  pcr,
  persistent,
  quote,
  random,
  answer,
  rebooted,
  key,
  names,
  ticket,
  pcrEquals,
  transients,
  failureMode,
  bootPcrs,
  file,
  lockout,
  nv,
  flushed,
  policyStep,
  refused,
  sealed,
  started,
  used,
  anyCheck((call, path) => readCall(call, path)),
];

const byName = new Map(checks.map((check) => [check.name, check]));

/** What a lesson writes as `- NAME: PARAMETERS`. @throws ParameterError */
export function readCall(value: unknown, path: string): { check: Check; call: CheckCall } {
  const entries = typeof value === "object" && value !== null ? Object.entries(value) : [];
  const [entry] = entries;
  if (entry === undefined || entries.length > 1) throw new ParameterError(path, "must be one check: NAME: { ... }");
  const [name, parameters] = entry;
  const check = byName.get(name);
  if (check === undefined)
    throw new ParameterError(`${path}.${name}`, `is no check: there are ${[...byName.keys()].join(", ")}`);
  // Reads the parameters.
  check.describe(parameters);
  return { check, call: { check: name, parameters } };
}

/** What a check of a lesson looks at, in words. */
export const describeCall = ({ check, parameters }: CheckCall): string => byName.get(check)!.describe(parameters);

/** All of the checks hold, or the hint of the first that something was done about, or of the first. */
export async function runChecks(calls: readonly CheckCall[], facts: Facts): Promise<CheckResult> {
  const results: CheckResult[] = [];
  for (const { check, parameters } of calls) results.push(await byName.get(check)!.run(parameters, facts));
  const failed = results.filter((result) => !result.passed);
  return failed.find(({ attempted }) => attempted) ?? failed[0] ?? { passed: true };
}
