/** With keys of the sizes that take long: a decryption with 4096 bits takes eight times as long as one with 2048. */
import { describe, it } from "vitest";
import { decryptsWhatOpenSslMade, encryptsForOpenSsl } from "../../testkit/rsaEncryption.ts";

describe.each([3072, 4096])("a key of %i bits", (bits) => {
  it("encrypts what OpenSSL decrypts", () => encryptsForOpenSsl(bits));
  it("decrypts what OpenSSL encrypted", () => decryptsWhatOpenSslMade(bits));
});
