/** Booting what users bring: SeaBIOS's measurements of a boot sector and of a CD, GRUB and Linux from a CD, own kernels. */
import { createHash } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import { readPcrs, TpmClient } from "../client/index.ts";
import { parseEventLog, type TcgEvent } from "../firmware/eventLog.ts";
import { replayEventLog } from "../firmware/eventLogReplay.ts";
import { eventTypeName } from "../firmware/eventTypes.ts";
import type { DiskImage } from "../guest/diskSource.ts";
import { loadGuestFromDirectory } from "../guest/node.ts";
import { createTpm, type Tpm } from "../node/index.ts";
import { isInstalled } from "../node/testkit/installed.ts";
import { readV86Wasm } from "../node/v86Wasm.ts";
import { TPM_ALG } from "../spec/algorithms.ts";
import { createMachine, type Machine, type MachineOptions } from "./machine.ts";
import { BOOT_SECTOR_SAYS, makeBootDisk } from "./testkit/bootSector.ts";
import { GRUB_MODULES, makeGrubIso } from "./testkit/grubIso.ts";
import { GuestShell } from "./testkit/guestShell.ts";

const images = await loadGuestFromDirectory();

const undo: (() => Promise<void>)[] = [];
const undoAll = async () => {
  for (const each of undo.splice(0).reverse()) await each();
};
afterEach(undoAll);

async function make(options: Partial<MachineOptions>): Promise<{ machine: Machine; tpm: Tpm }> {
  const tpm = createTpm({ store: { kind: "memory" } });
  undo.push(() => tpm.close());
  const machine = await createMachine({ images, wasm: await readV86Wasm(), tpm, ...options });
  undo.push(() => machine.destroy());
  return { machine, tpm };
}

const eventsOf = (machine: Machine): readonly TcgEvent[] =>
  parseEventLog(machine.readPhysical(machine.log!.address, machine.log!.size)).events;
const sha256Of = ({ digests }: TcgEvent) =>
  Buffer.from(digests.find(({ algorithm }) => algorithm === TPM_ALG.TPM_ALG_SHA256)!.digest).toString("hex");
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const textOf = ({ data }: TcgEvent) => Buffer.from(data).toString("latin1");
/** PCR, type and text of the events after the separators: what the boot device brought about. */
function afterSeparators(events: readonly TcgEvent[]): [number, string, string][] {
  const last = events.findLastIndex(({ type }) => eventTypeName(type) === "EV_SEPARATOR");
  expect(last).toBeGreaterThan(0);
  return events.slice(last + 1).map((event) => [event.pcrIndex, eventTypeName(event.type), textOf(event)]);
}

/** PCRs 0 to 9 of SHA-256, which are what the log makes of them. */
async function expectReplay(machine: Machine, tpm: Tpm): Promise<Map<number, string>> {
  const algorithm = TPM_ALG.TPM_ALG_SHA256;
  const replayed = (await replayEventLog(eventsOf(machine))).get(algorithm)!;
  const client = new TpmClient(tpm);
  const values = new Map<number, string>();
  for (let index = 0; index < 10; index++) {
    const [read] = await readPcrs(client, [{ algorithm, pcrs: [index] }]);
    const value = hex(read!.digest);
    expect(`PCR ${index}: ${value}`).toBe(`PCR ${index}: ${hex(replayed.get(index) ?? new Uint8Array(32))}`);
    values.set(index, value);
  }
  return values;
}
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const ZEROS = "00".repeat(32);

/** 2 GB, of which nobody has more than the first sectors in memory. */
function largeDisk(start: Uint8Array): DiskImage {
  const read = async (offset: number, size: number) => {
    const bytes = new Uint8Array(size);
    bytes.set(start.subarray(offset, offset + size));
    return bytes;
  };
  return { size: 2 * 1000 ** 3 - ((2 * 1000 ** 3) % 512), read };
}

describe.each([
  ["floppy", "00h (Floppy)", (disk: Uint8Array): DiskImage => disk],
  ["harddisk", "80h (HDD)", largeDisk],
] as const)("a boot sector on a %s", (kind, device, image) => {
  it("boots and is measured; what it writes outlives resets and power, and not the machine", async () => {
    const disk = makeBootDisk(1_474_560, "A");
    const before = disk.slice();
    const { machine, tpm } = await make({ disks: { [kind]: image(disk) } });
    expect(machine.bootsFrom).toBe(kind);
    expect(machine.notes).toEqual([]);
    const booted = (letter: string) => machine.serial.waitFor(new RegExp(`${BOOT_SECTOR_SAYS}${letter}\\r\\n`));
    let seen = booted("A");
    await machine.powerOn();
    await seen;
    const events = eventsOf(machine);
    expect(afterSeparators(events)).toEqual([
      [4, "EV_ACTION", `Booting BCV device ${device}`],
      [4, "EV_IPL", "MBR"],
      [5, "EV_IPL_PARTITION_DATA", "MBR PARTITION_TABLE"],
    ]);
    expect(sha256Of(events.at(-2)!)).toBe(sha256(disk.subarray(0, 440)));
    expect(sha256Of(events.at(-1)!)).toBe(sha256(disk.subarray(440, 512)));
    const pcrs = await expectReplay(machine, tpm);
    expect([pcrs.get(8), pcrs.get(9)]).toEqual([ZEROS, ZEROS]);
    // It never turns paging on.
    expect(machine.stage).toBe("bios");

    seen = booted("B");
    machine.reset();
    await seen;
    expect(afterSeparators(eventsOf(machine))).toHaveLength(3);
    seen = booted("C");
    await machine.powerOff();
    expect(machine.stage).toBe("off");
    await machine.powerOn();
    await seen;
    expect(await expectReplay(machine, tpm)).toEqual(pcrs);
    seen = booted("D");
    await machine.pullPlug();
    await machine.powerOn();
    await seen;
    expect(Buffer.compare(disk, before)).toBe(0);
  });
});

