/** The guest in the stock emulator, without a TPM and without anything of ours but the images. */
import { createRequire } from "node:module";
import { V86 } from "v86";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadGuestFromDirectory } from "./node.ts";
import { GuestConsole } from "./testkit/console.ts";

describe("the guest in v86 without a TPM", () => {
  let emulator: V86;
  let console: GuestConsole;

  beforeAll(async () => {
    const images = await loadGuestFromDirectory();
    emulator = new V86({
      wasm_path: createRequire(import.meta.url).resolve("v86/build/v86.wasm"),
      bios: { buffer: images.bios },
      vga_bios: { buffer: images.vgaBios },
      bzimage: { buffer: images.kernel },
      initrd: { buffer: images.initrd },
      cmdline: `${images.cmdline} ROWS=50 COLS=1000`,
      memory_size: 128 << 20,
      acpi: true,
      filesystem: {},
      disable_speaker: true,
      autostart: true,
    });
    console = new GuestConsole((text) => emulator.serial0_send(text));
    emulator.add_listener("serial0-output-byte", (byte: number) => console.receive(String.fromCharCode(byte)));
    await console.shell();
  });
  afterAll(() => emulator.destroy());

  it("shows the kernel's messages, tells that the shell is ready, and does not query the cursor", () => {
    expect(console.output).toContain("Linux version 6.1.");
    expect(console.output).toMatch(/tabtpm: shell ready\r\ntabtpm# $/);
    expect(console.output).not.toContain("\x1b[6n");
  });

  it("goes without a TPM", async () => {
    expect(await console.read("dmesg")).toContain("ima: No TPM chip found");
    expect(await console.run("ls /dev/tpm0")).toMatchObject({ code: 1 });
    expect((await console.run("tpm2_getrandom 4")).code).not.toBe(0);
  });

  it("is spared v86's phantom hot-plug events", async () => {
    for (const gpe of ["gpe01", "gpe02"]) {
      expect(await console.read(`cat /sys/firmware/acpi/interrupts/${gpe}`)).toMatch(/^ +0 .*masked/);
    }
  });

  it("takes the terminal's size from the command line", async () => {
    expect(await console.read("stty size")).toBe("50 1000\n");
  });

  it("mounts v86's file system on /mnt", async () => {
    await emulator.create_file("from-page", new TextEncoder().encode("hello guest\n"));
    expect(await console.read("cat /mnt/from-page")).toBe("hello guest\n");
    await console.read("echo hello page > /mnt/from-guest");
    expect(Buffer.from(await emulator.read_file("from-guest")).toString()).toBe("hello page\n");
  });

  it("asks ACPI to power the machine off", async () => {
    console.type("poweroff -f\n");
    await console.waitFor(/reboot: Power down/);
  });
});
