import { IDBFactory, IDBKeyRange } from "fake-indexeddb";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { said, useLanguage } from "../words/index.ts";
import { Files } from "./files.ts";

beforeEach(() => {
  vi.stubGlobal("indexedDB", new IDBFactory());
  vi.stubGlobal("IDBKeyRange", IDBKeyRange);
});
afterEach(() => void vi.unstubAllGlobals());

const text = async (files: Files, path: string) =>
  new TextDecoder().decode(await (await files.folder()).readFile(path));
/** Waits until what was asked for is done, or has failed. */
const done = (files: Files) => vi.waitFor(() => expect(files.store.value.busy).toBe(false));

/** As they are drawn. */
const problem = (files: Files) => files.store.value.problems.map(said).join("\n");

const named = (...files: File[]) => files.map((file) => ({ path: file.name, file }));

/** A file that says how large it is, and is not. */
function fileOf(name: string, size: number, content: () => Promise<ArrayBuffer>): File {
  return { name, size, arrayBuffer: content } as Partial<File> as File;
}

describe("the page's files", () => {
  test("go into the folder, and are there for the next page", async () => {
    const files = new Files();
    files.add(named(new File(["one"], "a.txt"), new File(["two"], "a.txt")));
    await done(files);
    const later = new Files();
    expect(await text(later, "a.txt")).toBe("one");
    expect(await text(later, "a-2.txt")).toBe("two");
    expect(files.store.value.notes.map(said)).toEqual(["a.txt was there already: the new one is a-2.txt."]);
    expect(later.store.value).toMatchObject({
      forgotten: null,
      problems: [],
      files: [{ path: "a-2.txt", kind: "file", size: 3 }, { path: "a.txt" }],
    });
  });

  test("are listed anew when the guest changes them", async () => {
    const files = new Files();
    const folder = await files.folder();
    expect(files.store.value.files).toEqual([]);
    await folder.addFile("by guest", new Uint8Array(5));
    await vi.waitFor(() => expect(files.store.value.files).toMatchObject([{ path: "by guest", size: 5 }]));
  });

  test("that have no room are not even read, and those beside them go in", async () => {
    const files = new Files();
    const large = fileOf("large", 2 ** 40, () => Promise.reject(new Error("must not be read")));
    files.add(named(large, new File(["x"], "small")));
    await done(files);
    expect(problem(files)).toMatch(
      /^large: it has 1099511627776 bytes, and there is room for 536870912 in the folder\.$/,
    );
    expect(await text(files, "small")).toBe("x");
  });

  test("that were not found say so", async () => {
    const files = new Files();
    files.add(Promise.reject(new Error("locked can't be read: nothing was added.")));
    await done(files);
    expect(problem(files)).toBe("locked can't be read: nothing was added.");
  });

  test("that can't be read say so", async () => {
    const files = new Files();
    files.add(named(fileOf("folder", 0, () => Promise.reject(new DOMException("no", "NotFoundError")))));
    await done(files);
    expect(problem(files)).toBe("folder: it can't be read.");
  });

  test("of a folder lie in a folder; what stands in its way is said, and the rest goes in", async () => {
    const files = new Files();
    const path = (name: string, content: string) => ({ path: name, file: new File([content], "x") });
    files.add([path("notes/a", "A"), path("notes/deep/b", "B"), path("plain", "P"), path("plain/c", "C")]);
    await done(files);
    expect(await text(files, "notes/a")).toBe("A");
    expect(await text(files, "notes/deep/b")).toBe("B");
    expect(problem(files)).toBe("plain/c: plain is there already, and is no folder.");
  });

  test("that are large are read in pieces, with their progress, and can be stopped; what is in stays", async () => {
    const files = new Files();
    const size = 10 << 20;
    const seen: (number | undefined)[] = [];
    const large = new File([new Uint8Array(size).fill(7)], "large");
    const slice = large.slice.bind(large);
    large.slice = (from, to) => {
      seen.push(files.store.value.adding?.loaded);
      return slice(from, to);
    };
    files.add(named(large));
    await done(files);
    expect(seen).toEqual([0, 4 << 20, 8 << 20]);
    const content = await (await files.folder()).readFile("large");
    expect([content.length, content[0], content[size - 1]]).toEqual([size, 7, 7]);
    expect(files.store.value.adding).toBeNull();

    const stopped = new File([new Uint8Array(size)], "stopped");
    stopped.slice = (from, to) => {
      files.stopAdding();
      return slice(from, to);
    };
    files.add(named(new File(["x"], "before"), stopped, new File(["x"], "after")));
    await done(files);
    expect(files.store.value.notes.map(said)).toEqual(["Stopped; what was added before stays."]);
    expect((await (await files.folder()).list()).map(({ path }) => path)).toEqual(["before", "large"]);
  });

  test("that come while others are put in are put in behind them, with one progress and one account for all", async () => {
    const files = new Files();
    const counts: (readonly [string, number, number, number] | undefined)[] = [];
    const note = () => {
      const { adding } = files.store.value;
      counts.push(adding === null ? undefined : [adding.path, adding.index, adding.count, adding.total]);
      return new ArrayBuffer(2);
    };
    const second = fileOf("b", 2, async () => note());
    const first = fileOf("a", 2, async () => {
      files.add(
        named(
          second,
          fileOf("c", 2, () => Promise.reject(new Error("no"))),
        ),
      );
      await Promise.resolve();
      return note();
    });
    files.add(
      named(
        first,
        fileOf("a", 2, async () => note()),
      ),
    );
    await done(files);
    expect(counts).toEqual([
      ["a", 1, 2, 4],
      ["a", 2, 4, 8],
      ["b", 3, 4, 8],
    ]);
    expect(files.store.value.adding).toBeNull();
    const account = () => [...files.store.value.notes, ...files.store.value.problems].map(said);
    expect(account()).toEqual(["a was there already: the new one is a-2.", "c: it can't be read."]);
    await useLanguage("de");
    expect(account()[1]).toBe("c: sie lässt sich nicht lesen.");
    await useLanguage("en");
    files.add(named(new File(["x"], "d")));
    await done(files);
    expect(account()).toEqual([]);
  });

  test("are in memory where the browser keeps nothing, which is said", async () => {
    vi.stubGlobal("indexedDB", undefined);
    const files = new Files();
    files.add(named(new File(["x"], "a")));
    await done(files);
    expect(await text(files, "a")).toBe("x");
    expect(files.store.value.forgotten).toContain("offers no IndexedDB");
  });

  test("that are not there can't be downloaded", async () => {
    const files = new Files();
    files.save("none/of this");
    await done(files);
    expect(problem(files)).toBe("There is no none/of this in the folder");
  });
});
