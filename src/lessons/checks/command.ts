/** A command of the guest's: its name, what it was about, who authorised it, what the TPM answered. */
import type { InspectedHierarchyName } from "../../engine/inspection.ts";
import { type CommandName, commandRows } from "../../spec/commands.ts";
import { type ResponseCodeName, TPM_RC } from "../../spec/responseCodes.ts";
import { type CheckResult, defineCheck, missing, passed, wrong } from "../check.ts";
import {
  count,
  flag,
  handle,
  list,
  mapping,
  oneOf,
  optional,
  required,
  textOrNumber,
  type ValuesOf,
} from "../schema.ts";
import { type SeenCommand, sessionFlags } from "../seen.ts";
import { anyFulfils, listed, times, type Want } from "./wants.ts";

export const hierarchyNames = ["owner", "endorsement", "platform", "null"] as const satisfies InspectedHierarchyName[];
export const commandName = oneOf(
  Object.keys(commandRows) as CommandName[],
  "a command's name without TPM2_, as PCR_Extend",
);
export const responseName = oneOf(
  Object.keys(TPM_RC) as ResponseCodeName[],
  "a response code's name, as TPM_RC_AUTH_FAIL",
);

const parameters = {
  name: required(list(commandName), "which command; of several any"),
  succeeded: optional(flag, "whether it was carried out"),
  response: optional(list(responseName), "what the TPM answered; of several any"),
  handle: optional(handle, "one of its handles"),
  parent: optional(list(oneOf(hierarchyNames)), "the hierarchy of its first handle, or of the object there"),
  auth: optional(oneOf(["password", "hmac", "policy"]), "how its first handle was authorised"),
  session: optional(list(oneOf(sessionFlags)), "attributes that its sessions have"),
  withoutSession: optional(list(oneOf(sessionFlags)), "attributes that none of its sessions has"),
  fields: optional(mapping(textOrNumber), "fields of command or response, as the list of commands shows their values"),
  times: optional(count(1), "how often at least; once by default"),
  since: optional(oneOf(["step", "lesson"]), "from when on it counts; `step` by default"),
};
type Wanted = ValuesOf<typeof parameters>;

const tpm2 = (name: string) => `TPM2_${name}`;

export const command = defineCheck({
  name: "command",
  words: "A command that the guest has sent to the TPM, and the TPM's answer.",
  parameters,
  describe: (wanted) => {
    const { name, succeeded, response, handle: one, parent, auth, session, withoutSession, fields, since } = wanted;
    const parts = [
      succeeded === undefined ? "" : succeeded ? "succeeds" : "is refused",
      response && `answered ${listed(response)}`,
      one === undefined ? "" : `handle 0x${one.toString(16)}`,
      parent && `hierarchy ${listed(parent)}`,
      auth && `authorised by ${auth}`,
      session && `a session with ${listed(session, "and")}`,
      withoutSession && `no session with ${listed(withoutSession)}`,
      fields &&
        Object.entries(fields)
          .map(([field, value]) => `${field} = ${value}`)
          .join(", "),
      wanted.times === undefined ? "" : `at least ${times(wanted.times)}`,
      since === "lesson" ? "since the lesson began" : "",
    ];
    return [listed(name.map(tpm2)), ...parts.filter(Boolean)].join(", ");
  },
  run: (wanted, { commands, commandsOfLesson }) =>
    findCommand(wanted, wanted.since === "lesson" ? commandsOfLesson : commands),
});

export function findCommand(wanted: Wanted, commands: readonly SeenCommand[]): CheckResult {
  const names: readonly string[] = wanted.name;
  const candidates = commands.filter(({ name }) => names.includes(name));
  if (candidates.length === 0) return missing(`${listed(names.map(tpm2))} was not sent to the TPM yet.`);
  const wants = wantsOf(wanted);
  const fulfilling = candidates.filter((candidate) => wants.every((want) => want.holds(candidate))).length;
  const { times: least = 1 } = wanted;
  if (fulfilling >= least) return passed;
  if (fulfilling === 0) return anyFulfils(candidates, wants);
  return wrong(`${listed(names.map(tpm2))} came ${times(fulfilling)} so far; ${times(least)} was asked.`);
}

