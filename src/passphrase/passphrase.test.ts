import { createDecipheriv, createHash, scryptSync } from "node:crypto";
import { gcm } from "@noble/ciphers/aes.js";
import { array, assert, asyncProperty, integer, nat, string, uint8Array } from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { errorOf } from "../store/testkit/errorOf.ts";
import {
  DamagedBlobError,
  describeSealed,
  isSealedWithPassphrase,
  makePassphraseKey,
  NewerVersionError,
  OtherPurposeError,
  openWithPassphrase,
  type PassphraseKey,
  passphraseKeyOf,
  sealWithPassphrase,
  UnusablePassphraseError,
  WrongPassphraseError,
} from "./index.ts";
import { nativeScrypt, scryptInScript } from "./scrypt.ts";

const PASSPHRASE = "correct horse, battery staple";
/** The cheapest that is opened: here nobody guesses. */
const CHEAP = { logN: 14, r: 8, p: 1 };
const PLAIN = Uint8Array.from({ length: 1000 }, (_, i) => i);
const AS = { purpose: "permanent", context: "TPM of Zoë" };

let key: PassphraseKey;
let other: PassphraseKey;
let sealed: Uint8Array;
beforeAll(async () => {
  key = await makePassphraseKey(PASSPHRASE, { cost: CHEAP });
  other = await makePassphraseKey("Tr0ub4dor&3", { cost: CHEAP });
  sealed = await sealWithPassphrase(PLAIN, key, AS);
});

/** Whole again: what somebody makes who knows the format, and no passphrase. */
function withChecksum(bytes: Uint8Array): Uint8Array {
  const end = bytes.length - 32;
  bytes.set(createHash("sha256").update(bytes.subarray(0, end)).digest(), end);
  return bytes;
}
function changed(at: number, octet: number): Uint8Array {
  const bytes = sealed.slice();
  bytes[at] = octet;
  return withChecksum(bytes);
}

describe("what is sealed", () => {
  it("is opened by the passphrase, by the key that it was made with, and by the key that the blob leads to", async () => {
    expect(await openWithPassphrase(sealed, PASSPHRASE, AS)).toEqual(PLAIN);
    expect(await openWithPassphrase(sealed, key, AS)).toEqual(PLAIN);
    const found = await passphraseKeyOf(sealed, PASSPHRASE);
    expect(await openWithPassphrase(await sealWithPassphrase(PLAIN, found, AS), key, AS)).toEqual(PLAIN);
  });

  it("is scrypt and AES-256-GCM as other programs have them", async () => {
    const [salt, check, iv] = [sealed.slice(16, 32), sealed.slice(32, 48), sealed.slice(48, 60)];
    const derived = scryptSync(PASSPHRASE, salt, 48, { N: 2 ** 14, r: 8, p: 1, maxmem: 2 ** 25 });
    expect(check).toEqual(Uint8Array.from(derived.subarray(32)));
    const head = sealed.slice(0, 66 + "permanent".length + Buffer.byteLength(AS.context));
    const ciphertext = sealed.slice(head.length, -32);
    const decipher = createDecipheriv("aes-256-gcm", derived.subarray(0, 32), iv);
    decipher.setAAD(head).setAuthTag(ciphertext.subarray(-16));
    const opened = Buffer.concat([decipher.update(ciphertext.subarray(0, -16)), decipher.final()]);
    expect(Uint8Array.from(opened)).toEqual(PLAIN);
    expect(gcm(derived.subarray(0, 32), iv, head).decrypt(ciphertext)).toEqual(PLAIN);
    expect(sealed.slice(-32)).toEqual(Uint8Array.from(createHash("sha256").update(sealed.slice(0, -32)).digest()));
  });

  it("says what it is without the passphrase", async () => {
    expect(isSealedWithPassphrase(sealed)).toBe(true);
    expect(isSealedWithPassphrase(PLAIN)).toBe(false);
    expect(await describeSealed(sealed)).toEqual({ version: 1, size: 1000, ...AS });
  });

  it("is another each time, of any content", async () => {
    await assert(
      asyncProperty(uint8Array({ maxLength: 300 }), string({ maxLength: 60 }), async (plain, context) => {
        const seal = () => sealWithPassphrase(plain, key, { purpose: "export", context });
        const [one, two] = [await seal(), await seal()];
        expect(one).not.toEqual(two);
        expect(await openWithPassphrase(one, key, { purpose: "export", context })).toEqual(plain);
      }),
    );
  });

  it("goes to another thread with its key", async () => {
    const { port1, port2 } = new MessageChannel();
    const arrived = new Promise<PassphraseKey>((resolve) => {
      port2.onmessage = ({ data }) => resolve(data as PassphraseKey);
    });
    port1.postMessage(key);
    expect(await openWithPassphrase(sealed, await arrived, AS)).toEqual(PLAIN);
    port1.close();
    expect(key.key.extractable).toBe(false);
  });
});

