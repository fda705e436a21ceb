import { describe, it } from "vitest";
import { SIZES, testKey } from "../../testkit/crypto/rsa/keys.ts";
import {
  expectBlindingTraceless,
  expectLoadingTraceless,
  expectPaddingTraceless,
  expectPrivateTraceless,
  makeKeys,
  type SecretKey,
} from "../../testkit/crypto/rsa/traces.ts";

const keys = await makeKeys(1024, 1000);
const largerKeys = new Map<number, SecretKey[]>();
for (const bits of SIZES.slice(1)) largerKeys.set(bits, [testKey(bits), ...(await makeKeys(bits, 3))]);

describe("a thousand secrets: branches and addresses don't depend on", () => {
  it("the key that is loaded", () => expectLoadingTraceless(keys));

  it("the key and the value of a private operation", () => expectPrivateTraceless(keys, 1000));

  it("the key, the value and the blinding of a further private operation", () => expectPrivateTraceless(keys, 200, 1));

  it("the blinding", () => expectBlindingTraceless(testKey(1024), 1000));

  it("where a padding is wrong", () => expectPaddingTraceless(testKey(1024), 1000));
});

describe.each(SIZES.slice(1))("keys of %i bits: branches and addresses don't depend on", (bits) => {
  const keys = largerKeys.get(bits) as SecretKey[];

  it("the key that is loaded", () => expectLoadingTraceless(keys));

  it("the key and the value of a private operation", () => expectPrivateTraceless(keys, 12));

  it("the key, the value and the blinding of a further private operation", () => expectPrivateTraceless(keys, 12, 1));
});
