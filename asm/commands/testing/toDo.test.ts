import { describe, expect, it } from "vitest";
import { command, TestTpm, u16, u32 } from "../../testkit/harness.ts";
import { CC } from "../../testkit/names.ts";

const incremental = (...algorithms: number[]) =>
  command(CC.IncrementalSelfTest, [], [u32(algorithms.length), ...algorithms.map((algorithm) => u16(algorithm))]);
function toDoList(tpm: TestTpm, ...algorithms: number[]): number[] {
  const { rc, view } = tpm.run(incremental(...algorithms));
  expect(rc).toBe(0);
  return Array.from({ length: view.getUint32(10) }, (_, i) => view.getUint16(14 + 2 * i));
}
/** TPM_CAP_ALGS. */
function algorithms(tpm: TestTpm): number[] {
  const { view } = tpm.run(command(CC.GetCapability, [], [u32(0), u32(0), u32(100)]));
  return Array.from({ length: view.getUint32(15) }, (_, i) => view.getUint16(19 + 6 * i));
}
/** KEYEDHASH, XOR, KDF2, SYMCIPHER: others do their work. */
const WITHOUT_TEST = [0x08, 0x0a, 0x21, 0x25];

const SHA256 = 0x0b;

describe("the algorithms that are to be tested", () => {
  it.each([0, 1])("are all that the profile (%i) has, but for the hash that TPM2_Startup has used", (profile) => {
    const tpm = TestTpm.started({ profile });
    const all = algorithms(tpm).filter((algorithm) => !WITHOUT_TEST.includes(algorithm));
    const toDo = toDoList(tpm);
    expect(all.filter((algorithm) => !toDo.includes(algorithm))).toEqual([SHA256]);
    for (const algorithm of all) expect(toDoList(tpm, algorithm)).not.toContain(algorithm);
    expect(toDoList(tpm)).toEqual([]);
  });
});
