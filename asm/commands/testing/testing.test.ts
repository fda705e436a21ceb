import { describe, expect, it } from "vitest";
import { command, type Response, TestTpm, u8, u16, u32 } from "../../testkit/harness.ts";
import { CC, rc } from "../../testkit/names.ts";

const selfTest = (full: boolean) => command(CC.SelfTest, [], [u8(full ? 1 : 0)]);
const incremental = (...algorithms: number[]) =>
  command(CC.IncrementalSelfTest, [], [u32(algorithms.length), ...algorithms.map((algorithm) => u16(algorithm))]);
const getTestResult = command(CC.GetTestResult);
const NEEDS_TEST = rc("TPM_RC_NEEDS_TEST");

function toDoList(response: Response): number[] {
  expect(response.rc).toBe(0);
  const count = response.view.getUint32(10);
  expect(response.size).toBe(14 + 2 * count);
  return Array.from({ length: count }, (_, i) => response.view.getUint16(14 + 2 * i));
}

/** A TPM whose slices are over at once. */
function sliced(): TestTpm {
  const tpm = TestTpm.started();
  tpm.tick = 20;
  return tpm;
}

/** What TPM_CAP_ALGS lists, except for what has no test of its own: KEYEDHASH, XOR, KDF2, SYMCIPHER. */
function testable(tpm: TestTpm): number[] {
  const { view } = tpm.run(command(CC.GetCapability, [], [u32(0), u32(0), u32(100)]));
  const all = Array.from({ length: view.getUint32(15) }, (_, i) => view.getUint16(19 + 6 * i));
  return all.filter((algorithm) => ![0x08, 0x0a, 0x21, 0x25].includes(algorithm));
}

describe("TPM2_SelfTest", () => {
  it.each([0, 1])("tests everything, in profile %i", (profile) => {
    const tpm = TestTpm.started({ profile });
    // libtpms says that all is well whatever was tested.
    expect(tpm.run(getTestResult).view.getUint32(12)).toBe(profile === 0 ? NEEDS_TEST : 0);
    expect(tpm.run(selfTest(true)).rc).toBe(0);
    expect([...tpm.run(getTestResult).body]).toEqual([0, 0, 0, 0, 0, 0]);
    expect(toDoList(tpm.run(incremental()))).toEqual([]);
    expect(tpm.run(selfTest(true)).rc).toBe(0);
    expect(tpm.run(selfTest(false)).rc).toBe(0);
  });

  it("runs in slices", () => {
    const tpm = sliced();
    expect(tpm.run(selfTest(true)).rc).toBe(0);
    expect(tpm.slices).toBeGreaterThan(30);
    expect(tpm.run(selfTest(false)).rc).toBe(0);
    expect(tpm.slices).toBe(1);
  });

  it("can be canceled between slices, and taken up again", () => {
    const tpm = sliced();
    const before = tpm.stateHash();
    expect(tpm.run(selfTest(true), 0, () => tpm.core.cancel()).rc).toBe(rc("TPM_RC_CANCELED"));
    expect(tpm.stateHash()).toBe(before);
    expect(tpm.run(getTestResult).view.getUint32(12)).toBe(NEEDS_TEST);
    expect(tpm.run(selfTest(false)).rc).toBe(0);
    expect(tpm.run(getTestResult).view.getUint32(12)).toBe(0);
  });

  it("a cancel that comes too early or too late does nothing", () => {
    const tpm = TestTpm.started();
    tpm.core.cancel();
    expect(tpm.run(selfTest(true)).rc).toBe(0);
    tpm.core.cancel();
    expect(tpm.run(selfTest(true)).rc).toBe(0);
  });

  it("_TPM_Init in the middle loses the command", () => {
    const tpm = sliced();
    const bytes = selfTest(true);
    new Uint8Array(tpm.core.memory.buffer).set(bytes, tpm.core.commandBuffer());
    expect(tpm.core.execute(bytes.length, 0)).toBe(0);
    tpm.core.powerOn();
    expect(tpm.core.step()).toBe(0);
    expect(tpm.run(getTestResult).rc).toBe(rc("TPM_RC_INITIALIZE"));
    expect(tpm.startup().rc).toBe(0);
  });

  it("takes only YES and NO", () => {
    const tpm = TestTpm.started();
    expect(tpm.run(command(CC.SelfTest, [], [u8(2)])).rc).toBe(rc("TPM_RC_VALUE", { parameter: 1 }));
  });
});

