import { describe, expect, it } from "vitest";
import { ALG, command, concat, password, RH, sized, TestTpm, u16, u32 } from "../../testkit/harness.ts";

const codes = (...list: number[]) => concat(u32(list.length), ...list.map(u32));
const ppCommands = (set: number[], clear: number[]) =>
  command(0x12d, [RH.PLATFORM], [codes(...set), codes(...clear)], [password()]);
/** TPM_CAP_PP_COMMANDS */
function listed(tpm: TestTpm): number[] {
  const { view } = tpm.run(command(0x17a, [], [u32(3), u32(0), u32(254)]));
  return Array.from({ length: view.getUint32(15) }, (_, i) => view.getUint32(19 + 4 * i));
}
const setPolicy = (handle: number) => command(0x12e, [handle], [u16(0), u16(ALG.NULL)], [password()]);

describe("TPM2_PP_Commands", () => {
  it("needs physical presence itself, always", () => {
    const tpm = TestTpm.started();
    expect(listed(tpm)).toEqual([0x12d]);
    expect(tpm.run(ppCommands([], [])).rc).toBe(0x990);
    tpm.core.physicalPresence(1);
    expect(tpm.run(ppCommands([], [0x12d])).rc).toBe(0);
    expect(listed(tpm)).toEqual([0x12d]);
    tpm.core.physicalPresence(0);
    expect(tpm.run(ppCommands([], [])).rc).toBe(0x990);
  });

  it("asks for physical presence with the platform's authorization, of the commands that may ask", () => {
    const tpm = TestTpm.started();
    tpm.core.physicalPresence(1);
    // Not of GetRandom, Startup or what does not exist; clearList comes last.
    expect(tpm.run(ppCommands([0x12e, 0x17b, 0x144, 0x126, 0x11e, 0x1fe, 0xffffffff], [0x126, 0x127])).rc).toBe(0);
    expect(listed(tpm)).toEqual([0x12d, 0x12e]);
    tpm.core.physicalPresence(0);
    expect(tpm.run(setPolicy(RH.PLATFORM)).rc).toBe(0x990);
    expect(tpm.run(setPolicy(RH.OWNER)).rc).toBe(0);
    // The list is permanent; presence is not.
    const again = tpm.powerCycle();
    again.startup();
    expect(listed(again)).toEqual([0x12d, 0x12e]);
    expect(again.run(setPolicy(RH.PLATFORM)).rc).toBe(0x990);
    again.core.physicalPresence(1);
    expect(again.run(setPolicy(RH.PLATFORM)).rc).toBe(0);
    expect(again.run(ppCommands([], [0x12e])).rc).toBe(0);
    again.core.physicalPresence(0);
    expect(again.run(setPolicy(RH.PLATFORM)).rc).toBe(0);
  });

  it("is the platform's, and takes lists that fit", () => {
    const tpm = TestTpm.started();
    tpm.core.physicalPresence(1);
    expect(tpm.run(command(0x12d, [RH.OWNER], [codes(), codes()], [password()])).rc).toBe(0x184);
    expect(tpm.run(command(0x12d, [RH.PLATFORM], [u32(255)], [password()])).rc).toBe(0x1d5);
    expect(tpm.run(command(0x12d, [RH.PLATFORM], [codes(), u32(255)], [password()])).rc).toBe(0x2d5);
    expect(tpm.run(command(0x12d, [RH.PLATFORM], [codes(), u32(1)], [password()])).rc).toBe(0x2da);
    expect(tpm.run(command(0x12d, [RH.PLATFORM], [codes(), codes()])).rc).toBe(0x125);
    tpm.storeFails = true;
    const before = tpm.stateHash();
    expect(tpm.run(ppCommands([0x12e], [])).rc).toBe(0x923);
    expect(tpm.stateHash()).toBe(before);
  });
});

describe("TPM2_SetAlgorithmSet", () => {
  const set = (handle: number, value: number) => command(0x13f, [handle], [u32(value)], [password()]);
  const algorithmSet = (tpm: TestTpm) => tpm.run(command(0x17a, [], [u32(6), u32(0x20c), u32(1)])).view.getUint32(23);

  it("keeps the number, and the next start must be a TPM Reset", () => {
    const tpm = TestTpm.started();
    expect(tpm.shutdown(1).rc).toBe(0);
    expect(tpm.run(set(RH.OWNER, 1)).rc).toBe(0x184);
    expect(tpm.powerCycle().startup(1).rc).toBe(0);
    expect(tpm.run(set(RH.PLATFORM, 0x12345678)).rc).toBe(0);
    expect(algorithmSet(tpm)).toBe(0x12345678);
    expect(tpm.powerCycle().startup(1).rc).toBe(0x1c4);
    expect(tpm.shutdown(1).rc).toBe(0);
    expect(tpm.powerCycle().startup(1).rc).toBe(0x1c4);
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
    expect(tpm.run(command(0x129, [RH.PLATFORM], [sized([1])], [password()])).rc).toBe(0);
    expect(tpm.run(ppCommands([], [])).rc).toBe(0x990);
    tpm.core.physicalPresence(1);
    expect(tpm.run(ppCommands([], [])).rc).toBe(0x9a2);
  });
});
