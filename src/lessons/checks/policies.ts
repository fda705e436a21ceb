/** What the guest's commands tell of a session: how it was started, what was said to it, which policy digest that gave. */
import { fromPcrSelect } from "../../client/pcrs.ts";
import { toHex } from "../../engine/bytes.ts";
import { type CommandName, commands } from "../../spec/commands.ts";
import type { Facts } from "../facts.ts";
import type { SeenCommand } from "../seen.ts";

export type PolicyCommand = Extract<CommandName, `Policy${string}`>;
const NO_STEPS: readonly CommandName[] = ["PolicyGetDigest", "PolicyRestart"];
/** The commands that add a step to a policy. */
export const policyCommands = commands
  .map(({ name }) => name)
  .filter((name): name is PolicyCommand => name.startsWith("Policy") && !NO_STEPS.includes(name));

export interface SessionStory {
  /** TPM2_StartAuthSession. */
  readonly start: SeenCommand;
  /** Its policy commands that succeeded, in their order, since it was started or restarted. */
  readonly steps: readonly SeenCommand[];
}

/** The last command before `until` that started the session with this handle, and what followed; null where none did. */
export function storyOf(handle: number, until: SeenCommand, { commandsOfLesson }: Facts): SessionStory | null {
  const before = commandsOfLesson.slice(0, commandsOfLesson.indexOf(until));
  const from = before.findLastIndex((seen) => startsSession(seen) && seen.responseHandle === handle);
  const start = before[from];
  if (start === undefined) return null;
  let steps: SeenCommand[] = [];
  for (const seen of before.slice(from + 1)) {
    if (!seen.succeeded || !seen.handles.some((each) => each.handle === handle)) continue;
    if (seen.name === "PolicyRestart") steps = [];
    else if (isPolicyStep(seen)) steps.push(seen);
  }
  return { start, steps };
}

export const startsSession = ({ name, succeeded }: SeenCommand): boolean => name === "StartAuthSession" && succeeded;

export const isPolicyStep = ({ name }: SeenCommand): boolean => policyCommands.some((each) => each === name);

/** Whether its key is made of a salt that only the TPM can read. */
export const isSalted = (start: SeenCommand): boolean => start.field("tpmKey")?.value !== "TPM_RH_NULL";

/** The session that a policy command is about. */
export const policySessionOf = ({ handles }: SeenCommand): number | undefined =>
  handles.find(({ entity }) => entity.kind === "session")?.handle;

/** The PCRs that a TPM2_PolicyPCR names, of all banks. */
export function pcrsOf(seen: SeenCommand): number[] {
  const pcrs = seen.field("pcrs");
  return pcrs === undefined ? [] : pcrsIn(seen.octets.subarray(pcrs.offset, pcrs.offset + pcrs.size));
}

/**
 * The PCRs of a TPML_PCR_SELECTION in wire form, in their order: a count, and for each bank its hash, the size of the selection, and
 * a bit for each PCR (Part 2, 10.6.2). What is cut ends where it is cut.
 */
export function pcrsIn(octets: Uint8Array): number[] {
  const found = new Set<number>();
  for (let at = 4; at + 3 <= octets.length; ) {
    const size = octets[at + 2]!;
    for (const pcr of fromPcrSelect(octets.subarray(at + 3, at + 3 + size))) found.add(pcr);
    at += 3 + size;
  }
  return [...found].sort((a, b) => a - b);
}

/** The digests, in hex, that TPM2_PolicyGetDigest has told of sessions whose last step was this command, since the lesson began. */
export function policyDigestsOf(last: PolicyCommand, facts: Facts): string[] {
  return facts.commandsOfLesson
    .filter(({ name, succeeded }) => name === "PolicyGetDigest" && succeeded)
    .filter((seen) => storyOf(policySessionOf(seen) ?? 0, seen, facts)?.steps.at(-1)?.name === last)
    .map((seen) => toHex(seen.contentOf(seen.field("policyDigest")!)));
}
