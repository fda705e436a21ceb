import { describeEvent } from "../../firmware/description/index.ts";
import type { TcgEvent } from "../../firmware/eventLog.ts";
import { defineCheck, missing, passed, wrong } from "../check.ts";
import type { BootFacts } from "../facts.ts";
import { flag, oneOf, optional, text } from "../schema.ts";
import { pcrNumber } from "./banks.ts";

/** An event of the firmware's log. */
export const event = defineCheck({
  name: "event",
  words: "An event of the firmware's log of this boot: what it says, and into which PCR it was measured.",
  parameters: {
    says: optional(text, "a part of its text"),
    pcr: optional(pcrNumber, "its PCR"),
    since: optional(
      oneOf(["lesson", "step"]),
      "`step`: the PC must have booted since the step began; `lesson` by default",
    ),
    there: optional(flag, "whether there is such an event; true by default"),
  },
  describe: ({ says, pcr, since, there = true }) =>
    [
      `${there ? "an" : "no"} event of the log`,
      says && `that says “${says}”`,
      pcr === undefined ? "" : `in PCR ${pcr}`,
      since === "step" && "of a boot since the step began",
    ]
      .filter(Boolean)
      .join(" "),
  run: ({ says = "", pcr, since = "lesson", there = true }, { lastBoots, boots, stage }) => {
    if (since === "step" && boots === 0) return missing("The PC has not booted again yet.");
    if (stage !== "shell") return missing("The PC is still booting.");
    const events = eventsOf(lastBoots.at(-1));
    const found = events.filter((each) => textOf(each).includes(says) && (pcr === undefined || each.pcrIndex === pcr));
    if (found.length > 0 === there) return passed;
    const say = boots > 0 ? wrong : missing;
    const where = pcr === undefined ? "" : ` in PCR ${pcr}`;
    return say(
      there ? `The log has no event${where} that says “${says}”.` : `The log has an event${where} that says “${says}”.`,
    );
  },
});

const eventsOf = (boot: BootFacts | undefined): readonly TcgEvent[] => boot?.log?.events ?? [];

/** As it is described, and as it stands in the log. */
const textOf = (each: TcgEvent) => `${describeEvent(each)}\n${new TextDecoder().decode(each.data)}`;
