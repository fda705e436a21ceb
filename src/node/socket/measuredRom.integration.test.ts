/** The option ROM measures and starts a kernel on a PC that nobody here wrote: QEMU's. The kernel is a stub that says it was entered. */
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readPcrs } from "../../client/index.ts";
import { HASH_ALGORITHMS, parseEventLog, type TcgEvent } from "../../firmware/eventLog.ts";
import { replayEventLog } from "../../firmware/eventLogReplay.ts";
import { LOG_AREA_SIZE } from "../../firmware/fwCfg.ts";
import { bootFile } from "../../firmware/measuredBoot.ts";
import { isInstalled } from "../testkit/installed.ts";
import { nasm } from "../testkit/nasm.ts";
import { type RomPc, startRomPc } from "../testkit/romPc.ts";

/** Where firmware leaves memory alone. */
const STUB_ADDRESS = 0x2_0000;
const ENTRY = 0x2000_0000;
const STACK = 0x2000_f000;

/** Says where the log is and with what registers it was entered, then waits for good. */
const STUB = `
bits 16
org 0
        pushf
        pop dx
        mov bx, sp
        mov cx, ss
        push cs
        pop ds
        push dx
        push bx
        push cx
        mov eax, 0xBB00
        xor ecx, ecx
        int 0x1A
        mov ebp, esi
        mov si, text
        call print
        pop ax
        call hex
        pop ax
        call hex
        pop ax
        and ax, 0x200
        call hex
        mov eax, ebp
        shr eax, 16
        call hex
        mov ax, bp
        call hex
        mov si, end
        call print
        sti
.wait:  hlt
        jmp .wait
print:  lodsb
        test al, al
        jz .out
        call put
        jmp print
.out:   ret
hex:    mov cx, 4
        mov dx, ax
.next:  rol dx, 4
        mov al, dl
        and al, 15
        cmp al, 10
        sbb al, 0x69
        das
        call put
        loop .next
        ret
put:    push bp
        mov ah, 0x0E
        mov bx, 7
        int 0x10
        pop bp
        ret
text:   db "stub ", 0
end:    db ".", 13, 10, 0
`;
const ENTERED = /stub ([0-9A-F]{4})([0-9A-F]{4})([0-9A-F]{4})([0-9A-F]{8})\./;

const kernel = Buffer.from("a kernel");
const initrd = Buffer.from("an initrd");
const cmdline = "console=ttyS0 quiet";

describe.runIf(isInstalled("qemu-system-i386", "nasm"))("a measured start by the option ROM under QEMU", () => {
  let folder: string;
  let pc: RomPc;
  let said: string;
  let events: TcgEvent[];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tabtpm-stub-"));
    const stub = join(folder, "stub");
    await writeFile(stub, nasm(STUB));
    const boot = { kernel, initrd, cmdline, entry: ENTRY, stack: STACK, logSize: LOG_AREA_SIZE };
    pc = await startRomPc({
      files: [await bootFile(boot)],
      args: ["-device", `loader,file=${stub},addr=0x${STUB_ADDRESS.toString(16)},force-raw=on`],
    });
    said = await pc.console.waitFor(ENTERED);
    const log = Number.parseInt(ENTERED.exec(said)![4]!, 16);
    events = [...parseEventLog(await pc.readPhysical(log, LOG_AREA_SIZE)).events];
  });
  afterAll(async () => {
    await pc?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("enters the kernel with its stack and without interrupts, and has nothing to complain of", () => {
    expect(ENTERED.exec(said)?.slice(1, 4)).toEqual(["2000", "F000", "0000"]);
    expect(said).not.toContain("tabtpm");
  });

  it("has logged kernel, command line and initrd behind the firmware's events", () => {
    const line = `/bzImage ${cmdline}`;
    expect(events.slice(-3).map(({ pcrIndex, data }) => [pcrIndex, Buffer.from(data).toString()])).toEqual([
      [9, "/bzImage\0"],
      [8, `kernel_cmdline: ${line}\0`],
      [9, "/initrd.img\0"],
    ]);
    for (const [index, data] of [kernel, Buffer.from(line), initrd].entries()) {
      const { digests } = events.slice(-3)[index]!;
      expect(digests.length).toBe(4);
      for (const { algorithm, digest } of digests) {
        const name = HASH_ALGORITHMS.get(algorithm)!.name.replace("-", "");
        expect(Buffer.from(digest)).toEqual(createHash(name).update(data).digest());
      }
    }
  });

  it("has extended what the log says, in every bank", async () => {
    const replayed = await replayEventLog(events);
    expect(replayed.size).toBe(4);
    for (const [algorithm, pcrs] of replayed) {
      const read = await readPcrs(pc.tpm, [{ algorithm, pcrs: [0, 2, 4, 8, 9] }]);
      expect(read.length).toBe(5);
      for (const { pcr, digest } of read) expect(Buffer.from(digest)).toEqual(Buffer.from(pcrs.get(pcr)!));
    }
  });
});
