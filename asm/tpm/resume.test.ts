/** What is kept, and what is not, when a TPM goes on: by TPM2_Startup(STATE), or from a saved volatile state. */
import { describe, expect, it } from "vitest";
import { command, password, sized, TestTpm, u16, u32 } from "../testkit/harness.ts";
import { ALG, RH } from "../testkit/names.ts";

const CC = {
  PCR_Extend: 0x182,
  PCR_SetAuthValue: 0x183,
  PCR_SetAuthPolicy: 0x12c,
  ReadClock: 0x181,
  GetRandom: 0x17b,
} as const;
const RC = { SUCCESS: 0, BAD_AUTH_SESSION_1: 0x9a2, AUTH_TYPE: 0x124 } as const;
const RESUMED = 0;
const [SU_CLEAR, SU_STATE] = [0, 1];
/** The PCRs that share an authValue and a policy, and a locality that may extend them. */
const GROUP = [20, 21, 22];
const LOCALITY = 2;
const AUTH = [5, 6];

const extend = (pcr: number, auth: number[]) => command(CC.PCR_Extend, [pcr], [u32(0)], [password(auth)]);
const setAuthValue = command(CC.PCR_SetAuthValue, [20], [sized(AUTH)], [password()]);
const setPolicy = command(
  CC.PCR_SetAuthPolicy,
  [RH.PLATFORM],
  [sized(new Uint8Array(32).fill(1)), u16(ALG.SHA256), u32(20)],
  [password()],
);

function saveVolatile(tpm: TestTpm): Uint8Array {
  const size = tpm.core.saveVolatile();
  return new Uint8Array(tpm.core.memory.buffer, tpm.core.stateBuffer(), size).slice();
}

function resume(permanent: Uint8Array, volatile: Uint8Array): TestTpm {
  const tpm = new TestTpm({ blob: permanent, seed: "another", now: 77_000 });
  new Uint8Array(tpm.core.memory.buffer).set(volatile, tpm.core.stateBuffer());
  expect(tpm.core.loadVolatile(volatile.length)).toBe(RESUMED);
  return tpm;
}

function startedAgain(tpm: TestTpm, type: number): TestTpm {
  const again = tpm.powerCycle();
  expect(again.startup(type).rc).toBe(RC.SUCCESS);
  return again;
}
function afterShutdown(tpm: TestTpm, shutdown: number, startup: number): TestTpm {
  expect(tpm.shutdown(shutdown).rc).toBe(RC.SUCCESS);
  return startedAgain(tpm, startup);
}

/** Part 1, 12.2.3: the ways to go on, and whether the state that Shutdown(STATE) saves goes on too. */
const WAYS: [name: string, isResume: boolean, goOn: (tpm: TestTpm) => TestTpm][] = [
  ["TPM Resume", true, (tpm) => afterShutdown(tpm, SU_STATE, SU_STATE)],
  ["a saved volatile state", true, (tpm) => resume(tpm.save(), saveVolatile(tpm))],
  [
    "a saved volatile state, twice",
    true,
    (tpm) => [1, 2].reduce((each) => resume(each.save(), saveVolatile(each)), tpm),
  ],
  ["TPM Restart", false, (tpm) => afterShutdown(tpm, SU_STATE, SU_CLEAR)],
  ["TPM Reset", false, (tpm) => afterShutdown(tpm, SU_CLEAR, SU_CLEAR)],
  ["TPM Reset after a disorderly shutdown", false, (tpm) => startedAgain(tpm, SU_CLEAR)],
];

describe.each(WAYS)("the PCRs' authorization after %s", (_name, isResume, goOn) => {
  it(`has ${isResume ? "its" : "no"} authValue`, () => {
    const tpm = TestTpm.started();
    expect(tpm.run(setAuthValue).rc).toBe(RC.SUCCESS);
    const again = goOn(tpm);
    for (const pcr of GROUP) {
      expect(again.run(extend(pcr, AUTH), LOCALITY).rc).toBe(isResume ? RC.SUCCESS : RC.BAD_AUTH_SESSION_1);
      expect(again.run(extend(pcr, []), LOCALITY).rc).toBe(isResume ? RC.BAD_AUTH_SESSION_1 : RC.SUCCESS);
      expect(again.run(extend(pcr, AUTH.slice(0, 1)), LOCALITY).rc).toBe(RC.BAD_AUTH_SESSION_1);
    }
    // The others never have one.
    expect(again.run(extend(23, []), LOCALITY).rc).toBe(RC.SUCCESS);
  });

  it("has its policy, which is permanent", () => {
    const tpm = TestTpm.started();
    expect(tpm.run(setPolicy).rc).toBe(RC.SUCCESS);
    const again = goOn(tpm);
    for (const pcr of GROUP) expect(again.run(extend(pcr, []), LOCALITY).rc).toBe(RC.AUTH_TYPE);
    expect(again.run(extend(23, []), LOCALITY).rc).toBe(RC.SUCCESS);
  });
});

describe("Clock of a TPM that goes on from a saved volatile state", () => {
  function clockOf(tpm: TestTpm): bigint {
    const response = tpm.run(command(CC.ReadClock));
    expect(response.rc).toBe(RC.SUCCESS);
    return response.view.getBigUint64(18);
  }

  it("is the saved one, which the store need not have yet", () => {
    const tpm = TestTpm.started();
    const stored = tpm.stored as Uint8Array;
    tpm.now += 3000;
    expect(clockOf(tpm)).toBe(3000n);
    expect(tpm.stored).toBe(stored);
    expect(clockOf(resume(stored, saveVolatile(tpm)))).toBe(3000n);
  });

  it("does not go back behind the stored one, which is later when the TPM went on after it was saved", () => {
    const tpm = TestTpm.started();
    tpm.now += 3000;
    expect(clockOf(tpm)).toBe(3000n);
    const volatile = saveVolatile(tpm);
    tpm.now += 10_000;
    expect(tpm.run(command(CC.GetRandom, [], [u16(8)])).rc).toBe(RC.SUCCESS);
    const again = resume(tpm.stored as Uint8Array, volatile);
    expect(clockOf(again)).toBe(13_000n);
    again.now += 500;
    expect(clockOf(again)).toBe(13_500n);
  });
});
