import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bootMenuFiles } from "./bootMenu.ts";

describe("SeaBIOS's menu", () => {
  it("is not there unless asked for, and waits as SeaBIOS does unless told", () => {
    for (const menu of [undefined, false]) expect(bootMenuFiles(menu)).toBeUndefined();
    for (const menu of [true, {}, { timeoutSeconds: undefined }]) expect(bootMenuFiles(menu)).toEqual([]);
  });

  it("waits for any time up to an hour, told in milliseconds of 32 bits", () => {
    const seconds = fc.double({ min: 0.001, max: 3600, noNaN: true });
    fc.assert(
      fc.property(seconds, (timeoutSeconds) => {
        const [file, ...others] = bootMenuFiles({ timeoutSeconds })!;
        expect(others).toEqual([]);
        expect(file!.name).toBe("etc/boot-menu-wait");
        expect(file!.data).toHaveLength(4);
        const told = new DataView(file!.data.buffer).getUint32(0, true);
        expect(Math.abs(told - timeoutSeconds * 1000)).toBeLessThanOrEqual(0.5);
      }),
    );
  });

  it.each([0, -1, 0.0001, 3600.5, Number.NaN, Number.POSITIVE_INFINITY])(
    "can't wait for %s seconds",
    (timeoutSeconds) => {
      const refuse = () => bootMenuFiles({ timeoutSeconds });
      expect(refuse).toThrow(RangeError);
      expect(refuse).toThrow(`more than 0 and at most 3600, not ${timeoutSeconds}`);
    },
  );

  it("anything else is refused", () => {
    const notOne = fc.anything().filter((menu) => {
      if (menu === undefined || typeof menu === "boolean") return false;
      return typeof menu !== "object" || menu === null || Array.isArray(menu);
    });
    fc.assert(
      fc.property(notOne, (menu) => {
        expect(() => bootMenuFiles(menu)).toThrow(TypeError);
      }),
    );
    const notSeconds = fc.anything().filter((value) => typeof value !== "number" && value !== undefined);
    fc.assert(
      fc.property(notSeconds, (timeoutSeconds) => {
        expect(() => bootMenuFiles({ timeoutSeconds })).toThrow(TypeError);
      }),
    );
  });
});
