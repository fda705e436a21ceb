import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nowhere, PlaceError, placeOfFragment, reachable } from "./address.ts";

const why = (place: Parameters<typeof reachable>[0]) => {
  try {
    reachable(place);
    return null;
  } catch (error) {
    return error instanceof PlaceError ? error.why : error;
  }
};

describe("the place of a bridge", () => {
  it("is what the page's fragment says, with its token, whatever characters that has", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 65535 }), fc.string({ minLength: 1 }), (port, token) => {
        const address = `ws://127.0.0.1:${port}/`;
        const fragment = `#${new URLSearchParams({ tpm: address, token })}`;
        expect(placeOfFragment(fragment)).toEqual({ address, token });
      }),
    );
    expect(placeOfFragment("#tpm=ws://127.0.0.1:8765/&token=abc")).toEqual({
      address: "ws://127.0.0.1:8765/",
      token: "abc",
    });
    expect(placeOfFragment("")).toEqual(nowhere);
  });

  it("may be the line that the bridge has printed, token and all", () => {
    expect(reachable({ address: " ws://127.0.0.1:8765/#abc ", token: "" })).toEqual({
      url: "ws://127.0.0.1:8765/",
      token: "abc",
    });
    expect(reachable({ address: "ws://localhost:8765/#abc", token: "def" })).toEqual({
      url: "ws://localhost:8765/",
      token: "def",
    });
  });

  it("is on this machine, and has a token", () => {
    expect(why({ address: "ws://127.0.0.1:8765/", token: " " })).toBe("no-token");
    for (const address of [
      "ws://192.0.2.1:8765/#a",
      "wss://127.0.0.1/#a",
      "ws://127.0.0.1.example.org/#a",
      "ws://[::1]:1/#a",
    ])
      expect(why({ address, token: "" })).toBe("elsewhere");
    for (const address of ["", "127.0.0.1:8765", "http://127.0.0.1:8765/#a"])
      expect(why({ address, token: "" })).toBe("address");
  });

  it("is refused with an error of its own, whatever is typed", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (address, token) => {
        const found = why({ address, token });
        expect(found === null || typeof found === "string").toBe(true);
      }),
    );
  });
});
