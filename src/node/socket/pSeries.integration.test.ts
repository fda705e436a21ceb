/** A pSeries in QEMU with our TPM as its tpm-spapr: SLOF, its firmware, measures itself and the boot sector; there is no operating system. */
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type EventDigest, type EventLog, parseEventLog } from "../../firmware/eventLog.ts";
import {
  EV_ACTION,
  EV_IPL,
  EV_IPL_PARTITION_DATA,
  EV_NO_ACTION,
  EV_S_CRTM_CONTENTS,
  EV_S_CRTM_VERSION,
  EV_SEPARATOR,
} from "../../firmware/eventTypes.ts";
import { migrate, running } from "../../guest/testkit/migrate.ts";
import { bootInQemu, type QemuGuest } from "../../guest/testkit/qemu.ts";
import { TPM_ALG } from "../../spec/algorithms.ts";
import { isInstalled } from "../testkit/installed.ts";
import { type Pcrs, readPcrs } from "../testkit/pcrs.ts";
import { type SocketServer, startSocketServer } from "../testkit/socketServer.ts";

const BANKS = [
  [TPM_ALG.TPM_ALG_SHA1, "sha1"],
  [TPM_ALG.TPM_ALG_SHA256, "sha256"],
  [TPM_ALG.TPM_ALG_SHA384, "sha384"],
  [TPM_ALG.TPM_ALG_SHA512, "sha512"],
] as const;
/** The second device of the virtual bus that QEMU is asked for here. */
const VTPM = "/vdevice/vtpm@71000003";
const FIRMWARE = [0, 1, 2, 3, 4, 5, 6, 7];
/** What SLOF takes for a disk that can be booted: a PC's master boot record, whose first partition is a PReP boot. */
const BOOT_CODE = 440;
const PREP = 0x41;

function diskOf(code: Uint8Array): Buffer {
  const disk = Buffer.alloc(1 << 16);
  disk.set(code);
  disk.set([0x80, 0, 0, 0, PREP, 0, 0, 0, 8, 0, 0, 0, 64, 0, 0, 0], 446);
  disk.writeUInt16LE(0xaa55, 510);
  return disk;
}

interface Machine {
  guest: QemuGuest;
  server: SocketServer;
}

async function start(disk: string, ...args: string[]): Promise<Machine> {
  let server: SocketServer | undefined;
  const guest = await bootInQemu("tpm-spapr", {
    program: "qemu-system-ppc64",
    software: [
      // What TCG has none of.
      ...["-machine", "pseries,cap-cfpc=broken,cap-sbbc=broken,cap-ibs=broken,cap-ccf-assist=off", "-nodefaults"],
      ...["-device", "spapr-vscsi", "-device", "scsi-hd,drive=disk"],
      ...["-drive", `if=none,id=disk,format=raw,readonly=on,file=${disk}`, "-prom-env", "auto-boot?=false"],
    ],
    args,
    resets: true,
    startTpm: async (socket, dir) => {
      server = await startSocketServer(["--ctrl", `type=unixio,path=${socket}`], join(dir, "tpm"));
      return server;
    },
  });
  return { guest, server: server as SocketServer };
}

/** A line for Open Firmware. @returns what came until its next prompt */
async function say({ console }: QemuGuest, line: string): Promise<string> {
  const from = console.output.length;
  console.type(`${line}\r`);
  return console.waitFor(/ok\s+0 > /, from);
}

/** SLOF's log. Only who starts an operating system gets it from SLOF; so SLOF says where it is, and QEMU has the memory. */
async function logOf(guest: QemuGuest, file: string): Promise<EventLog> {
  await say(guest, `dev ${VTPM}`);
  const said = await say(guest, "log-base u. tpm-get-logsize u.");
  const [, base, size] = /([0-9a-f]+) +([0-9a-f]+) +ok/.exec(said) ?? [];
  await guest.monitor(`pmemsave 0x${base} 0x${size} "${file}"`);
  return parseEventLog(await readFile(file));
}

