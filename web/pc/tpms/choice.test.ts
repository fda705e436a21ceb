import { expect, test } from "vitest";
import type { NamedTpm, StoredTpm } from "../../../src/index.ts";
import { addressOfTpm, FIRST_TPM, keepTpm, keptTpm, type Memory, tpmOfVisit } from "./choice.ts";

const PAGE = "https://tpm.example/x/";

function memory(content: Record<string, string> = {}): Memory {
  const kept = new Map(Object.entries(content));
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
}
const blocked: Memory = {
  getItem: () => {
    throw new DOMException("blocked", "SecurityError");
  },
  setItem: () => {
    throw new DOMException("blocked", "SecurityError");
  },
  removeItem() {},
};
const list = {
  find: async (name: string) => (name === "Lab" ? ({ id: "lab.1" } as NamedTpm) : null),
  read: async (id: string) => (["lab.1", "other"].includes(id) ? ({} as StoredTpm) : null),
};

test("a browser that has chosen none has the TPM of earlier versions, and knows it without waiting", () => {
  expect(tpmOfVisit(PAGE, list, memory())).toEqual({ id: FIRST_TPM });
  expect(tpmOfVisit(PAGE, list, blocked)).toEqual({ id: FIRST_TPM });
  expect(tpmOfVisit(PAGE, list, null)).toEqual({ id: FIRST_TPM });
});

test("the choice is there at the next visit, where it can be kept", async () => {
  const own = memory();
  expect(keepTpm("lab.1", own)).toBe(true);
  expect([keptTpm(own), await tpmOfVisit(PAGE, list, own)]).toEqual(["lab.1", { id: "lab.1" }]);
  expect([keepTpm("lab.1", blocked), keepTpm("lab.1", null)]).toEqual([false, false]);
});

test("the address chooses by name, for the visit; a name that no TPM has makes none", async () => {
  const own = memory();
  keepTpm("other", own);
  expect(await tpmOfVisit(`${PAGE}?tpm=Lab&interface=crb`, list, own)).toEqual({ id: "lab.1" });
  expect(await tpmOfVisit(`${PAGE}?tpm=Nobody`, list, own)).toEqual({ id: "other", missing: "Nobody" });
  const broken = {
    find: () => Promise.reject(new Error("no storage")),
    read: () => Promise.reject(new Error("no storage")),
  };
  expect(await tpmOfVisit(`${PAGE}?tpm=Lab`, broken, own)).toEqual({ id: "other" });
  expect(await tpmOfVisit(PAGE, broken, own)).toEqual({ id: "other" });
  expect(keptTpm(own)).toBe("other");
});

test("a choice that another tab has deleted is told, once, and no TPM is made in its place", async () => {
  const own = memory();
  keepTpm("deleted", own);
  expect(await tpmOfVisit(`${PAGE}?tpm=Nobody`, list, own)).toEqual({ id: FIRST_TPM, isGone: true, missing: "Nobody" });
  keepTpm("deleted", own);
  expect(await tpmOfVisit(PAGE, list, own)).toEqual({ id: FIRST_TPM, isGone: true });
  expect(tpmOfVisit(PAGE, list, own)).toEqual({ id: FIRST_TPM });
});

test("an address keeps what else it asks for", () => {
  expect(addressOfTpm(`${PAGE}?tpm=Lab&menu=1#x`, null)).toBe(`${PAGE}?menu=1#x`);
  expect(new URL(addressOfTpm(PAGE, "a&b=ü")).searchParams.get("tpm")).toBe("a&b=ü");
});
