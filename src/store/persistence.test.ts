import { describe, expect, it } from "vitest";
import { requestPersistence, storageOutlook } from "./persistence.ts";

const says = (persistent: boolean) => async () => persistent;
const directory = async () => ({}) as FileSystemDirectoryHandle;
const refused = async () => {
  throw new DOMException("Security error when calling GetDirectory", "SecurityError");
};

describe("how long the browser keeps the TPM", () => {
  it.each([
    ["promised", { persisted: says(true), getDirectory: directory }, "persistent"],
    ["promised, whatever files do", { persisted: says(true), getDirectory: refused }, "persistent"],
    ["not promised", { persisted: says(false), getDirectory: directory }, "not promised"],
    ["a private window of Firefox or Safari", { persisted: says(false), getDirectory: refused }, "forgotten"],
    ["a browser without files", { persisted: says(false) }, "not promised"],
    ["a browser that can't be asked", {}, "not promised"],
    ["one that fails to answer", { persisted: refused, getDirectory: directory }, "not promised"],
  ] as const)("%s", async (_, storage, expected) => {
    expect(await storageOutlook(storage)).toBe(expected);
  });

  it("is unknown without the interface", async () => {
    expect(await storageOutlook(undefined)).toBe("not promised");
    expect(await requestPersistence({})).toBe(false);
  });

  it("asks once: what was promised is not asked for again", async () => {
    let asked = 0;
    const persist = async () => ++asked > 0;
    expect(await requestPersistence({ persisted: says(true), persist })).toBe(true);
    expect(asked).toBe(0);
    expect(await requestPersistence({ persisted: says(false), persist })).toBe(true);
    expect(asked).toBe(1);
  });
});
