import { expect, test } from "vitest";
import { type FramedWindow, isFramedByStranger } from "./frame.ts";

/** A window in its frames, the outermost first; null is an origin that may not be asked. */
function windowIn(...origins: (string | null)[]): FramedWindow {
  let inner: FramedWindow | undefined;
  for (const origin of origins) {
    const made = {
      parent: inner as FramedWindow,
      get location(): { origin: string } {
        if (origin === null) throw new DOMException("Blocked a frame", "SecurityError");
        return { origin };
      },
    };
    if (inner === undefined) made.parent = made;
    inner = made;
  }
  return inner as FramedWindow;
}
const here = "https://tabtpm.test";

test.each([
  ["alone", [here], false],
  ["in a page of its own origin", [here, here], false],
  ["two deep in pages of its own origin", [here, here, here], false],
  ["in a page that may not be asked", [null, here], true],
  ["in a page of another origin", ["https://other.test", here], true],
  ["in a page of its own origin that a stranger frames", [null, here, here], true],
  ["in a stranger's frame in a page of its own origin", [here, null, here], true],
])("%s", (_, frames, expected) => {
  expect(isFramedByStranger(windowIn(...frames))).toBe(expected);
});
