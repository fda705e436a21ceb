// One boot to the prompt in Node and tpm2_createprimary there, with the moments that tell the parts of both: `boot.mjs JIT` prints them as
// JSON. CPU time is that of the whole process since the machine was made, instructions are the guest's.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { createMachine, createTpm, loadGuestFromDirectory } from "../../dist/node/index.js";

/** Said on the console, in this order; the first that is not said is left out, as other kernels say other things. */
const WORDS = [
  ["Linux version", "the firmware, and the kernel unpacks itself"],
  ["tpm_tis", "the kernel until its TPM driver"],
  ["Freeing unused", "the other drivers, IMA, the initrd is unpacked"],
];
const jit = process.argv[2];
const images = await loadGuestFromDirectory();
const wasm = await readFile(createRequire(import.meta.url).resolve("v86/build/v86.wasm"));
const tpm = createTpm({ store: { kind: "memory" } });
await tpm.ready;
const start = process.cpuUsage();
const machine = await createMachine({ images, wasm, jit, tpm });

const inTpm = { commands: 0, time: 0 };
/** Of the first and the last command since the last look, and the instructions before each. */
const commands = { first: undefined, last: undefined, gaps: [] };
const now = () => {
  const { user, system } = process.cpuUsage(start);
  return {
    cpu: (user + system) / 1e6,
    instructions: (machine.emulator.get_instruction_counter() >>> 0) / 1e6,
    commands: inTpm.commands,
    tpm: inTpm.time / 1e3,
  };
};
tpm.on("command", ({ command, duration }) => {
  inTpm.commands++;
  inTpm.time += duration;
  const at = now();
  const code = new DataView(command.buffer, command.byteOffset).getUint32(6);
  commands.gaps.push({ code, instructions: at.instructions - (commands.last ?? at).instructions });
  commands.last = at;
  commands.first ??= commands.last;
});

let text = "";
let look = () => {};
machine.serial.on("text", (more) => {
  text += more;
  look();
});
const says = (words) =>
  new Promise((resolve) => {
    look = () => text.includes(words) && resolve(now());
    look();
  });
const prompt = new Promise((resolve) => machine.on("stage", (stage) => stage === "shell" && resolve(now())));

const moments = [];
const atPrompt = prompt.then((at) => moments.push(["/init until the prompt", at]));
await machine.powerOn();
for (const [words, part] of WORDS) {
  const at = await Promise.race([says(words), atPrompt.then(() => undefined)]);
  if (at) moments.push([part, at]);
}
await atPrompt;

/** Runs a tool; the parts are those before its first command, until its last one, and until it has ended. */
async function tool(command, word) {
  Object.assign(commands, { first: undefined, last: undefined, gaps: [] });
  const begin = now();
  // The echo has the name of the variable where the output has its value.
  machine.serial.send(`n=${word}; ${command} > /dev/null && echo "done <$n>"\n`);
  const end = await says(`done <${word}>`);
  return { begin, first: commands.first ?? end, last: commands.last ?? end, end, gaps: commands.gaps };
}
const first = await tool("tpm2_createprimary -Q -c /tmp/p.ctx", "first");
const warm = await tool("tpm2_createprimary -Q -c /tmp/p.ctx", "second");
process.stdout.write(`${JSON.stringify({ moments, tools: { "the first time": first, "once more": warm } })}\n`);
await machine.destroy();
await tpm.close();
