// Boots OVMF on a real QEMU with its tpm-crb device and swtpm behind it, and writes what the device was asked and answered
// to ovmf-crb.trace: QEMU's trace events have the registers, swtpm's log the commands and responses, which go through the
// buffer. README.md says how the trace is used.
//   node src/crb/testdata/record-ovmf.mjs
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const OVMF = "/usr/share/ovmf/OVMF.fd";
const START = 0x4c;
const SWTPM_STARTS_MS = 500;
const LOOK_MS = 1000;
/** OVMF measures for the last time before it looks for something to boot: then it is quiet. */
const QUIET_LOOKS = 15;

const folder = mkdtempSync(join(tmpdir(), "tabtpm-crb-"));
const file = (name) => join(folder, name);
const swtpm = spawn("swtpm", [
  ...["socket", "--tpm2", "--tpmstate", `dir=${folder}`, "--ctrl", `type=unixio,path=${file("ctrl")}`],
  ...["--log", `file=${file("swtpm.log")},level=20`],
]);
await sleep(SWTPM_STARTS_MS);
const qemu = spawn("qemu-system-x86_64", [
  ...["-machine", "q35,accel=tcg", "-m", "256", "-display", "none", "-net", "none", "-no-reboot", "-bios", OVMF],
  ...["-chardev", `socket,id=c,path=${file("ctrl")}`, "-tpmdev", "emulator,id=t,chardev=c"],
  ...["-device", "tpm-crb,tpmdev=t", "-trace", "tpm_crb_mmio*", "-D", file("registers.log")],
]);

const read = (name) => readFileSync(file(name), "utf8");

/** Every access to a register: [letter, offset, bytes, value]. */
function accesses() {
  return [...read("registers.log").matchAll(/CRB (read|write) 0x([0-9a-f]+) len:(\d) val: (0x[0-9a-f]+|\d+)/g)].map(
    ([, kind, offset, size, value]) => {
      const bytes = Number(size);
      // The event tells what is at the offset and behind it; the guest gets what it has asked for.
      return [kind[0], Number.parseInt(offset, 16), bytes, Number(BigInt(value) & (BigInt(2 ** (8 * bytes)) - 1n))];
    },
  );
}

/** What swtpm has received and answered, as hex. */
function messages(direction) {
  return [
    ...read("swtpm.log").matchAll(new RegExp(`SWTPM_IO_${direction}: length \\d+\n((?: [0-9A-F ]+\n)+)`, "g")),
  ].map(([, dump]) => dump.replaceAll(/\s/g, "").toLowerCase());
}

try {
  for (let quiet = 0, before = 0; quiet < QUIET_LOOKS; quiet++) {
    await sleep(LOOK_MS);
    const { length } = read("registers.log");
    if (length !== before || length === 0) quiet = 0;
    before = length;
  }
  const all = accesses();
  const started = all.filter(([kind, offset, , value]) => kind === "w" && offset === START && value & 1).length;
  // The first are QEMU's own.
  const commands = messages("Read").slice(-started);
  const answers = messages("Write").slice(-started);
  const trace = [];
  let [next, executing] = [0, false];
  let same = 0;
  const hex = (value, digits) => value.toString(16).padStart(digits, "0");
  for (const [kind, offset, size, value] of all) {
    const starts = kind === "w" && offset === START && (value & 1) === 1;
    if (starts) trace.push(`command ${commands[next]}`);
    if (executing && kind === "r" && offset === START && (value & 1) === 0) {
      trace.push(`answer ${answers[next++]}`);
      executing = false;
    }
    const line = `${kind}${size} ${hex(offset, 4)} ${hex(value, 2 * size)}`;
    // How often OVMF polls is the machine's affair.
    same = line === trace.at(-1) && offset === START ? same + 1 : 0;
    if (same === 0 || kind === "w") trace.push(line);
    if (starts) executing = true;
  }
  const version = spawnSync("qemu-system-x86_64", ["--version"], { encoding: "utf8" }).stdout.split("\n")[0];
  const path = join(import.meta.dirname, "ovmf-crb.trace");
  writeFileSync(path, `# ${version}\n${trace.join("\n")}\n`);
  console.log(`${path}: ${trace.length} lines, ${started} commands`);
} finally {
  qemu.kill();
  swtpm.kill();
  rmSync(folder, { recursive: true });
}
