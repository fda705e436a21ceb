/** Where the drawer of lessons and demos is, which the page's address has. */

/** Where the drawer is: the list, or one of what it lists. */
export type Place = { readonly kind: "list" } | { readonly kind: "lesson" | "demo"; readonly id: string };

const LIST: Place = { kind: "list" };
const ONE = /^#(lesson|demo)=([a-z0-9][a-z0-9-]{0,59})$/;

/** @param hash "#learn", "#lesson=keys-load", "#demo=evil-maid". @returns null for every other one: the drawer is closed. */
export function placeOf(hash: string): Place | null {
  if (hash === "#learn") return LIST;
  const [, kind, id] = ONE.exec(hash) ?? [];
  return id === undefined ? null : { kind: kind === "demo" ? "demo" : "lesson", id };
}

/** The end of the page's address that opens it; empty for the closed drawer. */
export const hashOf = (place: Place | null): string =>
  place === null ? "" : place.kind === "list" ? "#learn" : `#${place.kind}=${place.id}`;
