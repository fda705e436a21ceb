import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { chmod, link, lstat, mkdir, readFile, rename, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ErrnoName } from "../../share/errors.ts";
import { REQUEST } from "../../share/messages.ts";
import { FileServer } from "../../share/server.ts";
import { ROOT_FID, ShareClient } from "../../share/testkit/client.ts";
import { HostFolder } from "./index.ts";
import { checkHostName } from "./names.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (data: Uint8Array) => new TextDecoder().decode(data);

/** Holds the shared folder, and beside it what is not shared. */
let world: string;
let shared: string;
let outside: string;
let folder: HostFolder;
let guest: ShareClient;
let server: FileServer;
let socket: Server | undefined;

async function share(checkPaths: boolean): Promise<void> {
  folder = await HostFolder.open(shared, { checkPaths });
  server = new FileServer(folder.root);
  guest = await new ShareClient(server).mount();
}

beforeEach(async () => {
  world = mkdtempSync(join(tmpdir(), "tabtpm-share-"));
  [shared, outside] = [join(world, "shared"), join(world, "outside")];
  await mkdir(join(shared, "sub"), { recursive: true });
  await mkdir(outside);
  await writeFile(join(outside, "secret"), "secret");
  await writeFile(join(shared, "note"), "hello");
});
afterEach(async () => {
  await folder?.close().catch(() => {});
  await new Promise((resolve) => (socket === undefined ? resolve(undefined) : socket.close(resolve)));
  socket = undefined;
  rmSync(world, { recursive: true, force: true });
});

const openFlags = { read: 0, write: 1, both: 2, truncate: 0o1001 };
async function opened(flags: keyof typeof openFlags, ...path: string[]): Promise<number> {
  const fid = await guest.walk(...path);
  await guest.ask(REQUEST.LOPEN, (body) => body.u32(fid).u32(openFlags[flags]));
  return fid;
}
const failsToOpen = async (flags: keyof typeof openFlags, ...path: string[]) => {
  const fid = await guest.walk(...path);
  return guest.fail(REQUEST.LOPEN, (body) => body.u32(fid).u32(openFlags[flags]));
};

const MODE = 1;
const UID = 2;
const SIZE = 8;
const TIME = 0x120;
interface Change {
  mode?: number;
  uid?: number;
  size?: number;
  seconds?: number;
}
const setattr =
  (fid: number, { mode, uid, size, seconds }: Change) =>
  (body: Parameters<Parameters<ShareClient["ask"]>[1]>[0]) =>
    body
      .u32(fid)
      .u32(
        (mode === undefined ? 0 : MODE) |
          (uid === undefined ? 0 : UID) |
          (size === undefined ? 0 : SIZE) |
          (seconds === undefined ? 0 : TIME),
      )
      .u32(mode ?? 0)
      .u32(uid ?? 0)
      .u32(0)
      .u64(size ?? 0)
      .u64(0)
      .u64(0)
      .u64(seconds ?? 0)
      .u64(0);

