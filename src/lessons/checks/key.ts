/** A key that was made or loaded: where it hangs, of what kind it is, what it may do. */
import { type AttributeName, attributeTypes, hasAttribute } from "../../spec/attributes.ts";
import { defineCheck, missing } from "../check.ts";
import { flag, list, oneOf, optional } from "../schema.ts";
import type { SeenCommand } from "../seen.ts";
import { commandName, hierarchyNames } from "./command.ts";
import { anyFulfils, listed, type Want } from "./wants.ts";

type ObjectAttribute = AttributeName<"TPMA_OBJECT">;
const attributeName = oneOf(
  attributeTypes.TPMA_OBJECT.fields.map(({ name }) => name) as ObjectAttribute[],
  "an attribute of TPMA_OBJECT, as fixedTPM",
);
const types = {
  rsa: "TPM_ALG_RSA",
  ecc: "TPM_ALG_ECC",
  keyedhash: "TPM_ALG_KEYEDHASH",
  symcipher: "TPM_ALG_SYMCIPHER",
};
type KeyType = keyof typeof types;

const MAKING = ["CreatePrimary", "Create", "CreateLoaded", "Import", "LoadExternal"] as const;

const publicOf = ({ made }: SeenCommand) => made!.publicArea!;
const typeOf = (seen: SeenCommand) =>
  (Object.keys(types) as KeyType[]).find((name) => types[name] === publicOf(seen).type)!;
const has = (seen: SeenCommand, name: ObjectAttribute) => hasAttribute("TPMA_OBJECT", publicOf(seen).attributes, name);

export const key = defineCheck({
  name: "key",
  words: "A key that was made since the step began: its hierarchy, its type, its attributes.",
  parameters: {
    made: optional(list(commandName), "the command that made it; of several any; by default any that makes one"),
    parent: optional(list(oneOf(hierarchyNames)), "its hierarchy"),
    type: optional(list(oneOf(Object.keys(types) as KeyType[])), "its type"),
    attributes: optional(list(attributeName), "attributes that it has"),
    without: optional(list(attributeName), "attributes that it does not have"),
    policy: optional(flag, "whether it has an authPolicy"),
  },
  describe: ({ made = MAKING, parent, type, attributes, without, policy }) =>
    [
      `a key made by ${listed(made.map((name) => `TPM2_${name}`))}`,
      parent && `under ${listed(parent)}`,
      type && `of type ${listed(type)}`,
      attributes && `with ${listed(attributes, "and")}`,
      without && `without ${listed(without)}`,
      policy === undefined ? "" : policy ? "with an authPolicy" : "without an authPolicy",
    ]
      .filter(Boolean)
      .join(", "),
  run: ({ made = MAKING, parent, type, attributes, without, policy }, { commands }) => {
    const by: readonly string[] = made;
    const keys = commands.filter(
      ({ name, succeeded, made: object }) =>
        by.includes(name) && succeeded && object !== null && object.publicArea !== null,
    );
    if (keys.length === 0) return missing("No such key was made yet.");
    const wants: (Want<SeenCommand> | false)[] = [
      parent !== undefined && {
        holds: (seen) => parent.some((name) => name === seen.made!.hierarchy),
        hint: ({ made: object }) =>
          `the key is under the ${object!.hierarchy ?? "unknown"} hierarchy; the ${listed(parent)} hierarchy was asked`,
      },
      type !== undefined && {
        holds: (seen) => type.includes(typeOf(seen)),
        hint: (seen) => `the key is of type ${typeOf(seen)}; type ${listed(type)} was asked`,
      },
      attributes !== undefined && {
        holds: (seen) => attributes.every((name) => has(seen, name)),
        hint: (seen) =>
          `the key lacks the attribute ${listed(
            attributes.filter((name) => !has(seen, name)),
            "and",
          )}`,
      },
      without !== undefined && {
        holds: (seen) => !without.some((name) => has(seen, name)),
        hint: (seen) =>
          `the key has the attribute ${listed(
            without.filter((name) => has(seen, name)),
            "and",
          )}, and was not to have it`,
      },
      policy !== undefined && {
        holds: (seen) => publicOf(seen).authPolicy.length > 0 === policy,
        hint: () => `the key has ${policy ? "no" : "an"} authPolicy`,
      },
    ];
    return anyFulfils(
      keys,
      wants.filter((want) => want !== false),
    );
  },
});
