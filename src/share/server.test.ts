import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { FixedFile, FixedFolder, textFile } from "./fixed.ts";
import { KeptFolder } from "./folder.ts";
import { MemoryDatabase } from "./memoryDatabase.ts";
import { MessageWriter, REQUEST } from "./messages.ts";
import { FileServer } from "./server.ts";
import { ROOT_FID, ShareClient } from "./testkit/client.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (data: Uint8Array) => new TextDecoder().decode(data);

let folder: KeptFolder;
let server: FileServer;
let guest: ShareClient;
/** Ends the fetching of the file "late". */
let arrive: (content: Uint8Array) => void;
let fails: (error: Error) => void;

beforeEach(async () => {
  folder = await KeptFolder.open(new MemoryDatabase(), { fileBytes: 1 << 20, bytes: 2 << 20, files: 20 });
  const late = new FixedFile(
    5,
    () =>
      new Promise((resolve, reject) => {
        arrive = resolve;
        fails = reject;
      }),
    true,
  );
  server = new FileServer(new FixedFolder({ files: folder.root, late, note: textFile(() => "read me") }));
  guest = await new ShareClient(server).mount();
});

describe("a mount", () => {
  it("agrees on the version and the size of messages", async () => {
    const answer = await guest.ask(REQUEST.VERSION, (body) => body.u32(1 << 30).text("9P2000.L"));
    expect([answer.u32(), answer.text()]).toEqual([1 << 20, "9P2000.L"]);
  });

  it("is refused by name for another protocol, or messages that hold nothing", async () => {
    for (const [size, version] of [
      [8192, "9P2000.u"],
      [100, "9P2000.L"],
    ] as const) {
      const answer = await guest.ask(REQUEST.VERSION, (body) => body.u32(size).text(version));
      answer.u32();
      expect(answer.text()).toBe("unknown");
    }
  });

  it("lists what there is, in answers of any size", async () => {
    expect(await guest.names(4000)).toEqual([".", "..", "files", "late", "note"]);
    expect(await guest.names(40)).toEqual([".", "..", "files", "late", "note"]);
  });

  it("can't change what is fixed", async () => {
    const root = await guest.walk();
    expect(await guest.fail(REQUEST.MKDIR, (body) => body.u32(root).text("new").u32(0o755).u32(0))).toBe("EROFS");
    const note = await guest.walk("note");
    expect(await guest.fail(REQUEST.WRITE, (body) => body.u32(note).u64(0).u32(1).data(bytes("x")))).toBe("EROFS");
    await guest.ask(REQUEST.LOPEN, (body) => body.u32(note).u32(0));
    expect(text(await guest.read(note, 0, 100))).toBe("read me\n");
  });
});

describe("a walk", () => {
  it("says how far it got, and makes no number unless it gets to the end", async () => {
    await guest.mkdir("a", "files");
    const answer = await guest.ask(REQUEST.WALK, (body) =>
      body.u32(ROOT_FID).u32(77).u16(3).text("files").text("a").text("none"),
    );
    expect(answer.u16()).toBe(2);
    expect(await guest.fail(REQUEST.CLUNK, (body) => body.u32(77))).toBe("EBADF");
    expect(await guest.fail(REQUEST.WALK, (body) => body.u32(ROOT_FID).u32(77).u16(1).text("none"))).toBe("ENOENT");
  });

  it("goes up, and no further than the folder", async () => {
    await guest.mkdir("a", "files");
    await guest.create("x", "files", "a");
    expect(await guest.size(await guest.walk("files", "a", "..", "a", "x"))).toBe(0);
    expect(await guest.names(4000, "files", "..", "..")).toEqual([".", "..", "a"]);
  });

  it("may take the number that it began at, and no other that is in use", async () => {
    const fid = await guest.walk("files");
    const same = await guest.ask(REQUEST.WALK, (body) => body.u32(fid).u32(fid).u16(0));
    expect(same.u16()).toBe(0);
    expect(await guest.fail(REQUEST.WALK, (body) => body.u32(ROOT_FID).u32(fid).u16(0))).toBe("EBADF");
  });
});

describe("a file that is fetched when it is opened", () => {
  it("lets the opening wait, and other requests pass", async () => {
    const fid = await guest.walk("late");
    const opening = guest.send(REQUEST.LOPEN, (body) => body.u32(fid).u32(0));
    expect(await guest.names(4000)).toContain("late");
    arrive(bytes("tools"));
    expect((await opening.answer)[0]).toBe(REQUEST.LOPEN + 1);
    expect(text(await guest.read(fid, 1, 3))).toBe("ool");
  });

  it("is EIO when it can't be had, and tried again by the next opening", async () => {
    const fid = await guest.walk("late");
    const failing = guest.fail(REQUEST.LOPEN, (body) => body.u32(fid).u32(0));
    fails(new Error("offline"));
    expect(await failing).toBe("EIO");
    const again = guest.send(REQUEST.LOPEN, (body) => body.u32(fid).u32(0));
    arrive(bytes("tools"));
    expect((await again.answer)[0]).toBe(REQUEST.LOPEN + 1);
  });

  it("is given up with the guest's patience: the request is answered before its flush", async () => {
    const fid = await guest.walk("late");
    const order: string[] = [];
    const opening = guest.send(REQUEST.LOPEN, (body) => body.u32(fid).u32(0));
    void opening.answer.then(([type]) => order.push(`open ${type}`));
    const flush = guest.send(REQUEST.FLUSH, (body) => body.u16(opening.tag));
    await flush.answer.then(([type]) => order.push(`flush ${type}`));
    expect(order).toEqual(["open 7", `flush ${REQUEST.FLUSH + 1}`]);
  });

  it("is not answered after a reset: the tag is the next guest's", async () => {
    const fid = await guest.walk("late");
    let answered = false;
    void guest
      .send(REQUEST.LOPEN, (body) => body.u32(fid).u32(0))
      .answer.then(() => {
        answered = true;
      });
    server.reset();
    arrive(bytes("tools"));
    await guest.mount();
    expect(await guest.names(4000)).toContain("late");
    expect(answered).toBe(false);
  });
});

describe("whatever a guest sends", () => {
  it("is answered once, with an error where it is none", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: 80 }), async (type, body) => {
        // A walk or an attach might take a number that a test's own is to have.
        const [got] = await guest.send(type, (writer: MessageWriter) => writer.data(body)).answer;
        expect([7, type + 1]).toContain(got);
      }),
      { numRuns: 500 },
    );
  });

  it("ends nothing when the answer has nowhere to go", async () => {
    const request = new MessageWriter().u32(8192).text("9P2000.L").message(REQUEST.VERSION, 0);
    const offered = new Promise<void>((resolve) => {
      server.handle(request, () => {
        resolve();
        throw new RangeError("offset is out of bounds");
      });
    });
    await offered;
    await guest.mount();
    expect(await guest.names(4000)).toContain("late");
  });

  it("is ignored when it has not even a tag", () => {
    expect(() => server.handle(new Uint8Array(3), () => expect.unreachable())).not.toThrow();
  });
});
