/** The client can say every command of Part 3, and understands what the core answers to it. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { TestTpm } from "../../asm/testkit/harness.ts";
import { type Command, commands } from "../spec/commands.ts";
import { valuesWith } from "../spec/generate/sizes.ts";
import type { World } from "../spec/generate/testkit/interpreter.ts";
import { wireOf } from "../spec/generate/testkit/wire.ts";
import { limitsOf } from "../spec/limits.ts";
import type { Field } from "../spec/rows.ts";
import { TpmClient } from "./client.ts";
import { TpmError, TpmFormatError } from "./errors.ts";
import { unmarshalValue } from "./unmarshal.ts";
import type { TpmStructure } from "./values.ts";

const world: World = {
  values: valuesWith(limitsOf("full")),
  algorithm: () => true,
  curve: () => true,
  keyBits: () => true,
};
/** Tries at values for a command; some octets that the tables allow are none of a type all the same. */
const TRIES = 8;

/** Values of fields, whatever they mean. @throws TpmFormatError when the octets are none. */
function valuesOf(fields: readonly Field[], seed: number): TpmStructure {
  return Object.fromEntries(
    fields.map(({ name, type }, i) => {
      const [wire] = fc.sample(wireOf(type, true, world), { numRuns: 1, seed: seed + i });
      return [name, unmarshalValue(type, wire ?? new Uint8Array(0))];
    }),
  );
}

const tpm = TestTpm.started();

test.each(commands.map((command) => [command.name, command] as const))(
  "%s goes onto the wire from values of its types, and its response comes back as values or as a TpmError",
  async (name, command: Command) => {
    let executed = 0;
    const client = new TpmClient({
      async execute(octets, { locality = 0 } = {}) {
        expect(new DataView(octets.buffer, octets.byteOffset).getUint32(6)).toBe(command.code);
        executed++;
        return tpm.run(octets, locality).bytes;
      },
    });
    for (let seed = 0; seed < TRIES; seed++) {
      let input: { handles: TpmStructure; parameters: TpmStructure };
      try {
        input = {
          handles: valuesOf(command.handles, 10 * seed),
          parameters: valuesOf(command.parameters, 10 * seed + 5),
        };
      } catch (error) {
        expect(error).toBeInstanceOf(TpmFormatError);
        continue;
      }
      try {
        // The values are of the types that the tables say, which the compiler can't see of a name that is not known before.
        const output = await client.call(name, input as never);
        const given = { ...(output.handles as TpmStructure), ...(output.parameters as TpmStructure) };
        expect(Object.keys(given)).toEqual(
          [...command.responseHandles, ...command.response].map((field) => field.name),
        );
      } catch (error) {
        expect(error).toBeInstanceOf(TpmError);
      }
    }
    expect(executed).toBeGreaterThan(0);
  },
);
