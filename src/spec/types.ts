/** All types of Part 2 by their names. */
import { algorithmTypes } from "./algorithms.ts";
import { attributeTypes } from "./attributes.ts";
import { TPM_CC } from "./commands.ts";
import { constantTypes, LOGIC } from "./constants.ts";
import { handleTypes } from "./handles.ts";
import { algorithmInterfaces, handleInterfaces, otherInterfaces } from "./interfaces.ts";
import { asymmetricStructures, objectStructures, symmetricStructures } from "./keyStructures.ts";
import { propertyTypes } from "./properties.ts";
import { responseCodeParts, responseCodeTypes } from "./responseCodes.ts";
import { alias, type TypeRow, type TypeRows } from "./rows.ts";
import { attestationStructures, basicStructures, storageStructures } from "./structures.ts";

/** Part 2, 5.1, 5.3 and 7.1. */
const baseTypes: TypeRows = {
  BYTE: { kind: "integer", bytes: 1, signed: false },
  UINT8: { kind: "integer", bytes: 1, signed: false },
  INT8: { kind: "integer", bytes: 1, signed: true },
  UINT16: { kind: "integer", bytes: 2, signed: false },
  INT16: { kind: "integer", bytes: 2, signed: true },
  UINT32: { kind: "integer", bytes: 4, signed: false },
  INT32: { kind: "integer", bytes: 4, signed: true },
  UINT64: { kind: "integer", bytes: 8, signed: false },
  INT64: { kind: "integer", bytes: 8, signed: true },
  TPM_ALGORITHM_ID: alias("5.3", "UINT32"),
  TPM_MODIFIER_INDICATOR: alias("5.3", "UINT32"),
  TPM_AUTHORIZATION_SIZE: alias("5.3", "UINT32"),
  TPM_PARAMETER_SIZE: alias("5.3", "UINT32"),
  TPM_KEY_SIZE: alias("5.3", "UINT16"),
  TPM_KEY_BITS: alias("5.3", "UINT16"),
  TPM_HANDLE: alias("7.1", "UINT32"),
};
const commandCodeTypes: TypeRows = {
  TPM_CC: { kind: "constants", section: "6.5.2", base: "UINT32", values: TPM_CC },
};

/** Those of them that types can read, as they were written. */
const writtenTypes = {
  ...attributeTypes,
  ...otherInterfaces,
  ...handleInterfaces,
  ...algorithmInterfaces,
  ...basicStructures,
  ...symmetricStructures,
  ...asymmetricStructures,
  ...objectStructures,
  ...attestationStructures,
  ...storageStructures,
};
export type WrittenTypes = typeof writtenTypes;

export const types: TypeRows = {
  ...baseTypes,
  ...constantTypes,
  ...algorithmTypes,
  ...commandCodeTypes,
  ...responseCodeTypes,
  ...propertyTypes,
  ...handleTypes,
  ...writtenTypes,
};

/** @throws when Part 2 has no such type. */
export function typeNamed(name: string): TypeRow {
  const row = types[name];
  if (row === undefined) throw new Error(`the specification has no type named "${name}"`);
  return row;
}

/** The name that stays when all aliases are followed: TPM2B_AUTH is a TPM2B_DIGEST. */
export function resolveAlias(name: string): string {
  const row = typeNamed(name);
  return row.kind === "alias" ? resolveAlias(row.of) : name;
}

/** The integer a type is on the wire, or null when it is a structure. */
export function integerOf(name: string): { readonly bytes: 1 | 2 | 4 | 8; readonly signed: boolean } | null {
  const row = typeNamed(name);
  switch (row.kind) {
    case "integer":
      return row;
    case "alias":
      return integerOf(row.of);
    case "constants":
    case "attributes":
    case "interface":
      return integerOf(row.base);
    default:
      return null;
  }
}

/** Every named value of Part 2 and Part 3. Some are expressions over the limits of the implementation. */
export const constantValues: ReadonlyMap<string, number | string> = new Map<string, number | string>([
  ...Object.entries(LOGIC),
  ...Object.entries(responseCodeParts),
  ...Object.values(types).flatMap((row) => (row.kind === "constants" ? Object.entries(row.values) : [])),
]);
