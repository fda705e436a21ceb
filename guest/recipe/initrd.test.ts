import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { needs } from "./elf.mjs";

const guest = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url));

/** The files of the initramfs that is shipped, by their paths. [Linux buffer-format.rst] */
function files(): Map<string, { mode: number; data: Buffer }> {
  const archive = gunzipSync(guest("images/initrd.img"));
  const found = new Map<string, { mode: number; data: Buffer }>();
  for (let at = 0; ; ) {
    const field = (index: number) =>
      Number.parseInt(archive.toString("latin1", at + 6 + 8 * index, at + 14 + 8 * index), 16);
    const path = archive.toString("utf8", at + 110, at + 109 + field(11));
    if (path === "TRAILER!!!") return found;
    const dataAt = (at + 110 + field(11) + 3) & ~3;
    found.set(path, { mode: field(1), data: archive.subarray(dataAt, dataAt + field(6)) });
    at = (dataAt + field(6) + 3) & ~3;
  }
}

describe("the initramfs", () => {
  const archive = files();

  it("begins with our /init, which loads the policy that lies beside it", () => {
    expect(archive.get("init")).toEqual({ mode: 0o100755, data: guest("files/init") });
    expect(archive.get("etc/ima/ima-policy")?.data).toEqual(guest("files/etc/ima/ima-policy"));
    const [_, ...commands] = guest("files/init").toString().split("\n");
    const first = commands.filter((line) => !line.startsWith("#")).slice(0, 3);
    expect(first[0]).toBe("mount -t sysfs sysfs /sys");
    expect(first[1]).toBe("mount -t securityfs securityfs /sys/kernel/security");
    expect(first[2]).toContain("echo /etc/ima/ima-policy >/sys/kernel/security/ima/policy");
  });

  it("has a BusyBox of at most 0.6 MB, because IMA hashes it in every boot, and the libraries it needs", () => {
    const { data } = archive.get("bin/busybox")!;
    expect(data.length).toBeLessThan(600_000);
    const { libraries, interpreter } = needs(data);
    expect([...libraries, interpreter]).toEqual(["libc.so.6", "/lib/ld-linux.so.2"]);
    expect([...archive.keys()]).toEqual(expect.arrayContaining(["lib/i386-linux-gnu/libc.so.6", "lib/ld-linux.so.2"]));
  });

  it("has a message of the day that no terminal of 80 columns wraps", () => {
    const lines = archive.get("etc/motd")!.data.toString().split("\n");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(80);
  });
});