describe.runIf(isInstalled("grub-mkrescue", "xorriso", "mformat", GRUB_MODULES))("a CD with GRUB", () => {
  it("boots Linux with a TPM; SeaBIOS measures its El Torito image, and nobody what GRUB loads", async () => {
    const iso = new File([makeGrubIso(images) as Uint8Array<ArrayBuffer>], "grub.iso");
    const { machine, tpm } = await make({ disks: { cdrom: iso } });
    expect(machine.notes).toEqual([]);
    const stages: string[] = [];
    machine.on("stage", (stage) => stages.push(stage));
    const shell = new GuestShell(machine);
    await machine.powerOn();
    await shell.stage("shell");
    expect(stages).toEqual(["bios", "kernel", "shell"]);
    expect(afterSeparators(eventsOf(machine))).toEqual([
      [4, "EV_ACTION", "Booting from CD ROM device"],
      [5, "EV_IPL_PARTITION_DATA", "BOOT CATALOG"],
      [4, "EV_ACTION", "Booting from CD ROM device"],
      [4, "EV_IPL", "EL TORITO IPL"],
    ]);
    const pcrs = await expectReplay(machine, tpm);
    expect([pcrs.get(8), pcrs.get(9)]).toEqual([ZEROS, ZEROS]);
    expect(await shell.ok("ls -d /dev/tpm0; cat /proc/cmdline")).toBe(
      `/dev/tpm0\nBOOT_IMAGE=/boot/vmlinuz ${images.cmdline}`,
    );
    const report = await shell.ok("tpm2_eventlog /sys/kernel/security/tpm0/binary_bios_measurements");
    expect(report.match(/EventType: EV_IPL$/gm)).toHaveLength(1);
    expect(report).toContain(`4  : 0x${pcrs.get(4)}`);
    expect(report).toContain(`5  : 0x${pcrs.get(5)}`);
    const [, memory] = /MemTotal: +(\d+) kB/.exec(await shell.ok("cat /proc/meminfo"))!;
    expect(Number(memory)).toBeGreaterThan(160 << 10);
  });
});

describe("an own kernel, initrd and command line", () => {
  const file = (bytes: Uint8Array | ArrayBuffer, name: string) => new File([bytes as ArrayBuffer], name);
  const longer = (bytes: ArrayBuffer) => {
    const copy = new Uint8Array(bytes.byteLength + 4);
    copy.set(new Uint8Array(bytes));
    return copy;
  };
  const own = {
    kernel: file(images.kernel, "vmlinuz-own"),
    initrd: file(images.initrdFile!, "root.img"),
    cmdline: "quiet",
  };

  /** Boots until the kernel runs. */
  async function boot(options: Partial<MachineOptions>) {
    const { machine, tpm } = await make(options);
    await machine.powerOn();
    await new GuestShell(machine).stage("kernel");
    // The first one is the header, whose digest is of zeros and in no bank.
    const events = eventsOf(machine);
    const pcrs = await expectReplay(machine, tpm);
    await undoAll();
    return { events, pcrs, shown: afterSeparators(events), digests: events.slice(1).map(sha256Of) };
  }

  it("are measured under their names, and a change of one changes its own event and nothing else", async () => {
    const first = await boot(own);
    const cmdline = "/vmlinuz-own quiet";
    expect(first.shown).toEqual([
      [9, "EV_IPL", "/vmlinuz-own\0"],
      [8, "EV_IPL", `kernel_cmdline: ${cmdline}\0`],
      [9, "EV_IPL", "/root.img\0"],
    ]);
    expect(first.digests.slice(-3)).toEqual([
      sha256(new Uint8Array(images.kernel)),
      sha256(new TextEncoder().encode(cmdline)),
      sha256(new Uint8Array(images.initrdFile!)),
    ]);
    const changes: [Partial<MachineOptions>, number, number][] = [
      [{ kernel: file(longer(images.kernel), "vmlinuz-own") }, -3, 9],
      [{ cmdline: "quiet ro" }, -2, 8],
      [{ initrd: file(longer(images.initrdFile!), "root.img") }, -1, 9],
    ];
    for (const [change, index, pcr] of changes) {
      const other = await boot({ ...own, ...change });
      expect(other.digests.at(index)).not.toBe(first.digests.at(index));
      expect(other.digests.with(index, first.digests.at(index)!)).toEqual(first.digests);
      expect(other.pcrs.get(pcr)).not.toBe(first.pcrs.get(pcr));
      other.pcrs.set(pcr, first.pcrs.get(pcr)!);
      expect(other.pcrs).toEqual(first.pcrs);
    }
  });

  it("may be a kernel without an initrd, with which nothing of one is measured", async () => {
    const { shown } = await boot({ kernel: own.kernel });
    expect(shown.map(([, , text]) => text)).toEqual([
      "/vmlinuz-own\0",
      `kernel_cmdline: /vmlinuz-own ${images.cmdline}\0`,
    ]);
  });
});
