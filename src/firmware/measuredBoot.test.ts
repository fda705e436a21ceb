import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bootFile, type DirectBoot, filePath, measurementsOf } from "./measuredBoot.ts";

const BANKS = { 4: "sha1", 11: "sha256", 12: "sha384", 13: "sha512" } as const;
const PCR_EXTEND = 0x182;
/** TPM_RS_PW, no nonce, continueSession, no password. */
const PASSWORD_SESSION = "400000090000010000";

const hash = (bank: string, data: Uint8Array) => createHash(bank).update(data).digest("hex");
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const text = (value: string) => new TextEncoder().encode(value);

interface Item {
  name: string;
  command: Buffer;
  pcr: number;
  type: number;
  digests: Map<string, string>;
  event: string;
}

/** The file for the ROM, read after the words of {@link bootFile}. */
function read(data: Uint8Array) {
  const file = Buffer.from(data);
  let at = 0;
  const number = (size: number) => {
    at += size;
    return file.readUIntLE(at - size, size);
  };
  const octets = (size: number) => {
    expect(file.length).toBeGreaterThanOrEqual(at + size);
    at += size;
    return file.subarray(at - size, at);
  };
  const [entry, stack, logSize, count] = [number(4), number(4), number(4), number(2)];
  const items: Item[] = [];
  for (let index = 0; index < count; index++) {
    const name = octets(number(1)).toString("latin1");
    const command = octets(number(2));
    const [pcr, type, size] = [number(4), number(4), number(2)];
    const end = at + size;
    const digests = new Map<string, string>();
    while (at < end) digests.set(BANKS[number(2) as keyof typeof BANKS], hex(octets(number(2))));
    expect(at).toBe(end);
    items.push({ name, command, pcr, type, digests, event: octets(number(2)).toString() });
  }
  expect(at).toBe(file.length);
  return { entry, stack, logSize, items };
}

const boot = (parts: Partial<DirectBoot> = {}): DirectBoot => ({
  kernel: text("a kernel"),
  initrd: text("an initrd"),
  cmdline: "console=ttyS0 quiet",
  entry: 0x8020_0000,
  stack: 0x8000_e000,
  logSize: 0x1_0000,
  ...parts,
});
const itemsOf = async (parts: Partial<DirectBoot>) => read((await bootFile(boot(parts))).data).items;
const octets = fc.uint8Array({ maxLength: 300 });
const cmdlines = fc.string({ unit: "binary", maxLength: 200 }).map((line) => line.replaceAll("\0", ""));

