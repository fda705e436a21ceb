/** Failure mode because the host wants it, with the real core: what answers then, and what ends it (Part 3, 10.4 and 30.2). */
import { afterEach, describe, expect, it } from "vitest";
import { TPM_CAP } from "../spec/constants.ts";
import { TPM_PT } from "../spec/properties.ts";
import { TPM_RC } from "../spec/responseCodes.ts";
import { MemoryStore } from "../store/memory.ts";
import { errorOf } from "../store/testkit/errorOf.ts";
import type { Tpm } from "./api.ts";
import { TpmPoweredOffError } from "./backend.ts";
import { nodePlatform } from "./node.ts";
import { BACKENDS } from "./testkit/backends.ts";
import {
  changeOwnerAuth,
  getCapability,
  getRandom,
  getTestResult,
  responseCode,
  setActTimeout,
  startup,
} from "./testkit/commands.ts";
import { coreFactory } from "./wasm.ts";

const { TPM_RC_FAILURE, TPM_RC_SUCCESS } = TPM_RC;
const none = new Uint8Array(0);
const { TPM_CAP_HANDLES, TPM_CAP_TPM_PROPERTIES } = TPM_CAP;
const { TPM_PT_MANUFACTURER } = TPM_PT;

describe.each(BACKENDS)("failure mode on request, %s", (_name, make) => {
  let tpm: Tpm;
  afterEach(() => tpm.close());
  const rcOf = async (command: Uint8Array) => responseCode(await tpm.execute(command));

  async function start(): Promise<void> {
    tpm = make({ store: new MemoryStore(), newCore: coreFactory(nodePlatform.wasm, nodePlatform.compile) });
    await tpm.powerOn();
    expect(await rcOf(startup())).toBe(TPM_RC_SUCCESS);
  }

  it("leaves TPM2_GetTestResult and the vendor's properties, and refuses all else with the reason", async () => {
    await start();
    const reasons: unknown[] = [];
    tpm.on("command", ({ reason }) => reasons.push(reason));
    await tpm.enterFailureMode();
    expect(tpm.state()).toMatchObject({ power: "on", failureMode: true });
    expect(await tpm.inspect()).toMatchObject({ started: true, failureMode: true });
    const result = await tpm.execute(getTestResult());
    expect(responseCode(result)).toBe(TPM_RC_SUCCESS);
    // outData: the place (5: the host's wish), no detail, TPM_RC_FAILURE; testResult TPM_RC_FAILURE.
    expect([...result.subarray(10)]).toEqual([0, 12, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1]);
    expect(await rcOf(getCapability(TPM_CAP_TPM_PROPERTIES, TPM_PT_MANUFACTURER, 1))).toBe(TPM_RC_SUCCESS);
    expect(reasons.splice(0)).toEqual([null, null]);
    const refused = [
      getCapability(TPM_CAP_HANDLES, 0, 1),
      getRandom(8),
      startup(),
      setActTimeout(0, 10),
      changeOwnerAuth(none, Uint8Array.of(1)),
    ];
    for (const command of refused) expect(await rcOf(command)).toBe(TPM_RC_FAILURE);
    expect(reasons).toEqual(refused.map(() => ({ check: "FAILURE_MODE", operands: { location: 5 } })));
  });

  it("lasts until _TPM_Init, and changes nothing that is permanent", async () => {
    await start();
    expect(await rcOf(changeOwnerAuth(none, Uint8Array.of(7)))).toBe(TPM_RC_SUCCESS);
    const before = await tpm.exportState();
    await tpm.enterFailureMode();
    await tpm.enterFailureMode();
    expect(await rcOf(getRandom(8))).toBe(TPM_RC_FAILURE);
    expect(await tpm.exportState()).toEqual(before);
    await tpm.powerOn();
    expect(tpm.state().failureMode).toBe(false);
    expect(await rcOf(startup())).toBe(TPM_RC_SUCCESS);
    expect(await rcOf(changeOwnerAuth(Uint8Array.of(7), none))).toBe(TPM_RC_SUCCESS);
  });

  it("comes after the commands that were given before it, and before those after", async () => {
    await start();
    const answers = [tpm.execute(getRandom(8)), tpm.enterFailureMode(), tpm.execute(getRandom(8))] as const;
    expect(responseCode(await answers[0])).toBe(TPM_RC_SUCCESS);
    expect(responseCode(await answers[2])).toBe(TPM_RC_FAILURE);
  });

  it("needs power", async () => {
    await start();
    await tpm.powerOff();
    expect(await errorOf(tpm.enterFailureMode())).toBeInstanceOf(TpmPoweredOffError);
  });
});
