import fc from "fast-check";
import { expect, test } from "vitest";
import { hashOf, placeOf } from "./place.ts";

test("an address opens the list, a lesson or a demo, and nothing else does", () => {
  expect(placeOf("#learn")).toEqual({ kind: "list" });
  expect(placeOf("#lesson=keys-load")).toEqual({ kind: "lesson", id: "keys-load" });
  expect(placeOf("#demo=evil-maid")).toEqual({ kind: "demo", id: "evil-maid" });
  for (const hash of [
    "",
    "#",
    "#panels",
    "#lesson=",
    "#lesson=../x",
    "#lesson=A",
    "#lesson=a&b",
    "#lesson=a#b",
    "lesson=a",
  ])
    expect(placeOf(hash), hash).toBeNull();
});

test("whatever stands there, what is read is what was written", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string().map((id) => `#lesson=${id}`),
      ),
      (hash) => {
        const place = placeOf(hash);
        if (place === null) return;
        expect(hashOf(place)).toBe(hash);
        if (place.kind !== "list") expect(place.id).toMatch(/^[a-z0-9-]+$/);
      },
    ),
  );
  expect(hashOf(null)).toBe("");
});
