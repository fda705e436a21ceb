import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as P from "./bridgeProtocol.ts";

const requests = [
  P.EXECUTE,
  P.CANCEL,
  P.POWER_ON,
  P.POWER_OFF,
  P.HASH_START,
  P.HASH_DATA,
  P.HASH_END,
  P.RESET_ESTABLISHED,
];

describe("the bridge's messages", () => {
  it("come out as they went in", () => {
    const number = fc.integer({ min: 0, max: 0xffffffff });
    fc.assert(
      fc.property(
        fc.constantFrom(P.EXECUTE, P.HASH_DATA),
        number,
        fc.uint8Array({ minLength: 2, maxLength: 4097 }),
        (what, n, body) => {
          expect(P.decodeMessage(P.encodeMessage(what, n, body.subarray(0, 1), body.subarray(1)), "client")).toEqual({
            what,
            number: n,
            body,
          });
          expect(P.decodeMessage(P.encodeMessage(P.DONE, n, body), "bridge")).toEqual({
            what: P.DONE,
            number: n,
            body,
          });
        },
      ),
    );
  });

  it("are refused with an error of their own, whatever the octets are, when they are none", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 40 }),
        fc.constantFrom("client" as const, "bridge" as const),
        (bytes, from) => {
          try {
            const { what, number, body } = P.decodeMessage(bytes, from);
            expect(P.encodeMessage(what, number, body)).toEqual(bytes);
            expect(from === "client" ? requests : [P.DONE, P.REFUSED]).toContain(what);
          } catch (error) {
            expect(error).toBeInstanceOf(P.BridgeProtocolError);
          }
        },
      ),
    );
    expect(() => P.decodeMessage(new Uint8Array(P.MAX_MESSAGE + 1).fill(1), "client")).toThrow(P.BridgeProtocolError);
  });

  it("begin with a hello and a welcome, and with nothing that only looks like them", () => {
    const hello = { type: "hello", version: 1, token: "secret" } as const;
    const welcome = {
      type: "welcome",
      version: 1,
      tpm: "swtpm",
      shared: false,
      established: false,
      power: "off",
    } as const;
    expect(P.decodeHello(JSON.stringify(hello))).toEqual(hello);
    expect(P.decodeWelcome(JSON.stringify(welcome))).toEqual(welcome);
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        expect(() => P.decodeHello(text)).toThrow(P.BridgeProtocolError);
        expect(() => P.decodeWelcome(text)).toThrow(P.BridgeProtocolError);
      }),
    );
    for (const name of Object.keys(welcome)) {
      expect(() => P.decodeWelcome(JSON.stringify({ ...welcome, [name]: [] }))).toThrow(P.BridgeProtocolError);
      if (name in hello)
        expect(() => P.decodeHello(JSON.stringify({ ...hello, [name]: [] }))).toThrow(P.BridgeProtocolError);
    }
  });
});
