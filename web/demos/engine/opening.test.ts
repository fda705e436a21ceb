import { describe, expect, test } from "vitest";
import type { TpmCommandEvent } from "../../../src/index.ts";
import { openingOf } from "./demo.ts";
import { SECRET } from "./lines.ts";
import type { Heard } from "./witness.ts";

/** TPM2_Unseal with a password session, and what it answers: a TPM2B in front of the sessions. */
function unseal(answer: string | null): Heard {
  const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));
  const data = new TextEncoder().encode(answer ?? "");
  const size = (octets: number) => octets.toString(16).padStart(4, "0");
  const command = hex(`8002 0000001b 0000015e 8100de01 00000009 40000009 0000 00 0000`);
  const response =
    answer === null
      ? hex("8001 0000000a 0000099d")
      : hex(
          `8002 0000${size(14 + 2 + data.length + 5)} 00000000 0000${size(2 + data.length)} ${size(data.length)} ${Buffer.from(data).toString("hex")} 0000 01 0000`,
        );
  return { name: "Unseal", succeeded: answer !== null, event: { command, response } as TpmCommandEvent };
}
const failed = (name: string): Heard => ({ name, succeeded: false, event: { reason: null } as TpmCommandEvent });

describe("a secret is open", () => {
  test("when the TPM gave the very one that was sealed, whatever Linux asks behind it", () => {
    expect(openingOf([unseal(`${SECRET}\n`), failed("ContextSave")])).toEqual({ isOpen: true, refused: null });
  });

  test("not when it gave another, or nothing was asked", () => {
    expect(openingOf([unseal("another")]).isOpen).toBe(false);
    expect(openingOf([])).toEqual({ isOpen: false, refused: null });
  });

  test("not when it refused: the last refusal is told", () => {
    const refused = unseal(null);
    const opening = openingOf([failed("PolicyPCR"), refused, failed("FlushContext")]);
    expect(opening).toEqual({ isOpen: false, refused: refused.event });
  });
});
