import fc from "fast-check";
import { expect, it } from "vitest";
import { TestTpm } from "../../testkit/harness.ts";
import { answerOf, commandOf, NvModel, type Operation, operations, powerCommands } from "../../testkit/nvModel.ts";

/** Runs the operations on a TPM and on the model; they must answer the same. */
function play(list: Operation[]): void {
  let tpm = TestTpm.started();
  const model = new NvModel();
  for (const operation of list) {
    if (operation.kind === "power") {
      const { before, after } = powerCommands(operation.cycle);
      if (before) expect(tpm.run(before).rc).toBe(0);
      tpm = tpm.powerCycle();
      expect(tpm.run(after).rc).toBe(0);
      model.power(operation.cycle);
      continue;
    }
    const { rc, parameters } = tpm.run(commandOf(operation));
    expect({ operation, answer: answerOf(rc, parameters) }).toEqual({ operation, answer: model.answer(operation) });
  }
}

it("NV commands and power cycles do what Part 3, 31 says", () => {
  fc.assert(fc.property(operations(["crash", "reset", "restart", "resume"], 120), play), { numRuns: 8 });
});

it("an orderly counter never goes back, however the power goes", () => {
  const counter: Operation = { kind: "define", index: 0, type: 0x10, flags: 0x4000000, size: 8 };
  const step = fc.oneof(
    { arbitrary: fc.constant<Operation>({ kind: "increment", index: 0 }), weight: 60 },
    { arbitrary: fc.constant<Operation>({ kind: "read", index: 0, size: 8, offset: 0 }), weight: 5 },
    {
      arbitrary: fc
        .constantFrom("crash" as const, "reset" as const)
        .map((cycle) => ({ kind: "power" as const, cycle })),
      weight: 1,
    },
  );
  const steps = fc.array(step, { minLength: 400, maxLength: 400 });
  fc.assert(
    fc.property(steps, (list) => play([counter, ...list])),
    { numRuns: 4 },
  );
});
