import { describe, expect, it } from "vitest";
import { ArchiveMovedOn, withSources } from "./apt.mjs";

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

describe("withSources", () => {
  it("asks each archive of a list for source packages too", () => {
    const list = "# deb in a comment\ndeb [arch=i386] http://archive.example/debian bookworm main\n";
    expect(withSources("debian.list", list)).toBe(
      `${list}deb-src [arch=i386] http://archive.example/debian bookworm main\n`,
    );
    const both = withSources("debian.list", "deb-src http://archive.example/debian bookworm main");
    expect(both).toBe("deb-src http://archive.example/debian bookworm main");
  });

  it("does so in the other form of a list", () => {
    const text = "Types: deb\nURIs: http://archive.example/debian\n\nTypes: deb deb-src\nURIs: http://b.example\n";
    expect(withSources("debian.sources", text)).toBe(text.replace("Types: deb\n", "Types: deb deb-src\n"));
  });
});
