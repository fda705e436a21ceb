/** The dictionary attack protection as it stands. */
import { defineCheck, missing, passed, wrong } from "../check.ts";
import { count, flag, optional } from "../schema.ts";
import { times } from "./wants.ts";

export const lockout = defineCheck({
  name: "lockout",
  words: "The dictionary attack protection as it stands: its parameters, and the wrong tries that it counts.",
  parameters: {
    maxTriesAtMost: optional(count(1), "it locks after so many wrong tries or fewer"),
    recoveryAtMost: optional(count(1), "it forgets one after so many seconds or fewer, but it does forget"),
    failedTries: optional(count(0), "so many wrong tries are counted now"),
    inLockout: optional(flag, "whether it is locked now"),
  },
  asks: ["maxTriesAtMost", "recoveryAtMost", "failedTries", "inLockout"],
  describe: ({ maxTriesAtMost, recoveryAtMost, failedTries, inLockout }) =>
    [
      maxTriesAtMost && `the TPM locks after ${maxTriesAtMost} wrong tries at most`,
      recoveryAtMost && `forgets one within ${recoveryAtMost} s`,
      failedTries !== undefined && `wrong tries counted: ${failedTries}`,
      inLockout !== undefined && (inLockout ? "it is locked" : "it is not locked"),
    ]
      .filter(Boolean)
      .join(", "),
  run: ({ maxTriesAtMost, recoveryAtMost, failedTries, inLockout }, { inspection, commands }) => {
    if (inspection === null) return missing("The TPM has no power.");
    const now = inspection.lockout;
    const say = commands.some(({ name }) => name.startsWith("DictionaryAttack")) ? wrong : missing;
    if (maxTriesAtMost !== undefined && now.maxTries > maxTriesAtMost)
      return say(`The TPM locks after ${now.maxTries} wrong tries; ${maxTriesAtMost} or fewer were asked.`);
    if (recoveryAtMost !== undefined && now.recoveryTime === 0)
      return say("A recovery time of 0 turns the protection off: no wrong try is counted then.");
    if (recoveryAtMost !== undefined && now.recoveryTime > recoveryAtMost)
      return say(
        `The TPM forgets a wrong try after ${now.recoveryTime} seconds; ${recoveryAtMost} or fewer were asked.`,
      );
    if (failedTries !== undefined && now.failedTries !== failedTries)
      return say(`The TPM counts ${times(now.failedTries)} a wrong try; ${failedTries} was asked.`);
    if (inLockout !== undefined && now.inLockout !== inLockout)
      return say(inLockout ? "The TPM is not locked." : "The TPM is locked.");
    return passed;
  },
});
