/** The TPM of this machine, through the kernel: /dev/tpm0, or /dev/tpmrm0 behind the kernel's resource manager. Linux only. */
import { constants } from "node:fs";
import { access, open, realpath, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { type TpmLink, TpmLinkError, TpmUnsupportedError } from "../../remote/index.ts";
import { HEADER_SIZE } from "../../spec/header.ts";
import { checkSize } from "./response.ts";

/** The open device, of which {@link FileHandle} is one. */
export interface DeviceFile {
  write(buffer: Uint8Array, offset: number, length: number, position: null): Promise<{ bytesWritten: number }>;
  read(buffer: Uint8Array, offset: number, length: number, position: null): Promise<{ bytesRead: number }>;
  close(): Promise<void>;
}

/** What a response has at most in the kernel (TPM_BUFSIZE), bytes. */
const KERNEL_BUFFER = 4096;

/** Where Linux shows its TPMs. */
const SYSFS = "/sys/class";
/** What QEMU writes there. */
const CANCEL = "-";

export interface DeviceLinkOptions {
  openFile?: (path: string) => Promise<DeviceFile>;
  /** Overrides /sys/class. */
  sysfs?: string;
}

export class DeviceLink implements TpmLink {
  readonly name: string;
  readonly shared = true;
  readonly established = false;
  readonly lost: Promise<Error>;
  /** The file that cancels a command; null where the kernel has none, as it has for no TPM 2.0. */
  readonly cancelFile: string | null;
  readonly #file: DeviceFile;
  #isExecuting = false;
  #lose!: (error: Error) => void;

  /** Rejects with TpmLinkError that says why the device can't be had. */
  static async connect(
    path: string,
    { openFile = openDevice, sysfs = SYSFS }: DeviceLinkOptions = {},
  ): Promise<DeviceLink> {
    const file = await openFile(path);
    return new DeviceLink(path, file, await findCancelFile(path, sysfs));
  }

  private constructor(path: string, file: DeviceFile, cancelFile: string | null) {
    this.name = path;
    this.#file = file;
    this.cancelFile = cancelFile;
    this.lost = new Promise((resolve) => {
      this.#lose = resolve;
    });
  }

  async execute(command: Uint8Array): Promise<Uint8Array> {
    this.#isExecuting = true;
    try {
      // The driver takes a command by one write, and carries it out before that returns.
      const { bytesWritten } = await this.#file.write(command, 0, command.length, null);
      if (bytesWritten !== command.length) {
        throw new Error(`it took ${bytesWritten} of ${command.length} bytes`);
      }
      return await this.#read();
    } catch (cause) {
      const error = new TpmLinkError(`${this.name} failed: ${deviceReason(cause as NodeJS.ErrnoException)}.`, {
        cause,
      });
      await this.#file.close().catch(() => {});
      this.#lose(error);
      throw error;
    } finally {
      this.#isExecuting = false;
    }
  }

  cancel(): void {
    if (this.cancelFile === null || !this.#isExecuting) return;
    // A command that can't be cancelled ends as usual.
    writeFile(this.cancelFile, CANCEL).catch(() => {});
  }

  async init(): Promise<void> {}

  async stop(): Promise<void> {}

  async hashStart(): Promise<void> {
    throw new TpmUnsupportedError(`${this.name} has no dynamic launch: it is the host's.`);
  }

  async hashData(): Promise<void> {
    return this.hashStart();
  }

  async hashEnd(): Promise<void> {
    return this.hashStart();
  }

  async resetEstablished(): Promise<boolean> {
    return false;
  }

  async close(): Promise<void> {
    await this.#file.close();
    this.#lose(new TpmLinkError(`${this.name} was closed.`));
  }

  /** A driver may give a response in pieces: the header says when it is whole. */
  async #read(): Promise<Uint8Array> {
    const response = new Uint8Array(KERNEL_BUFFER);
    let size = HEADER_SIZE;
    for (let at = 0; at < size; ) {
      const { bytesRead } = await this.#file.read(response, at, response.length - at, null);
      if (bytesRead === 0) throw new Error(`its response ended after ${at} bytes`);
      at += bytesRead;
      if (at < HEADER_SIZE || size > HEADER_SIZE) continue;
      size = new DataView(response.buffer).getUint32(2);
      checkSize(size, this.name);
      if (size > response.length) throw new Error(`its response would have ${size} bytes`);
      if (at > size) throw new Error(`it gave ${at} bytes for a response of ${size}`);
    }
    return response.slice(0, size);
  }
}

async function openDevice(path: string): Promise<DeviceFile> {
  try {
    const stats = await stat(path);
    if (!stats.isCharacterDevice()) throw Object.assign(new Error("it is no character device"), { code: "ENOTTY" });
    return await open(path, constants.O_RDWR);
  } catch (cause) {
    throw new TpmLinkError(`${path} can't be opened: ${deviceReason(cause as NodeJS.ErrnoException)}.`, { cause });
  }
}

function deviceReason({ code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case "EBUSY":
      return "another program has it open; end that one, or use /dev/tpmrm0, which several may use";
    case "EACCES":
    case "EPERM":
      return "no permission; belong to the group that has it (as a rule tss), or be root";
    case "ENOENT":
    case "ENODEV":
    case "ENXIO":
      return "this machine has no such device; see whether it has a TPM, switched on in its firmware";
    case "ETIME":
    case "ETIMEDOUT":
      return "the TPM did not answer in time";
    case "EIO":
      return "the TPM failed";
    default:
      return message;
  }
}

/** Where QEMU looks for it: beside the device in sysfs. */
async function findCancelFile(path: string, sysfs: string): Promise<string | null> {
  const device = basename(await realpath(path).catch(() => path));
  for (const folder of ["tpm", "misc"]) {
    const file = join(sysfs, folder, device, "device", "cancel");
    if (
      await access(file, constants.W_OK).then(
        () => true,
        () => false,
      )
    )
      return file;
  }
  return null;
}
