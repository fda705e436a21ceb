import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TpmClient } from "../client/client.ts";
import { MemoryStore } from "../store/memory.ts";
import { errorOf } from "../store/testkit/errorOf.ts";
import type { Tpm, TpmCommandEvent } from "./api.ts";
import { nodePlatform } from "./node.ts";
import { BACKENDS } from "./testkit/backends.ts";
import { coreFactory } from "./wasm.ts";

describe.each(BACKENDS)("TPM2_Shutdown on behalf of the software, %s", (_name, make) => {
  let tpm: Tpm;
  let client: TpmClient;
  beforeEach(async () => {
    tpm = make({ store: new MemoryStore(), newCore: coreFactory(nodePlatform.wasm, nodePlatform.compile) });
    client = new TpmClient(tpm);
    await tpm.powerOn();
  });
  afterEach(() => tpm.close());
  const startup = () => client.call("Startup", { parameters: { startupType: "TPM_SU_CLEAR" } });
  /** Whether the power cycle before ended in order: Clock is then what it was. */
  const isSafe = async () => {
    const { parameters } = await client.call("ReadClock", {});
    const { clockInfo } = parameters.currentTime as unknown as { clockInfo: { safe: number } };
    return clockInfo.safe === 1;
  };

  it("makes the next reset an orderly one", async () => {
    await startup();
    expect(await tpm.shutDown()).toBe(true);
    await tpm.powerOn();
    await startup();
    expect(await isSafe()).toBe(true);
    await tpm.powerOn();
    await startup();
    expect(await isSafe()).toBe(false);
  });

  it("is not sent twice, nor after the software's own", async () => {
    await startup();
    const sent: TpmCommandEvent[] = [];
    tpm.on("command", (event) => sent.push(event));
    expect([await tpm.shutDown(), await tpm.shutDown()]).toEqual([true, false]);
    await client.call("GetRandom", { parameters: { bytesRequested: 1 } });
    expect(await tpm.shutDown()).toBe(true);
    await client.call("GetRandom", { parameters: { bytesRequested: 1 } });
    await client.call("Shutdown", { parameters: { shutdownType: "TPM_SU_STATE" } });
    expect(await tpm.shutDown()).toBe(false);
    const codes = sent.map(({ command }) => Buffer.from(command.slice(6, 10)).toString("hex"));
    expect(codes.filter((code) => code === "00000145")).toHaveLength(3);
    // A new power cycle has not been shut down.
    await tpm.powerOn();
    expect((await client.call("Startup", { parameters: { startupType: "TPM_SU_STATE" } })).parameters).toEqual({});
    expect(await tpm.shutDown()).toBe(true);
  });

  it("is not sent while a command of the guest's is in flight", async () => {
    // It waits for the store at least.
    const starting = startup();
    expect(tpm.busy).toBe(true);
    expect(await tpm.shutDown()).toBe(false);
    await starting;
    expect(tpm.busy).toBe(false);
  });

  it("waits for the host's own commands, and is marked as one of them", async () => {
    await startup();
    const seen: boolean[] = [];
    tpm.on("command", ({ own }) => seen.push(own));
    await client.call("GetRandom", { parameters: { bytesRequested: 1 } });
    const looking = new TpmClient({ execute: (command, options) => tpm.execute(command, { ...options, own: true }) });
    const looks = [1, 2].map(() => looking.call("GetRandom", { parameters: { bytesRequested: 1 } }));
    expect(tpm.busy).toBe(false);
    expect(await tpm.shutDown()).toBe(true);
    await Promise.all(looks);
    expect(seen).toEqual([false, true, true, true]);
  });

  it("does nothing without power, and fails before TPM2_Startup", async () => {
    expect(await tpm.shutDown()).toBe(false);
    await tpm.powerOff();
    expect(await tpm.shutDown()).toBe(false);
    await tpm.close();
    expect(await tpm.shutDown()).toBe(false);
  });

  it("is lost with the power, as any command", async () => {
    await startup();
    const shutDown = errorOf(tpm.shutDown());
    await tpm.powerOff();
    expect(await shutDown).toMatchObject({ name: "TpmPoweredOffError" });
  });
});
