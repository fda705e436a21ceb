import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { presenceFile } from "./presence.ts";

describe("presenceFile", () => {
  it("is a little-endian number of seconds and the flags", () => {
    expect(presenceFile({})).toEqual({ name: "opt/tabtpm/presence", data: Uint8Array.of(60, 0, 0) });
    expect(presenceFile({ console: false }).data).toEqual(Uint8Array.of(60, 0, 1));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff }), fc.boolean(), (timeoutSeconds, console) => {
        const { data } = presenceFile({ timeoutSeconds, console });
        const view = new DataView(data.buffer);
        expect([data.length, view.getUint16(0, true), view.getUint8(2)]).toEqual([3, timeoutSeconds, console ? 0 : 1]);
      }),
    );
  });

  it.each([-1, 0x10000, 1.5, Number.NaN, Number.POSITIVE_INFINITY])("refuses %s seconds", (timeoutSeconds) => {
    expect(() => presenceFile({ timeoutSeconds })).toThrow(
      new RangeError(`presence.timeoutSeconds must be a whole number from 0 to 65535, not ${timeoutSeconds}`),
    );
  });
});
