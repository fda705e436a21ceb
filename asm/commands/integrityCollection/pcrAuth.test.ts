import { describe, expect, it } from "vitest";
import { command, concat, password, sized, TestTpm, u16, u32 } from "../../testkit/harness.ts";
import { ALG, CC, RH, rc } from "../../testkit/names.ts";

const SUCCESS = rc("TPM_RC_SUCCESS");
const BAD_AUTH = rc("TPM_RC_BAD_AUTH", { session: 1 });
const [SU_CLEAR, SU_STATE] = [0, 1];
const AUTH = [5, 6, 7];
/** The one group of PCRs that has an authValue and a policy; and one that has neither. */
const GROUP = [20, 21, 22];
const OTHER = 23;

const setAuth = (pcr: number, auth: number[], old: number[] = []) =>
  command(CC.PCR_SetAuthValue, [pcr], [sized(auth)], [password(old)]);
const setPolicy = command(
  CC.PCR_SetAuthPolicy,
  [RH.PLATFORM],
  [sized(new Uint8Array(32).fill(1)), u16(ALG.SHA256), u32(20)],
  [password()],
);
/** TPM2_PCR_Extend at locality 2, which may extend all of the group. */
const extend = (tpm: TestTpm, pcr: number, auth: number[]) => {
  const digest = concat(u16(ALG.SHA256), new Uint8Array(32));
  return tpm.run(command(CC.PCR_Extend, [pcr], [u32(1), digest], [password(auth)]), 2).rc;
};
/** Which authValue the group has. */
function authOf(tpm: TestTpm): "set" | "empty" {
  const answers = GROUP.map((pcr) => [extend(tpm, pcr, AUTH), extend(tpm, pcr, [])]);
  const [first] = answers as [number[]];
  for (const answer of answers) expect(answer).toEqual(first);
  expect([...first].sort()).toEqual([SUCCESS, BAD_AUTH]);
  for (const pcr of GROUP) expect(extend(tpm, pcr, AUTH.slice(0, 1))).toBe(BAD_AUTH);
  expect(extend(tpm, OTHER, [])).toBe(SUCCESS);
  return first[0] === SUCCESS ? "set" : "empty";
}

function startedAgain(tpm: TestTpm, type: number): TestTpm {
  const again = tpm.powerCycle();
  expect(again.startup(type).rc).toBe(SUCCESS);
  return again;
}
function afterShutdown(tpm: TestTpm, shutdown: number, startup: number): TestTpm {
  expect(tpm.shutdown(shutdown).rc).toBe(SUCCESS);
  return startedAgain(tpm, startup);
}
const resumed = (tpm: TestTpm) => TestTpm.resumed(tpm.save(), tpm.saveVolatile());

/** Part 1, 12.2.3: the ways to go on, and whether the state that Shutdown(STATE) saves goes on too. */
const WAYS: [name: string, isResume: boolean, goOn: (tpm: TestTpm) => TestTpm][] = [
  ["TPM Resume", true, (tpm) => afterShutdown(tpm, SU_STATE, SU_STATE)],
  ["a saved volatile state", true, resumed],
  ["a saved volatile state, twice", true, (tpm) => resumed(resumed(tpm))],
  ["TPM Restart", false, (tpm) => afterShutdown(tpm, SU_STATE, SU_CLEAR)],
  ["TPM Reset", false, (tpm) => afterShutdown(tpm, SU_CLEAR, SU_CLEAR)],
  ["TPM Reset after a disorderly shutdown", false, (tpm) => startedAgain(tpm, SU_CLEAR)],
];

describe("the authValue of PCRs", () => {
  it("is one for the group, and none for other PCRs", () => {
    const tpm = TestTpm.started();
    expect(authOf(tpm)).toBe("empty");
    expect(tpm.run(setAuth(21, [...AUTH, 0])).rc).toBe(SUCCESS);
    expect(authOf(tpm)).toBe("set");
    expect(tpm.run(setAuth(20, [], AUTH)).rc).toBe(SUCCESS);
    expect(authOf(tpm)).toBe("empty");
    for (const pcr of [0, 16, 19, OTHER]) expect(tpm.run(setAuth(pcr, AUTH)).rc).toBe(rc("TPM_RC_VALUE"));
  });

  it.each(WAYS)("after %s is set: %s", (_name, isResume, goOn) => {
    const tpm = TestTpm.started();
    expect(tpm.run(setAuth(20, AUTH)).rc).toBe(SUCCESS);
    expect(authOf(goOn(tpm))).toBe(isResume ? "set" : "empty");
  });

  it("that a TPM Resume kept is lost with the power, or with TPM Restart and TPM Reset", () => {
    const tpm = TestTpm.started();
    tpm.run(setAuth(20, AUTH));
    for (const [, isResume, goOn] of WAYS) {
      if (isResume) continue;
      const kept = afterShutdown(tpm, SU_STATE, SU_STATE);
      expect(authOf(kept)).toBe("set");
      expect(authOf(goOn(kept))).toBe("empty");
    }
  });

  it("is emptied by TPM2_Clear, not by a new platform seed", () => {
    const tpm = TestTpm.started();
    tpm.run(setAuth(20, AUTH));
    expect(tpm.run(command(CC.ChangePPS, [RH.PLATFORM], [], [password()])).rc).toBe(SUCCESS);
    expect(authOf(tpm)).toBe("set");
    expect(tpm.run(command(CC.Clear, [RH.PLATFORM], [], [password()])).rc).toBe(SUCCESS);
    expect(authOf(tpm)).toBe("empty");
  });

  it("cannot change after TPM2_Shutdown(STATE) without undoing it", () => {
    const tpm = TestTpm.started();
    tpm.shutdown(SU_STATE);
    expect(tpm.run(setAuth(20, AUTH)).rc).toBe(SUCCESS);
    const again = tpm.powerCycle();
    expect(again.startup(SU_STATE).rc).toBe(rc("TPM_RC_VALUE", { parameter: 1 }));
    expect(again.startup(SU_CLEAR).rc).toBe(SUCCESS);
    expect(authOf(again)).toBe("empty");
  });
});

describe("the authPolicy of PCRs", () => {
  it.each(WAYS)("is permanent, so it is there after %s", (_name, _isResume, goOn) => {
    const tpm = TestTpm.started();
    expect(tpm.run(setPolicy).rc).toBe(SUCCESS);
    const again = goOn(tpm);
    for (const pcr of GROUP) expect(extend(again, pcr, [])).toBe(rc("TPM_RC_AUTH_TYPE"));
    expect(extend(again, OTHER, [])).toBe(SUCCESS);
  });
});
