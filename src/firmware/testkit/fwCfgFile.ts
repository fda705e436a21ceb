/** Files of QEMU's firmware configuration device, read through its DMA interface by qtest. [QEMU, docs/specs/fw_cfg.rst] */

const DMA_ADDRESS_LOW_PORT = 0x518;
const DIRECTORY = 0x19;
const SELECT_AND_READ = 0x08 | 0x02;
const ENTRY_SIZE = 64;
const NAME_AT = 8;
/** Where in guest memory the request and what is read are put. */
const REQUEST = 0x1000;
const TARGET = 0x10_0000;

type Qtest = (command: string) => Promise<string>;

/** @throws Error when there is no such file. */
export async function fwCfgFile(qtest: Qtest, name: string): Promise<Buffer> {
  const count = (await read(qtest, DIRECTORY, 4)).readUInt32BE();
  const directory = (await read(qtest, DIRECTORY, 4 + count * ENTRY_SIZE)).subarray(4);
  for (let at = 0; at < directory.length; at += ENTRY_SIZE) {
    const entry = directory.subarray(at, at + ENTRY_SIZE);
    if (entry.toString("latin1", NAME_AT).replace(/\0.*/s, "") !== name) continue;
    return read(qtest, entry.readUInt16BE(4), entry.readUInt32BE(0));
  }
  throw new Error(`QEMU has no file ${name}`);
}

async function read(qtest: Qtest, key: number, size: number): Promise<Buffer> {
  const request = Buffer.alloc(16);
  request.writeUInt32BE(((key << 16) | SELECT_AND_READ) >>> 0, 0);
  request.writeUInt32BE(size, 4);
  request.writeBigUInt64BE(BigInt(TARGET), 8);
  await qtest(`write 0x${REQUEST.toString(16)} 0x10 0x${request.toString("hex")}`);
  const address = Buffer.alloc(4);
  address.writeUInt32BE(REQUEST);
  await qtest(`outl 0x${DMA_ADDRESS_LOW_PORT.toString(16)} 0x${address.readUInt32LE().toString(16)}`);
  const hex = (await qtest(`read 0x${TARGET.toString(16)} 0x${size.toString(16)}`)).trim();
  return Buffer.from(hex.slice(2), "hex");
}
