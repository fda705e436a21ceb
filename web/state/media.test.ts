import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { said } from "../words/index.ts";
import { needsConsent, readAskedFiles } from "./address.ts";
import { areSameMedia, driveNames, type Media, mediumNames, noMedia, withMedium } from "./media.ts";

const PAGE = "https://tpm.example/some/where/?x=1#y";
const file = (name: string) => ({ name, size: 1, content: new Blob([name]) });

describe("files for the PC", () => {
  test("what is put in boots, and a kernel when it is taken out again", () => {
    const cd = withMedium(noMedia, "cdrom", file("a.iso"));
    expect(cd).toMatchObject({ bootFrom: "cdrom", files: { cdrom: { name: "a.iso" } } });
    const both = withMedium(cd, "floppy", file("b.img"));
    expect(both.bootFrom).toBe("floppy");
    expect(withMedium(both, "cdrom", undefined)).toMatchObject({ bootFrom: "floppy" });
    expect(withMedium(both, "floppy", undefined).bootFrom).toBe("kernel");
    expect(withMedium(both, "kernel", file("vmlinuz")).bootFrom).toBe("kernel");
  });

  test("whatever is done, what boots is there, and an other file is another PC", () => {
    const step = fc.tuple(fc.constantFrom(...mediumNames), fc.boolean());
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        let media: Media = noMedia;
        for (const [name, isPutIn] of steps) {
          const next = withMedium(media, name, isPutIn ? file(name) : undefined);
          expect(areSameMedia(media, next)).toBe(!isPutIn && media.files[name] === undefined);
          media = next;
        }
        if (media.bootFrom !== "kernel") expect(media.files[media.bootFrom]).toBeDefined();
      }),
    );
  });
});

describe("files of the page's address", () => {
  test("come from the page's own site", () => {
    expect(readAskedFiles("?cd=my.iso&floppy=/f.img&boot=floppy", PAGE)).toEqual({
      value: {
        addresses: { cdrom: "https://tpm.example/some/where/my.iso", floppy: "https://tpm.example/f.img" },
        bootFrom: "floppy",
      },
      problems: [],
    });
    expect(readAskedFiles("?disk=d.img&floppy=f.img", PAGE).value.bootFrom).toBe("harddisk");
    expect(readAskedFiles("?kernel=k&cd=c", PAGE).value.bootFrom).toBe("kernel");
    expect(readAskedFiles("", PAGE)).toEqual({ value: { addresses: {}, bootFrom: "kernel" }, problems: [] });
  });

  test.each([
    ["?cd=https://elsewhere.example/a.iso", "is no file of this site"],
    ["?cd=//elsewhere.example/a.iso", "is no file of this site"],
    ["?cd=http://tpm.example/a.iso", "is no file of this site"],
    ["?kernel=data:,x", "is no file of this site"],
    ["?kernel=blob:https://elsewhere.example/1", "is no file of this site"],
    ["?initrd=", "is no file of this site"],
    ["?boot=cd", "There is no cd"],
    ["?boot=usb", "It is one of kernel, floppy, cd, disk"],
  ])("%s is not taken", (search, words) => {
    const { value, problems } = readAskedFiles(search, PAGE);
    expect(problems.map(said).join("\n")).toContain(words);
    expect(value).toEqual({ addresses: {}, bootFrom: "kernel" });
    expect(needsConsent({}, value)).toBe(false);
  });

  test("whatever it is, it never throws, leads nowhere else, and the user is asked", () => {
    const name = fc.constantFrom("cd", "floppy", "disk", "kernel", "initrd", "boot");
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.webUrl(),
      fc.constantFrom("cd", "disk", "a", "//a", "\\\\a", "x:"),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(name, text)), (pairs) => {
        const search = `?${pairs.map(([key, value]) => `${key}=${value}`).join("&")}`;
        const { value } = readAskedFiles(search, PAGE);
        const addresses = Object.values(value.addresses);
        for (const address of addresses) expect(new URL(address).origin).toBe("https://tpm.example");
        for (const drive of driveNames) {
          if (value.bootFrom === drive) expect(value.addresses[drive]).toBeDefined();
        }
        expect(needsConsent({}, value)).toBe(addresses.length > 0);
      }),
    );
  });
});
