/** Booting from disks: SeaBIOS's measurements of a boot sector and of a CD, GRUB and Linux from a CD. */
import { afterEach, describe, expect, it } from "vitest";
import { parseEventLog } from "../firmware/eventLog.ts";
import { eventTypeName } from "../firmware/eventTypes.ts";
import { loadGuestFromDirectory } from "../guest/node.ts";
import { createTpm } from "../node/index.ts";
import { readV86Wasm } from "../node/v86Wasm.ts";
import { createMachine, type MachineOptions } from "./machine.ts";
import { BOOT_SECTOR_SAYS, makeBootDisk } from "./testkit/bootSector.ts";
import { makeGrubIso } from "./testkit/grubIso.ts";
import { GuestShell } from "./testkit/guestShell.ts";

const undo: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});
const images = await loadGuestFromDirectory();
async function make(options: Partial<MachineOptions>) {
  const tpm = createTpm({ store: { kind: "memory" } });
  undo.push(() => tpm.close());
  const machine = await createMachine({ images, wasm: await readV86Wasm(), tpm, ...options });
  undo.push(() => machine.destroy());
  let console = "";
  machine.serial.on("text", (text) => {
    console += text;
    process.stdout.write(text);
  });
  return { machine, tpm, console: () => console };
}
const show = (log: ReturnType<typeof parseEventLog>) =>
  log.events.map((e) => `${e.pcrIndex} ${eventTypeName(e.eventType)} ${Buffer.from(e.data).toString("latin1")}`);

describe("x", () => {
  it.each([
    ["floppy", 1474560],
    ["harddisk", 4 << 20],
  ] as const)("%s", async (kind, size) => {
    const disk = makeBootDisk(size, "A");
    const { machine, console: c } = await make({ disks: { [kind]: disk } });
    const t0 = Date.now();
    const seen = machine.serial.waitFor(/booted as A\r\n/);
    await machine.powerOn();
    await seen;
    console.log(Date.now() - t0, show(parseEventLog(machine.readPhysical(machine.log!.address, machine.log!.size))));
    const seen2 = machine.serial.waitFor(/booted as B\r\n/);
    machine.reset();
    await seen2;
  });
  it("iso", async () => {
    const iso = makeGrubIso(images.cmdline);
    const { machine } = await make({ disks: { cdrom: iso } });
    const t0 = Date.now();
    const shell = new GuestShell(machine);
    await machine.powerOn();
    await shell.stage("kernel");
    console.log("kernel", Date.now() - t0);
    await shell.stage("shell");
    console.log("shell", Date.now() - t0);
    console.log(show(parseEventLog(machine.readPhysical(machine.log!.address, machine.log!.size))));
    console.log(await shell.ok("ls -l /dev/tpm0; cat /proc/cmdline; free; ls /dev"));
  });
});
