import { expect, test } from "vitest";
import { selectorsOf } from "./lights.ts";

test("a light is on a row where it says which, and on the title of a panel that is folded", () => {
  expect(selectorsOf({ panel: "pcrs", pcr: 16 })).toEqual(['.registers tr[data-pcr="16"]', ".registers[data-folded]"]);
  const [row] = selectorsOf({ panel: "commands", command: "TPM2_Create" });
  expect(row).toBe('.commands li[data-command="TPM2_Create"]:nth-child(1 of [data-command="TPM2_Create"])');
  expect(selectorsOf({ panel: "log" })).toEqual([".event-log"]);
});

test("nothing but a number and a name gets into a selector", () => {
  expect(selectorsOf({ panel: "commands", command: '"], *' })).toEqual([".commands"]);
  expect(selectorsOf({ panel: "pcrs", pcr: 1.5 })).toEqual([".registers"]);
});
