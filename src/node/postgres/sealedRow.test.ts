import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Seal } from "../../store/seal.ts";
import { databaseError, NotSentError, verdictOn } from "./errors.ts";
import { openedRow, sealedRow } from "./sealedRow.ts";

const seal = new Seal(new Uint8Array(32).fill(3), "file");
const key = { seal, adopts: false };
const place = fc.record({
  kind: fc.constantFrom("state" as const, "variables" as const, "volatile" as const),
  name: fc.string({ maxLength: 63 }),
  number: fc.nat(),
});

describe("an encrypted row", () => {
  it("opens in its place, and in no other", () => {
    fc.assert(
      fc.property(fc.uint8Array(), place, place, (blob, here, there) => {
        const bytes = sealedRow(blob, here, key);
        expect(openedRow(bytes, here, key)).toEqual(blob);
        fc.pre(JSON.stringify(here) !== JSON.stringify(there));
        expect(() => openedRow(bytes, there, key)).toThrow("was put there from another TPM");
      }),
    );
  });

  it("is refused with any octet changed, cut short, or without its key", () => {
    fc.assert(
      fc.property(fc.uint8Array(), place, fc.nat(), fc.integer({ min: 1, max: 255 }), (blob, here, at, change) => {
        const bytes = sealedRow(blob, here, key);
        const changed = Uint8Array.from(bytes);
        changed[at % bytes.length] = (changed[at % bytes.length] as number) ^ change;
        expect(() => openedRow(changed, here, key)).toThrow();
        expect(() => openedRow(bytes.subarray(0, at % bytes.length), here, key)).toThrow();
        expect(() => openedRow(bytes, here, { seal: undefined, adopts: false })).toThrow("there is no --key");
      }),
    );
  });
});

describe("what an error says of the statement", () => {
  const error = (code?: string) => Object.assign(new Error("it"), code === undefined ? {} : { code });
  it.each([
    ["53100", "refused"],
    ["25006", "refused"],
    ["42501", "refused"],
    ["40001", "again"],
    ["57P01", "unknown"],
    ["57014", "unknown"],
    ["XX000", "unknown"],
    ["08006", "unknown"],
    ["ECONNRESET", "unknown"],
    [undefined, "unknown"],
  ] as const)("%s: %s", (code, verdict) => {
    expect(verdictOn(error(code))).toBe(verdict);
  });

  it.each([
    ["28P01", "refused"],
    ["3D000", "refused"],
    ["53300", "again"],
    ["57P03", "again"],
    ["ECONNREFUSED", "again"],
  ] as const)("that was not sent, %s: %s", (code, verdict) => {
    expect(verdictOn(new NotSentError("not sent", { cause: error(code) }))).toBe(verdict);
  });

  it.each([
    ["ECONNREFUSED", /^Opening it \(postgres:\/\/there\): no server listens there; start PostgreSQL, .*\.$/],
    ["ENOTFOUND", /there is no host of this name/],
    ["3D000", /there is no such database/],
    ["SELF_SIGNED_CERT_IN_CHAIN", /not signed by an authority .* sslrootcert=FILE/],
    ["CERT_HAS_EXPIRED", /has expired/],
    ["CERT_NOT_YET_VALID", /not valid yet/],
    ["EPIPE", /^Opening it \(postgres:\/\/there\): EPIPE\.$/],
  ])("%s is said in words", (code, words) => {
    const cause = Object.assign(new Error(code), { code });
    const { message, code: what } = databaseError(
      new NotSentError("not sent", { cause }),
      "Opening it",
      "postgres://there",
    );
    expect(message).toMatch(words);
    expect(what).toBe("unavailable");
  });
});
