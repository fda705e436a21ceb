import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { command, Response, u16 } from "../../testkit/harness.ts";
import { CC } from "../../testkit/names.ts";
import { answerOf, commandOf, NvModel, type Operation, operations, powerCommands } from "../../testkit/nvModel.ts";
import { Swtpm, swtpmIsInstalled } from "../../testkit/swtpm.ts";

/** The same operations, by the same model, on libtpms: it is the model that is tested here. */
async function play(list: Operation[]): Promise<void> {
  const swtpm = await Swtpm.start();
  const run = async (bytes: Uint8Array) => new Response(await swtpm.run(bytes));
  const model = new NvModel();
  try {
    expect((await run(command(CC.Startup, [], [u16(0)]))).rc).toBe(0);
    for (const operation of list) {
      if (operation.kind === "power") {
        const { before, after } = powerCommands(operation.cycle);
        if (before) expect((await run(before)).rc).toBe(0);
        await swtpm.init();
        expect((await run(after)).rc).toBe(0);
        model.power(operation.cycle);
        continue;
      }
      const { rc, parameters } = await run(commandOf(operation));
      expect({ operation, answer: answerOf(rc, parameters) }).toEqual({ operation, answer: model.answer(operation) });
    }
  } finally {
    await swtpm.stop();
  }
}

describe.runIf(swtpmIsInstalled())("libtpms", () => {
  it("does with NV what the model says", { timeout: 120_000 }, async () => {
    await fc.assert(fc.asyncProperty(operations(["crash", "reset", "restart", "resume"], 150), play), { numRuns: 25 });
  });
});
