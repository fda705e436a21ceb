import { IDBFactory, IDBKeyRange } from "fake-indexeddb";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { Database, Transaction } from "./database.ts";
import { FileError } from "./errors.ts";
import { KeptFolder } from "./folder.ts";
import { openIndexedDatabase } from "./indexedDatabase.ts";
import { BLOCK, type Limits } from "./layout.ts";
import { MemoryDatabase } from "./memoryDatabase.ts";
import { type MessageWriter, REQUEST } from "./messages.ts";
import { FileServer } from "./server.ts";
import { ShareClient } from "./testkit/client.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (data: Uint8Array) => new TextDecoder().decode(data);
const limits: Partial<Limits> = { fileBytes: 4 * BLOCK, bytes: 6 * BLOCK, files: 12 };

const databases: [string, () => () => Promise<Database>][] = [
  [
    "memory",
    () => {
      const database = new MemoryDatabase();
      return async () => database;
    },
  ],
  [
    "IndexedDB",
    () => {
      const factory = new IDBFactory();
      return () => openIndexedDatabase("tabtpm-files", factory);
    },
  ],
];

// What a browser has as a global.
beforeAll(() => void vi.stubGlobal("IDBKeyRange", IDBKeyRange));
afterAll(() => void vi.unstubAllGlobals());

