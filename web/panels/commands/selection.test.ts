import { expect, test } from "vitest";
import { entityOfHandle } from "../../../src/index.ts";
import type { CommandEntry, DecodedEntry } from "../../state/model.ts";
import { useLanguage } from "../../words/index.ts";
import { entityInWords } from "./entities.ts";
import { makeHaystack, namesOf, type Selection, select } from "./selection.ts";

const KEY = 0x80000000;
const octets = (code: number, handle: number) =>
  Uint8Array.of(0x80, 1, 0, 0, 0, 14, 0, 0, code >> 8, code & 255, handle >>> 24, 0, 0, handle & 255);
const answer = Uint8Array.of(0x80, 1, 0, 0, 0, 10, 0, 0, 0, 0);

let sequence = 0;
const entry = (name: string, code: number, handle: number, more: Partial<CommandEntry> = {}): CommandEntry => ({
  sequence: ++sequence,
  name,
  handles: [entityOfHandle(handle)],
  entities: new Map([[handle, entityOfHandle(handle)]]),
  locality: 0,
  responseCodeName: more.failed ? "TPM_RC_VALUE" : "TPM_RC_SUCCESS",
  failed: false,
  startedAt: 0,
  duration: 0,
  own: false,
  command: octets(code, handle),
  response: answer,
  reason: null,
  ...more,
});

/** Oldest first: what a resource manager does around a command, the page's own, and a refusal. */
const entries = [
  entry("TPM2_ReadPublic", 0x173, KEY),
  entry("TPM2_ContextSave", 0x162, KEY),
  entry("TPM2_FlushContext", 0x165, KEY),
  entry("TPM2_PCR_Read", 0x17e, 16, { own: true }),
  entry("TPM2_Clear", 0x126, 0x4000000a, { failed: true }),
].reverse();

const decoded: DecodedEntry = {
  command: { octets: answer, fields: [] },
  response: {
    octets: answer,
    fields: [{ name: "outPublic", value: "ABCD", depth: 0, offset: 0, size: 2, secret: false, isHidden: false }],
  },
};
const haystack = makeHaystack(() => decoded);
const shown = (change: Partial<Selection>) =>
  select(entries, { filter: "guest", command: "", search: "", ...change }, haystack).map(
    ({ main, before, after }) => `${before.length} ${main.name} ${after.length}`,
  );

test("a filter takes what it says, newest first, and what was done for a command with it", () => {
  expect(shown({})).toEqual(["0 TPM2_Clear 0", "0 TPM2_ReadPublic 2"]);
  expect(shown({ filter: "failed" })).toEqual(["0 TPM2_Clear 0"]);
  expect(shown({ filter: "own" })).toEqual(["0 TPM2_PCR_Read 0"]);
  expect(shown({ filter: "all" })).toEqual(["0 TPM2_Clear 0", "0 TPM2_PCR_Read 0", "0 TPM2_ReadPublic 2"]);
});

test("a command that was folded away is found by its name", () => {
  expect(shown({ command: "TPM2_ContextSave" })).toEqual(["0 TPM2_ContextSave 0"]);
  expect(namesOf(entries)).toEqual([
    "TPM2_Clear",
    "TPM2_ContextSave",
    "TPM2_FlushContext",
    "TPM2_PCR_Read",
    "TPM2_ReadPublic",
  ]);
});

test("a search looks into names, codes, handles and values, whatever their case", () => {
  expect(shown({ search: "clear" })).toEqual(["0 TPM2_Clear 0"]);
  expect(shown({ search: " rc_value " })).toEqual(["0 TPM2_Clear 0"]);
  expect(shown({ search: "lockout" })).toEqual(["0 TPM2_Clear 0"]);
  expect(shown({ search: "80000000" })).toEqual(["0 TPM2_ReadPublic 2"]);
  expect(shown({ search: "abcd" })).toHaveLength(2);
  expect(shown({ search: "nowhere" })).toEqual([]);
});

test("a handle is called what it is in the page's language", async () => {
  const key = {
    kind: "object",
    handle: KEY,
    isPersistent: false,
    object: { algorithm: "RSA-2048", use: "signing key" },
    primaryOf: "owner",
  } as const;
  const certificate = entityOfHandle(0x01c00002);
  const all = () => [key, certificate, entityOfHandle(16), entityOfHandle(0x03000001)].map(entityInWords);
  expect(all()).toEqual([
    "object 80000000: RSA-2048 signing key, primary of owner",
    "NV 0x1c00002 “EK certificate, RSA 2048”",
    "PCR 16",
    "policy session 03000001",
  ]);
  await useLanguage("de");
  expect(all()[0]).toBe("Objekt 80000000: RSA-2048 Signaturschlüssel, primär, Eigentümer (owner)");
  await useLanguage("en");
});
