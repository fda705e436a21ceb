// Plays random but sensible accesses on the tpm-tis device of a real QEMU (through its qtest protocol, with swtpm as
// the TPM) and writes what it answered to qemu-tis.trace. README.md says how the trace is used.
//   node src/tis/testdata/record-qemu.mjs
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startQemu, TIS } from "./qtest.mjs";

const STEPS = 2500;
const [ACCESS, INT_ENABLE, INT_VECTOR, CAPABILITY, STS] = [0x00, 0x08, 0x0c, 0x14, 0x18];
const [FIFO, INTERFACE_ID, XFIFO, DID_VID, RID] = [0x24, 0x30, 0x80, 0xf00, 0xf04];
const ACTIVE = 0x20;
const DATA_AVAILABLE = 0x10;
const SUFFIX = { 1: "b", 2: "w", 4: "l" };

let seed = 20261;
const below = (bound) => {
  seed ^= seed << 13;
  seed ^= seed >>> 17;
  seed ^= seed << 5;
  return (seed >>> 0) % bound;
};
const pick = (values) => values[below(values.length)];

/** Commands whose answers are the same on any TPM that is in the same state. */
const COMMANDS = [
  "80010000000c000001440000", // Startup(CLEAR)
  "80010000000c000001450001", // Shutdown(STATE)
  "8001000000140000017e00000001000403000100", // PCR_Read(sha1: 0)
  "8001000000160000017a000000060000010000000001", // GetCapability(TPM_PT_FAMILY_INDICATOR)
  "80010000000a0000ffff", // no such command
  "80010000000a00000144", // Startup without its parameter
  "80010000000e0000017d00000000", // Hash, cut short
].map((hex) => Buffer.from(hex, "hex"));

const { qtest, stop } = await startQemu(["-machine", "q35,accel=tcg", "-S", "-nodefaults"]);

const trace = [];
const hex = (value, digits) => value.toString(16).padStart(digits, "0");
const peek = async (offset, size) =>
  Number(BigInt(await qtest(`read${SUFFIX[size]} 0x${hex(TIS + offset, 8)}`)) & BigInt(2 ** (8 * size) - 1));

async function read(offset, size) {
  const value = await peek(offset, size);
  trace.push(`r${size} ${hex(offset, 4)} ${hex(value, 2 * size)}`);
  return value;
}

async function write(offset, size, value) {
  await qtest(`write${SUFFIX[size]} 0x${hex(TIS + offset, 8)} 0x${hex(value, 2 * size)}`);
  trace.push(`w${size} ${hex(offset, 4)} ${hex(value, 2 * size)}`);
}

async function activeLocality() {
  for (let locality = 0; locality < 4; locality++) {
    if ((await peek((locality << 12) | ACCESS, 1)) & ACTIVE) return locality;
  }
  return null;
}

/** A locality that has just got the TPM finds in QEMU what it left when it last had it: so it says commandReady first. */
async function changeLocality() {
  const before = await activeLocality();
  await write((below(4) << 12) | ACCESS, 1, pick([0x02, 0x02, 0x02, 0x20, 0x20, 0x08, 0x10]));
  const after = await activeLocality();
  if (after === null || after === before) return;
  await write((after << 12) | STS, 1, 0x40);
  received = null;
  drained = false;
}

const readAnywhere = async () => {
  const register = pick([ACCESS, ACCESS, ACCESS, INT_ENABLE, INT_VECTOR, CAPABILITY, INTERFACE_ID, DID_VID, RID, 0x40]);
  const size = pick([1, 2, 4]);
  // Not across the border to STS, whose half burstCount differs.
  const lane = register === CAPABILITY ? 0 : below(3);
  await read((below(5) << 12) + register + lane, size);
};

/** The bytes of the current command that have been written, or null when none is being written. */
let received = null;
let command = COMMANDS[0];
let written = 0;
/** The response has been read to its end: then QEMU's burstCount counts on, ours is 0. */
let drained = false;

async function step(locality) {
  const page = locality << 12;
  const status = await peek(page | STS, 4);
  if (!drained && below(3) === 0)
    await read(
      ...pick([
        [page | STS, 1],
        [page | STS, 4],
        [page | (STS + 1), 1],
        [page | (STS + 2), 1],
      ]),
    );
  else if (drained) await read(page | STS, 1);

  if (status & DATA_AVAILABLE) {
    const size = pick([1, 1, 2, 4]);
    await read(page | pick([FIFO, XFIFO, XFIFO + 0x3c]), size);
    drained = ((await peek(page | STS, 1)) & DATA_AVAILABLE) === 0;
    if (below(20) === 0) {
      await write(page | STS, 1, 0x02);
      drained = false;
    }
    return;
  }
  if (drained || received === null || below(60) === 0) {
    if (drained && below(4) === 0) await read(page | FIFO, pick([1, 2, 4]));
    await write(page | STS, pick([1, 4]), 0x40);
    received = [];
    drained = false;
    command = trace.length < 20 ? COMMANDS[0] : pick(COMMANDS);
    written = 0;
    return;
  }
  if (written < command.length) {
    const size = pick([1, 1, 2, 4].filter((bytes) => bytes <= command.length - written));
    await write(page | pick([FIFO, XFIFO]), size, command.readUIntLE(written, size));
    written += size;
    if (below(10) === 0) await write(page | STS, 1, written < command.length ? 0x20 : 0x02);
    return;
  }
  if (below(8) === 0) await write(page | FIFO, 1, 0xee);
  await write(page | STS, 1, 0x20);
  for (let polls = 0; ((await peek(page | STS, 1)) & DATA_AVAILABLE) === 0; polls++) {
    if (polls > 10_000) throw new Error("QEMU's TPM does not answer.");
  }
  // The response, taken without a trace and then rewound, tells the replay what its TPM has to answer.
  const size = ((await peek(page | STS, 4)) >>> 8) & 0xffff;
  const response = [];
  for (let i = 0; i < size; i++) response.push(await peek(page | FIFO, 1));
  await qtest(`writeb 0x${hex(TIS + (page | STS), 8)} 0x02`);
  trace.push(`answer ${Buffer.from(response).toString("hex")}`);
  received = null;
}

try {
  for (let locality = 0; locality < 5; locality++) {
    for (const register of [ACCESS, INT_ENABLE, INT_VECTOR, CAPABILITY, STS, FIFO, INTERFACE_ID, DID_VID, RID]) {
      // The vector is the board's; it is 5 in QEMU whether it is used or not.
      await read((locality << 12) | register, 4);
    }
  }
  for (let i = 0; i < STEPS; i++) {
    const locality = await activeLocality();
    if (locality === null || below(12) === 0) await changeLocality();
    else await step(locality);
    if (below(4) === 0) await readAnywhere();
    if (below(100) === 0) await write(0x4000 | pick([ACCESS, STS, FIFO]), 1, below(256));
  }
  const version = spawnSync("qemu-system-x86_64", ["--version"], { encoding: "utf8" }).stdout.split("\n")[0];
  const file = join(import.meta.dirname, "qemu-tis.trace");
  writeFileSync(file, `# ${version}\n${trace.join("\n")}\n`);
  console.log(`${file}: ${trace.length} accesses`);
} finally {
  stop();
}
