/** A process of its own that owns a file store: killed in the middle of commits, or racing others for the lock. */
import { writeSync } from "node:fs";
import process from "node:process";
import { FileStore } from "../file.ts";

const [task, dir = "", start = "0"] = process.argv.slice(2);
const store = new FileStore({ dir });
const say = (line: string) => writeSync(1, `${line}\n`);

/** A blob that shows which commit it is and whether it is whole. */
function blobOf(counter: number): Uint8Array {
  const blob = new Uint8Array(4096 + (counter % 7) * 1000).fill(counter & 0xff);
  new DataView(blob.buffer).setUint32(0, counter);
  return blob;
}

if (task === "commit-forever") {
  await store.open();
  say("open");
  for (let counter = Number(start); ; counter++) {
    await store.commit(blobOf(counter));
    say(String(counter));
  }
} else if (task === "claim") {
  // All claimants start at the same moment.
  await new Promise((resolve) => process.stdin.once("data", resolve));
  try {
    await store.open();
    say("won");
  } catch (error) {
    say((error as Error).name);
  }
  await new Promise((resolve) => process.stdin.once("data", resolve));
  process.exit(0);
}
