import { expect, test } from "vitest";
import { droppedFiles } from "./drop.ts";

type Tree = { readonly [name: string]: string | Tree };

/** As a browser gives it: two entries at a time. */
function entryOf(name: string, content: string | Tree): FileSystemEntry {
  if (typeof content === "string") {
    const file = (resolve: (file: File) => void) => resolve(new File([content], name));
    return { name, isDirectory: false, isFile: true, file } as unknown as FileSystemEntry;
  }
  const createReader = () => {
    const left = Object.entries(content).map(([each, inside]) => entryOf(each, inside));
    return { readEntries: (resolve: (entries: FileSystemEntry[]) => void) => resolve(left.splice(0, 2)) };
  };
  return { name, isDirectory: true, isFile: false, createReader } as unknown as FileSystemEntry;
}

const dropped = (tree: Tree) =>
  droppedFiles({
    items: Object.entries(tree).map(([name, content]) => ({
      webkitGetAsEntry: () => entryOf(name, content),
    })) as unknown as DataTransferItemList,
    files: Object.keys(tree).map((name) => new File([], name)) as unknown as FileList,
  });

test("folders are taken with all that is in them, files as they are", async () => {
  const tree = { one: "1", folder: { a: "A", b: "B", c: "C", deep: { deeper: { d: "D" } }, empty: {} } };
  const files = await dropped(tree);
  expect(files.map(({ path }) => path)).toEqual(["one", "folder/a", "folder/b", "folder/c", "folder/deep/deeper/d"]);
  expect(await files.at(-1)?.file.text()).toBe("D");
});

test("a browser that knows no entries gives its files", async () => {
  const files = [new File(["x"], "a")] as unknown as FileList;
  const found = await droppedFiles({ items: [{}] as unknown as DataTransferItemList, files });
  expect(found.map(({ path }) => path)).toEqual(["a"]);
});

test("what is too much is refused, and so is what can't be read", async () => {
  const many = Object.fromEntries(Array.from({ length: 10_100 }, (_, number) => [`f${number}`, ""]));
  await expect(dropped({ many })).rejects.toThrow("There are more than 10000 files: nothing was added.");
  const unreadable = {
    name: "locked",
    isDirectory: true,
    createReader: () => ({ readEntries: (_: unknown, fail: (error: Error) => void) => fail(new Error("no")) }),
  };
  const items = [{ webkitGetAsEntry: () => unreadable }] as unknown as DataTransferItemList;
  await expect(droppedFiles({ items, files: [] as unknown as FileList })).rejects.toThrow(
    "locked can't be read: nothing was added.",
  );
});
