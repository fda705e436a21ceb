import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checks } from "./checks/index.ts";
import {
  count,
  flag,
  handle,
  hex,
  list,
  mapping,
  oneOf,
  ParameterError,
  parseParameters,
  required,
  text,
} from "./schema.ts";

describe("parameters", () => {
  const parameters = { name: required(text, "a name"), of: required(list(oneOf(["a", "b"])), "some") };

  it("are those that are asked for, and no others", () => {
    expect(parseParameters(parameters, { name: "x", of: "a" }, "check")).toEqual({ name: "x", of: ["a"] });
    expect(parseParameters(parameters, { name: "x", of: ["b", "a"] }, "check").of).toEqual(["b", "a"]);
    const refused = (value: unknown) => () => parseParameters(parameters, value, "check");
    expect(refused({ of: "a" })).toThrow("check.name is missing: a name, a text");
    expect(refused({ name: "x", of: "c" })).toThrow('check.of must be one of a, b, not "c"');
    expect(refused({ name: "x", of: ["a", 1] })).toThrow("check.of[1] must be one of a, b, not 1");
    expect(refused({ name: "x", of: [] })).toThrow("check.of must not be empty");
    expect(refused({ name: "x", of: "a", toString: 1 })).toThrow("check.toString is unknown: there are name, of");
    expect(refused("x")).toThrow('check must be a mapping (there are name, of), not "x"');
  });

  it.each([
    [handle, "0x81000001", 0x81000001],
    [handle, 16, 16],
    [hex, "AB01", "ab01"],
    [flag, false, false],
    [count(1), 3, 3],
    [mapping(flag), { a: true }, { a: true }],
  ])("%#: are read as they are meant", (shape, value, read) => {
    expect(shape.parse(value, "p")).toEqual(read);
  });

  it.each([
    [handle, "0x1_0000_0000"],
    [handle, -1],
    [handle, 2 ** 32],
    [hex, "abc"],
    [hex, ""],
    [flag, "true"],
    [count(1), 0],
    [count(), 1.5],
    [mapping(flag), ["a"]],
    [text, ""],
  ])("%#: are refused", (shape, value) => {
    expect(() => shape.parse(value, "p")).toThrow(/^p must /);
  });
});

describe.each(checks.map((check) => [check.name, check] as const))("the check %s", (_, check) => {
  it("refuses a parameter that it does not have, and whatever is no mapping", () => {
    expect(() => check.describe({ nothingLikeIt: 1 })).toThrow(ParameterError);
    fc.assert(
      fc.property(fc.anything(), (value) => {
        if (typeof value === "object" && value !== null && !Array.isArray(value)) return;
        // Null stands for no parameters, of which some need none.
        if (value === null) return;
        expect(() => check.describe(value)).toThrow(ParameterError);
      }),
    );
  });

  it("throws nothing but what says where", () => {
    const names = Object.keys(check.parameters);
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names, "other"), fc.jsonValue()), (value) => {
        try {
          expect(check.describe(value)).not.toBe("");
        } catch (error) {
          expect(error).toBeInstanceOf(ParameterError);
        }
      }),
    );
  });

  it("says in words what it looks at, and what each parameter is", () => {
    expect(check.words).toMatch(/^[A-Z].*\.$/);
    for (const { words, shape } of Object.values(check.parameters))
      expect(`${words} ${shape.words}`.length).toBeGreaterThan(5);
  });
});
