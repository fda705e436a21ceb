/** The guest in QEMU with a TPM of swtpm's: the PC and the TPM that nobody here wrote. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { access, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { GUEST_DIRECTORY, readGuestManifest } from "../node.ts";
import { GuestConsole } from "./console.ts";

export interface QemuGuest {
  console: GuestConsole;
  /** Resolves with QEMU's exit code. */
  exited: Promise<number | null>;
  /** Ends QEMU and swtpm and removes the TPM's state. */
  close(): Promise<void>;
}

/**
 * Boots guest/images in `qemu-system-i386`. The machine ends at a reset and at power-off.
 *
 * @param device "tpm-tis" or "tpm-crb"
 * @throws Error naming the Debian package when QEMU or swtpm is not installed
 */
export async function bootInQemu(device: "tpm-tis" | "tpm-crb"): Promise<QemuGuest> {
  const { images } = await readGuestManifest();
  const file = (name: keyof typeof images) => join(GUEST_DIRECTORY, "images", images[name].file);
  const state = await mkdtemp(join(tmpdir(), "tabtpm-qemu-"));
  const socket = join(state, "control");
  const swtpm = await start("swtpm", "swtpm", [
    ...["socket", "--tpm2", "--tpmstate", `dir=${state}`, "--ctrl", `type=unixio,path=${socket}`],
  ]);
  // QEMU does not try again when swtpm is not listening yet.
  for (let tries = 0; !(await exists(socket)) && tries < 200; tries++) await sleep(25);
  const qemu = await start("qemu-system-i386", "qemu-system-x86", [
    ...["-m", "256", "-display", "none", "-monitor", "none", "-serial", "stdio", "-net", "none", "-no-reboot"],
    ...["-bios", file("bios"), "-kernel", file("kernel"), "-initrd", file("initrd")],
    ...["-append", "console=ttyS0 COLS=1000"],
    ...["-chardev", `socket,id=chrtpm,path=${socket}`, "-tpmdev", "emulator,id=tpm0,chardev=chrtpm"],
    ...["-device", `${device},tpmdev=tpm0`],
  ]);
  const console = new GuestConsole((text) => qemu.stdin?.write(text));
  qemu.stdout?.on("data", (data: Buffer) => console.receive(data.toString("latin1")));
  const exited = once(qemu, "exit").then(([code]) => {
    console.end("QEMU ended");
    return code as number | null;
  });
  return {
    console,
    exited,
    close: async () => {
      qemu.kill();
      swtpm.kill();
      await Promise.all([qemu, swtpm].map((child) => child.exitCode ?? child.signalCode ?? once(child, "exit")));
      await rm(state, { recursive: true });
    },
  };
}

async function start(program: string, debianPackage: string, args: string[]): Promise<ChildProcess> {
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
  try {
    await once(child, "spawn");
  } catch (cause) {
    throw new Error(`this test needs ${program} (Debian package ${debianPackage})`, { cause });
  }
  return child;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
