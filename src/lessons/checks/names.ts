/** Whether two keys that were made are the same key: whether they have the same Name. */
import { toHex } from "../../engine/bytes.ts";
import { type CheckResult, defineCheck, missing, passed, wrong } from "../check.ts";
import type { Facts } from "../facts.ts";
import { flag, list, oneOf, only, optional, required, type ValuesOf } from "../schema.ts";
import type { SeenCommand } from "../seen.ts";
import { commandName, hierarchyNames } from "./command.ts";
import { listed } from "./wants.ts";

const parameters = {
  of: required(list(commandName), "the command that made them; of several any"),
  parent: optional(list(oneOf(hierarchyNames)), "the hierarchy of both"),
  same: required(flag, "whether their Names are the same"),
  acrossBoots: optional(only(true), "the PC has booted between them"),
};

/** A key's Name is the hash of its public area: what has the same one has the same Name. */
const areaOf = ({ made }: SeenCommand): string => toHex(made!.publicArea!.area);

export const names = defineCheck({
  name: "names",
  words:
    "A key that was made in this step has the same Name as one that was made before in the lesson, or another one.",
  parameters,
  describe: ({ of, parent, same, acrossBoots }) =>
    [
      `two keys of ${listed(of.map((name) => `TPM2_${name}`))} with ${same ? "the same Name" : "different Names"}`,
      parent && `under ${listed(parent)}`,
      acrossBoots && "made in different boots",
    ]
      .filter(Boolean)
      .join(", "),
  run: compareKeys,
});

function compareKeys(wanted: ValuesOf<typeof parameters>, { commands, commandsOfLesson }: Facts): CheckResult {
  const { of, parent, same, acrossBoots } = wanted;
  const asked: readonly string[] = of;
  const isKey = ({ name, succeeded, made }: SeenCommand) =>
    asked.includes(name) && succeeded && made !== null && made.publicArea !== null;
  const isBelow = ({ made }: SeenCommand) => parent === undefined || parent.some((name) => name === made!.hierarchy);
  const all = commandsOfLesson.filter(isKey);
  const latest = commands.filter(isKey).at(-1);
  if (latest === undefined) return missing("No key was made in this step yet.");
  const others = all.slice(0, all.indexOf(latest));
  if (others.length === 0) return wrong("One key was made so far; make a second one to compare it with.");
  const elsewhere = [latest, ...others].find((key) => !isBelow(key));
  if (!isBelow(latest) || !others.some(isBelow))
    return wrong(
      `A key was made under the ${elsewhere!.made!.hierarchy} hierarchy; the ${listed(parent!)} hierarchy was asked.`,
    );
  const comparable = others.filter(isBelow);
  const matching = comparable.filter((key) => (areaOf(key) === areaOf(latest)) === same);
  if (matching.length === 0)
    return wrong(
      same
        ? "The keys have different Names: they are two keys. Take the same template and the same hierarchy as before."
        : "The keys have the same Name: it is the same key again. Another template or another hierarchy was asked.",
    );
  if (acrossBoots && !matching.some(({ boot }) => boot !== latest.boot))
    return wrong("The keys were made in the same boot: the PC has not booted again between them.");
  return passed;
}
