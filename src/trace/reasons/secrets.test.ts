import fc from "fast-check";
import { expect, it } from "vitest";
import { commands } from "../../spec/commands.ts";
import { refusal } from "../../spec/refusals.ts";
import { markedOf, shownIn } from "../testkit/marked.ts";
import { explainRefusal } from "./explain.ts";

/** A response of a bare header. */
const response = (rc: number) => Uint8Array.of(0x80, 1, 0, 0, 0, 10, 0, 0, rc >> 8, rc & 0xff);

it("a reason shows nothing of what is secret, of a command whole or cut short", () => {
  for (const command of commands) {
    fc.assert(
      fc.property(markedOf(command), fc.nat(), fc.nat(), ({ octets }, cut, at) => {
        for (const sent of [octets, octets.subarray(0, cut % octets.length)]) {
          const reason = refusal("PARAMETER_VALUE", { position: at % (octets.length + 1) });
          for (const rc of [0x1c4, 0x1d5, 0x1da]) {
            const explained = explainRefusal({ command: sent, response: response(rc), reason });
            expect(shownIn(explained?.text ?? "")).toBeNull();
          }
        }
      }),
      { numRuns: 10 },
    );
  }
});
