import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TpmLinkError } from "../../remote/index.ts";
import { type DeviceFile, DeviceLink } from "./index.ts";

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, "hex"));
const COMMAND = bytes("80010000000c0000017b0010");

let sysfs: string;
beforeEach(async () => {
  sysfs = await mkdtemp(join(tmpdir(), "tabtpm-sysfs-"));
});
afterEach(() => rm(sysfs, { recursive: true, force: true }));

/** A driver that has this response, and gives it in pieces of these sizes. */
class Driver implements DeviceFile {
  readonly written: Uint8Array[] = [];
  isClosed = false;
  #rest: Uint8Array;
  readonly #pieces: number[];
  readonly #response: Uint8Array;

  constructor(response: Uint8Array, pieces: number[] = []) {
    this.#response = response;
    this.#rest = response;
    this.#pieces = pieces;
  }

  async write(buffer: Uint8Array, offset: number, length: number): Promise<{ bytesWritten: number }> {
    this.written.push(buffer.slice(offset, offset + length));
    this.#rest = this.#response;
    return { bytesWritten: length };
  }

  async read(buffer: Uint8Array, offset: number, length: number): Promise<{ bytesRead: number }> {
    const piece = this.#rest.subarray(0, Math.min(length, this.#pieces.shift() ?? length));
    buffer.set(piece, offset);
    this.#rest = this.#rest.subarray(piece.length);
    return { bytesRead: piece.length };
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }
}

const open = (driver: DeviceFile, path = "/dev/tpm7") =>
  DeviceLink.connect(path, { openFile: async () => driver, sysfs });

function response(size: number): Uint8Array {
  const out = Uint8Array.from({ length: size }, (_, at) => at * 7);
  out.set([0x80, 0x01]);
  new DataView(out.buffer).setUint32(2, size);
  return out;
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

describe("a TPM's device", () => {
  it("takes a command by one write, and gives its response however the driver cuts it", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 10, max: 4096 }),
        fc.array(fc.integer({ min: 1, max: 900 }), { maxLength: 30 }),
        async (size, pieces) => {
          const driver = new Driver(response(size), pieces);
          const link = await open(driver);
          expect(await link.execute(COMMAND)).toEqual(response(size));
          expect(driver.written).toEqual([COMMAND]);
        },
      ),
      { numRuns: 50 },
    );
  });

  it.each([
    ["no response", new Uint8Array(), /ended after 0 bytes/],
    ["half a header", response(20).subarray(0, 5), /ended after 5 bytes/],
    ["half a response", response(20).subarray(0, 15), /ended after 15 bytes/],
    ["more than its header says", Uint8Array.from([...response(20), 1]), /21 bytes for a response of 20/],
    ["a size of 3", bytes("8001000000030000000000"), /3 bytes/],
    ["a size beyond the kernel's buffer", bytes("8001000020000000000000"), /8192 bytes/],
  ])("that gives %s is lost, with the reason, and closed", async (_, given, why) => {
    const driver = new Driver(given);
    const link = await open(driver);
    await expect(link.execute(COMMAND)).rejects.toThrow(why);
    expect((await link.lost).message).toMatch(why);
    expect(driver.isClosed).toBe(true);
  });

  it("is cancelled through sysfs where the kernel has a file for that, and only while it executes", async () => {
    const folder = join(sysfs, "misc", "tpm7", "device");
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "cancel"), "");
    const driver = new Driver(response(12));
    const { promise: finished, resolve: finish } = deferred();
    const write = driver.write.bind(driver);
    driver.write = (...args) => finished.then(() => write(args[0], args[1], args[2]));
    const link = await open(driver);
    expect(link.cancelFile).toBe(join(folder, "cancel"));
    link.cancel();
    const answered = link.execute(COMMAND);
    expect(await readFile(join(folder, "cancel"), "utf8")).toBe("");
    link.cancel();
    while ((await readFile(join(folder, "cancel"), "utf8")) === "") await null;
    finish();
    expect(await answered).toEqual(response(12));
    expect(await readFile(join(folder, "cancel"), "utf8")).toBe("-");
    // The kernel has none for a TPM 2.0.
    expect((await open(driver, "/dev/tpm8")).cancelFile).toBeNull();
  });

  it.each([
    ["EBUSY", /another program has it open.*\/dev\/tpmrm0/],
    ["ETIME", /did not answer in time/],
    ["EIO", /the TPM failed/],
    ["EACCES", /no permission/],
  ])("says %s in words", async (errorCode, words) => {
    const driver = new Driver(response(12));
    driver.write = async () => Promise.reject(Object.assign(new Error("it failed"), { code: errorCode }));
    await expect((await open(driver)).execute(COMMAND)).rejects.toThrow(words);
  });

  it("is none where there is no character device", async () => {
    await expect(DeviceLink.connect(join(sysfs, "nothing"))).rejects.toThrow(/no such device/);
    const file = join(sysfs, "file");
    await writeFile(file, "");
    await expect(DeviceLink.connect(file)).rejects.toThrow(TpmLinkError);
    await expect(DeviceLink.connect(file)).rejects.toThrow(/no character device/);
  });
});