describe("what is refused", () => {
  it("a wrong passphrase, and a key of another one", async () => {
    for (const wrong of [`${PASSPHRASE} `, "x", other]) {
      expect(await errorOf(openWithPassphrase(sealed, wrong, AS))).toBeInstanceOf(WrongPassphraseError);
    }
    expect(await errorOf(passphraseKeyOf(sealed, "x"))).toBeInstanceOf(WrongPassphraseError);
  });

  it("no passphrase at all, and one that is too long", async () => {
    for (const none of ["", "x".repeat(1025)]) {
      expect(await errorOf(openWithPassphrase(sealed, none, AS))).toBeInstanceOf(UnusablePassphraseError);
      expect(await errorOf(sealWithPassphrase(PLAIN, none, AS))).toBeInstanceOf(UnusablePassphraseError);
    }
  });

  it("another purpose, another TPM's: before any key is made, each in its words", async () => {
    const purpose = await errorOf(openWithPassphrase(sealed, "no matter", { ...AS, purpose: "export" }));
    expect(purpose).toBeInstanceOf(OtherPurposeError);
    expect(purpose).toMatchObject({ ...AS, message: expect.stringContaining('as "permanent"') });
    const context = await errorOf(openWithPassphrase(sealed, "no matter", { ...AS, context: "other" }));
    expect(context).toBeInstanceOf(OtherPurposeError);
    expect(context).toMatchObject({ ...AS, message: expect.stringContaining("another TPM") });
    expect(await openWithPassphrase(sealed, key, { purpose: AS.purpose })).toEqual(PLAIN);
  });

  it("every flipped bit as damage, whatever it is", async () => {
    for (let at = 0; at < sealed.length; at++) {
      const bytes = sealed.slice();
      bytes[at] = (bytes[at] as number) ^ (1 << (at % 8));
      expect(await errorOf(openWithPassphrase(bytes, key, AS))).toBeInstanceOf(DamagedBlobError);
    }
  });

  it("every other octet, every end that is missing and everything behind it", async () => {
    await assert(
      asyncProperty(nat(sealed.length - 1), integer({ min: 1, max: 255 }), async (at, mask) => {
        const bytes = sealed.slice();
        bytes[at] = (bytes[at] as number) ^ mask;
        expect(await errorOf(openWithPassphrase(bytes, key, AS))).toBeInstanceOf(DamagedBlobError);
        expect(await errorOf(openWithPassphrase(sealed.slice(0, at), key, AS))).toBeInstanceOf(DamagedBlobError);
        const more = Uint8Array.from([...sealed, ...new Uint8Array(mask)]);
        expect(await errorOf(openWithPassphrase(more, key, AS))).toBeInstanceOf(DamagedBlobError);
      }),
    );
  });

  it("octets that somebody changed who can make the checksum right", async () => {
    await assert(
      asyncProperty(nat(sealed.length - 33), integer({ min: 1, max: 255 }), async (at, mask) => {
        const bytes = sealed.slice();
        bytes[at] = (bytes[at] as number) ^ mask;
        const error = await errorOf(openWithPassphrase(withChecksum(bytes), key, AS));
        const expected = [DamagedBlobError, WrongPassphraseError, NewerVersionError, OtherPurposeError];
        expect(expected).toContain((error as object).constructor);
      }),
    );
    const ciphertext = changed(200, (sealed[200] as number) ^ 1);
    expect(await errorOf(openWithPassphrase(ciphertext, PASSPHRASE, AS))).toMatchObject({
      reason: "damaged",
      message: expect.stringContaining("without the passphrase"),
    });
  });

  it("a newer version, which is said to be one", async () => {
    const error = await errorOf(openWithPassphrase(changed(9, 2), key, AS));
    expect(error).toBeInstanceOf(NewerVersionError);
    expect(error).toMatchObject({ message: expect.stringContaining("Update tabtpm") });
  });

  it("parameters that would take gigabytes or hours, before anything is computed", async () => {
    for (const [at, octet] of [
      [11, 19],
      [11, 255],
      [11, 13],
      [12, 255],
      [12, 0],
      [13, 5],
      [13, 0],
      [10, 2],
    ] as const) {
      expect(await errorOf(openWithPassphrase(changed(at, octet), PASSPHRASE, AS))).toBeInstanceOf(DamagedBlobError);
    }
    for (const cost of [
      { logN: 30, r: 8, p: 1 },
      { logN: 4, r: 8, p: 1 },
    ])
      expect(await errorOf(makePassphraseKey("x", { cost }))).toBeInstanceOf(RangeError);
  });

  it("any octets at all", async () => {
    await assert(
      asyncProperty(uint8Array({ maxLength: 300 }), array(nat(255), { maxLength: 5 }), async (octets, more) => {
        const hostile = withChecksum(
          Uint8Array.from([...sealed.subarray(0, 8), ...more, ...octets, ...new Uint8Array(32)]),
        );
        for (const bytes of [octets, hostile]) {
          const error = await errorOf(openWithPassphrase(bytes, key, AS));
          expect([DamagedBlobError, NewerVersionError]).toContain((error as object).constructor);
        }
      }),
    );
  });

  it("purposes and contexts that have no place", async () => {
    for (const [purpose, context] of [
      ["", ""],
      ["Permanent", ""],
      ["x".repeat(33), ""],
      ["x", "ä".repeat(128)],
    ] as const) {
      expect(await errorOf(sealWithPassphrase(PLAIN, key, { purpose, context }))).toBeInstanceOf(RangeError);
    }
  });
});

