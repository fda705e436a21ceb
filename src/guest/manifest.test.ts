import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GuestManifestError, parseGuestManifest } from "./manifest.ts";
import { manifestOf } from "./testkit/manifest.ts";

const sample = manifestOf({ bios: "b", vgaBios: "v", rom: "r", kernel: "k", initrd: "i" }, { initrd: 10 });

/** Paths of all leaves and branches: "images.kernel.size", "inputs.packages[0].source". */
function paths(json: unknown, where = ""): string[] {
  if (Array.isArray(json)) return json.flatMap((entry, index) => [...paths(entry, `${where}[${index}]`)]);
  if (typeof json !== "object" || json === null) return [];
  return Object.entries(json).flatMap(([name, value]) => {
    const path = where ? `${where}.${name}` : name;
    return [path, ...paths(value, path)];
  });
}

function withReplaced(json: unknown, path: string, value: unknown): unknown {
  const copy = structuredClone(json) as Record<string, unknown>;
  const keys = path.split(/[.[\]]+/).filter(Boolean);
  const last = keys.pop() ?? "";
  let at: Record<string, unknown> = copy;
  for (const key of keys) at = at[key] as Record<string, unknown>;
  if (value === undefined) delete at[last];
  else at[last] = value;
  return copy;
}

describe("parseGuestManifest", () => {
  it("returns what JSON brought, whole", () => {
    expect(parseGuestManifest(JSON.parse(JSON.stringify(sample)))).toEqual(sample);
  });

  it("names the field that is missing", () => {
    const optional = /builtUsing|unpackedSize|toolchain\./;
    for (const path of paths(sample).filter((name) => !optional.test(name))) {
      const parse = () => parseGuestManifest(withReplaced(sample, path, undefined));
      expect(parse, path).toThrow(GuestManifestError);
      expect(parse, path).toThrow(path);
    }
  });

  it("names the field that has the wrong type", () => {
    for (const path of paths(sample)) {
      expect(() => parseGuestManifest(withReplaced(sample, path, false)), path).toThrow(path);
    }
  });

  it("says which versions of the shape it reads", () => {
    expect(() => parseGuestManifest({ ...sample, format: 2 })).toThrow("format is 2; this version of tabtpm reads 1");
  });

  it("says how to get a good one", () => {
    expect(() => parseGuestManifest([])).toThrow(
      /is not an object.*Install the package again; in a clone .*git checkout guest.*--update/,
    );
  });

  it.each([0, -1, 1.5, Number.NaN, 2 ** 53])("refuses the size %s", (size) => {
    expect(() => parseGuestManifest(withReplaced(sample, "images.kernel.size", size))).toThrow("images.kernel.size");
  });

  it.each(["", "AB".repeat(32), "0".repeat(63), `${"0".repeat(64)}\n`])("refuses the SHA-256 %j", (hash) => {
    expect(() => parseGuestManifest(withReplaced(sample, "images.bios.sha256", hash))).toThrow("images.bios.sha256");
  });

  it.each(["../etc/passwd", "a/b", ".", "..", "http://x", "a?b", "a#b", " "])("refuses the file name %j", (file) => {
    expect(() => parseGuestManifest(withReplaced(sample, "images.initrd.file", file))).toThrow("images.initrd.file");
  });

  it("returns a manifest or throws GuestManifestError for any JSON in any place", () => {
    fc.assert(
      fc.property(fc.constantFrom(...paths(sample)), fc.jsonValue(), (path, value) => {
        const json = withReplaced(sample, path, value);
        try {
          expect(JSON.parse(JSON.stringify(parseGuestManifest(json)))).toMatchObject({ format: 1 });
        } catch (error) {
          expect(error).toBeInstanceOf(GuestManifestError);
        }
      }),
    );
  });
});
