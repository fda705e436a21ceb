import { assert, integer, nat, property, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import {
  DamagedBlobError,
  makePassphraseKey,
  NewerVersionError,
  OtherPurposeError,
  openWithPassphrase,
  sealWithPassphrase,
  UnusablePassphraseError,
  WrongPassphraseError,
} from "../passphrase/index.ts";
import { PassphraseSeal } from "./passphraseSeal.ts";
import { sealedFor } from "./seal.ts";
import { errorOf } from "./testkit/errorOf.ts";

const CHEAP = { cost: { logN: 14, r: 8, p: 1 } };
const PLAIN = Uint8Array.from({ length: 500 }, (_, i) => i * 7);
const PLACE = { index: 1, number: 42 } as const;
const seal = new PassphraseSeal("swordfish", "file", CHEAP);
const thrownBy = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
};

describe("a passphrase as the key of files", () => {
  it("opens what it sealed, of any content, for its place only", () => {
    assert(
      property(uint8Array({ maxLength: 300 }), nat(1), nat(2 ** 40), (plain, index, number) => {
        const place = { index: index as 0 | 1, number };
        expect(Uint8Array.from(seal.open(seal.seal(plain, place), place))).toEqual(plain);
        const elsewhere = { ...place, number: number + 1 };
        expect(thrownBy(() => seal.open(seal.seal(plain, place), elsewhere))).toBeInstanceOf(OtherPurposeError);
      }),
    );
    expect(Uint8Array.from(seal.open(seal.seal(PLAIN)))).toEqual(PLAIN);
  });

  it("seals what pages open, and opens what pages seal", async () => {
    const there = await openWithPassphrase(seal.seal(PLAIN, PLACE), "swordfish", { purpose: "state" });
    expect(there).toEqual(PLAIN);
    const key = await makePassphraseKey("swordfish", CHEAP);
    for (const purpose of ["export", "permanent"]) {
      const here = await sealWithPassphrase(PLAIN, key, { purpose, context: "a TPM's name" });
      expect(sealedFor(here)).toBe("file");
      expect(Uint8Array.from(seal.open(here))).toEqual(PLAIN);
    }
    const machine = await sealWithPassphrase(PLAIN, key, { purpose: "machine" });
    expect(thrownBy(() => seal.open(machine))).toBeInstanceOf(OtherPurposeError);
  });

  it("keeps what goes to another host apart from what lies in files", () => {
    const migration = new PassphraseSeal("swordfish", "migration", CHEAP);
    const [file, sent] = [seal.seal(PLAIN), migration.seal(PLAIN)];
    expect([sealedFor(file), sealedFor(sent)]).toEqual(["file", "migration"]);
    expect(thrownBy(() => migration.open(file))).toBeInstanceOf(OtherPurposeError);
    expect(thrownBy(() => seal.open(sent))).toBeInstanceOf(OtherPurposeError);
    expect(Uint8Array.from(migration.open(sent))).toEqual(PLAIN);
  });

  it("notices every octet that has changed, and tells a wrong passphrase from it", () => {
    const sealed = seal.seal(PLAIN, PLACE);
    const wrong = new PassphraseSeal("Swordfish", "file", CHEAP);
    expect(thrownBy(() => wrong.open(sealed, PLACE))).toBeInstanceOf(WrongPassphraseError);
    assert(
      property(nat(sealed.length - 1), integer({ min: 1, max: 255 }), (at, mask) => {
        const bytes = Uint8Array.from(sealed);
        bytes[at] = (bytes[at] as number) ^ mask;
        for (const each of [seal, wrong])
          expect(thrownBy(() => each.open(bytes, PLACE))).toBeInstanceOf(DamagedBlobError);
        expect(thrownBy(() => seal.open(sealed.subarray(0, at), PLACE))).toBeInstanceOf(DamagedBlobError);
      }),
    );
  });

  it("says that a version is newer", async () => {
    const sealed = Uint8Array.from(seal.seal(PLAIN));
    sealed[9] = 2;
    sealed.set(new Uint8Array(await crypto.subtle.digest("SHA-256", sealed.slice(0, -32))), sealed.length - 32);
    expect(thrownBy(() => seal.open(sealed))).toBeInstanceOf(NewerVersionError);
    expect(await errorOf(openWithPassphrase(sealed, "swordfish", { purpose: "state" }))).toBeInstanceOf(
      NewerVersionError,
    );
  });

  it("is none where it is empty", () => {
    expect(thrownBy(() => new PassphraseSeal(""))).toBeInstanceOf(UnusablePassphraseError);
  });
});
