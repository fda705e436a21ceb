/**
 * A kernel's own /dev/tpm0 bridged: in a PC of QEMU's with a tpm-tis that swtpm is behind, Debian's kernel has the TPM, and Node and
 * tabtpm come from a folder of the host's over 9p.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { cpio } from "../../../guest/recipe/cpio.mjs";
import { debianKernelWith9p } from "../../../scripts/test/debianKernel.mjs";
import { GUEST_DIRECTORY, readGuestManifest } from "../../guest/node.ts";
import { bootInQemu } from "../../guest/testkit/qemu.ts";
import { GET_RANDOM, pcrExtend, pcrRead, SHUTDOWN, STARTUP, sessions } from "../backends/testkit/commands.ts";
import { isInstalled } from "../testkit/installed.ts";
import { nasm } from "../testkit/nasm.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const found = debianKernelWith9p(ROOT);

/** The guest's BusyBox loads no modules. Ends with the error's number. */
const INSMOD = `
bits 64
org 0x400000
header: db 0x7f, "ELF", 2, 1, 1, 0
  times 8 db 0
  dw 2, 62
  dd 1
  dq start, program - $$, 0
  dd 0
  dw 64, 56, 1, 0, 0, 0
program: dd 1, 5
  dq 0, $$, $$, size, size, 0x1000
start: mov rdi, [rsp + 16]
  xor esi, esi
  xor edx, edx
  mov eax, 2 ; open
  syscall
  mov edi, eax
  lea rsi, [rel nothing]
  xor edx, edx
  mov eax, 313 ; finit_module
  syscall
  mov edi, eax
  neg edi
  mov eax, 60 ; exit
  syscall
nothing: db 0
size equ $ - $$
`;

