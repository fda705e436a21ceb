/** Sessions: how one was started, what was said to it, what it was used for. */
import { TPM_HT } from "../../spec/handles.ts";
import { fieldOf } from "../../trace/objectMemory.ts";
import { defineCheck, missing, wrong } from "../check.ts";
import type { Facts } from "../facts.ts";
import { flag, list, oneOf, optional, required, type ValuesOf } from "../schema.ts";
import { type SeenCommand, sessionFlags } from "../seen.ts";
import { pcrNumber } from "./banks.ts";
import { commandName } from "./command.ts";
import { isSalted, pcrsOf, policyCommands, type SessionStory, startsSession, storyOf } from "./policies.ts";
import { anyFulfils, listed, type Want } from "./wants.ts";

const KINDS = { hmac: "TPM_SE_HMAC", policy: "TPM_SE_POLICY", trial: "TPM_SE_TRIAL" } as const;
type Kind = keyof typeof KINDS;
const kinds = Object.keys(KINDS) as Kind[];
const kindOf = (start: SeenCommand) => kinds.find((kind) => KINDS[kind] === start.field("sessionType")?.value);

export const started = defineCheck({
  name: "started",
  words: "A session that the guest has started since the step began.",
  parameters: {
    kind: optional(oneOf(kinds), "which kind of session"),
    salted: optional(flag, "whether a salt was given, encrypted to a key of the TPM"),
  },
  describe: ({ kind, salted }) =>
    `a${kind === undefined ? "" : ` ${kind}`} session is started${salted === undefined ? "" : salted ? ", with a salt" : ", without a salt"}`,
  run: ({ kind, salted }, { commands }) => {
    const starts = commands.filter(startsSession);
    if (starts.length === 0) return missing("No session was started yet.");
    const wants: (Want<SeenCommand> | false)[] = [
      kind !== undefined && {
        holds: (start) => kindOf(start) === kind,
        hint: (start) => `the session is of the kind ${kindOf(start)}; ${kind} was asked`,
      },
      salted !== undefined && {
        holds: (start) => isSalted(start) === salted,
        hint: () => (salted ? NO_SALT : "the session has a salt; one without was asked"),
      },
    ];
    return anyFulfils(
      starts,
      wants.filter((want) => want !== false),
    );
  },
});

const NO_SALT =
  "the session has no salt, so whoever reads along can compute its key; name a key of the TPM with --tpmkey-context";

const SESSION_TYPES = { hmac: TPM_HT.TPM_HT_HMAC_SESSION, policy: TPM_HT.TPM_HT_POLICY_SESSION } as const;
const sessionKinds = Object.keys(SESSION_TYPES) as (keyof typeof SESSION_TYPES)[];

/** Tools flush objects of their own accord, after the command that a learner sees. */
export const flushed = defineCheck({
  name: "flushed",
  words:
    "A session that the TPM has let go since the step began. Objects, which tools flush by themselves, do not count.",
  parameters: { kind: required(oneOf(sessionKinds), "what it was for: `policy` for trial sessions, too") },
  describe: ({ kind }) => `FlushContext of a session of the kind ${kind}`,
  run: ({ kind }, { commands }) => {
    const flushes = commands.filter(({ name }) => name === "FlushContext");
    if (flushes.length === 0) return missing("TPM2_FlushContext was not sent to the TPM yet.");
    return anyFulfils(flushes, [
      { holds: ({ succeeded }) => succeeded, hint: () => "the TPM refused TPM2_FlushContext" },
      {
        holds: ({ octets }) => (fieldOf(octets, "flushHandle") ?? 0) >>> 24 === SESSION_TYPES[kind],
        hint: () => `no session of the kind ${kind} was flushed; tpm2_flushcontext takes the session's file`,
      },
    ]);
  },
});

export const policyStep = defineCheck({
  name: "policyStep",
  words: "A policy command that the TPM has carried out since the step began, in a trial session or a real one.",
  parameters: {
    name: required(oneOf(policyCommands), "which"),
    pcrs: optional(list(pcrNumber), "for PolicyPCR: exactly these PCRs, of any bank"),
  },
  describe: ({ name, pcrs }) =>
    `${name}${pcrs === undefined ? "" : ` over PCR ${listed(pcrs.map(String), "and")}`} succeeds`,
  run: ({ name, pcrs }, { commands }) => {
    const steps = commands.filter((seen) => seen.name === name);
    if (steps.length === 0) return missing(`TPM2_${name} was not sent to the TPM yet.`);
    return anyFulfils(steps, [
      {
        holds: ({ succeeded }) => succeeded,
        hint: ({ responseCode }) =>
          `the TPM refused TPM2_${name} with ${responseCode.name}: ${responseCode.explanation}`,
      },
      ...(pcrs === undefined ? [] : [namesPcrs(pcrs)]),
    ]);
  },
});

