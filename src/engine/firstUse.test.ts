/** The first use of something under dictionary attack protection: no answer leaves before it is on record, right or wrong. */
import { describe, expect, it } from "vitest";
import { command, u16, u32 } from "../../asm/testkit/harness.ts";
import { open, sealed } from "../../asm/testkit/lockoutScenarios.ts";
import { CC } from "../../asm/testkit/names.ts";
import { evictControl } from "../../asm/testkit/objects.ts";
import { TPM_RC } from "../spec/responseCodes.ts";
import { type Fault, FaultyStore } from "../store/faulty.ts";
import { MemoryMedium, MemoryStore } from "../store/memory.ts";
import type { Tpm } from "./api.ts";
import { nodePlatform } from "./node.ts";
import { BACKENDS } from "./testkit/backends.ts";
import { coreFactory } from "./wasm.ts";

const PERSISTENT = 0x81000001;
const TRIES = { right: open(PERSISTENT), wrong: open(PERSISTENT, [8]) };
/** TPM_RC_AUTH_FAIL of session 1. */
const ANSWERS = { right: 0, wrong: TPM_RC.TPM_RC_AUTH_FAIL + 0x900 };
const startup = command(CC.Startup, [], [u16(0)]);
const lockoutCounter = command(CC.GetCapability, [], [u32(6), u32(0x20e), u32(1)]);
const rcOf = (response: Uint8Array) => Buffer.from(response).readUInt32BE(6);
/** What a process that died has left: its lock went with it. */
function mediumOfTheDead({ blob }: MemoryMedium): MemoryMedium {
  const medium = new MemoryMedium();
  medium.blob = blob;
  return medium;
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe.each(BACKENDS)("the first use of something protected, %s", (_name, make) => {
  /** A process with the TPM of this medium, started. What happens to its commits from then on says `plan`. */
  const start = async (medium: MemoryMedium, plan: () => Fault = () => "ok") => {
    let isReady = false;
    const store = new FaultyStore(new MemoryStore(medium), () => (isReady ? plan() : "ok"));
    const tpm: Tpm = make({ store, newCore: coreFactory(nodePlatform.wasm, nodePlatform.compile) });
    await tpm.powerOn();
    expect(rcOf(await tpm.execute(startup))).toBe(0);
    isReady = true;
    return { tpm, store };
  };
  const counter = async (tpm: Tpm) => Buffer.from((await tpm.execute(lockoutCounter)).slice(-4)).readUInt32BE(0);
  /** With protected data under a persistent handle, which nobody has used. */
  const prepared = async () => {
    const medium = new MemoryMedium();
    const { tpm } = await start(medium);
    const handle = await sealed((bytes) => tpm.execute(bytes));
    expect(rcOf(await tpm.execute(evictControl(handle, PERSISTENT)))).toBe(0);
    await tpm.shutDown();
    await tpm.close();
    return medium;
  };

  it.each(["right", "wrong"] as const)("%s: the answer waits for the store", async (which) => {
    const medium = await prepared();
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { tpm, store } = await start(medium, () => gate);
    const answer = tpm.execute(TRIES[which]);
    const settled = answer.then(() => "answered");
    const before = store.commits;
    while (store.commits === before) await turn();
    for (let i = 0; i < 20; i++) await turn();
    expect(await Promise.race([settled, Promise.resolve("waits")])).toBe("waits");
    release();
    expect(rcOf(await answer)).toBe(ANSWERS[which]);
    await tpm.close();
  });

  it("a store that refuses answers both alike, and the TPM shows no difference", async () => {
    const { tpm } = await start(await prepared(), () => "abort");
    for (const which of ["right", "wrong", "right", "wrong"] as const) {
      expect(rcOf(await tpm.execute(TRIES[which]))).toBe(TPM_RC.TPM_RC_NV_UNAVAILABLE);
      expect(await counter(tpm)).toBe(0);
    }
    await tpm.close();
  });

  it.each(["right", "wrong"] as const)(
    "%s, killed before its commit: no answer, and nothing has happened",
    async (which) => {
      const medium = await prepared();
      const { tpm, store } = await start(medium, () => "die-before");
      let answered = false;
      void tpm.execute(TRIES[which]).then(
        () => {
          answered = true;
        },
        () => {},
      );
      await store.died;
      for (let i = 0; i < 20; i++) await turn();
      expect(answered).toBe(false);
      const next = await start(mediumOfTheDead(medium));
      expect(await counter(next.tpm)).toBe(0);
      expect(rcOf(await next.tpm.execute(TRIES.right))).toBe(0);
      await next.tpm.close();
    },
  );

  it.each(["right", "wrong"] as const)("%s, killed after its commit: a try is counted", async (which) => {
    const medium = await prepared();
    const { tpm, store } = await start(medium, () => "die-after");
    void tpm.execute(TRIES[which]).catch(() => {});
    await store.died;
    const next = await start(mediumOfTheDead(medium));
    expect(await counter(next.tpm)).toBe(which === "right" ? 1 : 2);
    await next.tpm.close();
  });
});
