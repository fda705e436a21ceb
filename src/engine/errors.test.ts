import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { indexedDbError } from "../store/indexedDbErrors.ts";
import { StoreError, StoreFencedError, StoreLockedError } from "../store/store.ts";
import { TpmPoweredOffError } from "./backend.ts";
import { TpmCoreError } from "./core.ts";
import { fromWire, TpmStateError, toWire } from "./errors.ts";
import { fromOutcome, toOutcome } from "./outcome.ts";
import { TpmPlatformError } from "./wasm.ts";

const overTheWire = (error: unknown) => fromWire(structuredClone(toWire(error)));

describe("errors between threads", () => {
  it("keep their class, message, fields and stack", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (message, holder) => {
        const errors = [
          new Error(message),
          new RangeError(message),
          new TpmPoweredOffError(message),
          new TpmCoreError(message),
          new TpmPlatformError(message),
          new TpmStateError(message, "newer"),
          new StoreError(message, { code: "full" }),
          new StoreLockedError(message, holder),
          new StoreFencedError(message),
        ];
        for (const error of errors) {
          const arrived = overTheWire(error);
          expect(arrived.constructor).toBe(error.constructor);
          expect(arrived).toEqual(error);
          expect(arrived.stack).toBe(error.stack);
        }
      }),
      { numRuns: 25 },
    );
  });

  it("keep their causes, also those that are no errors, and cycles end", () => {
    const error = indexedDbError(new DOMException("no room", "QuotaExceededError"), "Storing");
    expect(overTheWire(error).cause).toMatchObject({ name: "QuotaExceededError", message: "no room" });
    expect(overTheWire(new Error("a", { cause: "b" })).cause).toMatchObject({ message: "b" });
    const cyclic = new Error("cyclic");
    cyclic.cause = cyclic;
    expect(overTheWire(cyclic).message).toBe("cyclic");
  });

  it("of other classes keep their names", () => {
    expect(overTheWire(new TypeError("t"))).toMatchObject({ name: "TypeError", message: "t" });
    expect(overTheWire("text").message).toBe("text");
  });

  it("come out of an outcome as they went in", async () => {
    expect(fromOutcome(structuredClone(await toOutcome(Promise.resolve(5))))).toBe(5);
    const outcome = await toOutcome(Promise.reject(new StoreFencedError("f")));
    expect(() => fromOutcome(structuredClone(outcome))).toThrow(StoreFencedError);
  });
});