describe("the file for the option ROM", () => {
  it("holds, for each item, a whole TPM2_PCR_Extend and all that an event needs", async () => {
    await fc.assert(
      fc.asyncProperty(octets, fc.option(octets), cmdlines, fc.nat(), async (kernel, initrd, cmdline, number) => {
        const own = boot({ kernel, cmdline, entry: number, stack: number ^ 1, logSize: number ^ 2 });
        const { initrd: _, ...without } = own;
        const wanted = initrd === null ? without : { ...own, initrd };
        const { items, ...numbers } = read((await bootFile(wanted)).data);
        expect(numbers).toEqual({ entry: number, stack: number ^ 1, logSize: number ^ 2 });
        const measured = measurementsOf(wanted);
        expect(items.map(({ name, pcr, type, event }) => ({ name, pcr, type, event }))).toEqual(
          measured.map(({ name, pcr, text: said }) => ({
            name,
            pcr,
            type: 0x0d,
            event: Buffer.from(`${said}\0`).toString(),
          })),
        );
        for (const [index, { command, pcr, digests }] of items.entries()) {
          const { data } = measured[index]!;
          expect(Object.fromEntries(digests)).toEqual(
            Object.fromEntries(Object.values(BANKS).map((bank) => [bank, hash(bank, data)])),
          );
          const values = Object.entries(BANKS).map(
            ([id, bank]) => Number(id).toString(16).padStart(4, "0") + hash(bank, data),
          );
          const rest = `${pcr.toString(16).padStart(8, "0")}00000009${PASSWORD_SESSION}00000004${values.join("")}`;
          const size = (10 + rest.length / 2).toString(16).padStart(8, "0");
          expect(hex(command)).toBe(`8002${size}${PCR_EXTEND.toString(16).padStart(8, "0")}${rest}`);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("says what GRUB 2.06 says: the files in PCR 9 by their paths, the command line in PCR 8 behind the kernel's", async () => {
    const items = await itemsOf({});
    expect(items.map(({ pcr, event }) => [pcr, event])).toEqual([
      [9, "/bzImage\0"],
      [8, "kernel_cmdline: /bzImage console=ttyS0 quiet\0"],
      [9, "/initrd.img\0"],
    ]);
    expect(items.map(({ digests }) => digests.get("sha256"))).toEqual(
      ["a kernel", "/bzImage console=ttyS0 quiet", "an initrd"].map((data) => hash("sha256", text(data))),
    );
  });

  it("has no blank behind the path of a kernel without arguments, and those of the arguments as they are", async () => {
    expect((await itemsOf({ cmdline: "" }))[1]!.event).toBe("kernel_cmdline: /bzImage\0");
    expect((await itemsOf({ cmdline: " a " }))[1]!.event).toBe("kernel_cmdline: /bzImage  a \0");
  });

  it("has no event of an initrd that is not there, and one of a file without octets", async () => {
    const { initrd: _, ...without } = boot();
    expect(measurementsOf(without).map(({ name }) => name)).toEqual(["/bzImage", "kernel_cmdline"]);
    const items = await itemsOf({ initrd: new Uint8Array() });
    expect(items.map(({ name }) => name)).toEqual(["/bzImage", "kernel_cmdline", "/initrd.img"]);
    expect(items[2]!.digests.get("sha1")).toBe("da39a3ee5e6b4b0d3255bfef95601890afd80709");
  });

  it("changes the item of what has changed, and no other", async () => {
    const changes = fc.oneof(
      fc.tuple(fc.constant(0), octets, fc.constant("kernel" as const)),
      fc.tuple(fc.constant(1), cmdlines, fc.constant("cmdline" as const)),
      fc.tuple(fc.constant(2), octets, fc.constant("initrd" as const)),
    );
    const before = await itemsOf({});
    await fc.assert(
      fc.asyncProperty(changes, async ([changed, value, name]) => {
        fc.pre(hex(typeof value === "string" ? text(value) : value) !== hex(text(String(boot()[name]))));
        const after = await itemsOf({ [name]: value });
        for (const index of [0, 1, 2]) {
          const same = JSON.stringify(after[index]) === JSON.stringify(before[index]);
          expect(`${index} ${same}`).toBe(`${index} ${index !== changed}`);
          const [was, is] = [before, after].map((items) => [...items[index]!.digests].join());
          expect(`${index} ${is === was}`).toBe(`${index} ${index !== changed}`);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("takes every command line that Linux takes, and refuses what the log can't", async () => {
    const cmdline = "\u00e9".repeat(1023);
    expect((await itemsOf({ cmdline }))[1]!.event).toBe(`kernel_cmdline: /bzImage ${cmdline}\0`);
    await expect(bootFile(boot({ cmdline: "x".repeat(4096) }))).rejects.toThrow(
      /kernel_cmdline: its event of 4122 bytes is too long/,
    );
  });
});

describe("the path of a file of one's own", () => {
  it.each([
    ["vmlinuz-6.1", "/vmlinuz-6.1"],
    ["/home/user/my kernel", "/my_kernel"],
    ["C:\\kernels\\bz\u00e9\u{1f600}\n", "/bz___"],
    ["", "/bzImage"],
    ["folder/", "/bzImage"],
    ["..", "/bzImage"],
    ["...", "/..."],
  ])("of %j is %s", (name, path) => {
    expect(filePath(name, "bzImage")).toBe(path);
  });

  it("is in the events of both files and in the command line", async () => {
    const items = await itemsOf({ kernelName: "boot/linux", initrdName: "root.cpio", cmdline: "a" });
    expect(items.map(({ event }) => event)).toEqual(["/linux\0", "kernel_cmdline: /linux a\0", "/root.cpio\0"]);
    expect(items[1]!.digests.get("sha1")).toBe(hash("sha1", text("/linux a")));
  });

  it("is one part of printable ASCII and at most 101 characters, whatever the name", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (name) => {
        const path = filePath(name, "bzImage");
        expect(path).toMatch(/^\/[!-.0-[\]-~]{1,100}$/);
        expect(["/.", "/.."]).not.toContain(path);
      }),
    );
  });
});
