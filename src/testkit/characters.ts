import fc from "fast-check";

const isSurrogate = (code: number) => code >= 0xd800 && code <= 0xdfff;

/**
 * Any character of Unicode, for `fc.string({ unit: character })`. What fast-check has for it, `unit: "binary"`, makes a
 * table of all of them first: more than a second and 85 MB for as long as the tests run.
 */
export const character: fc.Arbitrary<string> = fc
  .nat(0x10ffff)
  .filter((code) => !isSurrogate(code))
  .map((code) => String.fromCodePoint(code));
