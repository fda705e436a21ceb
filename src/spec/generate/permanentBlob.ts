/** asm/generated/layout/permanentBlob.ts: the fields of a permanent blob as a table for the core's walk (asm/tpm/power/blobFields.ts). */

import { type PlacedBlobField, PROFILE_PARTS, placeBlobFields } from "../layout/permanentBlob.ts";
import type { PlacedLayout } from "../layout/place.ts";
import type { Limits } from "../limits.ts";
import { HEADER } from "./text.ts";

/** How the core tells the forms apart. */
const KINDS = ["U8", "U16", "U32", "U64", "BYTES", "TPM2B", "POLICY", "HASH", "PROFILE", "ORDERLY"] as const;
type Kind = (typeof KINDS)[number];

function kindOf({ name, form, check }: PlacedBlobField): Kind {
  switch (check) {
    case "hash":
      return "HASH";
    case "profile":
      return "PROFILE";
    case "orderly":
      return "ORDERLY";
  }
  const kind = form.toUpperCase() as Kind;
  if (!KINDS.includes(kind))
    throw new Error(`src/spec/layout/permanentBlob.ts: ${name} is a ${form}, which no blob has`);
  return kind;
}

/** Kind, offset in STATE, bounds: of bytes their number, of a TPM2B the smallest size above the largest, else the largest value. */
function numbersOf(field: PlacedBlobField): string {
  const { form, offset, size, smallest, largest } = field;
  const bound = form === "bytes" ? size : form === "TPM2B" ? smallest * 65536 + largest : largest;
  return `${KINDS.indexOf(kindOf(field))}, ${offset}, ${bound},`;
}

export function generatePermanentBlob(layout: PlacedLayout, limits: Limits): string {
  const { permanent, saved } = placeBlobFields(layout, limits);
  const table = (name: string, fields: readonly PlacedBlobField[]) =>
    [
      `const ${name}_COUNT: u32 = ${fields.length};`,
      `export const ${name}: usize = memory.data<u32>([`,
      ...fields.map((field) => `  ${numbersOf(field)} // ${field.name}`),
      "]);",
      `export const ${name}_END: usize = ${name} + 12 * ${name}_COUNT;`,
    ].join("\n");
  return `${HEADER}
// The fields of a permanent blob: for each its kind, its offset in STATE, and its bound.

${Object.entries(PROFILE_PARTS)
  .map(([name, value]) => `export const ${name}: u32 = ${value};`)
  .join("\n")}

${KINDS.map((kind, index) => `export const FIELD_${kind}: u32 = ${index};`).join("\n")}

${table("PERMANENT_FIELDS", permanent)}
${table("SAVED_FIELDS", saved)}
`;
}
