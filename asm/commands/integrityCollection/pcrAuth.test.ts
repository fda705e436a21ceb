import { describe, expect, it } from "vitest";
import { command, concat, password, sized, TestTpm, u16, u32 } from "../../testkit/harness.ts";
import { ALG, RH } from "../../testkit/names.ts";

const BAD_AUTH = 0x9a2;
const AUTH = [5, 6, 7];
/** The one group of PCRs that has an authValue. */
const GROUP = [20, 21, 22];

const setAuth = (pcr: number, auth: number[], old: number[] = []) =>
  command(0x183, [pcr], [sized(auth)], [password(old)]);
/** TPM2_PCR_Extend at locality 2, which may extend all of the group. */
const extend = (tpm: TestTpm, pcr: number, auth: number[]) => {
  const digest = concat(u16(ALG.SHA256), new Uint8Array(32));
  return tpm.run(command(0x182, [pcr], [u32(1), digest], [password(auth)]), 2).rc;
};
/** Which authValue the group has. */
function authOf(tpm: TestTpm): "set" | "empty" {
  const answers = GROUP.map((pcr) => [extend(tpm, pcr, AUTH), extend(tpm, pcr, [])]);
  const [first] = answers as [number[]];
  for (const answer of answers) expect(answer).toEqual(first);
  expect([...first].sort()).toEqual([0, BAD_AUTH]);
  return first[0] === 0 ? "set" : "empty";
}

describe("the authValue of PCRs", () => {
  it("is one for the group, and none for other PCRs", () => {
    const tpm = TestTpm.started();
    expect(authOf(tpm)).toBe("empty");
    expect(tpm.run(setAuth(21, [...AUTH, 0])).rc).toBe(0);
    expect(authOf(tpm)).toBe("set");
    expect(tpm.run(setAuth(20, [], AUTH)).rc).toBe(0);
    expect(authOf(tpm)).toBe("empty");
    for (const pcr of [0, 16, 19, 23]) expect(tpm.run(setAuth(pcr, AUTH)).rc).toBe(0x84);
  });

  it("is kept by TPM Resume, and empty after TPM Restart and TPM Reset", () => {
    const tpm = TestTpm.started();
    tpm.run(setAuth(20, AUTH));
    tpm.shutdown(1);
    const resumed = tpm.powerCycle();
    expect(resumed.startup(1).rc).toBe(0);
    expect(authOf(resumed)).toBe("set");
    for (const type of [1, 0]) {
      resumed.shutdown(type);
      const again = resumed.powerCycle();
      expect(again.startup(0).rc).toBe(0);
      expect(authOf(again)).toBe("empty");
    }
    // Nor does power that is cut bring it back.
    const cut = tpm.powerCycle();
    cut.startup();
    expect(authOf(cut)).toBe("empty");
  });

  it("is emptied by TPM2_Clear, not by a new platform seed", () => {
    const tpm = TestTpm.started();
    tpm.run(setAuth(20, AUTH));
    expect(tpm.run(command(0x125, [RH.PLATFORM], [], [password()])).rc).toBe(0);
    expect(authOf(tpm)).toBe("set");
    expect(tpm.run(command(0x126, [RH.PLATFORM], [], [password()])).rc).toBe(0);
    expect(authOf(tpm)).toBe("empty");
  });

  it("cannot change after TPM2_Shutdown(STATE) without undoing it", () => {
    const tpm = TestTpm.started();
    tpm.shutdown(1);
    expect(tpm.run(setAuth(20, AUTH)).rc).toBe(0);
    const again = tpm.powerCycle();
    expect(again.startup(1).rc).toBe(0x1c4);
    expect(again.startup(0).rc).toBe(0);
    expect(authOf(again)).toBe("empty");
  });
});
