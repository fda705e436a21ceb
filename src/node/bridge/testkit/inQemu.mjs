// Runs in a guest of QEMU whose kernel has a TPM at /dev/tpm0: the bridge to it, and a client of the bridge. Prints one line of
// JSON for each thing that was tried. What it imports was built before.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { WebSocket } from "ws";
import { DeviceLink } from "../../../../dist/node/backends/index.js";
import { bridgedTpm } from "../../../../dist/remote/index.js";

const TABTPM = new URL("../../bin/tabtpm.mjs", import.meta.url).pathname;
const DEVICE = "/dev/tpm0";
const say = (what, value) => console.log(JSON.stringify({ what, value }));
const hex = (bytes) => Buffer.from(bytes).toString("hex");

const bridge = spawn(process.execPath, [TABTPM, "bridge", "--to", `device:${DEVICE}`], {
  stdio: ["ignore", "pipe", "pipe"],
});
let [output, errors] = ["", ""];
bridge.stderr.on("data", (text) => {
  errors += text;
});
const url = await new Promise((resolve, reject) => {
  bridge.stdout.on("data", (text) => {
    output += text;
    const found = /ws:\S+/.exec(output);
    if (found) resolve(found[0]);
  });
  bridge.on("exit", (code) => reject(new Error(`the bridge ended with ${code}: ${errors}`)));
});
say("bridge", output.replace(/#.*/s, "#..."));

const tpm = bridgedTpm({ url, open: (address, protocol) => new WebSocket(address, protocol) });
await tpm.ready;
await tpm.powerOn();
say("name", tpm.name.replace(/ws:.*/, "ws:..."));
say("shared", tpm.shared);
for (const line of process.argv.slice(2)) {
  const [name, command] = line.split("=");
  say(name, hex(await tpm.execute(Uint8Array.from(Buffer.from(command, "hex")))));
}

const busy = await DeviceLink.connect(DEVICE).then(
  () => "it was opened twice",
  (error) => error.message,
);
say("busy", busy);

// The kernel has a file that cancels for a TPM 1.2 and none for a 2.0.
say(
  "cancel in sysfs",
  ["tpm", "misc"].some((folder) => existsSync(`/sys/class/${folder}/tpm0/device/cancel`)),
);
const abort = new AbortController();
const cancelled = tpm.execute(Uint8Array.from(Buffer.from("80010000000c0000017b0008", "hex")), {
  signal: abort.signal,
});
abort.abort();
say("after a cancel", hex(await cancelled).slice(0, 20));

await tpm.close();
bridge.removeAllListeners("exit");
const ended = new Promise((resolve) => bridge.once("exit", resolve));
bridge.kill("SIGTERM");
say("the bridge's exit code", await ended);
say(
  "refused",
  [...errors.matchAll(/guest's (\S+) was refused/g)].map(([, name]) => name),
);
say("end", true);