function wantsOf(wanted: Wanted): Want<SeenCommand>[] {
  const { succeeded, response, handle: one, parent, auth, session, withoutSession, fields = {} } = wanted;
  const wants: (Want<SeenCommand> | false)[] = [
    one !== undefined && {
      holds: ({ handles }) => handles.some((each) => each.handle === one),
      hint: ({ name, handles }) =>
        `${tpm2(name)} was about ${listed(
          handles.map(({ handle: each }) => `0x${each.toString(16)}`),
          "and",
        )}; 0x${one.toString(16)} was asked`,
    },
    parent !== undefined && {
      holds: ({ handles }) => parent.some((name) => name === handles[0]?.hierarchy),
      hint: ({ name, handles: [first] }) =>
        `${tpm2(name)} was done under the ${first?.hierarchy ?? "unknown"} hierarchy; the ${listed(parent)} hierarchy was asked`,
    },
    succeeded !== undefined && {
      holds: (seen) => seen.succeeded === succeeded,
      hint: ({ name, responseCode }) =>
        succeeded
          ? `the TPM refused ${tpm2(name)} with ${responseCode.name}: ${responseCode.explanation}`
          : `the TPM carried ${tpm2(name)} out; a refusal was asked`,
    },
    response !== undefined && {
      holds: ({ responseCode }) => response.some((name) => name === responseCode.name),
      hint: ({ name, responseCode }) =>
        `the TPM answered ${responseCode.name} to ${tpm2(name)}; ${listed(response)} was asked`,
    },
    auth !== undefined && {
      holds: ({ sessions }) => sessions[0]?.authorises === true && sessions[0].kind === auth,
      hint: ({ name, sessions: [first] }) =>
        `${tpm2(name)} was authorised by ${first?.authorises ? authWords[first.kind] : "nothing"}; ${authWords[auth]} was asked`,
    },
    session !== undefined && {
      holds: ({ sessions }) => session.every((each) => sessions.some(({ flags }) => flags.includes(each))),
      hint: ({ name, sessions }) =>
        `${tpm2(name)} came with ${flagsOf(sessions.flatMap(({ flags }) => flags))}; a session with ${listed(session, "and")} was asked`,
    },
    withoutSession !== undefined && {
      holds: ({ sessions }) => !withoutSession.some((each) => sessions.some(({ flags }) => flags.includes(each))),
      hint: ({ name, sessions }) =>
        `${tpm2(name)} came with ${flagsOf(sessions.flatMap(({ flags }) => flags))}; no ${listed(withoutSession)} was asked`,
    },
    ...Object.entries(fields).map(
      ([field, value]): Want<SeenCommand> => ({
        holds: (seen) => isSame(seen.field(field)?.value, value),
        hint: (seen) => {
          const found = seen.field(field);
          const shown = found === undefined ? "was not there" : found.secret ? "was another" : `was ${found.value}`;
          return `${field} of ${tpm2(seen.name)} ${shown}; ${value} was asked`;
        },
      }),
    ),
  ];
  return wants.filter((want) => want !== false);
}

/** Numbers are shown in one way and written in many. */
function isSame(found: string | undefined, value: string): boolean {
  if (found === undefined) return false;
  if (found.toLowerCase() === value.toLowerCase()) return true;
  return /^(0x[0-9a-f]+|\d+)$/i.test(found) && /^(0x[0-9a-f]+|\d+)$/i.test(value) && BigInt(found) === BigInt(value);
}

const authWords = {
  password: "a password",
  hmac: "an HMAC session",
  policy: "a policy session",
  trial: "a trial session",
} as const;

const flagsOf = (flags: readonly string[]) =>
  flags.length === 0 ? "no session attribute" : listed([...new Set(flags)], "and");
