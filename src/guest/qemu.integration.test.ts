/** The guest as a client of a TPM that nobody here wrote: QEMU's TIS in front of swtpm. */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isInstalled } from "../node/testkit/installed.ts";
import { bootInQemu, type QemuGuest } from "./testkit/qemu.ts";

const BANKS = { sha1: 20, sha256: 32, sha384: 48, sha512: 64 };
const BINARY_LOG = "/sys/kernel/security/tpm0/binary_bios_measurements";
const IMA = "/sys/kernel/security/ima";

/** PCRs of all banks as `tpm2_pcrread` and `tpm2_eventlog` print them, in lower case: "sha256:7" -> digest. */
function parsePcrs(text: string): Map<string, string> {
  const pcrs = new Map<string, string>();
  let bank = "";
  for (const line of text.split("\n")) {
    bank = /^ {2}(sha\d+):/.exec(line)?.[1] ?? bank;
    const [, index, digest] = /^ {4}(\d+) *: 0x([0-9A-Fa-f]+)$/.exec(line) ?? [];
    if (index !== undefined && digest !== undefined) pcrs.set(`${bank}:${index}`, digest.toLowerCase());
  }
  return pcrs;
}

/** Extends a PCR of zeros with the hash of each record's template data (Linux, ima-templates; ima_fs.c's layout). */
function replayIma(log: Buffer, bank: string): string {
  const hash = (...parts: Uint8Array[]) => createHash(bank).update(Buffer.concat(parts)).digest();
  let pcr: Buffer = Buffer.alloc(BANKS[bank as keyof typeof BANKS]);
  for (let at = 0; at < log.length; ) {
    expect(log.readUInt32LE(at)).toBe(10);
    const nameLength = log.readUInt32LE(at + 24);
    const dataAt = at + 28 + nameLength;
    const end = dataAt + 4 + log.readUInt32LE(dataAt);
    pcr = hash(pcr, hash(log.subarray(dataAt + 4, end)));
    at = end;
  }
  return pcr.toString("hex");
}