/** A folder that is a root for Node: the program, what it is linked with, and tabtpm as it was built. */
function makeRoot(dir: string): void {
  const copy = (from: string, to = from) => {
    const target = join(dir, to);
    mkdirSync(dirname(target), { recursive: true });
    cpSync(from, target, { recursive: true, dereference: true });
  };
  copy(process.execPath, "bin/node");
  for (const [, path] of execFileSync("ldd", [process.execPath], { encoding: "utf8" }).matchAll(/(\/\S+) \(0x/g)) {
    copy(path as string);
  }
  for (const file of ["package.json", "dist", "node_modules/ws", "src/node/bin", "src/node/bridge/testkit"]) {
    copy(join(ROOT, file), join("app", file));
  }
  for (const folder of ["dev", "proc", "sys", "tmp"]) mkdirSync(join(dir, folder), { recursive: true });
}

/** The project's initrd, and behind it another with the modules: the kernel unpacks both. */
async function makeInitrd(dir: string, modules: readonly string[]): Promise<string> {
  const { images } = await readGuestManifest();
  const extra = cpio([
    { kind: "directory", path: "modules", mode: 0o755 },
    { kind: "file", path: "modules/insmod", mode: 0o755, data: nasm(INSMOD) },
    ...modules.map((path) => ({
      kind: "file" as const,
      path: `modules/${basename(path)}`,
      mode: 0o644,
      data: readFileSync(path),
    })),
  ]);
  const path = join(dir, "initrd");
  writeFileSync(path, Buffer.concat([readFileSync(join(GUEST_DIRECTORY, "images", images.initrd.file)), extra]));
  return path;
}

const CLEAR = sessions("00000126", "4000000c", "");
const COMMANDS = {
  startup: STARTUP,
  random: GET_RANDOM,
  pcr: pcrRead(16),
  extend16: pcrExtend(16),
  pcrAfter: pcrRead(16),
  extend7: pcrExtend(7),
  clear: CLEAR,
  platformAuth: sessions("00000129", "4000000c", "00042a2a2a2a"),
  shutdown: SHUTDOWN,
  randomAfter: GET_RANDOM,
};

describe.runIf(found !== undefined && isInstalled("qemu-system-x86_64", "swtpm", "nasm"))(
  "a bridge to the kernel's /dev/tpm0",
  () => {
    it("has the chip's answers, refuses what would harm it, and says what the kernel can't cancel", async () => {
      const { kernel, modules } = found as NonNullable<typeof found>;
      const dir = mkdtempSync(join(tmpdir(), "tabtpm-9p-"));
      const share = join(dir, "root");
      makeRoot(share);
      const initrd = await makeInitrd(dir, modules);
      const guest = await bootInQemu("tpm-tis", {
        program: "qemu-system-x86_64",
        software: ["-kernel", kernel, "-initrd", initrd, "-append", "console=ttyS0 COLS=1000 quiet"],
        args: [
          "-m",
          "1024",
          "-cpu",
          "max",
          "-virtfs",
          `local,path=${share},mount_tag=host,security_model=none,readonly=on`,
        ],
      });
      try {
        const { console } = guest;
        await console.shell();
        for (const module of modules) await console.read(`/modules/insmod /modules/${basename(module)}`);
        await console.read("mkdir -p /host && mount -t 9p -o trans=virtio,version=9p2000.L,ro,msize=262144 host /host");
        await console.read(
          "for each in dev proc sys; do mount -o bind /$each /host/$each; done; ifconfig lo 127.0.0.1 up",
        );
        const pcr7 = await console.read("cat /sys/class/tpm/tpm0/pcr-sha256/7");
        const commands = Object.entries(COMMANDS).map(([name, command]) => `${name}=${command}`);
        await console.read(
          `printf '#!/bin/sh\\nexec chroot /host /bin/node /app/src/node/bridge/testkit/inQemu.mjs "$@"\\n' > /run-it`,
        );
        const output = await console.read(`sh /run-it ${commands.join(" ")}`);
        const said = new Map(
          [...output.matchAll(/^\{"what":.*\}$/gm)].map(([line]) => {
            const { what, value } = JSON.parse(line) as { what: string; value: unknown };
            return [what, value];
          }),
        );
        expect(said.get("end"), output).toBe(true);
        expect(said.get("bridge")).toMatch(/^tabtpm: \/dev\/tpm0 is bridged at ws:\/\/127\.0\.0\.1:\d+\/#\.\.\.$/);
        expect(said.get("name")).toMatch(/^\/dev\/tpm0, through the bridge/);
        expect(said.get("shared")).toBe(true);
        expect(said.get("startup")).toBe("80010000000a00000000");
        expect(said.get("random")).toMatch(/^80010000001c00000000001[0][0-9a-f]{32}$/);
        expect(said.get("pcr")).toMatch(/^800100000038?/);
        expect(said.get("extend16")).toMatch(/^8002\d{8}00000000/);
        expect(said.get("pcrAfter")).not.toBe(said.get("pcr"));
        expect(said.get("extend7")).toBe("80010000000a00000907");
        expect(said.get("clear")).toBe("80010000000a00000143");
        expect(said.get("platformAuth")).toBe("80010000000a00000143");
        expect(said.get("shutdown")).toBe("80010000000a00000000");
        expect(said.get("randomAfter")).toMatch(/^80010000001c00000000/);
        expect(said.get("refused")).toEqual(["TPM2_PCR_Extend", "TPM2_Clear", "TPM2_HierarchyChangeAuth"]);
        expect(said.get("busy")).toMatch(/\/dev\/tpm0 can't be opened: another program has it open; .*\/dev\/tpmrm0/);
        expect(said.get("cancel in sysfs")).toBe(false);
        expect(said.get("after a cancel")).toBe("80010000001400000000");
        expect(said.get("the bridge's exit code")).toBe(0);
        // The kernel and its users have the chip as it was.
        expect(await console.read("cat /sys/class/tpm/tpm0/pcr-sha256/7")).toBe(pcr7);
        expect(await console.read("tpm2_getcap properties-variable")).toMatch(/phEnable: +1/);
        await console.read("tpm2_getrandom --hex 8");
      } finally {
        await guest.close();
        rmSync(dir, { recursive: true, force: true });
      }
    });
  },
);
