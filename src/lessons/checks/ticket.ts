/** The ticket that the TPM gives for a digest which it has made itself (Part 2, 10.7.6). */
import { hierarchyOf } from "../../trace/entity.ts";
import { findField, numberAt } from "../../trace/objectKind.ts";
import { defineCheck, missing } from "../check.ts";
import { flag, list, oneOf, optional } from "../schema.ts";
import type { SeenCommand } from "../seen.ts";
import { hierarchyNames } from "./command.ts";
import { anyFulfils, listed, type Want } from "./wants.ts";

const GIVING = ["Hash", "SequenceComplete"];

/** The hierarchy whose secret the ticket was asked of. */
const askedOf = ({ octets, fields }: SeenCommand) => hierarchyOf(numberAt(octets, findField(fields, "hierarchy")) ?? 0);

/** An empty one has a digest of no octets, which is its size only. */
const isEmpty = ({ answered }: SeenCommand) =>
  (findField(findField(answered, "validation")?.fields ?? [], "digest")?.size ?? 2) <= 2;

export const ticket = defineCheck({
  name: "ticket",
  words: "A ticket of TPM2_Hash or TPM2_SequenceComplete.",
  parameters: {
    hierarchy: optional(list(oneOf(hierarchyNames)), "the hierarchy whose secret it was asked of"),
    empty: optional(flag, "whether it is empty; by default it is not"),
  },
  describe: ({ hierarchy, empty = false }) =>
    `${empty ? "an empty ticket" : "a ticket"}${hierarchy === undefined ? "" : ` of the ${listed(hierarchy)} hierarchy`}`,
  run: ({ hierarchy, empty = false }, { commands }) => {
    const hashed = commands.filter(({ name, succeeded }) => GIVING.includes(name) && succeeded);
    if (hashed.length === 0) return missing("The TPM has hashed nothing yet.");
    const wants: (Want<SeenCommand> | false)[] = [
      hierarchy !== undefined && {
        holds: (seen) => hierarchy.some((name) => name === askedOf(seen)),
        hint: (seen) =>
          `the ticket was asked of the ${askedOf(seen) ?? "unknown"} hierarchy; the ${listed(hierarchy)} hierarchy was asked`,
      },
      {
        holds: (seen) => isEmpty(seen) === empty,
        hint: () =>
          empty
            ? "the ticket has an HMAC; an empty ticket was asked"
            : "the ticket is empty; one with an HMAC was asked",
      },
    ];
    return anyFulfils(
      hashed,
      wants.filter((want) => want !== false),
    );
  },
});