describe("the passphrase", () => {
  it("is the same for every way to type it", async () => {
    const made = await sealWithPassphrase(PLAIN, "Zo\u00eb \u2460", { ...AS, cost: CHEAP });
    expect(await openWithPassphrase(made, "Zoe\u0308 1", AS)).toEqual(PLAIN);
  });

  it("comes to the same key by Node's scrypt and by the script that pages have, which tells how far it is", async () => {
    const given = [new TextEncoder().encode(PASSPHRASE), key.salt, 48, CHEAP] as const;
    const seen: number[] = [];
    const byScript = await scryptInScript(...given, { onProgress: (done) => void seen.push(done) });
    expect(byScript).toEqual(await nativeScrypt()?.(...given));
    expect(seen.length).toBeGreaterThan(3);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(1);
  });

  it("is not waited for any more once that is cancelled", async () => {
    const cancel = new AbortController();
    const given = [new TextEncoder().encode(PASSPHRASE), key.salt, 48, CHEAP] as const;
    const running = scryptInScript(...given, { signal: cancel.signal, onProgress: () => cancel.abort() });
    expect(await errorOf(running)).toMatchObject({ name: "AbortError" });
    expect(await errorOf(makePassphraseKey("x", { signal: cancel.signal }))).toMatchObject({ name: "AbortError" });
  });
});
