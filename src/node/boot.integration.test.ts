import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { run } from "./cli.ts";
import { FakeStreams } from "./testkit/streams.ts";

const COMMAND = fileURLToPath(new URL("./bin/tabtpm.mjs", import.meta.url));

let dir: string;
const children: ChildProcess[] = [];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "tabtpm-boot-"));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await rm(dir, { recursive: true, force: true });
});

/** Waits for output of a command that must not end before. */
async function shows(streams: FakeStreams, pattern: RegExp, ended: Promise<number>): Promise<void> {
  const early = ended.then((code) => {
    throw new Error(`It ended with exit code ${code} before it showed ${pattern}:\n${streams.errors}${streams.output}`);
  });
  await Promise.race([streams.shows(pattern), early]);
}

describe("tabtpm boot", () => {
  it("is the guest's console in a terminal, ends with its power-off, and keeps the TPM's state in a folder", async () => {
    const user = new FakeStreams(true);
    const ended = run(["boot", "--state", dir, "--append", "example=1"], user);
    await shows(user, /tabtpm# $/, ended);
    user.type("tpm2_changeauth -c owner secret; grep -o example=1 /proc/cmdline; poweroff -f\r");
    expect(await ended).toBe(0);
    expect(user.output).toMatch(/SeaBIOS/);
    expect(user.output).toMatch(/\nexample=1\r\n/);
    expect(user.rawModes).toEqual([true, false]);
    expect(user.errors).toContain("Loading the guest: 100 %\r\x1b[K");
    expect(user.errors).not.toMatch(/measured|gave up|found the TPM/);

    const again = new FakeStreams(true);
    again.resize(40, 120);
    const quit = run(["boot", "--state", dir], again);
    await shows(again, /tabtpm# $/, quit);
    const untilSize = (size: string) =>
      again.type(`until [ "$(stty size)" = "${size}" ]; do sleep 0.1; done; printf 'it is %s\\n' "${size}"\r`);
    untilSize("40 120");
    await shows(again, /\nit is 40 120/, quit);
    again.resize(41, 121);
    untilSize("41 121");
    await shows(again, /\nit is 41 121/, quit);
    again.type("tpm2_getcap properties-variable | grep ownerAuthSet\r");
    await shows(again, /ownerAuthSet: +1/, quit);
    const other = new FakeStreams(false);
    expect(await run(["boot", "--state", dir], other)).toBe(1);
    expect(other.errors).toMatch(new RegExp(`${process.pid}`));
    again.type("\x1d");
    expect(await quit).toBe(0);
    expect(again.rawModes).toEqual([true, false]);
  });

  it("types piped input when the prompt appears, and gives the state back when a signal ends it", async () => {
    const child = spawn(process.execPath, [COMMAND, "boot", "--state", dir], { stdio: ["pipe", "pipe", "inherit"] });
    children.push(child);
    child.stdin.end("echo answer=$((6*7))\n");
    let output = "";
    await new Promise<void>((resolve, reject) => {
      child.stdout.on("data", (bytes: Buffer) => {
        output += bytes.toString();
        if (output.includes("answer=42")) resolve();
      });
      child.on("exit", () => reject(new Error(`It ended early:\n${output}`)));
    });
    child.removeAllListeners("exit");
    const exit = new Promise((resolve) => child.on("exit", resolve));
    child.kill("SIGTERM");
    expect(await exit).toBe(143);

    const next = new FakeStreams(false);
    const ended = run(["boot", "--state", dir], next);
    next.type("poweroff -f\n");
    expect(await ended).toBe(0);
    // On a machine that is busy enough the guest waits for its TPM, and that is said.
    const waited = "tabtpm: waiting for the TPM\ntabtpm: no longer waiting for the TPM\n";
    expect(next.errors.replaceAll(waited, "")).toBe("");
  });

  it("has a folder of the host as the guest's /mnt, and nothing beside it", async () => {
    const [share, outside] = [join(dir, "share"), join(dir, "outside")];
    for (const folder of [share, outside]) await mkdir(folder);
    await writeFile(join(share, "in"), "from the host\n");
    await writeFile(join(outside, "secret"), "untouched");
    await symlink("../outside/secret", join(share, "link"));
    const user = new FakeStreams(false);
    const ended = run(["boot", "--share", share], user);
    user.type(
      [
        "cat /mnt/in && mkdir /mnt/d && head -c 300000 /dev/zero > /mnt/d/out && cp /mnt/in /mnt/d/copy && mv /mnt/d/copy /mnt/d/c",
        "echo more >> /mnt/d/c; (exec 5<>/mnt/in; rm /mnt/in; echo 'still open:' $(cat <&5))",
        "ln -s /etc/passwd /mnt/l; ln /mnt/d/c /mnt/h; mknod /mnt/n c 1 3; mkfifo /mnt/p; chmod 4777 /mnt/d/c",
        "cat /mnt/../mnt/link; echo x > /mnt/link; ls /mnt | tr '\\n' ' '; sync; poweroff -f\n",
      ].join("\n"),
    );
    expect(await ended).toBe(0);
    expect(user.output).toContain("\nfrom the host\r\n");
    expect(user.output).toContain("\nstill open: from the host\r\n");
    expect(user.output).toContain("chmod: /mnt/d/c: Operation not permitted");
    expect((await readdir(share)).sort()).toEqual(["d", "link"]);
    expect((await readdir(join(share, "d"))).sort()).toEqual(["c", "out"]);
    expect((await readFile(join(share, "d/out"))).equals(Buffer.alloc(300_000))).toBe(true);
    expect(await readFile(join(share, "d/c"), "utf8")).toBe("from the host\nmore\n");
    expect((await stat(join(share, "d/c"))).mode & 0o7111).toBe(0);
    expect(await readFile(join(outside, "secret"), "utf8")).toBe("untouched");
    expect(await readdir(outside)).toEqual(["secret"]);
  });

  it("says in a line why it cannot boot, with exit code 1", async () => {
    const failing = async (...argv: string[]) => {
      const streams = new FakeStreams(false);
      expect([await run(["boot", ...argv], streams), streams.output]).toEqual([1, ""]);
      return streams.errors;
    };
    const tooSmall = "tabtpm: The guest's memory must be 96 to 2047 MiB, not 64\n";
    expect(await failing("--memory", "64")).toBe(tooSmall);
    await writeFile(join(dir, "tpm2.state"), "not a TPM");
    expect(await failing("--state", dir)).toMatch(/^tabtpm: .*damaged.*\n$/);
    await writeFile(join(dir, "file"), "");
    expect(await failing("--state", join(dir, "file"))).toContain(join(dir, "file"));
  });
});