describe.each([
  ["through opened folders", false],
  ["through checked paths", true],
])("a folder of the host, %s", (_, checkPaths) => {
  beforeEach(() => share(checkPaths));

  it("shows its files and folders, with their sizes and times", async () => {
    await utimes(join(shared, "note"), 1e9, 1e9);
    expect((await guest.names(4000)).sort()).toEqual([".", "..", "note", "sub"]);
    expect(await guest.size(await guest.walk("note"))).toBe(5);
    expect(await folder.root.lookup("note").then((node) => node.attributes())).toMatchObject({
      kind: "file",
      mode: 0o644,
      uid: 0,
      gid: 0,
      links: 1,
      modified: 1e12,
    });
    expect(text(await guest.read(await opened("read", "note"), 1, 3))).toBe("ell");
    expect((await folder.root.space()).bytes).toBeGreaterThan(0);
  });

  it("takes what the guest makes, writes, cuts, moves and removes", async () => {
    const fid = await guest.create("new", "sub");
    expect(await guest.write(fid, 2, bytes("data"))).toBe(4);
    await guest.ask(REQUEST.FSYNC, (body) => body.u32(fid).u32(0));
    expect(readFileSync(join(shared, "sub/new"))).toEqual(Buffer.from("\0\0data"));
    await guest.ask(REQUEST.SETATTR, setattr(fid, { size: 3, seconds: 1e9 }));
    expect(statSync(join(shared, "sub/new"))).toMatchObject({ size: 3, mtimeMs: 1e12 });
    await guest.mkdir("deep", "sub");
    const [root, sub, deep] = [await guest.walk(), await guest.walk("sub"), await guest.walk("sub", "deep")];
    await guest.ask(REQUEST.RENAMEAT, (body) => body.u32(sub).text("new").u32(deep).text("moved"));
    await guest.ask(REQUEST.RENAMEAT, (body) => body.u32(root).text("sub").u32(root).text("top"));
    // Numbers follow what they stand for.
    expect(text(await guest.read(fid, 2, 10))).toBe("d");
    await guest.ask(REQUEST.MKDIR, (body) => body.u32(deep).text("more").u32(0o777).u32(0));
    expect(readdirSync(join(shared, "top/deep")).sort()).toEqual(["more", "moved"]);
    await opened("truncate", "top", "deep", "moved");
    expect(statSync(join(shared, "top/deep/moved")).size).toBe(0);
    expect(await guest.fail(REQUEST.UNLINKAT, (body) => body.u32(root).text("top").u32(0x200))).toBe("ENOTEMPTY");
    expect(await guest.fail(REQUEST.UNLINKAT, (body) => body.u32(root).text("note").u32(0x200))).toBe("ENOTDIR");
    expect(await guest.fail(REQUEST.UNLINKAT, (body) => body.u32(root).text("top").u32(0))).toBe("EISDIR");
    await guest.ask(REQUEST.UNLINKAT, (body) => body.u32(deep).text("moved").u32(0));
    await guest.ask(REQUEST.UNLINKAT, (body) => body.u32(deep).text("more").u32(0x200));
    expect(readdirSync(join(shared, "top/deep"))).toEqual([]);
  });

  it("keeps a file that was removed while it is open", async () => {
    const fid = await opened("both", "note");
    const root = await guest.walk();
    await guest.ask(REQUEST.UNLINKAT, (body) => body.u32(root).text("note").u32(0));
    await guest.write(fid, 5, bytes(" again"));
    expect(text(await guest.read(fid, 0, 100))).toBe("hello again");
    expect(await guest.size(fid)).toBe(11);
    await writeFile(join(shared, "note"), "another");
    expect(text(await guest.read(fid, 0, 100))).toBe("hello again");
    await guest.clunk(fid);
    expect(folder.handles.size).toBe(0);
  });

  it("does not take a file for the one that had its name before", async () => {
    const fid = await guest.walk("note");
    await writeFile(join(shared, "other"), "other");
    await rename(join(shared, "other"), join(shared, "note"));
    expect(await guest.fail(REQUEST.LOPEN, (body) => body.u32(fid).u32(0))).toBe("ENOENT");
    expect(text(await guest.read(await opened("read", "note"), 0, 10))).toBe("other");
  });

  it("makes files and folders with the user's own permissions, whatever the guest asks for", async () => {
    const root = await guest.walk();
    await guest.ask(REQUEST.MKNOD, (body) => body.u32(root).text("f").u32(0o106777).u32(0).u32(0).u32(0));
    await guest.ask(REQUEST.MKDIR, (body) => body.u32(root).text("d").u32(0o7777).u32(0));
    const created = await guest.walk();
    await guest.ask(REQUEST.LCREATE, (body) => body.u32(created).text("c").u32(2).u32(0o6777).u32(0));
    writeFileSync(join(world, "own"), "");
    mkdirSync(join(world, "own folder"));
    const modeOf = (path: string) => statSync(join(world, path)).mode;
    expect([modeOf("shared/f"), modeOf("shared/c")]).toEqual([modeOf("own"), modeOf("own")]);
    expect(modeOf("shared/d")).toBe(modeOf("own folder"));
    expect(modeOf("own") & 0o7111).toBe(0);
  });

  it("changes no permissions and owners; what they are already may be said", async () => {
    const fid = await guest.walk("note");
    await chmod(join(shared, "note"), 0o4755);
    for (const change of [{ mode: 0o4755 }, { mode: 0o777 }, { uid: 1 }]) {
      expect(await guest.fail(REQUEST.SETATTR, setattr(fid, change))).toBe("EPERM");
    }
    await guest.ask(REQUEST.SETATTR, setattr(fid, { mode: 0o755, uid: 0 }));
    expect((await stat(join(shared, "note"))).mode & 0o7777).toBe(0o4755);
  });

  it("makes no links, devices, pipes and sockets", async () => {
    const [root, note] = [await guest.walk(), await guest.walk("note")];
    const symlinked = (body: { u32(value: number): typeof body; text(value: string): typeof body }) =>
      body.u32(root).text("l").text("/etc/passwd").u32(0);
    expect(await guest.fail(REQUEST.SYMLINK, symlinked)).toBe("EPERM");
    expect(await guest.fail(REQUEST.LINK, (body) => body.u32(root).u32(note).text("l"))).toBe("EPERM");
    for (const kind of [0o020000, 0o060000, 0o010000, 0o140000, 0o120000]) {
      const made = guest.fail(REQUEST.MKNOD, (body) => body.u32(root).text("l").u32(kind).u32(1).u32(3).u32(0));
      expect(await made).toBe("EPERM");
    }
    expect(readdirSync(shared).sort()).toEqual(["note", "sub"]);
  });

  it("shows no links, and follows none, whatever they point to", async () => {
    await symlink("../outside/secret", join(shared, "file link"));
    await symlink("../outside", join(shared, "folder link"));
    await symlink("note", join(shared, "own link"));
    await symlink(join(outside, "new"), join(shared, "dangling"));
    expect((await guest.names(4000)).sort()).toEqual([".", "..", "note", "sub"]);
    for (const name of ["file link", "folder link", "own link", "dangling"]) {
      await expect(guest.walk(name)).rejects.toThrow(/errno 2$/);
      const root = await guest.walk();
      expect(await guest.fail(REQUEST.LCREATE, (body) => body.u32(root).text(name).u32(2).u32(0o644).u32(0))).toBe(
        "EEXIST",
      );
      expect(await guest.fail(REQUEST.MKDIR, (body) => body.u32(root).text(name).u32(0o755).u32(0))).toBe("EEXIST");
      expect(await guest.fail(REQUEST.UNLINKAT, (body) => body.u32(root).text(name).u32(0))).toBe("ENOENT");
      const over = (body: { u32(value: number): typeof body; text(value: string): typeof body }) =>
        body.u32(root).text("note").u32(root).text(name);
      expect(await guest.fail(REQUEST.RENAMEAT, over)).toBe("EEXIST");
      expect((await lstat(join(shared, name))).isSymbolicLink()).toBe(true);
    }
    expect(readdirSync(outside)).toEqual(["secret"]);
  });

  it("follows no link that takes the place of what the guest knew", async () => {
    const [sub, note] = [await guest.walk("sub"), await guest.walk("note")];
    await rm(join(shared, "sub"), { recursive: true });
    await rm(join(shared, "note"));
    await symlink("../outside", join(shared, "sub"));
    await symlink("../outside/secret", join(shared, "note"));
    const made = (body: { u32(value: number): typeof body; text(value: string): typeof body }) =>
      body.u32(sub).text("new").u32(2).u32(0o644).u32(0);
    expect(["ENOTDIR", "ELOOP"]).toContain(await guest.fail(REQUEST.LCREATE, made));
    expect(await guest.fail(REQUEST.LOPEN, (body) => body.u32(note).u32(0))).toBe("ENOENT");
    await expect(guest.walk("sub", "secret")).rejects.toThrow(/errno 2$/);
    expect(readdirSync(outside)).toEqual(["secret"]);
  });

  it("shows no sockets and devices", async () => {
    socket = createServer();
    await new Promise<void>((resolve) => socket!.listen(join(shared, "socket"), resolve));
    expect((await guest.names(4000)).sort()).toEqual([".", "..", "note", "sub"]);
    await expect(guest.walk("socket")).rejects.toThrow(/errno 2$/);
  });

  it("only reads a file that has a second name, which may lie outside", async () => {
    await link(join(outside, "secret"), join(shared, "hard"));
    expect(text(await guest.read(await opened("read", "hard"), 0, 10))).toBe("secret");
    expect(await failsToOpen("write", "hard")).toBe("EPERM");
    expect(await failsToOpen("truncate", "hard")).toBe("EPERM");
    const fid = await guest.walk("hard");
    const before = await stat(join(outside, "secret"));
    for (const change of [{ size: 0 }, { seconds: 1e9 }]) {
      expect(await guest.fail(REQUEST.SETATTR, setattr(fid, change))).toBe("EPERM");
    }
    expect((await stat(join(outside, "secret"))).mtimeMs).toBe(before.mtimeMs);
    // It gets its second name while it is open.
    const note = await opened("both", "note");
    await link(join(shared, "note"), join(outside, "note"));
    expect(await guest.fail(REQUEST.WRITE, (body) => body.u32(note).u64(0).u32(1).data(bytes("x")))).toBe("EPERM");
    expect(await readFile(join(outside, "secret"), "utf8")).toBe("secret");
  });

  // A name of Linux is any octets; other systems' are text.
  it.runIf(process.platform === "linux")("shows the rest of a folder with names that are no text", async () => {
    for (const size of [3, 255]) {
      const name = Buffer.concat([Buffer.from(`${shared}/`), Buffer.alloc(size, 0xe4)]);
      writeFileSync(name, "latin");
    }
    expect((await guest.names(4000)).sort()).toEqual([".", "..", "note", "sub"]);
  });

  it("says of a size beyond any file that it is one", async () => {
    const fid = await opened("both", "note");
    const cut = (size: bigint) => (body: { u32(value: number): typeof body; data(value: Uint8Array): typeof body }) => {
      const fields = new DataView(new ArrayBuffer(48));
      fields.setBigUint64(8, size, true);
      return body.u32(fid).u32(SIZE).u32(0).data(new Uint8Array(fields.buffer));
    };
    for (const size of [2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]) {
      expect(await guest.fail(REQUEST.SETATTR, cut(size))).toBe("EFBIG");
    }
    expect(await guest.size(fid)).toBe(5);
  });

  it("takes no path for a name", async () => {
    const [root, sub] = [await guest.walk(), await guest.walk("sub")];
    for (const name of ["../x", "/x", "sub/x", ".", "..", "", "a\0b"]) {
      const made = guest.fail(REQUEST.LCREATE, (body) => body.u32(sub).text(name).u32(2).u32(0o644).u32(0));
      expect(await made).toBe("EINVAL");
      expect(await guest.fail(REQUEST.MKDIR, (body) => body.u32(root).text(name).u32(0o755).u32(0))).toBe("EINVAL");
      const moved = guest.fail(REQUEST.RENAMEAT, (body) => body.u32(root).text("note").u32(sub).text(name));
      expect(await moved).toBe("EINVAL");
      expect(await guest.fail(REQUEST.UNLINKAT, (body) => body.u32(sub).text(name).u32(0))).toBe("EINVAL");
    }
    expect(await guest.fail(REQUEST.WALK, (body) => body.u32(root).u32(900).u16(1).text("../outside"))).toBe("EINVAL");
    // Above the shared folder is itself.
    expect(await guest.names(4000, "..", "..")).toContain("note");
    expect(readdirSync(world).sort()).toEqual(["outside", "shared"]);
  });

  it("has at most 128 files open for the guest, and gives them back", async () => {
    const fids: number[] = [];
    for (let i = 0; i < 128; i++) fids.push(await guest.create(`f${i}`));
    expect(await failsToOpen("read", "note")).toBe("ENFILE");
    await guest.clunk(fids[0]!);
    await opened("read", "note");
    server.reset();
    await folder.root.attributes();
    await guest.mount();
    expect(folder.handles.size).toBe(0);
  });

  it("opens a file once for all of the guest's numbers, for as long as one is open", async () => {
    const [first, second, third] = [
      await opened("read", "note"),
      await opened("both", "note"),
      await opened("read", "note"),
    ];
    expect(folder.handles.size).toBe(1);
    await guest.clunk(second);
    await guest.write(first, 0, bytes("H"));
    await guest.clunk(first);
    expect(text(await guest.read(third, 0, 10))).toBe("Hello");
    await guest.clunk(third);
    expect(folder.handles.size).toBe(0);
  });

  it("reads and writes nothing any more when it is closed", async () => {
    const fid = await opened("both", "note");
    await folder.close();
    expect(await guest.fail(REQUEST.READ, (body) => body.u32(fid).u64(0).u32(1))).toBe("EIO");
    expect(await guest.fail(REQUEST.MKDIR, (body) => body.u32(ROOT_FID).text("x").u32(0o755).u32(0))).toBe("EIO");
    expect(readdirSync(shared).sort()).toEqual(["note", "sub"]);
  });

  it("leaves everything beside it alone, whatever the guest does in it", async () => {
    symlinkSync(outside, join(shared, "out"));
    symlinkSync(join(outside, "secret"), join(shared, "sub/out"));
    const before = snapshot(outside);
    const fids = [await guest.walk(), await guest.walk("sub"), await guest.walk("note")];
    const name = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.constantFrom("note", "sub", "out", "secret", "a", "b", "..", ".", "../outside/secret"),
      },
      { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 8 }) },
    );
    const fid = fc.nat(6);
    const step = fc.oneof(
      fc.record({ does: fc.constant("walk" as const), fid, names: fc.array(name, { maxLength: 3 }) }),
      fc.record({ does: fc.constantFrom("create", "mkdir", "symlink", "mknod", "unlink", "rmdir"), fid, name }),
      fc.record({ does: fc.constantFrom("open", "write", "cut", "mode"), fid }),
      fc.record({ does: fc.constantFrom("rename", "link"), fid, name, to: fid, newName: name }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        for (const each of steps) await tryStep(each as Step, fids);
      }),
      { numRuns: 60 },
    );
    expect(snapshot(outside)).toEqual(before);
    expect(readdirSync(world).sort()).toEqual(["outside", "shared"]);
  });
});

