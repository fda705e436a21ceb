/** The guest in QEMU, a PC that nobody here wrote; its TPM is swtpm's unless told. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { access, mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { GUEST_DIRECTORY, readGuestManifest } from "../node.ts";
import { GuestConsole } from "./console.ts";

export interface QemuGuest {
  console: GuestConsole;
  /** Resolves with QEMU's exit code. */
  exited: Promise<number | null>;
  /** Gives a command to QEMU's monitor, and resolves with its answer. */
  monitor(command: string): Promise<string>;
  /** Ends QEMU and the TPM and removes the TPM's state. */
  close(): Promise<void>;
}

/** A TPM in a process or server of its own. */
export interface TpmServer {
  close(): Promise<void>;
}

export interface QemuOptions {
  /** Starts what listens on the control socket at `socket`, with its state in `dir`. Default: swtpm. */
  startTpm?: (socket: string, dir: string) => Promise<TpmServer>;
  /** What it starts with instead of guest/images: arguments for QEMU. */
  software?: string[];
  /** More arguments for QEMU. */
  args?: string[];
  /** Default: `qemu-system-i386`. */
  program?: keyof typeof DEBIAN_PACKAGES;
  /** Whether the machine goes on after a reset. Default: it ends. */
  resets?: boolean;
}

/** QEMU's programs, and the Debian packages that have them. */
const DEBIAN_PACKAGES = {
  "qemu-system-i386": "qemu-system-x86",
  "qemu-system-x86_64": "qemu-system-x86",
  "qemu-system-aarch64": "qemu-system-arm",
  "qemu-system-ppc64": "qemu-system-ppc",
};

/** What QEMU calls its TPMs: TIS and CRB of a PC, TIS of an Arm `virt`, and a pSeries' own. */
export type QemuTpm = "tpm-tis" | "tpm-crb" | "tpm-tis-device" | "tpm-spapr";

/**
 * Boots guest/images in QEMU. The machine ends at power-off and, unless told, at a reset.
 *
 * @throws Error naming the Debian package when QEMU or swtpm is not installed
 */
export async function bootInQemu(
  device: QemuTpm,
  { startTpm = startSwtpm, software, args = [], program = "qemu-system-i386", resets = false }: QemuOptions = {},
): Promise<QemuGuest> {
  const state = await mkdtemp(join(tmpdir(), "tabtpm-qemu-"));
  const socket = join(state, "control");
  const monitor = join(state, "monitor");
  const tpm = await startTpm(socket, state);
  const qemu = await start(program, DEBIAN_PACKAGES[program], [
    ...["-m", "256", "-display", "none", "-net", "none", "-serial", "stdio"],
    ...["-monitor", `unix:${monitor},server,nowait`, ...(resets ? [] : ["-no-reboot"])],
    ...(software ?? (await guestImages())),
    ...["-chardev", `socket,id=chrtpm,path=${socket}`, "-tpmdev", "emulator,id=tpm0,chardev=chrtpm"],
    ...["-device", `${device},tpmdev=tpm0`],
    ...args,
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
    monitor: (command) => ask(monitor, command),
    close: async () => {
      await end(qemu);
      await tpm.close();
      await rm(state, { recursive: true });
    },
  };
}

async function guestImages(): Promise<string[]> {
  const { images } = await readGuestManifest();
  const file = (name: keyof typeof images) => join(GUEST_DIRECTORY, "images", images[name].file);
  return [
    ...["-bios", file("bios"), "-kernel", file("kernel"), "-initrd", file("initrd")],
    ...["-append", "console=ttyS0 COLS=1000"],
  ];
}

async function startSwtpm(socket: string, dir: string): Promise<TpmServer> {
  const swtpm = await start("swtpm", "swtpm", [
    ...["socket", "--tpm2", "--tpmstate", `dir=${dir}`, "--ctrl", `type=unixio,path=${socket}`],
  ]);
  // QEMU does not try again when swtpm is not listening yet.
  for (let tries = 0; !(await exists(socket)) && tries < 200; tries++) await sleep(25);
  return { close: () => end(swtpm) };
}

async function end(child: ChildProcess): Promise<void> {
  child.kill();
  await (child.exitCode ?? child.signalCode ?? once(child, "exit"));
}

const MONITOR_PROMPT = "(qemu) ";

/** One command to QEMU's human monitor. */
async function ask(path: string, command: string): Promise<string> {
  // QEMU makes it a moment after it was started.
  while (!(await exists(path))) await sleep(25);
  const socket = connect(path);
  try {
    let output = "";
    const prompt = async () => {
      while (!output.endsWith(MONITOR_PROMPT)) output += String((await once(socket, "data"))[0]);
      const answer = output.slice(0, -MONITOR_PROMPT.length);
      output = "";
      return answer;
    };
    await prompt();
    socket.write(`${command}\n`);
    return await prompt();
  } finally {
    socket.destroy();
  }
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
