import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { marshalCommand } from "../../src/node/index.ts";
import { changedPcr } from "./pcrs.ts";
import { getRandom, pcrExtend } from "./testkit/tpm.ts";

describe("which PCR a command changes", () => {
  const octets = new Uint8Array(0);
  const complete = (pcrHandle: number | "TPM_RH_NULL") =>
    marshalCommand("EventSequenceComplete", {
      handles: { pcrHandle, sequenceHandle: "TRANSIENT_FIRST" },
      parameters: { buffer: octets },
    });
  test.each([
    ["TPM2_PCR_Extend", pcrExtend(16), 16],
    [
      "TPM2_PCR_Event",
      marshalCommand("PCR_Event", { handles: { pcrHandle: 4 }, parameters: { eventData: octets } }),
      4,
    ],
    ["TPM2_PCR_Reset", marshalCommand("PCR_Reset", { handles: { pcrHandle: 23 } }), 23],
    ["TPM2_EventSequenceComplete", complete(10), 10],
  ])("%s: the one in its first handle", (_name, command, pcr) => {
    expect(changedPcr(command)).toBe(pcr);
  });

  test("none with TPM_RH_NULL in place of a PCR", () => {
    expect(changedPcr(complete("TPM_RH_NULL"))).toBeNull();
  });

  test("none for other commands and for what is too short to have a handle", () => {
    expect(changedPcr(getRandom)).toBeNull();
    expect(changedPcr(pcrExtend(16).subarray(0, 13))).toBeNull();
    expect(changedPcr(octets)).toBeNull();
  });

  test("no octets whatever make it throw", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(20), (tail, cut) => {
        const command = new Uint8Array([...pcrExtend(16).subarray(0, cut), ...tail]);
        const pcr = changedPcr(command);
        expect(pcr === null || (pcr >= 0 && pcr < 32)).toBe(true);
      }),
    );
  });
});
