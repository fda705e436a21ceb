/**
 * The other release of v86 that is tested, the oldest that package.json takes: it is what the contract says, and SeaBIOS and
 * Linux find the TPM on it.
 */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

vi.mock("v86", () => import("v86-other"));
vi.mock("./testkit/installedV86.ts", () => import("./testkit/otherV86.ts"));

import "./contract.test.ts";
import pkg from "../../package.json" with { type: "json" };
import { parseEventLog } from "../firmware/eventLog.ts";
import { replayEventLog } from "../firmware/eventLogReplay.ts";
import { TPM_ALG } from "../spec/algorithms.ts";
import { requireInternals } from "./internals.ts";
import { TESTED_V86_VERSIONS, testedReleaseOf } from "./release.ts";
import { installed } from "./testkit/installedV86.ts";
import { bootPc, type Pc } from "./testkit/pc.ts";

describe("a boot on the other release", () => {
  let pc: Pc;
  beforeAll(async () => {
    pc = await bootPc({ kind: "memory" }, undefined, undefined, { wasm: await readFile(installed.wasm) });
  });
  afterAll(() => pc?.close());

  it("is one of another release than the product has", () => {
    const release = testedReleaseOf(requireInternals(pc.machine.emulator));
    expect(TESTED_V86_VERSIONS.slice(1)).toContain(release);
    expect(pkg.peerDependencies.v86).toBe(`>=${release} <0.6.0`);
  });

  it("ends at the prompt, with a TPM for Linux", async () => {
    expect(await pc.shell.ok("dmesg | grep -i tpm_tis")).toContain("2.0 TPM (device-id 0x1, rev-id 1)");
    expect(await pc.shell.ok("tpm2_getrandom --hex 8")).toMatch(/^[0-9a-f]{16}$/);
  });

  it("was measured: the firmware's log gives what Linux reads from the PCRs", async () => {
    const { address, size } = pc.machine.log!;
    const { events } = parseEventLog(pc.machine.readPhysical(address, size));
    const sha256 = (await replayEventLog(events)).get(TPM_ALG.TPM_ALG_SHA256)!;
    expect([...sha256.keys()].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for (const [index, value] of sha256) {
      const read = await pc.shell.ok(`cat /sys/class/tpm/tpm0/pcr-sha256/${index}`);
      expect(`${index} ${read.toLowerCase()}`).toBe(`${index} ${Buffer.from(value).toString("hex")}`);
    }
  });

  it("has its TPM in its snapshots", async () => {
    const pcr = () => pc.shell.ok("cat /sys/class/tpm/tpm0/pcr-sha256/16");
    const before = await pcr();
    const state = await pc.machine.saveState();
    await pc.shell.ok(`tpm2_pcrextend 16:sha256=${"ab".repeat(32)}`);
    expect(await pcr()).not.toBe(before);
    expect(await pc.machine.restoreState(state)).toMatchObject({ how: "resumed" });
    expect(await pcr()).toBe(before);
  });

  it("boots again after a reset", async () => {
    const again = pc.machine.serial.waitFor(/SeaBIOS[\s\S]*tabtpm# $/);
    pc.machine.reset();
    expect(await again).toContain("SeaBIOS");
    expect(await pc.shell.ok("tpm2_getrandom --hex 8")).toMatch(/^[0-9a-f]{16}$/);
  });
});
