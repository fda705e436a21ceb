/** Names (Part 1, 16) as a verifier computes them of public areas: nobody's word is taken for one. */
import { marshalUnsigned, marshalValue } from "../client/index.ts";
import { concat } from "../engine/bytes.ts";
import { digestSize } from "../spec/algorithms.ts";
import { TPM_RH } from "../spec/handles.ts";
import type { PublicArea } from "./attestKey.ts";
import { digest } from "./digest.ts";
import { equal } from "./octets.ts";

/** The octets of a TPMT_PUBLIC. */
export const publicAreaOctets = (area: PublicArea): Uint8Array => marshalValue("TPMT_PUBLIC", area, "publicArea");

/** nameAlg || its digest of the public area. @throws RangeError for a nameAlg that is no hash: such objects have no Name. */
export async function nameOf(area: PublicArea): Promise<Uint8Array> {
  return concat(marshalUnsigned(area.nameAlg, 2), await digest(area.nameAlg, publicAreaOctets(area)));
}

export type Hierarchy = "endorsement" | "owner" | "platform" | "null";
const HANDLES = {
  endorsement: TPM_RH.TPM_RH_ENDORSEMENT,
  owner: TPM_RH.TPM_RH_OWNER,
  platform: TPM_RH.TPM_RH_PLATFORM,
  null: TPM_RH.TPM_RH_NULL,
} as const satisfies Record<Hierarchy, number>;
export const HIERARCHIES = Object.keys(HANDLES) as readonly Hierarchy[];

/**
 * The qualified name of a key: a digest over its Name and those of all its ancestors.
 * @param parents from the primary key down; none for a primary key
 */
export async function qualifiedName(
  hierarchy: Hierarchy,
  parents: readonly PublicArea[],
  key: PublicArea,
): Promise<Uint8Array> {
  let above: Uint8Array = marshalUnsigned(HANDLES[hierarchy], 4);
  for (const area of [...parents, key])
    above = concat(marshalUnsigned(area.nameAlg, 2), await digest(area.nameAlg, above, await nameOf(area)));
  return above;
}

/** Where a key is. */
export interface KeyPlace {
  readonly hierarchy: Hierarchy;
  /** From the primary key down. */
  readonly parents: readonly PublicArea[];
}

/** The place of a key with this qualified name: a primary key of any hierarchy, or a child of `ek`. Null where it is none of them. */
export async function placeOf(
  qualified: Uint8Array,
  key: PublicArea,
  ek: PublicArea | undefined,
): Promise<KeyPlace | null> {
  const places: KeyPlace[] = HIERARCHIES.map((hierarchy) => ({ hierarchy, parents: [] }));
  if (ek !== undefined) places.unshift({ hierarchy: "endorsement", parents: [ek] });
  for (const place of places)
    if (equal(qualified, await qualifiedName(place.hierarchy, place.parents, key))) return place;
  return null;
}

/** Whether octets have the form of a Name with this hash. */
export function isNameWith(name: Uint8Array, nameAlg: number): boolean {
  const [high = 0, low = 0] = name;
  return name.length === 2 + digestSize(nameAlg) && high * 256 + low === nameAlg;
}
