/** The persistent objects as they stand. */
import type { InspectedObject } from "../../engine/inspection.ts";
import { hasAttribute } from "../../spec/attributes.ts";
import { defineCheck, missing, passed, wrong } from "../check.ts";
import { handle as handleShape, list, oneOf, only, optional } from "../schema.ts";
import { hierarchyNames } from "./command.ts";
import { anyFulfils, listed, type Want } from "./wants.ts";

const shown = (handle: number) => `0x${handle.toString(16)}`;

const isStorage = ({ publicArea: { attributes } }: InspectedObject) =>
  hasAttribute("TPMA_OBJECT", attributes, "restricted") && hasAttribute("TPMA_OBJECT", attributes, "decrypt");

export const persistent = defineCheck({
  name: "persistent",
  words: "A persistent object that the TPM has, or that it has none.",
  parameters: {
    handle: optional(handleShape, "its handle; any by default"),
    parent: optional(list(oneOf(hierarchyNames)), "its hierarchy"),
    storage: optional(only(true), "it is a storage key: others can be loaded below it"),
    absent: optional(only(true), "there is none of this kind"),
  },
  describe: ({ handle, parent, storage, absent }) =>
    `${absent ? "no" : "a"} persistent ${storage ? "storage key" : "object"}${handle === undefined ? "" : ` at ${shown(handle)}`}${parent ? ` under ${listed(parent)}` : ""}`,
  run: ({ handle, parent, storage, absent }, { inspection, commands }) => {
    const objects = (inspection?.persistent ?? []).filter((object) => object.kind === "object");
    const tried = commands.some(({ name }) => name === "EvictControl");
    const wants: (Want<InspectedObject> | false)[] = [
      handle !== undefined && {
        holds: (object) => object.handle === handle,
        hint: (object) => `the object is at ${shown(object.handle)}; ${shown(handle)} was asked`,
      },
      parent !== undefined && {
        holds: ({ hierarchy }) => parent.some((name) => name === hierarchy),
        hint: (object) =>
          `the object at ${shown(object.handle)} is under the ${object.hierarchy} hierarchy; the ${listed(parent)} hierarchy was asked`,
      },
      storage !== undefined && {
        holds: isStorage,
        hint: (object) => `the object at ${shown(object.handle)} is not a storage key`,
      },
    ];
    const asked = wants.filter((want) => want !== false);
    const found = objects.filter((object) => asked.every(({ holds }) => holds(object)));
    if (absent) {
      const [first] = found;
      if (first === undefined) return passed;
      return (tried ? wrong : missing)(`There is still a persistent object at ${shown(first.handle)}.`);
    }
    if (found.length > 0) return passed;
    if (objects.length === 0) return (tried ? wrong : missing)("The TPM has no persistent object.");
    const result = anyFulfils(objects, asked);
    return result.passed || tried ? result : missing(result.hint);
  },
});
