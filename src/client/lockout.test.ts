import { afterEach, beforeEach, expect, test } from "vitest";
import { createTpm, type InlineTpm } from "../node/index.ts";
import { TpmClient } from "./client.ts";
import { password } from "./command.ts";
import { readDictionaryAttackState } from "./lockout.ts";

let tpm: InlineTpm;
let client: TpmClient;

beforeEach(async () => {
  tpm = createTpm({ store: { kind: "memory" } });
  await tpm.powerOn();
  client = new TpmClient(tpm);
  await client.call("Startup", { parameters: { startupType: "TPM_SU_CLEAR" } });
});
afterEach(() => tpm.close());

const setParameters = (newMaxTries: number) =>
  client.call("DictionaryAttackParameters", {
    handles: { lockHandle: "TPM_RH_LOCKOUT" },
    parameters: { newMaxTries, newRecoveryTime: 60, lockoutRecovery: 70 },
  });

test("a new TPM has counted nothing", async () => {
  expect(await readDictionaryAttackState(client)).toMatchObject({
    failedTries: 0,
    inLockout: false,
    lockoutAuthSet: false,
  });
});

test("its parameters, and the lockout that no tries at all are", async () => {
  await setParameters(7);
  expect(await readDictionaryAttackState(client)).toEqual({
    failedTries: 0,
    maxTries: 7,
    recoveryTime: 60,
    lockoutRecovery: 70,
    inLockout: false,
    lockoutAuthSet: false,
  });
  await setParameters(0);
  expect(await readDictionaryAttackState(client)).toMatchObject({ maxTries: 0, inLockout: true });
});

test("wrong authValues are counted, and a lockoutAuth shows", async () => {
  const nvIndex = 0x0150_0000;
  const nothing = new Uint8Array(0);
  // OWNERWRITE, AUTHWRITE, OWNERREAD, AUTHREAD; protected, as NO_DA is not among them.
  const publicInfo = {
    nvIndex,
    nameAlg: "TPM_ALG_SHA256",
    attributes: 0x0006_0006,
    authPolicy: nothing,
    dataSize: 1,
  } as const;
  await client.call("NV_DefineSpace", {
    handles: { authHandle: "TPM_RH_OWNER" },
    parameters: { auth: Uint8Array.of(1), publicInfo },
  });
  const guess = () =>
    client.call(
      "NV_Write",
      { handles: { authHandle: nvIndex, nvIndex }, parameters: { data: Uint8Array.of(1), offset: 0 } },
      { sessions: [password("wrong")] },
    );
  await expect(guess()).rejects.toThrow(/TPM_RC_(AUTH_FAIL|RETRY)/);
  await expect(guess()).rejects.toThrow("TPM_RC_AUTH_FAIL");
  expect((await readDictionaryAttackState(client)).failedTries).toBeGreaterThan(0);
  await client.call("DictionaryAttackLockReset", { handles: { lockHandle: "TPM_RH_LOCKOUT" } });
  await client.call("HierarchyChangeAuth", {
    handles: { authHandle: "TPM_RH_LOCKOUT" },
    parameters: { newAuth: Uint8Array.of(1) },
  });
  expect(await readDictionaryAttackState(client)).toMatchObject({ failedTries: 0, lockoutAuthSet: true });
});

test("a TPM that was not started does not tell", async () => {
  await tpm.powerOn();
  await expect(readDictionaryAttackState(client)).rejects.toThrow("TPM_RC_INITIALIZE");
});
