/** A process that forgets to close its TPM. */
import process from "node:process";
import { pathToFileURL } from "node:url";
import { createTpmOn } from "../create.ts";
import { nodePlatform, startNodeWorker } from "../node.ts";
import { responseCode, startup } from "./commands.ts";

const [wasm = "", worker = ""] = process.argv.slice(2);
const tpm = createTpmOn(
  { ...nodePlatform, startWorker: (store) => startNodeWorker(pathToFileURL(worker), store) },
  { thread: "worker", wasm: new URL(wasm) },
);
await tpm.powerOn();
process.stdout.write(`${responseCode(await tpm.execute(startup()))}\n`);
