/** A PC in Node with a TPM in memory, for demos to run on. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import {
  type BootChange,
  changedBoot,
  createMachine,
  createTpm,
  KeptFolder,
  loadGuestFromDirectory,
  type Machine,
  MemoryDatabase,
} from "../../../src/node/index.ts";
import type { DemoGround } from "../engine/ground.ts";

const PROMPT = new RegExp(`tabtpm# (${"\x1b"}\\[J)?$`);
const WINDOW = 64;

export interface NodeGround extends DemoGround {
  /** All that the consoles have shown. */
  text(): string;
  close(): Promise<void>;
}

export async function nodeGround(): Promise<NodeGround> {
  const tpm = createTpm({ store: { kind: "memory" } });
  const folder = await KeptFolder.open(new MemoryDatabase());
  const images = await loadGuestFromDirectory();
  const wasm = await readFile(createRequire(import.meta.url).resolve("v86/build/v86.wasm"));
  let machine: Machine | null = null;
  const switchOn = async (change: BootChange) => {
    machine = await createMachine({ images, wasm, tpm, files: folder, ...changedBoot(images, change) });
    await machine.powerOn();
  };
  let before = "";
  const dismantle = async () => {
    before += machine?.serial.text() ?? "";
    await machine?.powerOff();
    await machine?.destroy();
    machine = null;
  };
  return {
    tpm,
    machine: () => machine,
    files: async () => folder,
    async boot(change: BootChange) {
      await dismantle();
      await switchOn(change);
    },
    async restore(permanent) {
      await dismantle();
      await tpm.importState(permanent);
      await switchOn({});
    },
    async clone(permanent) {
      const clone = createTpm({ store: { kind: "memory" } });
      await clone.importState(permanent);
      return clone;
    },
    async run(line, signal) {
      const { serial } = machine!;
      const atPrompt = (text: () => string) =>
        new Promise<void>((resolve, reject) => {
          const onAbort = () => {
            remove();
            reject(signal.reason);
          };
          const look = () => {
            if (!PROMPT.test(text().slice(-WINDOW))) return;
            remove();
            signal.removeEventListener("abort", onAbort);
            resolve();
          };
          const remove = serial.on("text", look);
          signal.addEventListener("abort", onAbort);
          look();
        });
      await atPrompt(() => serial.text());
      let shown = "";
      const undo = serial.on("text", (text) => {
        shown += text;
      });
      serial.send(`${line}\n`);
      // The line's own echo ends the prompt that was there.
      await atPrompt(() => (shown.includes("\n") ? shown : ""));
      undo();
    },
    text: () => before + (machine?.serial.text() ?? ""),
    async close() {
      await dismantle();
      await tpm.close();
    },
  };
}
