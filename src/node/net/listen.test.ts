import { chmod, chown, mkdtemp, open, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { listen } from "./listen.ts";

// Windows has neither owners nor modes; its sockets are named pipes.
const describeOnUnix = process.platform === "win32" ? () => {} : describe;

describeOnUnix("the file of a Unix socket", () => {
  let dir = "";
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  /** Only root may give files to others. */
  const other = uid === 0 ? 4321 : gid;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "tabtpm-listen-"));
    // Files in it belong to this group.
    await chown(dir, uid, other);
    await chmod(dir, 0o2770);
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  const fileOf = async (owner: { uid?: number; gid?: number }) => {
    const path = join(dir, "socket");
    const listener = await listen({ kind: "unix", path, mode: 0o640, ...owner }, "--ctrl", () => {});
    try {
      const file = await stat(path);
      return { uid: file.uid, gid: file.gid, mode: file.mode & 0o777 };
    } finally {
      await listener.close();
    }
  };

  it("gets the owner, group and mode that were asked for, and keeps the rest", async () => {
    expect(await fileOf({})).toEqual({ uid, gid: other, mode: 0o640 });
    expect(await fileOf({ uid })).toEqual({ uid, gid: other, mode: 0o640 });
    expect(await fileOf({ gid })).toEqual({ uid, gid, mode: 0o640 });
    expect(await fileOf({ uid: uid === 0 ? other : uid, gid: other })).toEqual({
      uid: uid === 0 ? other : uid,
      gid: other,
      mode: 0o640,
    });
  });

  it("is a socket: another descriptor is refused", async () => {
    const file = await open(join(dir, "file"), "w");
    const listening = listen({ kind: "fd", fd: file.fd }, "--ctrl", () => {});
    await expect(listening).rejects.toThrow(
      `--ctrl: can't listen on file descriptor ${file.fd}: it is no socket that could listen.`,
    );
    await file.close();
  });

  it("is gone when the server has closed", async () => {
    await fileOf({});
    await expect(stat(join(dir, "socket"))).rejects.toThrow("ENOENT");
  });
});
