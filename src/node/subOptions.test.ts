import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UsageError } from "./errors.ts";
import { parseSubOptions } from "./subOptions.ts";

const SPEC = {
  type: { is: "text" },
  port: { is: "number", group: "where" },
  fd: { is: "descriptor", group: "where" },
  mode: { is: "mode" },
  disconnect: { is: "flag" },
  gone: { is: "flag", refused: "it has gone" },
} as const;
const parse = (text: string) => parseSubOptions("--server", text, SPEC);

describe("parts of an option's value", () => {
  it("are texts, numbers, octal modes and flags", () => {
    expect(parse("type=tcp,port=2322,mode=0640,disconnect")).toEqual({
      type: "tcp",
      port: 2322,
      mode: 0o640,
      disconnect: true,
    });
    expect(parse("")).toEqual({});
    expect(parse("type=a=b,,")).toEqual({ type: "a=b" });
    expect(parse("port=1,port=2")).toEqual({ port: 2 });
  });

  it("a flag stands alone or says true or false", () => {
    for (const text of ["disconnect", "disconnect=true", "disconnect=1"]) expect(parse(text).disconnect).toBe(true);
    for (const text of ["disconnect=false", "disconnect=0"]) expect(parse(text).disconnect).toBe(false);
  });

  it.each([
    ["wings=2", '--server has no "wings"; it has type, port, fd, mode, disconnect.'],
    ["constructor=2", 'has no "constructor"'],
    ["type", "--server type= needs a value."],
    ["type=", "--server type= needs a value."],
    ["port=-1", "--server port=-1: give a number from 0 to 999999999."],
    ["port=1234567890", "give a number from"],
    ["mode=8", "--server mode=8: permissions are octal, 0 to 0777, such as 0640."],
    ["mode=07777", "permissions are octal"],
    ["disconnect=yes", "--server disconnect=yes: it stands alone"],
    ["gone", "--server gone: it has gone."],
    ["port=1,fd=2", "--server: port and fd exclude each other; give one of port and fd."],
  ])("refuses %s", (text, message) => {
    expect(() => parse(text)).toThrow(UsageError);
    expect(() => parse(text)).toThrow(message);
  });

  it("a group of which one is needed is asked for", () => {
    expect(() => parseSubOptions("--server", "type=x", SPEC, "where")).toThrow("--server needs one of port and fd.");
    expect(parseSubOptions("--server", "fd=3", SPEC, "where")).toEqual({ fd: 3 });
  });

  it("a map is one part, whatever it holds", () => {
    const map = '{"a": {"b": "1,2"}, "type=": 3}';
    expect(parse(`type=${map},port=1`)).toEqual({ type: map, port: 1 });
    expect(parse("type={a,port=1")).toEqual({ type: "{a,port=1" });
  });

  it("come back as they were written, or are refused, whatever the text", () => {
    const name = fc.constantFrom(...Object.keys(SPEC), "x");
    const part = fc.oneof(
      fc.string(),
      fc.tuple(name, fc.string()).map(([key, value]) => `${key}=${value}`),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 4 }), (parts) => {
        try {
          for (const [key, value] of Object.entries(parse(parts.join(",")))) {
            expect(Object.keys(SPEC)).toContain(key);
            if (key === "mode") expect(value).toBeLessThanOrEqual(0o777);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError);
        }
      }),
    );
  });
});