describe.each(databases)("a folder in %s", (_name, make) => {
  let again: () => Promise<Database>;
  let folder: KeptFolder;
  let guest: ShareClient;
  const start = async () => {
    folder = await KeptFolder.open(await again(), limits);
    guest = await new ShareClient(new FileServer(folder.root)).mount();
  };
  beforeEach(async () => {
    again = make();
    await start();
  });

  const unlink = (name: string, flags = 0, ...path: string[]) =>
    guest
      .walk(...path)
      .then((fid) => [REQUEST.UNLINKAT, (body: MessageWriter) => body.u32(fid).text(name).u32(flags)] as const);
  const remove = async (name: string) => guest.ask(...(await unlink(name)));
  const rename = async (from: string[], to: string[]) => {
    const [a, b] = [await guest.walk(...from.slice(0, -1)), await guest.walk(...to.slice(0, -1))];
    return [REQUEST.RENAMEAT, (body: MessageWriter) => body.u32(a).text(from.at(-1)!).u32(b).text(to.at(-1)!)] as const;
  };
  const paths = async () => (await folder.list()).map(({ path }) => path);

  it("gives the guest what the page put in, and the page what the guest wrote", async () => {
    expect(await folder.addFile("from page.txt", bytes("hello guest"))).toBe("from page.txt");
    expect(text(await guest.read(await guest.walk("from page.txt"), 6, 100))).toBe("guest");
    await guest.mkdir("notes");
    await guest.write(await guest.create("grüße", "notes"), 0, bytes("hello page"));
    expect(await paths()).toEqual(["from page.txt", "notes", "notes/grüße"]);
    expect(text(await folder.readFile("notes/grüße"))).toBe("hello page");
  });

  it("is as it was when it is opened again", async () => {
    await guest.write(await guest.create("kept"), 3, bytes("x"));
    await start();
    expect(await folder.readFile("kept")).toEqual(Uint8Array.of(0, 0, 0, 0x78));
  });

  it("keeps content as an array would, whatever is written, cut and grown", async () => {
    const where = fc.nat(4 * BLOCK - 1);
    const step = fc.oneof(
      fc.record({ at: where, data: fc.uint8Array({ minLength: 1, maxLength: 300 }) }),
      fc.record({ at: where, data: fc.constant(new Uint8Array(BLOCK + 7).fill(0xab)) }),
      fc.record({ size: fc.oneof(where, fc.constantFrom(0, BLOCK, 2 * BLOCK)) }),
    );
    let number = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
        const name = `f${number++}`;
        const fid = await guest.create(name);
        let model = new Uint8Array(0);
        for (const each of steps) {
          const size = "size" in each ? each.size : Math.max(model.length, each.at + each.data.length);
          if (size > 4 * BLOCK) continue;
          const next = new Uint8Array(size);
          next.set(model.subarray(0, size));
          if ("size" in each) {
            await guest.ask(REQUEST.SETATTR, (body) =>
              body.u32(fid).u32(8).u32(0).u32(0).u32(0).u64(each.size).u64(0).u64(0).u64(0).u64(0),
            );
          } else {
            next.set(each.data, each.at);
            await guest.write(fid, each.at, each.data);
          }
          model = next;
        }
        expect(Buffer.compare(await folder.readFile(name), model)).toBe(0);
        await guest.clunk(fid);
        await remove(name);
        expect((await folder.space()).freeBytes).toBe(6 * BLOCK);
      }),
      { numRuns: 30 },
    );
  });

  it("says EFBIG for a file and ENOSPC for a folder that would be too large, and changes nothing", async () => {
    const fid = await guest.create("big");
    const tooFar = (body: MessageWriter) =>
      body
        .u32(fid)
        .u64(4 * BLOCK)
        .u32(1)
        .data(bytes("x"));
    expect(await guest.fail(REQUEST.WRITE, tooFar)).toBe("EFBIG");
    await guest.write(fid, 4 * BLOCK - 1, bytes("x"));
    await expect(folder.addFile("more", new Uint8Array(3 * BLOCK))).rejects.toMatchObject({ code: "ENOSPC" });
    await expect(folder.addFile("huge", new Uint8Array(5 * BLOCK))).rejects.toThrow(
      "A file may have 262144 bytes, not 327680 bytes",
    );
    expect(await paths()).toEqual(["big"]);
    expect((await folder.space()).freeBytes).toBe(2 * BLOCK);
  });

  it("says ENOSPC for more files than it keeps", async () => {
    for (let number = 0; number < 12; number++) await folder.addFile(`f${number}`, bytes(""));
    const root = await guest.walk();
    expect(await guest.fail(REQUEST.MKDIR, (body) => body.u32(root).text("d").u32(0).u32(0))).toBe("ENOSPC");
  });

  it("makes the folders on a file's way, or nothing of them where the file does not go in", async () => {
    expect(await folder.addFile("notes/deep/a", bytes("A"))).toBe("notes/deep/a");
    expect(await folder.addFile("notes/deep/a", bytes("B"))).toBe("notes/deep/a-2");
    await expect(folder.addFile("other/huge", new Uint8Array(5 * BLOCK))).rejects.toMatchObject({ code: "EFBIG" });
    await expect(folder.addFile("notes/deep/a/b", bytes(""))).rejects.toMatchObject({ code: "ENOTDIR" });
    expect(await paths()).toEqual(["notes", "notes/deep", "notes/deep/a", "notes/deep/a-2"]);
  });

  it("numbers what the page puts in under a name that is taken", async () => {
    const names = ["a.txt", "a.txt", "a.txt", ".profile", ".profile"];
    const got = [];
    for (const name of names) got.push(await folder.addFile(name, bytes("")));
    expect(got).toEqual(["a.txt", "a-2.txt", "a-3.txt", ".profile", ".profile-2"]);
  });

  it.each([
    ["", "EINVAL"],
    [".", "EINVAL"],
    ["..", "EINVAL"],
    ["a//b", "EINVAL"],
    ["/a", "EINVAL"],
    ["a/../b", "EINVAL"],
    ["a\0b", "EINVAL"],
    ["\ud800", "EILSEQ"],
    ["ü".repeat(128), "ENAMETOOLONG"],
  ])("refuses the name %j from the page with %s", async (name, code) => {
    await expect(folder.addFile(name, bytes(""))).rejects.toMatchObject({ code });
    expect(await paths()).toEqual([]);
  });

  it("refuses such names from the guest", async () => {
    for (const [name, code] of [
      ["..", "EINVAL"],
      ["a//b", "EINVAL"],
      ["/a", "EINVAL"],
      ["a/../b", "EINVAL"],
      ["a".repeat(256), "ENAMETOOLONG"],
    ] as const) {
      const root = await guest.walk();
      const create = (body: MessageWriter) => body.u32(root).text(name).u32(2).u32(0o644).u32(0);
      expect(await guest.fail(REQUEST.LCREATE, create)).toBe(code);
    }
  });

  it("keeps an open file without a name until it is closed, and not beyond a restart", async () => {
    const fid = await guest.create("temporary");
    await guest.write(fid, 0, bytes("still here"));
    await remove("temporary");
    expect(await paths()).toEqual([]);
    expect(text(await guest.read(fid, 0, 100))).toBe("still here");
    expect((await folder.space()).freeFiles).toBe(11);
    await guest.clunk(fid);
    expect((await folder.space()).freeFiles).toBe(12);
    await guest.write(await guest.create("again"), 0, bytes("x"));
    await remove("again");
    await start();
    expect(await folder.space()).toMatchObject({ freeFiles: 12, freeBytes: 6 * BLOCK });
  });

  it("renames over files and empty folders, and into no folder of its own", async () => {
    await folder.addFile("a", bytes("A"));
    await folder.addFile("b", bytes("B"));
    await guest.mkdir("d");
    await guest.mkdir("e", "d");
    await guest.ask(...(await rename(["a"], ["b"])));
    expect([await paths(), text(await folder.readFile("b"))]).toEqual([["b", "d", "d/e"], "A"]);
    expect(await guest.fail(...(await rename(["d"], ["d", "e", "x"])))).toBe("EINVAL");
    expect(await guest.fail(...(await rename(["b"], ["d"])))).toBe("EISDIR");
    expect(await guest.fail(...(await rename(["d"], ["b"])))).toBe("ENOTDIR");
    await guest.mkdir("f");
    expect(await guest.fail(...(await rename(["f"], ["d"])))).toBe("ENOTEMPTY");
    await guest.ask(...(await rename(["f"], ["d", "e"])));
    expect(await paths()).toEqual(["b", "d", "d/e"]);
    // The one that was replaced is still held, until the guest mounts anew.
    expect((await folder.space()).freeFiles).toBe(12 - 4);
    await guest.mount();
    expect((await folder.space()).freeFiles).toBe(12 - 3);
  });

  it("removes files as files and folders, when empty, as folders", async () => {
    await folder.addFile("a", bytes(""));
    await guest.mkdir("d");
    await guest.create("x", "d");
    expect(await guest.fail(...(await unlink("d")))).toBe("EISDIR");
    expect(await guest.fail(...(await unlink("a", 0x200)))).toBe("ENOTDIR");
    expect(await guest.fail(...(await unlink("d", 0x200)))).toBe("ENOTEMPTY");
    expect(await guest.fail(...(await unlink("none")))).toBe("ENOENT");
    expect(await paths()).toEqual(["a", "d", "d/x"]);
  });

  it("has links of both kinds", async () => {
    await folder.addFile("a", bytes("A"));
    const [root, a] = [await guest.walk(), await guest.walk("a")];
    await guest.ask(REQUEST.LINK, (body) => body.u32(root).u32(a).text("b"));
    await guest.ask(REQUEST.SYMLINK, (body) => body.u32(root).text("s").text("a/target").u32(0));
    await guest.clunk(a);
    await remove("a");
    expect(text(await folder.readFile("b"))).toBe("A");
    const s = await guest.walk("s");
    expect((await guest.ask(REQUEST.READLINK, (body) => body.u32(s))).text()).toBe("a/target");
    await expect(folder.readFile("s")).rejects.toThrow("s is a link, not a file");
  });
});

