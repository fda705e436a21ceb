import { createCipheriv } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { encryptSm4Cfb } from "./sm4.ts";

it("SM4 in CFB mode is OpenSSL's, of any size", () => {
  const block = fc.uint8Array({ minLength: 16, maxLength: 16 });
  fc.assert(
    fc.property(block, block, fc.uint8Array({ maxLength: 70 }), (key, iv, data) => {
      const theirs = createCipheriv("sm4-cfb", key, iv).update(data);
      expect(Buffer.from(encryptSm4Cfb(key, iv, data))).toEqual(theirs);
    }),
  );
});
