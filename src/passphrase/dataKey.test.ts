import { assert, asyncProperty, integer, nat, string, uint8Array } from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { errorOf } from "../store/testkit/errorOf.ts";
import { makeDataKey, openDataKey, rewrapDataKey } from "./dataKey.ts";
import { DamagedBlobError, OtherPurposeError, WrongPassphraseError } from "./errors.ts";
import { makePassphraseKey, type PassphraseKey } from "./key.ts";
import { SyncSealer } from "./node.ts";
import { describeSealed, isSealedWithKey, openWithPassphrase, sealWithPassphrase } from "./seal.ts";

const CHEAP = { cost: { logN: 14, r: 8, p: 1 } };
const AS = { purpose: "snapshot", context: "a/1" };
const OF = { context: "a/1" };
let one: PassphraseKey;
let two: PassphraseKey;
beforeAll(async () => {
  one = await makePassphraseKey("one", CHEAP);
  two = await makePassphraseKey("two", CHEAP);
});

test("what is sealed with a data key is opened by whoever opens a wrapping of it, also one that was made later", async () => {
  await assert(
    asyncProperty(uint8Array({ maxLength: 500 }), string({ maxLength: 40 }), async (plain, context) => {
      const { dataKey, wrapped } = await makeDataKey(one, { context });
      const sealed = await sealWithPassphrase(plain, dataKey, { ...AS, context });
      const again = await rewrapDataKey(wrapped, one, two, { context });
      for (const [wrapping, key] of [
        [wrapped, one],
        [again, two],
      ] as const) {
        expect(await isSealedWithKey(wrapping, key)).toBe(true);
        expect(await openWithPassphrase(sealed, await openDataKey(wrapping, key, { context }), AS_OF(context))).toEqual(
          plain,
        );
      }
      expect(await isSealedWithKey(again, one)).toBe(false);
    }),
    { numRuns: 30 },
  );
  const { dataKey, wrapped } = await makeDataKey(one, OF);
  expect((await openDataKey(wrapped, "one", OF)).check).toEqual(dataKey.check);
});
const AS_OF = (context: string) => ({ ...AS, context });

test("no two are the same, and no passphrase opens what one has sealed", async () => {
  const [{ dataKey }, other] = [await makeDataKey(one, OF), await makeDataKey(one, OF)];
  const sealed = await sealWithPassphrase(Uint8Array.of(1), dataKey, AS);
  expect(await describeSealed(sealed)).toEqual({ version: 1, size: 1, ...AS });
  for (const wrong of [other.dataKey, one, "one"]) {
    expect(await errorOf(openWithPassphrase(sealed, wrong, AS))).toBeInstanceOf(WrongPassphraseError);
  }
  const bySealer = () => new SyncSealer("one").open(sealed, () => true, AS);
  expect(bySealer).toThrow(WrongPassphraseError);
});

test("a wrapping is refused under another key, for something else, and with any octet changed", async () => {
  const { wrapped } = await makeDataKey(one, OF);
  expect(await errorOf(openDataKey(wrapped, two, OF))).toBeInstanceOf(WrongPassphraseError);
  expect(await errorOf(rewrapDataKey(wrapped, two, one, OF))).toBeInstanceOf(WrongPassphraseError);
  expect(await errorOf(openDataKey(wrapped, one, { context: "a/2" }))).toBeInstanceOf(OtherPurposeError);
  const noKey = await sealWithPassphrase(Uint8Array.of(1), one, { purpose: "data-key", ...OF });
  expect(await errorOf(openDataKey(noKey, one, OF))).toBeInstanceOf(DamagedBlobError);
  await assert(
    asyncProperty(nat(wrapped.length - 1), integer({ min: 1, max: 255 }), async (at, mask) => {
      const bytes = wrapped.slice();
      bytes[at]! ^= mask;
      expect(await errorOf(openDataKey(bytes, one, OF))).toBeInstanceOf(DamagedBlobError);
    }),
  );
});
