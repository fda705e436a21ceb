import { expect, it } from "vitest";
import { Disk } from "../../store/testkit/disk.ts";
import { CERTIFICATE_FILE, KEY_FILE, openAuthority } from "./authorityFiles.ts";

const CA = "/home/user/ca";
const text = (value: string) => new TextEncoder().encode(value);

it("survives a power cut as soon as it was used", async () => {
  const disk = new Disk();
  const made = await openAuthority(CA, disk.process());
  disk.powerCut(() => 0);
  expect((await openAuthority(CA, disk.process())).certificate).toEqual(made.certificate);
  expect(disk.list(CA)).toEqual([CERTIFICATE_FILE, KEY_FILE]);
  expect([disk.mode(`${CA}/${KEY_FILE}`), disk.mode(`${CA}/${CERTIFICATE_FILE}`)]).toEqual([0o600, 0o644]);
});

it("is made by the next start when the first one was killed at any moment, and no key is left beside it", async () => {
  for (let at = 0; ; at++) {
    const disk = new Disk("/home");
    const fs = disk.process({ fault: ({ index }) => (index === at ? "kill" : undefined) });
    await Promise.race([openAuthority(CA, fs), fs.died]);
    if (!fs.calls[at]) break;
    const next = await openAuthority(CA, disk.process());
    expect(disk.list("/home/user")).toEqual(["ca"]);
    expect((await openAuthority(CA, disk.process())).certificate).toEqual(next.certificate);
  }
});

it("leaves no key behind when the disk fails, and says where", async () => {
  const disk = new Disk("/home", "/home/user");
  for (const call of ["mkdir", "write", "sync", "rename"]) {
    const fs = disk.process({
      fault: ({ name, path }) => (name === call && path !== "/home/user" ? "ENOSPC" : undefined),
    });
    await expect(openAuthority(CA, fs)).rejects.toMatchObject({
      code: "full",
      message: expect.stringMatching(/^Making the demo CA \(\/home\/user\/ca\): the disk is full/),
    });
    expect([call, disk.list("/home/user")]).toEqual([call, []]);
  }
});

it("is not read through links; a link to its folder will do", async () => {
  const disk = new Disk("/home", "/home/user");
  const made = await openAuthority(CA, disk.process());
  disk.symlink(CA, "/home/linked");
  expect((await openAuthority("/home/linked", disk.process())).certificate).toEqual(made.certificate);
  const key = disk.read(`${CA}/${KEY_FILE}`) as Uint8Array;
  disk.write("/home/key", key);
  disk.remove(`${CA}/${KEY_FILE}`);
  disk.symlink("/home/key", `${CA}/${KEY_FILE}`);
  await expect(openAuthority(CA, disk.process())).rejects.toThrow(`${CA}/${KEY_FILE} is a symbolic link`);
  expect(disk.read("/home/key")).toEqual(key);
});

it("is not made in a folder with one of its files: that is somebody's to mend", async () => {
  const disk = new Disk("/home", "/home/user", CA);
  disk.write(`${CA}/${KEY_FILE}`, text("a key without certificate"));
  await expect(openAuthority(CA, disk.process())).rejects.toMatchObject({ name: "StoreError" });
  expect([disk.list("/home/user"), disk.list(CA)]).toEqual([["ca"], [KEY_FILE]]);
});
