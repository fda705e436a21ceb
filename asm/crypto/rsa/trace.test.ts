import { describe, it } from "vitest";
import { testKey } from "../../testkit/crypto/rsa/keys.ts";
import {
  expectBlindingTraceless,
  expectLoadingTraceless,
  expectPaddingTraceless,
  expectPrivateTraceless,
  makeKeys,
} from "../../testkit/crypto/rsa/traces.ts";

// A few secrets; trace.integration.test.ts takes a thousand.
const keys = await makeKeys(1024, 4);

describe("branches and addresses don't depend on", () => {
  it("the key that is loaded", () => expectLoadingTraceless(keys));

  it("the key and the value of a private operation", () => expectPrivateTraceless(keys, 12));

  it("the key, the value and the blinding of a further private operation", () => expectPrivateTraceless(keys, 6, 1));

  it("the blinding", () => expectBlindingTraceless(testKey(1024), 8));

  it("where a padding is wrong", () => expectPaddingTraceless(testKey(1024), 12));
});
