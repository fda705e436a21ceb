/** The whole house under Node: SeaBIOS's measured boot, Linux's driver and tpm2-tools over TIS on the real core. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HASH_ALGORITHMS, parseEventLog } from "../firmware/eventLog.ts";
import { replayEventLog } from "../firmware/eventLogReplay.ts";
import { EV_SEPARATOR } from "../firmware/eventTypes.ts";
import type { TpmCommandEvent } from "../public.ts";
import { TPM_CC } from "../spec/commands.ts";
import { bootPc, type Pc } from "./testkit/pc.ts";

const BANKS = ["sha1", "sha256", "sha384", "sha512"] as const;
type Bank = (typeof BANKS)[number];
const LOG = "/sys/kernel/security/tpm0/binary_bios_measurements";
const IMA = "/sys/kernel/security/ima";

const hash = (bank: Bank, ...parts: Uint8Array[]) => createHash(bank).update(Buffer.concat(parts)).digest();
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const zeros = (bank: Bank) => new Uint8Array(hash(bank).length);

let pc: Pc;
const commands: TpmCommandEvent[] = [];
beforeAll(async () => {
  pc = await bootPc();
  pc.tpm.on("command", (command) => commands.push(command));
});
afterAll(() => pc?.close());

/** PCRs 0..23 of a bank as the kernel reads them. */
async function sysfsPcrs(bank: Bank): Promise<string[]> {
  const files = Array.from({ length: 24 }, (_, index) => index).join(" ");
  const text = await pc.shell.ok(`cd /sys/class/tpm/tpm0/pcr-${bank}; cat ${files}; cd`);
  return text.toLowerCase().split("\n");
}

/** A file of the guest, byte by byte. */
async function readFile(path: string): Promise<Buffer> {
  return Buffer.from((await pc.shell.ok(`xxd -p ${path}`)).replaceAll("\n", ""), "hex");
}