interface Step {
  does: string;
  fid: number;
  name: string;
  names: string[];
  to: number;
  newName: string;
}

/** Asks for something that may or may not be granted; what it made known is kept in `fids`. */
async function tryStep({ does, fid: at, name, names, to: other, newName }: Step, fids: number[]): Promise<void> {
  const fid = fids[at % fids.length]!;
  const to = fids[(other ?? 0) % fids.length]!;
  const asked: Record<string, () => Promise<unknown>> = {
    walk: async () => {
      const next = 1000 + fids.length;
      const answer = await guest.ask(REQUEST.WALK, (body) => {
        body.u32(fid).u32(next).u16(names.length);
        for (const each of names) body.text(each);
      });
      if (answer.u16() === names.length && fids.length < 40) fids.push(next);
    },
    create: () => guest.ask(REQUEST.LCREATE, (body) => body.u32(fid).text(name).u32(2).u32(0o6777).u32(0)),
    mkdir: () => guest.ask(REQUEST.MKDIR, (body) => body.u32(fid).text(name).u32(0o777).u32(0)),
    symlink: () => guest.ask(REQUEST.SYMLINK, (body) => body.u32(fid).text(name).text(outside).u32(0)),
    mknod: () => guest.ask(REQUEST.MKNOD, (body) => body.u32(fid).text(name).u32(0o020666).u32(1).u32(3).u32(0)),
    unlink: () => guest.ask(REQUEST.UNLINKAT, (body) => body.u32(fid).text(name).u32(0)),
    rmdir: () => guest.ask(REQUEST.UNLINKAT, (body) => body.u32(fid).text(name).u32(0x200)),
    open: () => guest.ask(REQUEST.LOPEN, (body) => body.u32(fid).u32(2)),
    write: () => guest.write(fid, 0, bytes("guest")),
    cut: () => guest.ask(REQUEST.SETATTR, setattr(fid, { size: 0 })),
    mode: () => guest.ask(REQUEST.SETATTR, setattr(fid, { mode: 0o4777 })),
    rename: () => guest.ask(REQUEST.RENAMEAT, (body) => body.u32(fid).text(name).u32(to).text(newName)),
    link: () => guest.ask(REQUEST.LINK, (body) => body.u32(fid).u32(to).text(newName)),
  };
  await asked[does]!().catch((error: Error) => {
    if (!/errno \d+$/.test(error.message)) throw error;
  });
}

