import { describe, expect, it } from "vitest";
import { command, concat, password, sized, TestTpm, u16, u32 } from "../../testkit/harness.ts";
import { ALG, CC, PT, RH, rc } from "../../testkit/names.ts";
import { property } from "../../testkit/readings.ts";

const codes = (...list: number[]) => concat(u32(list.length), ...list.map(u32));
const ppCommands = (set: number[], clear: number[]) =>
  command(CC.PP_Commands, [RH.PLATFORM], [codes(...set), codes(...clear)], [password()]);
/** TPM_CAP_PP_COMMANDS */
function listed(tpm: TestTpm): number[] {
  const { view } = tpm.run(command(CC.GetCapability, [], [u32(3), u32(0), u32(254)]));
  return Array.from({ length: view.getUint32(15) }, (_, i) => view.getUint32(19 + 4 * i));
}
const setPolicy = (handle: number) => command(CC.SetPrimaryPolicy, [handle], [u16(0), u16(ALG.NULL)], [password()]);

describe("TPM2_PP_Commands", () => {
  it("needs physical presence itself, always", () => {
    const tpm = TestTpm.started();
    expect(listed(tpm)).toEqual([CC.PP_Commands]);
    expect(tpm.run(ppCommands([], [])).rc).toBe(rc("TPM_RC_PP", { session: 1 }));
    tpm.core.physicalPresence(1);
    expect(tpm.run(ppCommands([], [CC.PP_Commands])).rc).toBe(0);
    expect(listed(tpm)).toEqual([CC.PP_Commands]);
    tpm.core.physicalPresence(0);
    expect(tpm.run(ppCommands([], [])).rc).toBe(rc("TPM_RC_PP", { session: 1 }));
  });

  it("asks for physical presence with the platform's authorization, of the commands that may ask", () => {
    const tpm = TestTpm.started();
    tpm.core.physicalPresence(1);
    // Not of GetRandom, Startup or what does not exist; clearList comes last.
    expect(
      tpm.run(
        ppCommands(
          [CC.SetPrimaryPolicy, CC.GetRandom, CC.Startup, CC.Clear, 0x11e, 0x1fe, 0xffffffff],
          [CC.Clear, CC.ClearControl],
        ),
      ).rc,
    ).toBe(0);
    expect(listed(tpm)).toEqual([CC.PP_Commands, CC.SetPrimaryPolicy]);
    tpm.core.physicalPresence(0);
    expect(tpm.run(setPolicy(RH.PLATFORM)).rc).toBe(rc("TPM_RC_PP", { session: 1 }));
    expect(tpm.run(setPolicy(RH.OWNER)).rc).toBe(0);
    // The list is permanent; presence is not.
    const again = tpm.powerCycle();
    again.startup();
    expect(listed(again)).toEqual([CC.PP_Commands, CC.SetPrimaryPolicy]);
    expect(again.run(setPolicy(RH.PLATFORM)).rc).toBe(rc("TPM_RC_PP", { session: 1 }));
    again.core.physicalPresence(1);
    expect(again.run(setPolicy(RH.PLATFORM)).rc).toBe(0);
    expect(again.run(ppCommands([], [CC.SetPrimaryPolicy])).rc).toBe(0);
    again.core.physicalPresence(0);
    expect(again.run(setPolicy(RH.PLATFORM)).rc).toBe(0);
  });

  it("is the platform's, and takes lists that fit", () => {
    const tpm = TestTpm.started();
    tpm.core.physicalPresence(1);
    expect(tpm.run(command(CC.PP_Commands, [RH.OWNER], [codes(), codes()], [password()])).rc).toBe(
      rc("TPM_RC_VALUE", { handle: 1 }),
    );
    expect(tpm.run(command(CC.PP_Commands, [RH.PLATFORM], [u32(255)], [password()])).rc).toBe(
      rc("TPM_RC_SIZE", { parameter: 1 }),
    );
    expect(tpm.run(command(CC.PP_Commands, [RH.PLATFORM], [codes(), u32(255)], [password()])).rc).toBe(
      rc("TPM_RC_SIZE", { parameter: 2 }),
    );
    expect(tpm.run(command(CC.PP_Commands, [RH.PLATFORM], [codes(), u32(1)], [password()])).rc).toBe(
      rc("TPM_RC_INSUFFICIENT", { parameter: 2 }),
    );
    expect(tpm.run(command(CC.PP_Commands, [RH.PLATFORM], [codes(), codes()])).rc).toBe(rc("TPM_RC_AUTH_MISSING"));
    tpm.storeFails = true;
    const before = tpm.stateHash();
    expect(tpm.run(ppCommands([CC.SetPrimaryPolicy], [])).rc).toBe(rc("TPM_RC_NV_UNAVAILABLE"));
    expect(tpm.stateHash()).toBe(before);
  });
});

describe("TPM2_SetAlgorithmSet", () => {
  const set = (handle: number, value: number) => command(CC.SetAlgorithmSet, [handle], [u32(value)], [password()]);
  const algorithmSet = (tpm: TestTpm) => property(tpm, PT.ALGORITHM_SET);

  it("keeps the number, and the next start must be a TPM Reset", () => {
    const tpm = TestTpm.started();
    expect(tpm.shutdown(1).rc).toBe(0);
    expect(tpm.run(set(RH.OWNER, 1)).rc).toBe(rc("TPM_RC_VALUE", { handle: 1 }));
    expect(tpm.powerCycle().startup(1).rc).toBe(0);
    expect(tpm.run(set(RH.PLATFORM, 0x12345678)).rc).toBe(0);
    expect(algorithmSet(tpm)).toBe(0x12345678);
    expect(tpm.powerCycle().startup(1).rc).toBe(rc("TPM_RC_VALUE", { parameter: 1 }));
    expect(tpm.shutdown(1).rc).toBe(0);
    expect(tpm.powerCycle().startup(1).rc).toBe(rc("TPM_RC_VALUE", { parameter: 1 }));
    const again = tpm.powerCycle();
    expect(again.startup(0).rc).toBe(0);
    expect(algorithmSet(again)).toBe(0x12345678);
    expect(again.shutdown(1).rc).toBe(0);
    expect(again.powerCycle().startup(1).rc).toBe(0);
  });
});

describe("physical presence", () => {
  it("is asked for before the authorization is checked", () => {
    const tpm = TestTpm.started();
    expect(tpm.run(command(CC.HierarchyChangeAuth, [RH.PLATFORM], [sized([1])], [password()])).rc).toBe(0);
    expect(tpm.run(ppCommands([], [])).rc).toBe(rc("TPM_RC_PP", { session: 1 }));
    tpm.core.physicalPresence(1);
    expect(tpm.run(ppCommands([], [])).rc).toBe(rc("TPM_RC_BAD_AUTH", { session: 1 }));
  });
});
