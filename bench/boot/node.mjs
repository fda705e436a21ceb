// One boot to the prompt in Node, and some work there: wall time and CPU seconds of the whole process. Driven by bench/boot.mjs, a
// process each, with the kind as JSON.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { createMachine, createTpm, loadGuestFromDirectory } from "../../dist/node/index.js";

/** `work` is what is done at the prompt, all of it unless given. */
const { tpm: withTpm, jit, work: wanted } = JSON.parse(process.argv[2]);
/** A tool that starts, a key that is made, and a long loop. */
const WORK = {
  "tpm2_getrandom 8": "tpm2_getrandom --hex 8",
  tpm2_createprimary: "tpm2_createprimary -Q -c /tmp/p.ctx",
  "sha256sum of 20 MB": "head -c 20000000 /dev/zero | sha256sum",
};

/** Seconds of the wall clock and of the processors since `begin`. */
function meter() {
  const wall = performance.now();
  const cpu = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(cpu);
    return { wall: (performance.now() - wall) / 1000, cpu: (user + system) / 1e6 };
  };
}

const images = await loadGuestFromDirectory();
const wasm = await readFile(createRequire(import.meta.url).resolve("v86/build/v86.wasm"));
const tpm = withTpm ? createTpm({ store: { kind: "memory" }, thread: "worker" }) : undefined;
await tpm?.ready;
const whole = meter();
const machine = await createMachine({ images, wasm, jit, ...(tpm && { tpm }) });
let text = "";
let look = () => {};
machine.serial.on("text", (more) => {
  text += more;
  look();
});
const says = (words) =>
  new Promise((resolve) => {
    look = () => text.includes(words) && resolve();
    look();
  });
/** Millions of guest instructions until the kernel and the prompt: a boot has far less than the counter's 32 bits. */
const instructions = {};
const prompt = new Promise((resolve) =>
  machine.on("stage", (stage) => {
    instructions[stage] = (machine.emulator.get_instruction_counter() >>> 0) / 1e6;
    if (stage === "shell") resolve();
  }),
);
await machine.powerOn();
await prompt;
const results = { boot: whole() };
let number = 0;
// Without the compiler the long loop takes three minutes.
const work = Object.entries(WORK).filter(([name]) => wanted === undefined || wanted.includes(name));
for (const [name, command] of withTpm && jit !== "never" ? work : []) {
  const end = meter();
  // The echo has the name of the variable where the output has its value.
  machine.serial.send(`n=${++number}; ${command} > /dev/null && echo "done <$n>"\n`);
  await says(`done <${number}>`);
  results[name] = end();
}
process.stdout.write(`${JSON.stringify({ results, instructions })}\n`);
await machine.destroy();
await tpm?.close();
