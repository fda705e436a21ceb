/** The servers' stores around a store: what they don't hand on, a new TPM in the folder would inherit. */
import { describe, expect, it } from "vitest";
import { STORE_CONTRACT } from "../store/contract.ts";
import { MemoryMedium, MemoryStore } from "../store/memory.ts";
import type { StoreError } from "../store/store.ts";
import { errorOf } from "../store/testkit/errorOf.ts";
import { SwitchableStore } from "./simulator/switchableStore.ts";
import { MovableStore } from "./socket/movableStore.ts";

const bytes = (...values: number[]) => Uint8Array.from(values);

describe.each([
  ["the simulator's", (inner: MemoryStore) => new SwitchableStore(inner)],
  [
    "one of --migration",
    (inner: MemoryStore) => new MovableStore(inner, { incoming: false, releaseLockOutgoing: true }),
  ],
])("the firmware's variables in a folder, through %s", (_name, wrap) => {
  it("are read and removed", async () => {
    const medium = new MemoryMedium();
    medium.variables = bytes(1);
    const store = wrap(new MemoryStore(medium));
    await store.open();
    expect(await store.readVariables()).toEqual(bytes(1));
    await store.commitVariables(null);
    expect(medium.variables).toBeNull();
  });
});

describe.each([
  ["the simulator's", (inner: MemoryStore) => new SwitchableStore(inner)],
  [
    "one of --migration",
    (inner: MemoryStore) => new MovableStore(inner, { incoming: false, releaseLockOutgoing: true }),
  ],
])("the contract of stores: %s", (_name, wrap) => {
  it.each(STORE_CONTRACT)("$name", async ({ run }) => {
    const medium = new MemoryMedium();
    await run({ connect: () => wrap(new MemoryStore(medium)), takesFromTheLiving: true });
  });
});

describe("the simulator's store", () => {
  it("changes no variables while NV is off", async () => {
    const medium = new MemoryMedium();
    medium.variables = bytes(1);
    const store = new SwitchableStore(new MemoryStore(medium));
    await store.open();
    store.isAvailable = false;
    expect((await errorOf<StoreError>(store.commitVariables(null))).code).toBe("unavailable");
    expect(medium.variables).toEqual(bytes(1));
  });
});
