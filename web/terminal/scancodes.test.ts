import { expect, test } from "vitest";
import { scanCodes } from "./scancodes.ts";

test("keys are those of the PC's keyboard, pressed and let go", () => {
  // From the table of IBM's PS/2 keyboard: A is 1E, Esc 01, F10 44, F12 58, arrow up E0 48.
  expect(scanCodes("KeyA", true)).toEqual([0x1e]);
  expect(scanCodes("KeyA", false)).toEqual([0x9e]);
  expect(scanCodes("KeyP", true)).toEqual([0x19]);
  expect(scanCodes("KeyL", true)).toEqual([0x26]);
  expect(scanCodes("KeyM", true)).toEqual([0x32]);
  expect(scanCodes("Digit0", true)).toEqual([0x0b]);
  expect(scanCodes("Escape", true)).toEqual([0x01]);
  expect(scanCodes("F10", true)).toEqual([0x44]);
  expect(scanCodes("F12", false)).toEqual([0xd8]);
  expect(scanCodes("ArrowUp", true)).toEqual([0xe0, 0x48]);
  expect(scanCodes("ArrowUp", false)).toEqual([0xe0, 0xc8]);
  expect(scanCodes("MediaPlayPause", true)).toEqual([]);
});
