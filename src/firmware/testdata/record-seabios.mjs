// Boots SeaBIOS in QEMU with swtpm until it finds nothing to boot, then takes the event log from the guest's memory and
// the PCRs from the TPM (through its TIS registers): seabios-event-log.bin and seabios-pcrs.json.
//   node src/firmware/testdata/record-seabios.mjs
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startQemu, TIS } from "../../tis/testdata/qtest.mjs";

const MEMORY_MB = 16;
const BOOT_SECONDS = 15;
const BANKS = { sha1: 0x0004, sha256: 0x000b, sha384: 0x000c, sha512: 0x000d };

const sleep = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
const { qtest, stop } = await startQemu([
  "-machine",
  "pc,accel=tcg",
  "-m",
  `${MEMORY_MB}`,
  "-vga",
  "std",
  "-net",
  "none",
]);
const write8 = (offset, value) => qtest(`writeb ${TIS + offset} ${value}`);
const read8 = async (offset) => Number(BigInt(await qtest(`readb ${TIS + offset}`)) & 0xffn);

async function execute(command) {
  await write8(0x00, 0x02);
  await write8(0x18, 0x40);
  for (const byte of command) await write8(0x24, byte);
  await write8(0x18, 0x20);
  while (((await read8(0x18)) & 0x10) === 0) await sleep(0.01);
  const response = [];
  while ((await read8(0x18)) & 0x10) response.push(await read8(0x24));
  return Buffer.from(response);
}

async function readPcr(algorithm, index) {
  const select = [0, 0, 0];
  select[index >> 3] = 1 << (index & 7);
  const command = [0x80, 1, 0, 0, 0, 20, 0, 0, 1, 0x7e, 0, 0, 0, 1, algorithm >> 8, algorithm & 0xff, 3, ...select];
  const response = await execute(command);
  if (response.readUInt32BE(6) !== 0) throw new Error(`PCR_Read answered ${response.toString("hex")}`);
  // Header, update counter, the selection echoed, count 1, then the digest's size and bytes.
  const digest = response.subarray(10 + 4 + 10 + 4);
  return digest.subarray(2, 2 + digest.readUInt16BE(0)).toString("hex");
}

try {
  await sleep(BOOT_SECONDS);
  const memory = Buffer.from((await qtest(`read 0 ${MEMORY_MB << 20}`)).slice(2), "hex");
  // The signature also stands in SeaBIOS's own code; in the log an event header for PCR 0, EV_NO_ACTION is before it.
  let start = -1;
  for (let at = memory.indexOf("Spec ID Event03"); at >= 0; at = memory.indexOf("Spec ID Event03", at + 1)) {
    if (at >= 32 && memory.readUInt32LE(at - 32) === 0 && memory.readUInt32LE(at - 28) === 3) start = at - 32;
  }
  if (start < 0) throw new Error("No event log in the guest's memory: did SeaBIOS find the TPM?");
  writeFileSync(join(import.meta.dirname, "seabios-event-log.bin"), memory.subarray(start, start + 0x1000));
  const pcrs = {};
  for (const [name, algorithm] of Object.entries(BANKS)) {
    pcrs[name] = [];
    for (let index = 0; index < 10; index++) pcrs[name].push(await readPcr(algorithm, index));
  }
  writeFileSync(join(import.meta.dirname, "seabios-pcrs.json"), `${JSON.stringify(pcrs, null, 2)}\n`);
} finally {
  stop();
}
