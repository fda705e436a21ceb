import { afterEach, describe, expect, it } from "vitest";
import type { Refusal } from "../spec/refusals.ts";
import { type Fault, FaultyStore } from "../store/faulty.ts";
import { MemoryStore } from "../store/memory.ts";
import type { TpmStore } from "../store/store.ts";
import type { Tpm } from "./api.ts";
import { MAX_COMMAND_SIZE } from "./core.ts";
import { nodePlatform } from "./node.ts";
import { BACKENDS } from "./testkit/backends.ts";
import { Bench, run } from "./testkit/bench.ts";
import { changeOwnerAuth, getRandom, startup } from "./testkit/commands.ts";
import { OP } from "./testkit/fakeCore.ts";
import { coreFactory } from "./wasm.ts";

const none = new Uint8Array(0);

describe.each(BACKENDS)("why a command was refused, %s", (_name, make) => {
  let tpm: Tpm;
  afterEach(() => tpm.close());

  /** The reasons of these commands' events, in order. */
  async function reasonsOf(store: TpmStore, commands: readonly Uint8Array[]): Promise<(Refusal | null)[]> {
    tpm = make({ store, newCore: coreFactory(nodePlatform.wasm, nodePlatform.compile) });
    await tpm.ready;
    const reasons: (Refusal | null)[] = [];
    tpm.on("command", ({ reason }) => reasons.push(reason));
    await tpm.powerOn();
    for (const command of commands) await tpm.execute(command);
    return reasons;
  }

  it("comes with its event, and belongs to no other", async () => {
    const wrong = changeOwnerAuth(Uint8Array.of(1), none);
    const commands = [getRandom(1), startup(), getRandom(1), wrong, getRandom(1), new Uint8Array(MAX_COMMAND_SIZE + 1)];
    expect(await reasonsOf(new MemoryStore(), commands)).toEqual([
      { check: "NOT_STARTED", operands: { code: 0x17b } },
      null,
      null,
      { check: "PASSWORD_WRONG", operands: { session: 1, entity: 0x40000001 } },
      null,
      { check: "COMMAND_TOO_LONG", operands: { size: MAX_COMMAND_SIZE + 1, room: MAX_COMMAND_SIZE } },
    ]);
  });

  it("is the store's refusal", async () => {
    let fault: Fault = "ok";
    const store = new FaultyStore(new MemoryStore(), () => fault);
    expect(await reasonsOf(store, [startup()])).toEqual([null]);
    fault = "quota";
    const reasons: (Refusal | null)[] = [];
    tpm.on("command", ({ reason }) => reasons.push(reason));
    await tpm.execute(changeOwnerAuth(none, Uint8Array.of(1)));
    await tpm.execute(getRandom(1));
    expect(reasons).toEqual([{ check: "STORE_REFUSED", operands: {} }, null]);
  });

  it("is the engine's own where the core was not asked, or is gone", async () => {
    const bench = new Bench(make);
    let fault: Fault = "ok";
    tpm = bench.startUnowned({ store: new FaultyStore(new MemoryStore(), () => fault), initChangesState: true });
    await tpm.ready;
    const reasons: (Refusal | null)[] = [];
    tpm.on("command", ({ reason }) => reasons.push(reason));
    fault = "quota";
    await tpm.powerOn();
    await run(tpm, OP.read);
    fault = "ok";
    await run(tpm, OP.read);
    await run(tpm, OP.trap);
    await run(tpm, OP.read);
    const failed = { check: "FAILURE_MODE", operands: { location: 4 } };
    expect(reasons).toEqual([{ check: "STORE_REFUSED", operands: {} }, null, failed, failed]);
  });
});