/** A database whose commits fail as a browser's do when it has no more room. */
class FullDatabase extends MemoryDatabase {
  full = false;
  override run<Result>(mode: "read" | "write" | "safe", work: (rows: Transaction) => Promise<Result>): Promise<Result> {
    return super.run(mode, async (rows) => {
      const result = await work(rows);
      if (this.full && mode !== "read") throw new FileError("ENOSPC", "The browser's storage quota is used up");
      return result;
    });
  }
}

describe("a folder whose storage fails", () => {
  it("tells the guest ENOSPC, and still has what it had", async () => {
    const database = new FullDatabase();
    const folder = await KeptFolder.open(database);
    const guest = await new ShareClient(new FileServer(folder.root)).mount();
    const fid = await guest.create("file");
    await guest.write(fid, 0, bytes("before"));
    database.full = true;
    const write = (body: MessageWriter) => body.u32(fid).u64(0).u32(5).data(bytes("after"));
    expect(await guest.fail(REQUEST.WRITE, write)).toBe("ENOSPC");
    expect(await guest.fail(REQUEST.FSYNC, (body) => body.u32(fid).u32(0))).toBe("ENOSPC");
    expect(text(await folder.readFile("file"))).toBe("before");
  });

  it("answers fsync when the disk has it: the transaction asks for that", async () => {
    const modes: string[] = [];
    class Noting extends MemoryDatabase {
      override run<Result>(mode: "read" | "write" | "safe", work: (rows: Transaction) => Promise<Result>) {
        modes.push(mode);
        return super.run(mode, work);
      }
    }
    const folder = await KeptFolder.open(new Noting());
    const guest = await new ShareClient(new FileServer(folder.root)).mount();
    const fid = await guest.create("file");
    await guest.write(fid, 0, bytes("x"));
    expect(modes).not.toContain("safe");
    await guest.ask(REQUEST.FSYNC, (body) => body.u32(fid).u32(0));
    expect(modes.at(-1)).toBe("safe");
    await folder.addFile("other", bytes(""));
    expect(modes.at(-1)).toBe("safe");
  });

  it("says in words what the browser refuses", async () => {
    await expect(openIndexedDatabase("x", undefined)).rejects.toThrow("offers no IndexedDB here");
    const factory = {
      open: () => {
        throw new DOMException("denied", "SecurityError");
      },
    } as unknown as IDBFactory;
    await expect(openIndexedDatabase("x", factory)).rejects.toThrow(
      "The browser's storage failed: SecurityError denied",
    );
  });
});
