/** Which commits ask the store to overwrite what was there before. */
import { expect, it } from "vitest";
import { MemoryStore } from "../store/memory.ts";
import type { CommitOptions } from "../store/store.ts";
import { createTpmOn } from "./create.ts";
import { nodePlatform } from "./node.ts";
import { changeOwnerAuth, clear, responseCode, startup } from "./testkit/commands.ts";

class NotingStore extends MemoryStore {
  readonly erasures: boolean[] = [];

  override async commit(blob: Uint8Array, { erases = false }: CommitOptions = {}): Promise<void> {
    this.erasures.push(erases);
    await super.commit(blob);
  }

  /** Of the commits that came meanwhile. */
  async during(work: () => Promise<unknown>): Promise<boolean[]> {
    this.erasures.length = 0;
    await work();
    return [...this.erasures];
  }
}

it("what deletes secrets erases, and nothing else does", async () => {
  const store = new NotingStore();
  const tpm = createTpmOn(nodePlatform, { store });
  try {
    expect(await store.during(() => tpm.ready)).toEqual([false]);
    await tpm.powerOn();
    await tpm.execute(startup());
    const none = new Uint8Array();
    const succeed = async (command: Uint8Array) => expect(responseCode(await tpm.execute(command))).toBe(0);
    expect(await store.during(() => succeed(changeOwnerAuth(none, Uint8Array.of(1))))).toEqual([false]);
    expect(await store.during(() => succeed(clear()))).toEqual([true]);
    await tpm.powerOff();
    const before = (await tpm.exportState()) as Uint8Array;
    expect(await store.during(() => tpm.newTpm())).toEqual([true]);
    expect(await store.during(() => tpm.importState(before))).toEqual([true]);
  } finally {
    await tpm.close();
  }
});