describe.runIf(isInstalled("qemu-system-ppc64"))("a pSeries with our TPM", { timeout: 900_000 }, () => {
  let folder: string;
  let source: Machine;
  let target: Machine | undefined;
  const disk = diskOf(createHash("sha512").update("boot code").digest());
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tabtpm-pseries-"));
    await writeFile(join(folder, "disk"), disk);
    source = await start(join(folder, "disk"));
    expect(await source.guest.console.waitFor(/0 > /)).toContain(`Populating ${VTPM}`);
  });
  afterAll(async () => {
    await target?.guest.close();
    await source?.guest.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("is measured by SLOF: its log has what it read and explains every PCR", async () => {
    const { guest, server } = source;
    await say(guest, "boot disk");
    const log = await logOf(guest, join(folder, "log"));
    const version = /FW Version = (.*\S)/.exec(guest.console.output)?.[1] ?? "";
    const wide = Buffer.from(`${version}\0`, "utf16le");
    const partitions = disk.subarray(BOOT_CODE, 512);
    const separator = Buffer.alloc(4, 0xff);
    const measured: [pcr: number, type: number, data: Uint8Array | undefined][] = [
      [0, EV_S_CRTM_VERSION, wide],
      // Of its own code, which nobody else has in this form.
      [0, EV_S_CRTM_CONTENTS, undefined],
      ...FIRMWARE.map((pcr): [number, number, Uint8Array] => [pcr, EV_SEPARATOR, separator]),
      [4, EV_ACTION, Buffer.from("Booting BCV device 80h (HDD)")],
      [4, EV_IPL, disk.subarray(0, BOOT_CODE)],
      [5, EV_IPL_PARTITION_DATA, partitions],
    ];
    const [specId, ...events] = log.events;
    expect(specId?.type).toBe(EV_NO_ACTION);
    expect(events.map(({ pcrIndex, type }) => [pcrIndex, type])).toEqual(measured.map(([pcr, type]) => [pcr, type]));
    const expected: Pcrs = new Map();
    for (const [index, { pcrIndex, digests }] of events.entries()) {
      expect(digests.map(({ algorithm }) => algorithm)).toEqual(BANKS.map(([algorithm]) => algorithm));
      for (const [each, [, bank]] of BANKS.entries()) {
        const hash = (...parts: Uint8Array[]) => createHash(bank).update(Buffer.concat(parts)).digest();
        const { digest } = digests[each] as EventDigest;
        const data = measured[index]?.[2];
        if (data) expect([index, bank, Buffer.from(digest)]).toEqual([index, bank, hash(data)]);
        const name = `${bank}:${pcrIndex}`;
        const value = Buffer.from(expected.get(name) ?? "00".repeat(digest.length), "hex");
        expected.set(name, hash(value, digest).toString("hex"));
      }
    }
    expect(await readPcrs(server.tpm, FIRMWARE)).toEqual(expected);
  });

  it("comes back with its TPM when it was saved to a file, and is measured anew at a reset", async () => {
    const file = join(folder, "machine");
    const before = await readPcrs(source.server.tpm, FIRMWARE);
    expect(await migrate(source.guest, `exec:cat > ${file}`)).toBe("completed");
    target = await start(join(folder, "disk"), "-incoming", `exec:cat ${file}`);
    const { guest, server } = target;
    await running(guest);
    expect(await readPcrs(server.tpm, FIRMWARE)).toEqual(before);
    // What SLOF has of it is still there, too, and its TPM answers: it measures the disk again, behind the first time.
    expect((await logOf(guest, join(folder, "log"))).events).toHaveLength(14);
    await say(guest, "boot disk");
    const after = await readPcrs(server.tpm, FIRMWARE);
    expect(after.get("sha256:4")).not.toBe(before.get("sha256:4"));

    const from = guest.console.output.length;
    guest.console.type("reset-all\r");
    await guest.console.waitFor(/Ready!\s+0 > /, from);
    await say(guest, "boot disk");
    expect(await readPcrs(server.tpm, FIRMWARE)).toEqual(before);
  });
});