/** Names, contents and permissions of all that is in a folder. */
function snapshot(path: string): unknown[] {
  return readdirSync(path).map((name) => {
    const { mode, nlink } = statSync(join(path, name));
    return [name, mode, nlink, readFileSync(join(path, name), "utf8")];
  });
}

describe("a folder that can't be shared", () => {
  it("is refused: a file, nothing", async () => {
    await expect(HostFolder.open(join(shared, "note"))).rejects.toMatchObject({ code: "ENOTDIR" });
    await expect(HostFolder.open(join(shared, "none"))).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("is shared under another name of its own: the user may name it by a link", async () => {
    symlinkSync(shared, join(world, "link"));
    const linked = await HostFolder.open(join(world, "link"));
    expect(await linked.root.entries().then((entries) => entries.map(({ name }) => name).sort())).toEqual([
      "note",
      "sub",
    ]);
    await linked.close();
  });
});

describe("a name", () => {
  const codeOf = (name: string, platform: NodeJS.Platform): ErrnoName | undefined => {
    try {
      checkHostName(name, platform);
      return undefined;
    } catch (error) {
      return (error as { code: ErrnoName }).code;
    }
  };

  it.each([
    "..\\up",
    "C:",
    "C:\\x",
    "a:stream",
    "nul",
    "CON.txt",
    "com1",
    "LPT³",
    "dot.",
    "blank ",
    "tab\t",
    "a?",
    'q"',
  ])("%j is none on Windows", (name) => {
    expect(codeOf(name, "win32")).toBe("EINVAL");
    expect(codeOf(name, "linux")).toBe(undefined);
  });

  it.each(["note", "console", "a.b", ".hidden", "grün"])("%j is one everywhere", (name) => {
    expect([codeOf(name, "win32"), codeOf(name, "linux")]).toEqual([undefined, undefined]);
  });
});
