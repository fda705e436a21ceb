import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { parseBootOptions } from "./boot.ts";
import { run } from "./cli.ts";
import { FakeStreams } from "./testkit/streams.ts";

async function cli(...argv: string[]) {
  const streams = new FakeStreams(false);
  const code = await run(argv, streams);
  await new Promise((resolve) => setImmediate(resolve));
  return { code, output: streams.output, errors: streams.errors };
}

describe("tabtpm", () => {
  it("explains itself", async () => {
    for (const argv of [["--help"], ["-h"], ["help"]]) {
      expect(await cli(...argv)).toMatchObject({
        code: 0,
        errors: "",
        output: expect.stringContaining("Commands:\n  boot"),
      });
    }
    expect(await cli("boot", "--help")).toMatchObject({ code: 0, output: expect.stringContaining("--state DIR") });
    expect((await cli("--version")).output).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each([
    [[], ""],
    [["fly"], 'no command "fly"'],
    [["boot", "--wings"], "--wings"],
    [["boot", "now"], "now"],
    [["boot", "--memory", "lots"], '"lots" is none'],
    [["boot", "--memory"], "--memory"],
    [["boot", "--irq", "10"], "--irq: Interrupt 10 belongs to PCI: the TPM can't have it. Take 7"],
    [["boot", "--irq", "3"], "belongs to the serial port uart1"],
    [["boot", "--irq", "16"], "There is no interrupt 16"],
    [["boot", "--irq", "7abc"], '"7abc" is none'],
    [["boot", "--irq=-7"], '"-7" is none'],
    [["boot", "--irq", "3,7"], '"3,7" is none'],
    [["boot", "--irq", ""], '"" is none'],
    [["boot", "--irq", "NaN"], '"NaN" is none'],
    [["boot", "--irq"], "--irq"],
    [["boot", "--boot-menu=5"], "--boot-menu"],
    [["boot", "--irq", "7", "--interface", "crb"], "crb has no interrupt"],
    [["boot", "--profile", "best"], 'full, libtpms-0.9; there is no "best"'],
    [["boot", "--state", ""], "--state needs the name of a folder"],
    [["boot", "--cdrom", ""], "--cdrom needs the name of a file"],
    [["boot", "--boot", "b", "--floppy", "f"], '"b" is none of them'],
    [["boot", "--boot", "c", "--floppy", "f"], "boots from the disk of --disk, which is missing"],
    [["boot", "--floppy", "f", "--cdrom", "d"], "--floppy and --cdrom are more than one disk: say with --boot"],
    [["boot", "--cdrom", "d", "--append", "quiet"], "--append go with a kernel that is started directly"],
    [["boot", "--disk", "d", "--boot", "c", "--kernel", "k"], "--kernel go with a kernel"],
    [["boot", "--kernel", "k", "--initrd", "i", "--guest-initrd"], "are two initrds: take one"],
    [["boot", "--guest-initrd"], "--guest-initrd goes with --kernel"],
  ])("refuses %j with exit code 2", async (argv, message) => {
    const { code, errors } = await cli(...argv);
    expect(code).toBe(2);
    expect(errors).toContain(message);
    expect(errors.split("\n").length).toBeLessThanOrEqual(2);
  });

  it("reads the options of boot that name files", () => {
    const files = (...argv: string[]) => parseBootOptions(argv)!.files;
    expect(files("--floppy", "f.img")).toEqual({ floppy: "f.img" });
    expect(files("--cdrom", "d.iso", "--disk", "h.img", "--boot", "d")).toEqual({
      cdrom: "d.iso",
      harddisk: "h.img",
      bootFrom: "cdrom",
    });
    expect(files("--floppy", "f", "--disk", "h", "--boot", "a").bootFrom).toBe("floppy");
    expect(files("--disk", "h", "--boot", "c").bootFrom).toBe("harddisk");
    expect(files("--disk", "h", "--boot", "kernel", "--append", "quiet").bootFrom).toBe("kernel");
    expect(files("--kernel", "k", "--guest-initrd", "--cdrom", "d")).toEqual({
      kernel: "k",
      guestInitrd: true,
      cdrom: "d",
    });
    expect(files("--kernel", "k", "--initrd", "i")).toEqual({ kernel: "k", initrd: "i" });
  });

  it("says which file can't be booted, and why, before anything boots", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tabtpm-files-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = (name: string, text: string) => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const script = file("run.sh", "#!/bin/sh");
    const missing = join(folder, "missing.iso");
    const tries: [string[], string][] = [
      [["--cdrom", missing], `There is no file ${missing}.`],
      [["--disk", folder], `${folder} is no file; a disk's image is one.`],
      [["--kernel", folder], `${folder} can't be read: it is no file.`],
      [["--initrd", "/dev/zero"], "/dev/zero can't be read: it is no file."],
      [["--kernel", script], "The kernel (run.sh) is no kernel: it has 9 bytes."],
      [["--initrd", file("empty", "")], "The initrd (empty) is empty."],
      [["--floppy", script], "The floppy disk (run.sh) has 9 bytes, which is the size of no floppy disk."],
      [
        ["--cdrom", file("cd.iso", "x".repeat(0x9000))],
        'The CD (cd.iso) is no ISO 9660 image: sector 16 has no "CD001".',
      ],
      [["--append", "x".repeat(2048)], "The kernel's command line has"],
      [["--append", "a\nb"], "a line break at character"],
    ];
    for (const [options, message] of tries) {
      const { code, output, errors } = await cli("boot", ...options);
      expect({ code, output }).toEqual({ code: 1, output: "" });
      expect(errors).toContain(message);
    }
  });

  it("reads the options of boot", () => {
    expect(parseBootOptions([])).toEqual({ files: {} });
    expect(
      parseBootOptions(["--state", "d", "--memory=256", "--profile", "libtpms-0.9", "--append", "quiet ro"]),
    ).toEqual({
      state: "d",
      memoryMiB: 256,
      profile: "libtpms-0.9",
      append: "quiet ro",
      files: {},
    });
    expect(parseBootOptions(["--interface", "crb"])).toMatchObject({ interface: "crb" });
    expect(() => parseBootOptions(["--interface", "fifo"])).toThrow('--interface needs tis or crb; "fifo" is neither.');
    expect(parseBootOptions(["--share", "files"])).toMatchObject({ share: "files" });
    expect(() => parseBootOptions(["--share="])).toThrow("--share needs the name of a folder.");
    expect(parseBootOptions(["--irq", "7"])).toMatchObject({ irq: 7 });
    expect(parseBootOptions(["--interface", "tis", "--irq=7"])).toMatchObject({ interface: "tis", irq: 7 });
    expect(parseBootOptions(["--boot-menu"])).toMatchObject({ bootMenu: true });
    expect(parseBootOptions(["--presence-timeout", "5"])).toMatchObject({ presenceTimeout: 5 });
    for (const text of ["", "-1", "1.5", "65536", "5s"]) {
      expect(() => parseBootOptions([`--presence-timeout=${text}`])).toThrow(`0 to 65535; "${text}" is none.`);
    }
    expect(parseBootOptions(["--state", "d", "-h"])).toBeUndefined();
  });
});
