// Many TPMs in one process, each powered on and started: `node --expose-gc many.mjs CLONE COUNT` prints CPU time and memory as JSON.
// A process of its own for each measurement, since memory is not given back.
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";

const [, , clone, count] = process.argv;
const { createTpm } = await import(pathToFileURL(join(clone, "dist/node/index.js")).href);
const STARTUP = Uint8Array.of(0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x44, 0, 0);
/** Long enough for V8's own work after the last TPM was made. */
const REST_MS = 500;

/** KiB, after what is garbage is gone. */
function resident() {
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage.rss() / 1024;
}
const cpu = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

const tpms = [];
async function make() {
  const tpm = createTpm({ store: { kind: "memory" } });
  await tpm.powerOn();
  const answer = tpm.executeSync(STARTUP);
  if (answer[8] !== 0 || answer[9] !== 0) throw new Error("TPM2_Startup failed");
  tpms.push(tpm);
}

// The first one pays for what all share.
await make();
const [memory, from] = [resident(), cpu()];
for (let i = 0; i < Number(count); i++) await make();
const used = cpu() - from;
await sleep(REST_MS);
console.log(JSON.stringify({ cpu: used, resident: (resident() - memory) / Number(count) }));
for (const tpm of tpms) await tpm.close();
