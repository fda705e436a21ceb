import { describe, expect, test } from "vitest";
import { StoreError, TpmPlatformError } from "../../src/index.ts";
import type { Making, NotReplaced } from "../state/model.ts";
import { said } from "../words/index.ts";
import { Replacement, type ReplacementOptions } from "./replacement.ts";

const STATE = Uint8Array.of(1, 2, 3);

/** A replacement, and what was shown of it last. */
function replacementOf(options: Partial<ReplacementOptions>) {
  const shown: { making: Making | null; notReplaced: NotReplaced | null } = { making: null, notReplaced: null };
  const installed: Uint8Array[] = [];
  const replacement = new Replacement({
    make: async () => STATE,
    install: async (permanent) => void installed.push(permanent),
    onChange: (change) => Object.assign(shown, change),
    ...options,
  });
  return { replacement, shown, installed };
}

const fails = (error: unknown) => async () => {
  throw error;
};

describe("a new TPM for the old one", () => {
  test("is put in its place when it is complete, and not before", async () => {
    const order: string[] = [];
    const { replacement, shown } = replacementOf({
      make: async (onProgress) => {
        onProgress({ done: 1, total: 9 });
        order.push(`made with ${shown.making?.done} of ${shown.making?.total}`);
        return STATE;
      },
      install: async (permanent) => void order.push(`installed ${permanent.join()}, making ${shown.making}`),
    });
    await replacement.begin();
    expect(order).toEqual(["made with 1 of 9", "installed 1,2,3, making null"]);
    expect(shown).toEqual({ making: null, notReplaced: null });
  });

  test.each([
    ["a worker that does not load", new TpmPlatformError("The TPM's worker stopped")],
    ["a module that does not load", new TypeError("Failed to fetch dynamically imported module: https://x/y.js")],
    ["the same, in Firefox's words", new TypeError("error loading dynamically imported module: https://x/y.js")],
    ["the same, in Safari's words", new TypeError("Importing a module script failed.")],
  ])("%s leaves the old one alone, and says what to do", async (_, error) => {
    const { replacement, shown, installed } = replacementOf({ make: fails(error) });
    await replacement.begin();
    expect(installed).toEqual([]);
    expect(shown.making).toBeNull();
    expect(shown.notReplaced).toMatchObject({ isMade: false, detail: `${error.name}: ${error.message}` });
    expect(said(shown.notReplaced!.reason)).toContain("when the network is back");
  });

  test("a store that refuses says so itself", async () => {
    const full = new StoreError("the quota is used up. Free disk space", { code: "full" });
    const { replacement, shown } = replacementOf({ install: fails(full) });
    await replacement.begin();
    expect(shown.notReplaced).toMatchObject({ isMade: true, reason: full.message });
  });

  test("after a failure it can be tried again", async () => {
    let tries = 0;
    const make = async () => {
      if (++tries === 1) throw new Error("odd");
      return STATE;
    };
    const { replacement, shown, installed } = replacementOf({ make });
    await replacement.begin();
    expect(said(shown.notReplaced!.reason)).toContain("odd");
    await replacement.begin();
    expect([shown.notReplaced, installed]).toEqual([null, [STATE]]);
  });

  test("what hangs can be cancelled: nothing comes of it, and the next try is a fresh one", async () => {
    const late: ((state: Uint8Array) => void)[] = [];
    const { replacement, shown, installed } = replacementOf({
      make: () => new Promise((resolve) => late.push(resolve)),
    });
    const first = replacement.begin();
    await replacement.begin();
    expect(late).toHaveLength(1);
    replacement.cancel();
    await first;
    expect(shown).toEqual({ making: null, notReplaced: null });
    const second = replacement.begin();
    late[0]!(Uint8Array.of(9));
    late[1]!(STATE);
    await second;
    expect(installed).toEqual([STATE]);
  });
});
