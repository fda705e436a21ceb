import { describe, expect, it } from "vitest";
import { ArchiveMovedOn } from "./apt.mjs";

describe("ArchiveMovedOn", () => {
  it("says which versions are gone, what there is now, and what to do", () => {
    const error = new ArchiveMovedOn([
      { name: "libc6", version: "2.36-9", now: "2.36-10" },
      { name: "keyutils", version: "1.6.3-2", now: undefined },
    ]);
    expect(error.message).toContain("libc6 2.36-9 (now 2.36-10)");
    expect(error.message).toContain("keyutils 1.6.3-2 (not at all)");
    expect(error.message).toContain("npm run guest:build -- --update");
    expect(error.message).toContain("snapshot.debian.org");
  });
});
