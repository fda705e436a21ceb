/** A PC that nobody here wrote, QEMU's, with our option ROM and our TPM: boots to the end of its firmware, which finds no disk. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TpmClient } from "../../client/index.ts";
import type { FwCfgFile } from "../../firmware/fwCfg.ts";
import { GUEST_DIRECTORY } from "../../guest/node.ts";
import type { GuestConsole } from "../../guest/testkit/console.ts";
import { writePhysical } from "../../guest/testkit/gdb.ts";
import { bootInQemu } from "../../guest/testkit/qemu.ts";
import {
  PPI_BASE_ADDRESS,
  PPI_LAST_REQUEST,
  PPI_REQUEST,
  PPI_REQUEST_PARAMETER,
  PPI_RESULT,
} from "../../ppi/registers.ts";
import { commandWithCode } from "../../spec/commands.ts";
import { type SocketServer, startSocketServer } from "./socketServer.ts";

const GRAPHICS_OFF = "pc,graphics=off";
/** What SeaBIOS says when it has tried all drives. */
const END_OF_BOOT = /No bootable device\./;

export interface Answer {
  request: number;
  parameter: number;
  lastRequest: number;
  result: number;
}

export interface RomPc {
  console: GuestConsole;
  /** Beside the guest's commands. */
  tpm: TpmClient;
  server: SocketServer;
  /** Names of the commands that the guest has sent since its last reset. */
  commands: string[];
  /** QEMU's page of physical presence, or whatever lies at this offset from it. */
  readPage(offset: number, size: number): Promise<Buffer>;
  writePage(offset: number, bytes: Uint8Array): Promise<void>;
  readPhysical(address: number, size: number): Promise<Buffer>;
  /** What an operating system writes. */
  request(operation: number, parameter?: number): Promise<void>;
  /** What it reads. */
  answer(): Promise<Answer>;
  /** Presses keys of the keyboard together, as QEMU calls them, for two seconds: F12 is "f12". */
  press(keys: string): Promise<void>;
  /** Resets the machine. @returns a waiter on what its console says from then on */
  reset(): Promise<(pattern: RegExp) => Promise<string>>;
  /** Resets, and waits until the firmware is through. @returns what the console said */
  boot(): Promise<string>;
  close(): Promise<void>;
}

export interface RomPcOptions {
  /** Of the firmware configuration device. */
  files?: FwCfgFile[];
  /** More arguments for QEMU. */
  args?: string[];
}

export async function startRomPc({ files = [], args = [] }: RomPcOptions = {}): Promise<RomPc> {
  const folder = await mkdtemp(join(tmpdir(), "tabtpm-rom-"));
  const image = (name: string) => join(GUEST_DIRECTORY, "images", name);
  const fwCfg = await Promise.all(
    files.map(async ({ name, data }, index) => {
      const file = join(folder, `fw_cfg-${index}`);
      await writeFile(file, data);
      return ["-fw_cfg", `name=${name},file=${file}`];
    }),
  );
  const gdb = join(folder, "gdb");
  const commands: string[] = [];
  let server: SocketServer | undefined;
  const guest = await bootInQemu("tpm-tis", {
    // The serial console, as on a PC without a screen.
    software: ["-machine", GRAPHICS_OFF, "-bios", image("bios-256k.bin"), "-option-rom", image("boot.rom")],
    args: [...fwCfg.flat(), "-gdb", `unix:${gdb},server,nowait`, "-action", "reboot=reset", ...args],
    startTpm: async (socket, dir) => {
      server = await startSocketServer(["--ctrl", `type=unixio,path=${socket}`], join(dir, "tpm"));
      server.tpm.on("command", ({ command, own }) => {
        const code = Buffer.from(command).readUInt32BE(6);
        if (!own) commands.push(commandWithCode(code)?.name ?? code.toString(16));
      });
      return server;
    },
  });
  const { tpm } = server!;
  const readPhysical = async (address: number, size: number) => {
    const file = join(folder, "memory");
    await guest.monitor(`pmemsave 0x${address.toString(16)} ${size} "${file}"`);
    return readFile(file);
  };
  const writePage = (offset: number, bytes: Uint8Array) => writePhysical(gdb, PPI_BASE_ADDRESS + offset, bytes);
  const reset = async () => {
    const from = guest.console.output.length;
    commands.length = 0;
    await guest.monitor("system_reset");
    return (pattern: RegExp) => guest.console.waitFor(pattern, from);
  };
  return {
    console: guest.console,
    tpm: new TpmClient({ execute: (command, options) => tpm.execute(command, { ...options, own: true }) }),
    server: server!,
    commands,
    readPage: (offset, size) => readPhysical(PPI_BASE_ADDRESS + offset, size),
    writePage,
    readPhysical,
    request: async (operation, parameter = 0) => {
      const bytes = Buffer.alloc(8);
      bytes.writeUInt32LE(operation);
      bytes.writeUInt32LE(parameter, PPI_REQUEST_PARAMETER - PPI_REQUEST);
      await writePage(PPI_REQUEST, bytes);
    },
    answer: async () => {
      const fields = await readPhysical(PPI_BASE_ADDRESS + PPI_RESULT, 16);
      const field = (at: number) => fields.readUInt32LE(at - PPI_RESULT);
      return {
        request: field(PPI_REQUEST),
        parameter: field(PPI_REQUEST_PARAMETER),
        lastRequest: field(PPI_LAST_REQUEST),
        result: field(PPI_RESULT),
      };
    },
    press: async (keys) => void (await guest.monitor(`sendkey ${keys} 2000`)),
    reset,
    boot: async () => (await reset())(END_OF_BOOT),
    close: async () => {
      await guest.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
