// One boot to the prompt, as the page does it: TPM in a Worker, state in IndexedDB. Driven by bench/boot.mjs.
import wasmUrl from "v86/build/v86.wasm?url";
import { fetchGuest } from "../../src/guest/browser.ts";
import { createMachine, createTpm } from "../../src/index.ts";

declare global {
  interface Window {
    bootOnce?: (kind: { tpm: boolean; jit: "auto" | "always" | "never" }) => Promise<BootTimes>;
  }
}

/** Milliseconds from power-on. */
interface BootTimes {
  kernel: number;
  shell: number;
}

window.bootOnce = async ({ tpm: withTpm, jit }) => {
  const images = await fetchGuest({ base: new URL("guest/", document.baseURI) });
  const wasm = await (await fetch(wasmUrl)).arrayBuffer();
  const tpm = withTpm ? createTpm({ store: { kind: "indexeddb", name: "bench" } }) : undefined;
  await tpm?.ready;
  const machine = await createMachine({ images, wasm, jit, ...(tpm && { tpm }) });
  const start = performance.now();
  let kernel = 0;
  const shell = new Promise<number>((resolve) => {
    machine.on("stage", (stage) => {
      if (stage === "kernel") kernel = performance.now() - start;
      if (stage === "shell") resolve(performance.now() - start);
    });
  });
  await machine.powerOn();
  const times = { kernel, shell: await shell };
  times.kernel = kernel;
  await machine.destroy();
  await tpm?.close();
  return times;
};
