import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { FixedFile, FixedFolder } from "./fixed.ts";
import { KeptFolder } from "./folder.ts";
import { MemoryDatabase } from "./memoryDatabase.ts";
import { REQUEST } from "./messages.ts";
import { FileServer } from "./server.ts";
import { ShareClient } from "./testkit/client.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (data: Uint8Array) => new TextDecoder().decode(data);
const limits = { fileBytes: 1 << 20, bytes: 2 << 20, files: 20 };

let folder: KeptFolder;
let server: FileServer;
let guest: ShareClient;
let fetches = 0;
const served = () =>
  new FileServer(
    new FixedFolder({
      files: folder.root,
      tools: new FixedFolder({
        archive: new FixedFile(
          5,
          async () => {
            fetches++;
            return bytes("tools");
          },
          true,
        ),
      }),
    }),
  );

beforeEach(async () => {
  folder = await KeptFolder.open(new MemoryDatabase(), limits);
  server = served();
  guest = await new ShareClient(server).mount();
  fetches = 0;
});

/** The guest goes on with another server, of another page, as a snapshot has it: through JSON. */
function resumed(by: FileServer = served()): FileServer {
  const state: unknown = JSON.parse(JSON.stringify(server.saveState()));
  by.restoreState(state);
  guest.goOnWith(by);
  return by;
}

describe("a guest that goes on with another server", () => {
  it("has the files that it had open, and writes on", async () => {
    const fid = await guest.create("log", "files");
    await guest.write(fid, 0, bytes("one "));
    resumed();
    await guest.write(fid, 4, bytes("two"));
    expect(text(await guest.read(fid, 0, 100))).toBe("one two");
    expect(await guest.names(4000, "files")).toEqual([".", "..", "log"]);
  });

  it("finds a file under the name that it has got meanwhile, and one below a folder that was renamed", async () => {
    await guest.mkdir("a", "files");
    const fid = await guest.create("x", "files", "a");
    const files = await guest.walk("files");
    await guest.ask(REQUEST.RENAMEAT, (body) => body.u32(files).text("a").u32(files).text("b"));
    resumed();
    await guest.write(fid, 0, bytes("here"));
    expect(await guest.size(await guest.walk("files", "b", "x"))).toBe(4);
  });

  it("has what it went up to", async () => {
    await guest.mkdir("a", "files");
    const fid = await guest.walk("files", "a", "..", "a", "..");
    resumed();
    const same = await guest.ask(REQUEST.GETATTR, (body) => body.u32(fid).u64(0x7ff));
    same.u64();
    const [, , path] = [same.u8(), same.u32(), same.u64()];
    expect(path).toBe(folder.root.path);
  });

  it("has what is fetched fetched again, if it had it open", async () => {
    const fid = await guest.walk("tools", "archive");
    await guest.ask(REQUEST.LOPEN, (body) => body.u32(fid).u32(0));
    await guest.walk("tools", "archive");
    resumed();
    expect(text(await guest.read(fid, 0, 9))).toBe("tools");
    expect(fetches).toBe(2);
  });

  it("has no number for a file that is gone, or for another of that name", async () => {
    const gone = await guest.create("gone", "files");
    const other = await guest.create("other", "files");
    const state = server.saveState();
    const files = await guest.walk("files");
    for (const name of ["gone", "other"]) {
      await guest.ask(REQUEST.UNLINKAT, (body) => body.u32(files).text(name).u32(0));
    }
    await guest.clunk(gone);
    await guest.clunk(other);
    await guest.clunk(await guest.create("other", "files"));
    server.restoreState(state);
    for (const fid of [gone, other]) {
      expect(await guest.fail(REQUEST.READ, (body) => body.u32(fid).u64(0).u32(1))).toBe("EBADF");
    }
    expect(await guest.names(4000, "files")).toEqual([".", "..", "other"]);
  });

  it("in another browser, whose folder is another one, has the folder and not its files", async () => {
    const fid = await guest.create("mine", "files");
    folder = await KeptFolder.open(new MemoryDatabase(), limits);
    resumed();
    expect(await guest.names(4000, "files")).toEqual([".", ".."]);
    expect(await guest.fail(REQUEST.READ, (body) => body.u32(fid).u64(0).u32(1))).toBe("EBADF");
  });

  it("is not answered what the one before had asked", async () => {
    const before = server;
    let answers = 0;
    const [ask] = [guest.send(REQUEST.STATFS, (body) => body.u32(0))];
    void ask.answer.then(() => answers++);
    before.restoreState(before.saveState());
    await guest.walk("files");
    expect(answers).toBe(0);
  });
});

it("is settled when every request has its answer", async () => {
  let isOpen = false;
  const fid = await guest.walk("tools", "archive");
  void guest
    .send(REQUEST.LOPEN, (body) => body.u32(fid).u32(0))
    .answer.then(() => {
      isOpen = true;
    });
  await server.settled();
  expect(isOpen).toBe(true);
});

describe("what no server has saved is refused, and changes nothing", () => {
  const good = { messageSize: 8192, fids: [{ number: 5, path: 1, names: ["files"], open: "no" }] };
  const [fid] = good.fids;
  it.each([
    ["nothing", null],
    ["a text", "state"],
    ["no size", { fids: [] }],
    ["a size that is too large", { ...good, messageSize: 2 ** 30 }],
    ["no fids", { ...good, fids: {} }],
    ["a fid that is none", { ...good, fids: [null] }],
    ["a number that is none", { ...good, fids: [{ ...fid, number: 2 ** 32 }] }],
    ["a fid twice", { ...good, fids: [fid, fid] }],
    ["a name that is none", { ...good, fids: [{ ...fid, names: [7] }] }],
    ["an opening that there is not", { ...good, fids: [{ ...fid, open: "maybe" }] }],
  ])("%s", async (_, state) => {
    expect(() => server.restoreState(state)).toThrow(Error);
    expect(await guest.names(4000, "files")).toEqual([".", ".."]);
  });

  it("any JSON", async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (state) => {
        expect(() => server.restoreState(state)).toThrow(Error);
      }),
    );
  });

  it("names lead nowhere but through the folders", async () => {
    const names = fc.array(fc.oneof(fc.constant(".."), fc.constant("files"), fc.string()), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(names, async (names) => {
        const by = served();
        by.restoreState({ messageSize: 8192, fids: [{ number: 900, path: 1, names, open: "write" }] });
        await by.settled();
        expect(by.saveState().messageSize).toBe(8192);
      }),
    );
  });
});
