/** An NV Index as it stands in the TPM. */
import type { InspectedNvIndex } from "../../engine/inspection.ts";
import { attributeField, hasAttribute } from "../../spec/attributes.ts";
import { TPM_NT } from "../../spec/constants.ts";
import { defineCheck, missing } from "../check.ts";
import { count, flag, handle, oneOf, optional } from "../schema.ts";
import { anyFulfils, type Want } from "./wants.ts";

/** As tpm2_nvdefine calls them. */
const TYPES = {
  ordinary: TPM_NT.TPM_NT_ORDINARY,
  counter: TPM_NT.TPM_NT_COUNTER,
  bits: TPM_NT.TPM_NT_BITS,
  extend: TPM_NT.TPM_NT_EXTEND,
  pinfail: TPM_NT.TPM_NT_PIN_FAIL,
  pinpass: TPM_NT.TPM_NT_PIN_PASS,
} as const;
type NvType = keyof typeof TYPES;
const types = Object.keys(TYPES) as NvType[];
const typeOf = ({ attributes }: InspectedNvIndex) =>
  types.find((name) => TYPES[name] === attributeField("TPMA_NV", attributes, "TPM_NT")) ?? "unknown";

const CHANGING = ["NV_DefineSpace", "NV_Write", "NV_Increment", "NV_SetBits", "NV_Extend"];

const shown = ({ handle: number }: InspectedNvIndex) => `the NV index 0x${number.toString(16)}`;
/** Of a counter; null where it was not written, or may not be looked at. */
function counted({ contents: { data } }: InspectedNvIndex): bigint | null {
  if (data === null || data.length !== 8) return null;
  return new DataView(data.buffer, data.byteOffset, data.byteLength).getBigUint64(0);
}

export const nv = defineCheck({
  name: "nv",
  words: "An NV Index as it stands in the TPM.",
  parameters: {
    index: optional(handle, "which; any by default"),
    type: optional(oneOf(types), "its type, as tpm2_nvdefine's nt= has it"),
    written: optional(flag, "whether it was written"),
    atLeast: optional(count(0), "the least value of a counter"),
  },
  describe: ({ index, type, written, atLeast }) =>
    [
      `${index === undefined ? "an NV index" : `the NV index 0x${index.toString(16)}`} is there`,
      type && `of the type ${type}`,
      written !== undefined && (written ? "written" : "not written"),
      atLeast !== undefined && `with ${atLeast} or more`,
    ]
      .filter(Boolean)
      .join(", "),
  run: ({ index, type, written, atLeast }, { inspection, commands }) => {
    const indices = (inspection?.nvIndices ?? []).filter((each) => index === undefined || each.handle === index);
    if (indices.length === 0)
      return missing(
        index === undefined ? "The TPM has no NV index yet." : `There is no NV index 0x${index.toString(16)} yet.`,
      );
    const wants: (Want<InspectedNvIndex> | false)[] = [
      type !== undefined && {
        holds: (each) => typeOf(each) === type,
        hint: (each) => `${shown(each)} is of the type ${typeOf(each)}; ${type} was asked, with nt=${type}`,
      },
      written !== undefined && {
        holds: ({ attributes }) => hasAttribute("TPMA_NV", attributes, "WRITTEN") === written,
        hint: (each) => `${shown(each)} ${written ? "was not written yet" : "was written already"}`,
      },
      atLeast !== undefined && {
        holds: (each) => (counted(each) ?? -1n) >= BigInt(atLeast),
        hint: (each) =>
          `${shown(each)} has ${counted(each) ?? "no value that can be looked at"}; ${atLeast} or more was asked`,
      },
    ];
    const result = anyFulfils(
      indices,
      wants.filter((want) => want !== false),
    );
    // What was there before the step was nobody's try.
    const tried = commands.some(({ name, succeeded }) => CHANGING.includes(name) && succeeded);
    return result.passed || tried ? result : missing(result.hint);
  },
});