describe("TPM2_IncrementalSelfTest", () => {
  it.each([0, 1])("lists what the profile (%i) has and was not tested yet", (profile) => {
    const tpm = TestTpm.started({ profile });
    const all = testable(tpm);
    const toDo = toDoList(tpm.run(incremental()));
    expect(toDo).toEqual(all.filter((algorithm) => toDo.includes(algorithm)));
    // What TPM2_Startup needed for the seed and proof of the null hierarchy is no longer to be done.
    expect(all.length - toDo.length).toBeLessThan(5);
    expect(toDo).toContain(0x14);
  });

  it("tests what it is asked to, once", () => {
    const tpm = TestTpm.started();
    const before = toDoList(tpm.run(incremental()));
    const some = [0x0001, 0x001b, 0x0027, 0x0043, 0x0008, 0x0043];
    const after = toDoList(tpm.run(incremental(...some)));
    expect(after).toEqual(before.filter((algorithm) => !some.includes(algorithm)));
    expect(toDoList(tpm.run(incremental(...some)))).toEqual(after);
    expect(toDoList(tpm.run(incremental(...before)))).toEqual([]);
    expect(tpm.run(getTestResult).view.getUint32(12)).toBe(0);
  });

  it("works in slices, and can be canceled between them", () => {
    const tpm = sliced();
    const all = toDoList(tpm.run(incremental()));
    let canceled = 0;
    const cancelThird = (slice: number) => {
      if (slice === 3) tpm.core.cancel();
      canceled = slice;
    };
    expect(tpm.run(incremental(...all), 0, cancelThird).rc).toBe(rc("TPM_RC_CANCELED"));
    expect(canceled).toBe(3);
    expect(toDoList(tpm.run(incremental()))).toEqual(all.slice(3));
    expect(toDoList(tpm.run(incremental(...all)))).toEqual([]);
  });

  it("refuses an algorithm that the profile does not have", () => {
    for (const [profile, algorithm] of [
      [0, 0x0099],
      [0, 0x0010],
      [1, 0x0012],
      [1, 0x0027],
    ] as const) {
      const tpm = TestTpm.started({ profile });
      expect(tpm.run(incremental(0x000b, algorithm)).rc).toBe(rc("TPM_RC_VALUE", { parameter: 1 }));
    }
    expect(TestTpm.started().run(incremental(0x0027)).rc).toBe(0);
  });
});

describe("tests in the background", () => {
  it.each([0, 1])("one at a time, until nothing is to be tested, in profile %i", (profile) => {
    const tpm = TestTpm.started({ profile });
    const before = tpm.stateHash();
    let toDo = toDoList(tpm.run(incremental())).length;
    let calls = 0;
    while (tpm.core.testInBackground() === 1) {
      calls++;
      const left = toDoList(tpm.run(incremental())).length;
      expect(toDo - left).toBeLessThanOrEqual(1);
      expect(tpm.run(getTestResult).view.getUint32(12)).toBe(profile === 0 ? NEEDS_TEST : 0);
      toDo = left;
    }
    expect(calls).toBeGreaterThan(20);
    expect(toDoList(tpm.run(incremental()))).toEqual([]);
    expect([...tpm.run(getTestResult).body]).toEqual([0, 0, 0, 0, 0, 0]);
    expect(tpm.core.testInBackground()).toBe(0);
    expect(tpm.core.commitPending()).toBe(0);
    expect(tpm.stateHash()).toBe(before);
  });

  it("begin after TPM2_Startup, and not within a command", () => {
    const tpm = new TestTpm();
    expect(tpm.core.testInBackground()).toBe(0);
    tpm.startup();
    const all = toDoList(tpm.run(incremental()));
    tpm.tick = 20;
    const within: number[] = [];
    expect(tpm.run(incremental(...all.slice(0, 3)), 0, () => within.push(tpm.core.testInBackground())).rc).toBe(0);
    expect(within).toEqual([0, 0, 0]);
    tpm.tick = 0;
    expect(toDoList(tpm.run(incremental()))).toEqual(all.slice(3));
    expect(tpm.core.testInBackground()).toBe(1);
  });

  it("find a broken algorithm: failure mode, and no more tests", () => {
    const tpm = TestTpm.started();
    const memory = Buffer.from(tpm.core.memory.buffer);
    const answer = memory.indexOf(Buffer.from("66c7f0f462eeedd9d1f2d46bdc10e4e2", "hex"));
    memory[answer]! ^= 1;
    let calls = 0;
    while (tpm.core.testInBackground() === 1) expect(++calls).toBeLessThan(100);
    expect(tpm.core.failureMode()).toBe(1);
    expect(tpm.run(command(CC.GetRandom, [], [u16(1)])).rc).toBe(rc("TPM_RC_FAILURE"));
    expect(tpm.core.testInBackground()).toBe(0);
  });
});

describe("algorithms in use", () => {
  it("are tested before their first result", () => {
    const tpm = TestTpm.started();
    const hash = (algorithm: number) => tpm.run(command(CC.Hash, [], [u16(0), u16(algorithm), u32(0x40000007)])).rc;
    for (const algorithm of [0x0004, 0x000c, 0x000d, 0x0012, 0x0027, 0x0028, 0x0029]) {
      expect(toDoList(tpm.run(incremental()))).toContain(algorithm);
      expect(hash(algorithm)).toBe(0);
      expect(toDoList(tpm.run(incremental()))).not.toContain(algorithm);
    }
  });

  it("that give a wrong answer put the TPM into failure mode", () => {
    const tpm = TestTpm.started();
    const memory = Buffer.from(tpm.core.memory.buffer);
    // The known answer of SM3, changed, stands for a broken SM3.
    const answer = memory.indexOf(Buffer.from("66c7f0f462eeedd9d1f2d46bdc10e4e2", "hex"));
    expect(answer).toBeGreaterThan(0);
    memory[answer]! ^= 1;
    const before = tpm.stateHash();
    const hash = command(CC.Hash, [], [u16(0), u16(0x0012), u32(0x40000007)]);
    expect(tpm.run(hash).rc).toBe(rc("TPM_RC_FAILURE"));
    expect(tpm.stateHash()).toBe(before);
    expect(tpm.core.failureMode()).toBe(1);
    const result = tpm.run(getTestResult);
    expect(result.rc).toBe(0);
    expect(result.view.getUint32(result.size - 4)).toBe(0x101);
    tpm.core.powerOn();
    tpm.startup();
    expect(tpm.run(selfTest(true)).rc).toBe(rc("TPM_RC_FAILURE"));
    expect(tpm.core.failureMode()).toBe(1);
  });
});
