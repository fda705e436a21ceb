import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { run } from "./cli.ts";
import { FakeStreams } from "./testkit/streams.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "tabtpm-install-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function install(...argv: string[]) {
  const streams = new FakeStreams(false);
  const code = await run(["install-swtpm", ...argv], streams);
  await new Promise((resolve) => setImmediate(resolve));
  return { code, output: streams.output, errors: streams.errors };
}

describe("install-swtpm", () => {
  it("writes three programs, says where, and writes them anew", async () => {
    const bin = join(dir, "a folder", "bin");
    const names = ["swtpm", "swtpm_ioctl", "swtpm_setup"];
    for (const _ of [1, 2]) {
      const { code, output } = await install(bin, "--ca", join(dir, "it's a CA"));
      expect([code, output.trim().split("\n").sort()]).toEqual([0, names.map((name) => join(bin, name))]);
    }
    expect((await readdir(bin)).sort()).toEqual(names);
    for (const name of names) expect((await stat(join(bin, name))).mode & 0o111).toBe(0o111 & ~process.umask());
    const setup = await readFile(join(bin, "swtpm_setup"), "utf8");
    expect(setup).toContain(`'swtpm_setup' '--ca' '${dir}/it'\\''s a CA' "$@"`);
    expect(setup).toContain(`exec '${process.execPath}'`);
  });

  it("leaves other people's programs alone, and writes nothing beside them", async () => {
    await writeFile(join(dir, "swtpm_setup"), "#!/bin/sh\nsomething else\n");
    await chmod(join(dir, "swtpm_setup"), 0o755);
    expect(await install(dir)).toMatchObject({ code: 1, errors: expect.stringContaining("is another program") });
    expect(await readdir(dir)).toEqual(["swtpm_setup"]);
    await rm(join(dir, "swtpm_setup"));
    await symlink("/bin/true", join(dir, "swtpm"));
    expect(await install(dir)).toMatchObject({ code: 1, errors: expect.stringContaining("symbolic link") });
    expect(await readdir(dir)).toEqual(["swtpm"]);
  });

  it.each([
    [[], "needs a folder"],
    [["--ca", "x"], "needs a folder"],
    [[""], "needs a folder"],
    [["d", "--ca", ""], "--ca needs the name"],
    [["d", "e"], "See tabtpm install-swtpm --help"],
  ])("refuses %j", async (argv, message) => {
    expect(await install(...argv)).toMatchObject({ code: 2, errors: expect.stringContaining(message) });
  });
});
