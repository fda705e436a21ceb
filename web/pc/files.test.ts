import { IDBFactory, IDBKeyRange } from "fake-indexeddb";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
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
    expect(files.store.value.notes).toEqual(["a.txt was there already: the new one is a-2.txt."]);
    expect(later.store.value).toMatchObject({
      forgotten: null,
      problem: null,
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
    expect(files.store.value.problem).toMatch(
      /^large: it has 1099511627776 bytes, and there is room for 536870912 in the folder\.$/,
    );
    expect(await text(files, "small")).toBe("x");
  });

  test("that were not found say so", async () => {
    const files = new Files();
    files.add(Promise.reject(new Error("locked can't be read: nothing was added.")));
    await done(files);
    expect(files.store.value.problem).toBe("locked can't be read: nothing was added.");
  });

  test("that can't be read say so", async () => {
    const files = new Files();
    files.add(named(fileOf("folder", 0, () => Promise.reject(new DOMException("no", "NotFoundError")))));
    await done(files);
    expect(files.store.value.problem).toBe("folder: it can't be read.");
  });

  test("of a folder lie in a folder; what stands in its way is said, and the rest goes in", async () => {
    const files = new Files();
    const path = (name: string, content: string) => ({ path: name, file: new File([content], "x") });
    files.add([path("notes/a", "A"), path("notes/deep/b", "B"), path("plain", "P"), path("plain/c", "C")]);
    await done(files);
    expect(await text(files, "notes/a")).toBe("A");
    expect(await text(files, "notes/deep/b")).toBe("B");
    expect(files.store.value.problem).toBe("plain/c: plain is there already, and is no folder.");
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
    expect(files.store.value.notes).toEqual(["Stopped; what was added before stays."]);
    expect((await (await files.folder()).list()).map(({ path }) => path)).toEqual(["before", "large"]);
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
    expect(files.store.value.problem).toBe("There is no none/of this in the folder");
  });
});
