import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { GUEST_DIRECTORY } from "../guest/node.ts";
import { readPcapng } from "../trace/testkit/pcapng.ts";
import { BOOT_SECTOR_SAYS, makeBootDisk } from "../v86/testkit/bootSector.ts";
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
    const file = join(dir, "trace.pcapng");
    const ended = run(["boot", "--state", dir, "--append", "example=1", "--pcap", file], user);
    await shows(user, /tabtpm# $/, ended);
    user.type("tpm2_changeauth -c owner secret; grep -o example=1 /proc/cmdline; poweroff -f\r");
    expect(await ended).toBe(0);
    expect(user.output).toMatch(/SeaBIOS/);
    expect(user.output).toMatch(/\nexample=1\r\n/);
    expect(user.rawModes).toEqual([true, false]);
    expect(user.errors).toContain("Loading the guest: 100 %\r\x1b[K");
    expect(user.errors).not.toMatch(/measured|gave up|found the TPM/);

    const capture = await readFile(file);
    expect(capture.includes("secret")).toBe(false);
    const comments = readPcapng(capture).map(({ comment }) => comment);
    expect(comments).toContain("HierarchyChangeAuth(TPM_RH_OWNER) -> TPM_RC_SUCCESS");
    // The firmware's, and Linux's own.
    expect(comments).toContain("Startup() -> TPM_RC_SUCCESS");

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

  it("boots from the user's disk, says what of it is not measured, and leaves its file as it was", async () => {
    const file = join(dir, "floppy.img");
    const disk = makeBootDisk(1_474_560, "A");
    await writeFile(file, disk);
    const user = new FakeStreams(true);
    const ended = run(["boot", "--floppy", file], user);
    await shows(user, new RegExp(`${BOOT_SECTOR_SAYS}A\r\n`), ended);
    user.type("\x1d");
    expect(await ended).toBe(0);
    expect(user.errors).toContain("tabtpm: SeaBIOS measures the floppy's boot sector (PCR 4 and 5).");
    expect(user.errors).toContain("GRUB for BIOS does not, its tpm module exists for UEFI only.");
    expect(Buffer.compare(await readFile(file), disk)).toBe(0);

    const data = join(dir, "data.img");
    await writeFile(data, new Uint8Array(1 << 20));
    const other = new FakeStreams(true);
    const stopped = run(["boot", "--disk", data], other);
    await shows(other, /No bootable device/, stopped);
    expect(other.errors).toContain("tabtpm: The hard disk (data.img) does not boot: its first sector does not end in");
    other.type("\x1d");
    expect(await stopped).toBe(0);
  });

  it("starts the user's kernel with the guest's initrd, and measures both", async () => {
    const file = join(dir, "vmlinuz-mine");
    await writeFile(file, await readFile(join(GUEST_DIRECTORY, "images/bzImage")));
    const user = new FakeStreams(true);
    const ended = run(["boot", "--kernel", file, "--guest-initrd"], user);
    await shows(user, /tabtpm# $/, ended);
    user.type("tpm2_eventlog /sys/kernel/security/tpm0/binary_bios_measurements | grep -a -A1 vmlinuz-mine\r");
    await shows(user, /kernel_cmdline: \/vmlinuz-mine console=ttyS0/, ended);
    user.type("poweroff -f\r");
    expect(await ended).toBe(0);
    expect(user.errors).not.toContain("not measured");
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

  it("says in a line why it cannot boot, with exit code 1, or that of a damaged state", async () => {
    const failing = async (code: number, ...argv: string[]) => {
      const streams = new FakeStreams(false);
      expect([await run(["boot", ...argv], streams), streams.output]).toEqual([code, ""]);
      return streams.errors;
    };
    const tooSmall = "tabtpm: The guest's memory must be 96 to 2047 MiB, not 64\n";
    expect(await failing(1, "--memory", "64")).toBe(tooSmall);
    await writeFile(join(dir, "tpm2.state"), "not a TPM");
    expect(await failing(11, "--state", dir)).toMatch(/^tabtpm: .*damaged.*\n$/);
    await writeFile(join(dir, "file"), "");
    expect(await failing(1, "--state", join(dir, "file"))).toContain(join(dir, "file"));
  });
});