describe.runIf(isInstalled("qemu-system-i386", "swtpm"))("the guest on QEMU with swtpm", () => {
  let guest: QemuGuest;
  beforeAll(async () => {
    guest = await bootInQemu("tpm-tis");
    await guest.console.shell();
  });
  afterAll(() => guest.close());

  it("tells that the shell is ready, and does not query the cursor", () => {
    expect(guest.console.output).toMatch(/tabtpm: shell ready\r\ntabtpm# $/);
    expect(guest.console.output).not.toContain("\x1b[6n");
  });

  it("finds the TPM through ACPI", async () => {
    const dmesg = await guest.console.read("dmesg | grep -i tpm");
    expect(dmesg).toMatch(/ACPI: TPM2 0x/);
    expect(dmesg).toMatch(/tpm_tis MSFT0101:00: 2\.0 TPM/);
    expect(await guest.console.read("ls -1 /dev/tpm0 /dev/tpmrm0")).toBe("/dev/tpm0\n/dev/tpmrm0\n");
  });

  it("shows the PCRs in sysfs as tpm2_pcrread does", async () => {
    const read = parsePcrs(await guest.console.read("tpm2_pcrread"));
    expect(read.size).toBe(24 * 4);
    const sysfs = await guest.console.read("cd /sys/class/tpm/tpm0; grep . pcr-*/*; cd");
    const shown = new Map(
      [...sysfs.matchAll(/^pcr-(sha\d+)\/(\d+):([0-9A-F]+)$/gm)].map(([, bank, index, digest]) => [
        `${bank}:${index}`,
        digest?.toLowerCase(),
      ]),
    );
    expect(shown).toEqual(read);
  });

  it("reads every capability", async () => {
    const names = (await guest.console.read("tpm2_getcap -l")).match(/[a-z][\w-]+/g) ?? [];
    expect(names.length).toBeGreaterThanOrEqual(13);
    for (const name of names) expect((await guest.console.run(`tpm2_getcap ${name}`)).code, name).toBe(0);
  });

  it("reads the firmware's event log, and it explains PCRs 0 to 9 of every bank", async () => {
    const log = await guest.console.read(`tpm2_eventlog ${BINARY_LOG}`);
    const replayed = parsePcrs(log.slice(log.indexOf("\npcrs:")));
    const read = parsePcrs(await guest.console.read("tpm2_pcrread"));
    for (const bank of Object.keys(BANKS)) expect(replayed.get(`${bank}:0`)).toMatch(/^[0-9a-f]+$/);
    for (const [pcr, digest] of replayed) expect(read.get(pcr), pcr).toBe(digest);
  });

  it("lets IMA measure programs into PCR 10, which its log explains in every bank, with a policy written twice", async () => {
    const policy = "measure func=BPRM_CHECK";
    await guest.console.read(`echo "${policy}" > ${IMA}/policy`);
    await guest.console.read(`echo "${policy} mask=MAY_EXEC" > ${IMA}/policy`);
    await guest.console.read("tpm2_readclock");
    // The programs that read the log are in it: run each once before.
    await guest.console.read(`xxd -p ${IMA}/binary_runtime_measurements | tail -n 1`);
    const read = parsePcrs(await guest.console.read("tpm2_pcrread"));
    const log = Buffer.from(
      (await guest.console.read(`xxd -p ${IMA}/binary_runtime_measurements`)).replaceAll("\n", ""),
      "hex",
    );
    expect(log.toString("latin1")).toContain("/usr/bin/tpm2\0");
    for (const bank of Object.keys(BANKS)) expect(read.get(`${bank}:10`), bank).toBe(replayIma(log, bank));
  });

  it("feeds /dev/hwrng from the TPM", async () => {
    expect(await guest.console.read("cat /sys/class/misc/hw_random/rng_current")).toBe("tpm-rng-0\n");
    expect(await guest.console.read("head -c 32 /dev/hwrng | xxd -p")).toMatch(/^[0-9a-f]{60}\n[0-9a-f]{4}\n$/);
  });

  it("makes and unseals trusted keys, and encrypted keys under them", async () => {
    await guest.console.read(
      "tpm2_createprimary -Q -C o -G rsa2048 -c primary && tpm2_evictcontrol -C o -c primary 0x81000001",
    );
    await guest.console.read('keyctl add trusted master "new 32 keyhandle=0x81000001" @u');
    await guest.console.read('keyctl add encrypted data "new trusted:master 32" @u');
    await guest.console.read("keyctl pipe $(keyctl search @u trusted master) > blob && keyctl clear @u");
    await guest.console.read('keyctl add trusted master "load $(cat blob) keyhandle=0x81000001" @u');
    expect(await guest.console.read("keyctl show @u")).toContain("trusted: master");
  });

  it("can do everything in the message of the day", async () => {
    const message = await guest.console.read("cat /etc/motd");
    const commands = [...message.matchAll(/^ {2}(dmesg .*tpm|tpm2_.*?)(?: {3,}|$)/gm)].map(
      ([, command]) => command ?? "",
    );
    expect(commands.length).toBeGreaterThanOrEqual(7);
    for (const command of commands) expect((await guest.console.run(command)).code, command).toBe(0);
  });

  it("has job control and a terminal of a known size", async () => {
    expect(await guest.console.read("stty size")).toBe("24 1000\n");
    expect(await guest.console.read("tty")).toBe("/dev/ttyS0\n");
    const from = guest.console.output.length;
    // The job says itself that it runs: before that, the shell would swallow the Ctrl-Z.
    guest.console.type("sh -c 'echo started; exec sleep 1000'\n");
    await guest.console.waitFor(/\nstarted/, from);
    guest.console.type("\x1a");
    await guest.console.waitFor(/Stopped.*tabtpm# $/s, from);
    expect(await guest.console.read("jobs")).toMatch(/\[1\]\+ +Stopped +sh -c/);
    expect(await guest.console.read("kill %1; wait; true")).not.toContain("not found");
  });

  it("resets the machine", async () => {
    guest.console.type("reboot -f\n");
    await guest.console.waitFor(/reboot: Restarting system/);
    expect(await guest.exited).toBe(0);
  });
});

describe.runIf(isInstalled("qemu-system-i386", "swtpm"))("the guest on QEMU with a CRB interface", () => {
  it("finds the TPM, and powers the machine off", async () => {
    const guest = await bootInQemu("tpm-crb");
    try {
      await guest.console.shell();
      expect(await guest.console.read("ls -l /sys/class/tpm/tpm0/device/driver")).toContain("tpm_crb");
      expect(await guest.console.read("tpm2_getrandom 4 --hex")).toMatch(/^[0-9a-f]{8}/);
      guest.console.type("poweroff -f\n");
      expect(await guest.exited).toBe(0);
      expect(guest.console.output).toMatch(/reboot: Power down/);
    } finally {
      await guest.close();
    }
  });
});
