import { readFileSync } from "node:fs";
import type { V86, V86Options } from "v86";
import { onTestFinished } from "vitest";
import { installed } from "./installedV86.ts";

/** As little as what these programs need: memory outside of the heap makes V8 collect garbage all the time. */
export const RAM_SIZE = 4 << 20;
const VIDEO_RAM_SIZE = 1 << 20;
export const v86Wasm = new WebAssembly.Module(readFileSync(installed.wasm));

/** An emulator of the installed v86; destroyed after the test, since one that runs on takes a whole processor. */
export function makeEmulator(options: V86Options): V86 {
  const emulator = new installed.V86({
    wasm_fn: async (imports) => (await WebAssembly.instantiate(v86Wasm, imports)).exports,
    memory_size: RAM_SIZE,
    vga_memory_size: VIDEO_RAM_SIZE,
    acpi: true,
    disable_keyboard: true,
    disable_mouse: true,
    disable_speaker: true,
    ...options,
  });
  // Not by an afterEach of this module, which only the first file of a thread would have.
  onTestFinished(() => emulator.destroy());
  return emulator;
}

export function loaded(emulator: V86): Promise<void> {
  return new Promise((resolve) => emulator.add_listener("emulator-loaded", () => resolve()));
}

/** Lets the emulator run until the condition holds. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

/** More than the milliseconds after which a processor that is held asks again. */
const POLL_MS = 5;

/**
 * Lets everything that is due run, and a processor that is held ask again: timers fire in the order in which they are
 * due, on a machine of any speed. For what must not happen.
 */
export async function pause(): Promise<void> {
  for (let polls = 0; polls < 3; polls++) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
}