function namesPcrs(pcrs: readonly number[]): Want<SeenCommand> {
  const asked = [...pcrs].sort((a, b) => a - b);
  return {
    holds: (seen) => String(pcrsOf(seen)) === String(asked),
    hint: (seen) =>
      `the policy is about PCR ${listed(pcrsOf(seen).map(String), "and") || "none"}; PCR ${listed(asked.map(String), "and")} was asked`,
  };
}

const useParameters = {
  name: required(list(commandName), "the command that the session was used with; of several any"),
  succeeded: optional(flag, "whether it was carried out"),
  salted: optional(flag, "whether the session was started with a salt"),
  flags: optional(list(oneOf(sessionFlags)), "attributes that the session has in this command"),
  ran: optional(list(oneOf(policyCommands)), "policy commands that were carried out in the session before"),
  pcrs: optional(list(pcrNumber), "the PCRs of its PolicyPCR, exactly, of any bank"),
};
type Wanted = ValuesOf<typeof useParameters>;

/** A session of a command, with its story where that is known; a command has several. */
interface Use {
  readonly seen: SeenCommand;
  readonly flags: readonly string[];
  readonly story: SessionStory | null;
}

export const used = defineCheck({
  name: "used",
  words: "A session that a command was sent with since the step began: how it was started, its attributes, its policy.",
  parameters: useParameters,
  describe: ({ name, succeeded, salted, flags, ran, pcrs }) =>
    [
      `${listed(name)} ${succeeded === undefined ? "comes" : succeeded ? "succeeds" : "is refused"}`,
      salted === undefined ? "" : salted ? "with a salted session" : "with a session without salt",
      flags && `that has ${listed(flags, "and")}`,
      ran && `after ${listed(ran, "and")} in its session`,
      pcrs && `over PCR ${listed(pcrs.map(String), "and")}`,
    ]
      .filter(Boolean)
      .join(", "),
  run: (wanted, facts) => {
    const commands = facts.commands.filter(({ name }) => wanted.name.some((each) => each === name));
    if (commands.length === 0)
      return missing(`${listed(wanted.name.map((each) => `TPM2_${each}`))} was not sent to the TPM yet.`);
    const uses = commands.flatMap((seen) => usesOf(seen, facts));
    if (uses.length === 0) return wrong(`${listed(wanted.name.map((each) => `TPM2_${each}`))} came without a session.`);
    return anyFulfils(uses, wantsOf(wanted));
  },
});

const usesOf = (seen: SeenCommand, facts: Facts): Use[] =>
  seen.sessions.map(({ handle, flags }) => ({ seen, flags, story: storyOf(handle, seen, facts) }));

function wantsOf({ succeeded, salted, flags, ran, pcrs }: Wanted): Want<Use>[] {
  const stepsOf = ({ story }: Use) => story?.steps ?? [];
  const wants: (Want<Use> | false)[] = [
    salted !== undefined && {
      holds: ({ story }) => (story !== null && isSalted(story.start)) === salted,
      hint: ({ seen }) =>
        salted
          ? `TPM2_${seen.name} came with no salted session`
          : `TPM2_${seen.name} came with a salted session; one without was asked`,
    },
    flags !== undefined && {
      holds: (use) => flags.every((flag) => use.flags.includes(flag)),
      hint: ({ seen, flags: has }) =>
        `the session of TPM2_${seen.name} has ${has.length === 0 ? "no attribute" : listed(has, "and")}; ${listed(flags, "and")} was asked`,
    },
    ran !== undefined && {
      holds: (use) => ran.every((name) => stepsOf(use).some((step) => step.name === name)),
      hint: (use) => {
        const absent = ran.filter((name) => !stepsOf(use).some((step) => step.name === name));
        return `the session of TPM2_${use.seen.name} had no ${listed(absent.map((name) => `TPM2_${name}`))} that succeeded before it`;
      },
    },
    pcrs !== undefined && {
      holds: (use) => stepsOf(use).some(namesPcrs(pcrs).holds),
      hint: (use) => {
        const step = stepsOf(use).findLast(({ name }) => name === "PolicyPCR");
        return step === undefined
          ? `the session of TPM2_${use.seen.name} had no TPM2_PolicyPCR`
          : namesPcrs(pcrs).hint(step);
      },
    },
    // Behind what may be its cause.
    succeeded !== undefined && {
      holds: ({ seen }) => seen.succeeded === succeeded,
      hint: ({ seen: { name, responseCode } }) =>
        succeeded
          ? `the TPM refused TPM2_${name} with ${responseCode.name}: ${responseCode.explanation}`
          : `the TPM carried TPM2_${name} out; a refusal was asked`,
    },
  ];
  return wants.filter((want) => want !== false);
}