describe("the kernel", () => {
  it("finds the ACPI TPM2 table and binds tpm_tis to MSFT0101, without complaint", async () => {
    const log = await pc.shell.ok("dmesg | grep -i tpm");
    expect(log).toMatch(/ACPI: TPM2 0x[0-9A-F]+ 00004C \(v04 TABTPM/);
    expect(log).toContain("tpm_tis MSFT0101:00: 2.0 TPM (device-id 0x1, rev-id 1)");
    expect(log).not.toMatch(/tpm tpm0:/);
    expect(log).not.toMatch(/error|fail|timed out|FIRMWARE BUG/i);
  });

  it("makes /dev/tpm0 and /dev/tpmrm0", async () => {
    await pc.shell.ok("[ -c /dev/tpm0 ] && [ -c /dev/tpmrm0 ]");
    expect(await pc.shell.ok("cat /sys/class/tpm/tpm0/tpm_version_major")).toBe("2");
  });

  it("keeps the log area out of its memory, where the TPM2 table says it is", async () => {
    const { address, size } = pc.machine.log!;
    const map = await pc.shell.ok("dmesg | grep BIOS-e820");
    const end = (address + size - 1).toString(16).padStart(16, "0");
    expect(map).toMatch(new RegExp(`\\[mem 0x[0-9a-f]+-0x${end}\\] reserved`));
    const file = await readFile(LOG);
    expect(String(file.length)).toBe(await pc.shell.ok(`wc -c < ${LOG}`));
    expect(hex(pc.machine.readPhysical(address, file.length))).toBe(hex(file));
  });

  it("tells its configuration", async () => {
    const config = (
      await pc.shell.ok("zcat /proc/config.gz | grep -E 'CONFIG_(IMA|TCG|DEVMEM|STRICT_DEVMEM|IKCONFIG)'")
    ).split("\n");
    for (const line of [
      "IMA=y",
      "IMA_DEFAULT_HASH_SHA256=y",
      "TCG_TIS=y",
      "TCG_CRB=y",
      "DEVMEM=y",
      "IKCONFIG_PROC=y",
    ]) {
      expect(config).toContain(`CONFIG_${line}`);
    }
    expect(config).toContain("# CONFIG_STRICT_DEVMEM is not set");
  });

  it("lets root read memory through /dev/mem: the firmware's, below 1 MiB, and what Linux calls its own", async () => {
    const read = (at: number) => pc.shell.ok(`dd if=/dev/mem bs=16 skip=${at >>> 4} count=1 2>/dev/null | xxd -p`);
    // The BIOS data area begins with the ports of the serial lines.
    expect(await read(0x400)).toBe(hex(pc.machine.readPhysical(0x400, 16)));
    expect(await read(0x400)).toMatch(/^f803/);
    for (const address of [0x9_0000, 0x10_0000, 32 << 20, 96 << 20])
      expect(await read(address)).toMatch(/^[0-9a-f]{32}$/);
  });

  it("feeds /dev/hwrng from the TPM", async () => {
    expect(await pc.shell.ok("cat /sys/class/misc/hw_random/rng_current")).toBe("tpm-rng-0");
    const code = (event: TpmCommandEvent) => new DataView(event.command.buffer, event.command.byteOffset).getUint32(6);
    const before = commands.length;
    const random = await pc.shell.ok("head -c 64 /dev/hwrng | xxd -p -c 64");
    expect(random).toMatch(/^[0-9a-f]{128}$/);
    const answers = commands.slice(before).filter((event) => code(event) === TPM_CC.TPM_CC_GetRandom);
    const bytes = answers.map((event) => hex(event.response.subarray(12))).join("");
    expect(bytes).toContain(random.slice(0, 32));
  });
});

describe("measured boot", () => {
  it.each(BANKS)("fills PCRs 0-9 of %s with what tpm2_eventlog computes from the log", async (bank) => {
    const report = await pc.shell.ok(`tpm2_eventlog ${LOG} | sed -n '/^pcrs:/,$p'`);
    const section = new RegExp(`\\n  ${bank}:\\n((?:    \\d.*\\n?)+)`).exec(`${report}\n`)![1]!;
    const computed = new Map(
      [...section.matchAll(/ (\d+) +: 0x([0-9a-f]+)/g)].map(([, pcr, value]) => [Number(pcr), value!]),
    );
    expect([...computed.keys()].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const expected = Array.from({ length: 10 }, (_, index) => computed.get(index) ?? hex(zeros(bank)));
    expect((await sysfsPcrs(bank)).slice(0, 10)).toEqual(expected);
  });

  it("has kernel, command line and initrd in its log as GRUB would, with the digests of the files that are served", async () => {
    const { address, size } = pc.machine.log!;
    const { events } = parseEventLog(pc.machine.readPhysical(address, size));
    const texts = events.filter(({ pcrIndex }) => pcrIndex === 8 || pcrIndex === 9);
    const cmdline = `/bzImage ${await pc.shell.ok("cat /proc/cmdline")}`;
    expect(texts.map(({ pcrIndex, data }) => [pcrIndex, Buffer.from(data).toString()])).toEqual([
      [9, "/bzImage\0"],
      [8, `kernel_cmdline: ${cmdline}\0`],
      [9, "/initrd.img\0"],
    ]);
    const images = fileURLToPath(new URL("../../guest/images/", import.meta.url));
    const [kernel, initrd] = ["bzImage", "initrd.img"].map((name) => readFileSync(`${images}${name}`));
    const digested = [kernel!, Buffer.from(cmdline), initrd!];
    for (const [index, { digests }] of texts.entries()) {
      for (const { algorithm, digest } of digests) {
        const bank = HASH_ALGORITHMS.get(algorithm)!.name.replace("-", "") as Bank;
        expect(`${index} ${bank} ${hex(digest)}`).toBe(`${index} ${bank} ${hex(hash(bank, digested[index]!))}`);
      }
    }
  });

  it("keeps to what systemd-pcrlock and go-attestation ask of a log", async () => {
    const { specId, events } = parseEventLog(await readFile(LOG));
    expect(specId).toMatchObject({ specVersionMajor: 2, specVersionMinor: 0 });
    const banks = specId!.algorithms.map(({ algorithm, size }) => [algorithm, size]);
    for (const { pcrIndex, type, digests, data } of events.slice(1)) {
      // Those of the header, all of them and in its order; a known type; a separator that says "success".
      expect(digests.map(({ algorithm, digest }) => [algorithm, digest.length])).toEqual(banks);
      expect(pcrIndex).toBeLessThan(10);
      expect(type).toBeLessThanOrEqual(0x12);
      if (type === EV_SEPARATOR) expect(["00000000", "ffffffff"]).toContain(hex(data));
    }
  });

  it("is replayed by this library from guest memory to the same values", async () => {
    const { address, size } = pc.machine.log!;
    const replayed = await replayEventLog(parseEventLog(pc.machine.readPhysical(address, size)).events);
    expect(replayed.size).toBe(BANKS.length);
    for (const [algorithm, pcrs] of replayed) {
      const bank = HASH_ALGORITHMS.get(algorithm)!.name.toLowerCase().replace("-", "") as Bank;
      const values = await sysfsPcrs(bank);
      for (const [index, value] of pcrs)
        expect(`${bank}:${index} ${values[index]}`).toBe(`${bank}:${index} ${hex(value)}`);
    }
  });

  it("leaves PCRs 17-22 at ones and the rest at zeros", async () => {
    for (const bank of BANKS) {
      const values = await sysfsPcrs(bank);
      for (const index of [11, 12, 13, 14, 15, 16, 23]) expect(values[index]).toBe(hex(zeros(bank)));
      for (const index of [17, 18, 19, 20, 21, 22]) expect(values[index]).toBe("ff".repeat(zeros(bank).length));
    }
  });
});

describe("IMA", () => {
  it("has measured every program since /init, the first of which loads the policy", async () => {
    const list = await pc.shell.ok(`cut -d' ' -f1,3,5 ${IMA}/ascii_runtime_measurements`);
    expect(list.split("\n").slice(0, 3)).toEqual([
      "10 ima-ng boot_aggregate",
      "10 ima-ng /bin/busybox",
      "10 ima-ng /etc/init.d/rcS",
    ]);
    expect(list).toContain("10 ima-ng /usr/sbin/terminal-size");
    expect(await pc.shell.ok(`cat ${IMA}/policy`)).toMatch(/^measure func=BPRM_CHECK *$/);
    expect(await pc.shell.ok("dmesg")).not.toContain("policy update failed");
  });

  it("says what a program was, when it is started first, in the digest of its file", async () => {
    const count = async () => Number(await pc.shell.ok(`cat ${IMA}/runtime_measurements_count`));
    await pc.shell.ok("printf '#!/bin/sh\\necho ran\\n' > /tmp/script; chmod +x /tmp/script; tpm2_getrandom 1 --hex");
    const before = await count();
    expect(await pc.shell.ok("/tmp/script; /tmp/script; tpm2_getrandom 1 --hex")).toMatch(/^ran\nran\n/);
    expect(await count()).toBe(before + 1);
    const last = await pc.shell.ok(`tail -n 1 ${IMA}/ascii_runtime_measurements`);
    expect(last).toContain(`sha256:${hex(hash("sha256", Buffer.from("#!/bin/sh\necho ran\n")))} /tmp/script`);
  });

  it("has in its log what accounts for PCR 10 in every bank, as tpm2_pcrread gives it", async () => {
    await pc.shell.ok("tpm2_pcrread sha256:10");
    const log = await readFile(`${IMA}/binary_runtime_measurements`);
    const templates = [...imaTemplates(log)];
    for (const name of ["boot_aggregate", "/usr/bin/tpm2", "/bin/busybox"]) {
      expect(templates.filter((data) => data.includes(`${name}\0`))).toHaveLength(1);
    }
    for (const bank of BANKS) {
      const value = templates.reduce<Uint8Array>((pcr, data) => hash(bank, pcr, hash(bank, data)), zeros(bank));
      expect(`${bank} ${(await sysfsPcrs(bank))[10]}`).toBe(`${bank} ${hex(value)}`);
      expect((await pc.shell.ok(`tpm2_pcrread ${bank}:10`)).toLowerCase()).toContain(`0x${hex(value)}`);
    }
  });
});

/** \[Linux security/integrity/ima/ima_fs.c] pcr, SHA-1 of the data, name length, name, data length, data. */
function* imaTemplates(log: Buffer): Generator<Buffer> {
  for (let at = 0; at < log.length; ) {
    expect(log.readUInt32LE(at)).toBe(10);
    const nameEnd = at + 28 + log.readUInt32LE(at + 24);
    const end = nameEnd + 4 + log.readUInt32LE(nameEnd);
    const data = log.subarray(nameEnd + 4, end);
    expect(hex(log.subarray(at + 4, at + 24))).toBe(hex(hash("sha1", data)));
    yield data;
    at = end;
  }
}

describe("tpm2-tools", () => {
  it("tpm2_getcap knows every capability", async () => {
    const names = [...(await pc.shell.ok("tpm2_getcap -l")).matchAll(/^- (\S+)$/gm)].map(([, name]) => name!);
    expect(names).toContain("properties-fixed");
    expect(names.length).toBeGreaterThan(10);
    for (const name of names) await pc.shell.ok(`tpm2_getcap ${name}`);
  });

  it("tpm2_getrandom 32 --hex gives 32 bytes, others each time", async () => {
    const first = await pc.shell.ok("tpm2_getrandom 32 --hex");
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(await pc.shell.ok("tpm2_getrandom 32 --hex")).not.toBe(first);
  });

  it("tpm2_pcrread shows what the kernel shows", async () => {
    for (const bank of BANKS) {
      const text = await pc.shell.ok(`tpm2_pcrread ${bank}`);
      expect([...text.matchAll(/: 0x([0-9A-F]+)/g)].map(([, value]) => value!.toLowerCase())).toEqual(
        await sysfsPcrs(bank),
      );
    }
  });

  it("tpm2_pcrextend, tpm2_pcrevent and tpm2_pcrreset change PCR 16 as specified", async () => {
    const digest = hash("sha256", Buffer.from("hello"));
    await pc.shell.ok(`tpm2_pcrextend 16:sha256=${hex(digest)}`);
    let value = hash("sha256", zeros("sha256"), digest);
    expect((await sysfsPcrs("sha256"))[16]).toBe(hex(value));
    expect((await sysfsPcrs("sha1"))[16]).toBe(hex(zeros("sha1")));

    await pc.shell.ok("printf 'an event' > /tmp/event; tpm2_pcrevent 16 /tmp/event");
    const event = Buffer.from("an event");
    value = hash("sha256", value, hash("sha256", event));
    expect((await sysfsPcrs("sha256"))[16]).toBe(hex(value));
    expect((await sysfsPcrs("sha512"))[16]).toBe(hex(hash("sha512", zeros("sha512"), hash("sha512", event))));

    await pc.shell.ok("tpm2_pcrreset 16");
    for (const bank of BANKS) expect((await sysfsPcrs(bank))[16]).toBe(hex(zeros(bank)));
  });

  it("tpm2_hash is the hash, in one command and in a sequence", async () => {
    await pc.shell.ok("printf abc > /tmp/abc; head -c 5000 /bin/busybox > /tmp/long");
    expect(await pc.shell.ok("tpm2_hash -g sha384 --hex /tmp/abc")).toBe(hex(hash("sha384", Buffer.from("abc"))));
    const long = await readFile("/tmp/long");
    expect(await pc.shell.ok("tpm2_hash -g sha256 --hex /tmp/long")).toBe(hex(hash("sha256", long)));
  });

  it("tpm2_selftest -f and tpm2_gettestresult succeed", async () => {
    await pc.shell.ok("tpm2_selftest -f");
    expect(await pc.shell.ok("tpm2_gettestresult")).toMatch(/status: +success/);
  });

  it("tpm2_readclock advances", async () => {
    const clock = async () => Number(/clock: (\d+)/.exec(await pc.shell.ok("tpm2_readclock"))![1]);
    const first = await clock();
    expect(await clock()).toBeGreaterThan(first);
  });

  it("tpm2_changeauth protects the owner hierarchy, and tpm2_clear takes the value away", async () => {
    const ownerAuthSet = async () =>
      /ownerAuthSet: +(\d)/.exec(await pc.shell.ok("tpm2_getcap properties-variable"))![1];
    await pc.shell.ok("tpm2_changeauth -c owner secret");
    expect(await ownerAuthSet()).toBe("1");
    const wrong = await pc.shell.run("tpm2_changeauth -c owner -p wrong other");
    expect(wrong.status).not.toBe(0);
    expect(wrong.output).toContain("0x9A2");
    await pc.shell.ok("tpm2_changeauth -c owner -p secret other");
    await pc.shell.ok("tpm2_clear");
    expect(await ownerAuthSet()).toBe("0");
  });

  it("tpm2_dictionarylockout sets the parameters", async () => {
    await pc.shell.ok("tpm2_dictionarylockout -s -n 5 -t 20 -l 30");
    const text = await pc.shell.ok("tpm2_getcap properties-variable");
    expect(text).toContain("TPM2_PT_MAX_AUTH_FAIL: 0x5");
    expect(text).toContain("TPM2_PT_LOCKOUT_INTERVAL: 0x14");
    expect(text).toContain("TPM2_PT_LOCKOUT_RECOVERY: 0x1E");
    await pc.shell.ok("tpm2_dictionarylockout -c");
  });
});
