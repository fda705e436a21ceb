/** A TPM that is put back to a snapshot: with the real core, in this thread and over the worker's protocol. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { password, TpmClient } from "../client/index.ts";
import {
  clockOf,
  count,
  define,
  extend,
  increment,
  pcr16,
  persist,
  random,
  startup,
} from "../client/testkit/usedTpm.ts";
import { attributeBits } from "../spec/attributes.ts";
import { FaultyStore } from "../store/faulty.ts";
import { MemoryMedium, MemoryStore } from "../store/memory.ts";
import type { TpmStore } from "../store/store.ts";
import { errorOf } from "../store/testkit/errorOf.ts";
import type { Tpm } from "./api.ts";
import type { OnMovedOn } from "./backend.ts";
import type { Core } from "./core.ts";
import { RollbackRefusedError } from "./rollback.ts";
import { BACKENDS } from "./testkit/backends.ts";
import { instantiateCore } from "./wasm.ts";

const NOTHING = new Uint8Array(0);
const COUNTER = 0x0150_0001;
const DATA = 0x0150_0002;
const EK_CERTIFICATE = 0x01c0_0002;
const KEY = 0x8100_0001;
const EK = 0x8101_0001;

let newCore: () => Promise<Core>;
beforeAll(async () => {
  const module = await WebAssembly.compile(await readFile(new URL("./tabtpm.wasm", import.meta.url)));
  newCore = () => instantiateCore(module);
});

const open: Tpm[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((tpm) => tpm.close()));
});

type Make = (typeof BACKENDS)[number][1];

async function start(make: Make, store: TpmStore, { starts = true, profile = "full" as const } = {}) {
  const tpm = make({ store, newCore, profile });
  open.push(tpm);
  await tpm.powerOn();
  const client = new TpmClient(tpm);
  if (starts) await startup(client);
  return { tpm, client };
}

describe.each(BACKENDS)("a snapshot of a TPM, %s", (_name, make) => {
  it("is restored, in the same TPM and in another process' of the same store, where nothing permanent has changed", async () => {
    const medium = new MemoryMedium();
    const { tpm, client } = await start(make, new MemoryStore(medium));
    await extend(client);
    const before = await pcr16(tpm);
    const snapshot = await tpm.snapshot();
    await extend(client);
    expect(await tpm.restore(snapshot)).toEqual({ how: "resumed", keptAs: null, identity: snapshot.identity });
    expect(await pcr16(tpm)).toBe(before);
    await tpm.powerOff();
    await tpm.close();
    const other = await start(make, new MemoryStore(medium), { starts: false });
    expect(await other.tpm.restore(snapshot)).toMatchObject({ how: "resumed" });
    expect(await pcr16(other.tpm)).toBe(before);
  });

  it("is restored after TPM2_Shutdown, which changes nothing that a snapshot takes back", async () => {
    const medium = new MemoryMedium();
    const { tpm, client } = await start(make, new MemoryStore(medium));
    await define(client, COUNTER, "TPM_NT_COUNTER");
    await increment(client, COUNTER);
    const snapshot = await tpm.snapshot();
    expect(await tpm.shutDown()).toBe(true);
    await tpm.close();
    const other = await start(make, new MemoryStore(medium), { starts: false });
    expect(await other.tpm.restore(snapshot)).toMatchObject({ how: "resumed", keptAs: null });
    expect(await count(other.client, COUNTER)).toBe(1n);
  });

  it("becomes the state of a TPM that was never used, and of no other", async () => {
    const { tpm, client } = await start(make, new MemoryStore());
    await define(client, DATA);
    const snapshot = await tpm.snapshot();
    const fresh = await start(make, new MemoryStore(), { starts: false });
    expect(await fresh.tpm.restore(snapshot)).toEqual({ how: "adopted", keptAs: null, identity: snapshot.identity });
    expect((await fresh.tpm.inspect()).nvIndices.map(({ handle }) => handle)).toEqual([DATA]);
    const used = await start(make, new MemoryStore());
    const error = await errorOf<RollbackRefusedError>(used.tpm.restore(snapshot));
    expect(error).toBeInstanceOf(RollbackRefusedError);
    expect(error.lost).toMatchObject({ otherTpm: true });
    expect((await used.tpm.snapshot()).identity).not.toBe(snapshot.identity);
  });

  it("is refused where the TPM has moved on, naming keys, NV indices and counters; nothing has changed", async () => {
    const medium = new MemoryMedium();
    const { tpm, client } = await start(make, new MemoryStore(medium));
    await define(client, COUNTER, "TPM_NT_COUNTER");
    await increment(client, COUNTER);
    const snapshot = await tpm.snapshot();
    await increment(client, COUNTER);
    await define(client, DATA);
    await persist(client, KEY, "TPM_RH_OWNER");
    await extend(client);
    const [stored, measured] = [medium.blob, await pcr16(tpm)];
    const error = await errorOf<RollbackRefusedError>(tpm.restore(snapshot));
    expect(error).toBeInstanceOf(RollbackRefusedError);
    expect(error.lost).toMatchObject({
      otherTpm: false,
      keys: [{ handle: KEY, change: "made" }],
      nvIndices: [
        { handle: COUNTER, change: "changed" },
        { handle: DATA, change: "made" },
      ],
      counters: [{ handle: COUNTER, before: 1n, after: 2n }],
      resets: 0,
    });
    expect(error.message).toMatch(/0x81000001 would be gone.*0x01500001 \(counter, 1 then, 2 now\).*0x01500002/);
    expect(medium.blob).toEqual(stored);
    expect(await pcr16(tpm)).toBe(measured);
    expect(await count(client, COUNTER)).toBe(2n);
  });

  it("names what was deleted since, and starts", async () => {
    const medium = new MemoryMedium();
    const { tpm, client } = await start(make, new MemoryStore(medium));
    await define(client, DATA);
    await persist(client, KEY, "TPM_RH_OWNER");
    const snapshot = await tpm.snapshot();
    await client.call("NV_UndefineSpace", { handles: { authHandle: "TPM_RH_OWNER", nvIndex: DATA } });
    await client.call("EvictControl", {
      handles: { auth: "TPM_RH_OWNER", objectHandle: KEY },
      parameters: { persistentHandle: KEY },
    });
    await tpm.powerOn();
    await startup(client);
    expect((await errorOf<RollbackRefusedError>(tpm.restore(snapshot))).lost).toMatchObject({
      keys: [{ handle: KEY, change: "gone" }],
      nvIndices: [{ handle: DATA, change: "gone" }],
      counters: [],
      resets: 1,
    });
  });

  it("is put back when that is asked for, durably; the state that is replaced is kept aside", async () => {
    const medium = new MemoryMedium();
    const { tpm, client } = await start(make, new MemoryStore(medium));
    await define(client, COUNTER, "TPM_NT_COUNTER");
    await increment(client, COUNTER);
    const snapshot = await tpm.snapshot();
    await increment(client, COUNTER);
    await define(client, DATA);
    const replaced = medium.blob;
    const restored = await tpm.restore(snapshot, { onMovedOn: "rollback" });
    expect(restored).toMatchObject({ how: "rolled-back", identity: snapshot.identity });
    expect(medium.kept.get(restored.keptAs!)).toEqual(replaced);
    expect(await count(client, COUNTER)).toBe(1n);
    await tpm.powerOff();
    await tpm.close();
    const { tpm: again } = await start(make, new MemoryStore(medium));
    expect((await again.inspect()).nvIndices.map(({ handle }) => handle)).toEqual([COUNTER]);
  });

  it("keeps the later failedTries, lockout and Clock, and Safe is NO; a new counter begins above what any has had", async () => {
    const { tpm, client } = await start(make, new MemoryStore());
    const snapshot = await tpm.snapshot();
    await define(client, COUNTER, "TPM_NT_COUNTER");
    for (let i = 0; i < 5; i++) await increment(client, COUNTER);
    await client.call("ClockSet", {
      handles: { auth: "TPM_RH_OWNER" },
      parameters: { newTime: 10_000_000n },
    });
    await client.call("DictionaryAttackParameters", {
      handles: { lockHandle: "TPM_RH_LOCKOUT" },
      parameters: { newMaxTries: 7, newRecoveryTime: 1000, lockoutRecovery: 1000 },
    });
    await define(client, DATA, "TPM_NT_ORDINARY", attributeBits("TPMA_NV", "NO_DA"), Uint8Array.of(1));
    const data = { handles: { authHandle: DATA, nvIndex: DATA }, parameters: { data: Uint8Array.of(1), offset: 0 } };
    for (let i = 0; i < 2; i++) await errorOf(client.call("NV_Write", data, { sessions: [password("wrong")] }));
    const lockReset = { handles: { lockHandle: "TPM_RH_LOCKOUT" as const } };
    await errorOf(client.call("DictionaryAttackLockReset", lockReset, { sessions: [password("wrong")] }));
    const { failedTries } = (await tpm.inspect()).lockout;
    expect(failedTries).toBeGreaterThan(0);
    await tpm.restore(snapshot, { onMovedOn: "rollback" });
    const { clock, safe } = await clockOf(client);
    expect([clock >= 10_000_000n, safe]).toEqual([true, 0]);
    expect((await tpm.inspect()).lockout).toMatchObject({ failedTries, maxTries: 7, lockoutAuthEnabled: false });
    await define(client, COUNTER, "TPM_NT_COUNTER");
    await increment(client, COUNTER);
    expect(await count(client, COUNTER)).toBe(6n);
  });

  it("restored twice gives other random numbers and nonces each time", async () => {
    const { tpm, client } = await start(make, new MemoryStore());
    const snapshot = await tpm.snapshot();
    const drawn = [await random(client)];
    for (let i = 0; i < 3; i++) {
      await tpm.restore(snapshot);
      drawn.push(await random(client));
    }
    expect(new Set(drawn).size).toBe(4);
  });

  it("is a clone: another endorsement hierarchy, no certificate of the old one's, and the same storage hierarchy", async () => {
    const medium = new MemoryMedium();
    const { tpm, client } = await start(make, new MemoryStore(medium));
    const [ek, srk] = [await persist(client, EK, "TPM_RH_ENDORSEMENT"), await persist(client, KEY, "TPM_RH_OWNER")];
    await define(client, EK_CERTIFICATE);
    await define(client, DATA);
    const snapshot = await tpm.snapshot();
    const restored = await tpm.restore(snapshot, { onMovedOn: "clone" });
    expect(restored).toMatchObject({ how: "cloned", keptAs: null });
    expect(restored.identity).not.toBe(snapshot.identity);
    const { persistent, nvIndices } = await tpm.inspect();
    expect(persistent.map(({ handle }) => handle)).toEqual([KEY]);
    expect(nvIndices.map(({ handle }) => handle)).toEqual([DATA]);
    expect(await persist(client, KEY + 1, "TPM_RH_OWNER")).toBe(srk);
    expect(await persist(client, EK, "TPM_RH_ENDORSEMENT")).not.toBe(ek);
    expect((await tpm.snapshot()).identity).toBe(restored.identity);
  });

  it("changes nothing where the store refuses", async () => {
    let refuses = false;
    const medium = new MemoryMedium();
    const store = new FaultyStore(new MemoryStore(medium), () => (refuses ? "quota" : "ok"));
    const { tpm, client } = await start(make, store);
    const snapshot = await tpm.snapshot();
    await define(client, DATA);
    const [stored, measured] = [medium.blob, await pcr16(tpm)];
    refuses = true;
    expect(await errorOf(tpm.restore(snapshot, { onMovedOn: "rollback" }))).toMatchObject({ code: "full" });
    expect(medium.blob).toEqual(stored);
    expect(await pcr16(tpm)).toBe(measured);
    refuses = false;
    expect(await tpm.restore(snapshot, { onMovedOn: "rollback" })).toMatchObject({ how: "rolled-back" });
  });

  it.each(["die-before", "die-after"] as const)(
    "leaves the old state or the new one when the process dies (%s)",
    async (death) => {
      const medium = new MemoryMedium();
      let dies = false;
      const store = new FaultyStore(new MemoryStore(medium), () => (dies ? death : "ok"));
      const tpm = make({ store, newCore });
      await tpm.powerOn();
      const client = new TpmClient(tpm);
      await startup(client);
      const snapshot = await tpm.snapshot();
      await define(client, DATA);
      const stored = medium.blob;
      dies = true;
      void tpm.restore(snapshot, { onMovedOn: "rollback" }).catch(() => {});
      await store.died;
      expect([...medium.kept.values()]).toEqual([stored]);
      medium.owner = null;
      const { tpm: again } = await start(make, new MemoryStore(medium), { starts: false });
      const handles = (await again.inspect()).nvIndices.map(({ handle }) => handle);
      expect(handles).toEqual(death === "die-before" ? [DATA] : []);
      expect(await again.restore(snapshot, { onMovedOn: "rollback" })).toMatchObject({ identity: snapshot.identity });
    },
  );

  it("of the later state is put back after a rollback to the earlier, and what is told is of now", async () => {
    const medium = new MemoryMedium();
    const { tpm, client } = await start(make, new MemoryStore(medium));
    await define(client, COUNTER, "TPM_NT_COUNTER");
    await increment(client, COUNTER);
    const earlier = await tpm.snapshot();
    await tpm.powerOn();
    await startup(client);
    await increment(client, COUNTER);
    const later = await tpm.snapshot();
    await tpm.restore(earlier, { onMovedOn: "rollback" });
    expect(await count(client, COUNTER)).toBe(1n);
    const error = await errorOf<RollbackRefusedError>(tpm.restore(later));
    expect(error.lost).toMatchObject({ resets: 0, counters: [{ handle: COUNTER, before: 2n, after: 1n }] });
    expect(error.message).not.toContain("started");
    await tpm.restore(later, { onMovedOn: "rollback" });
    expect(await count(client, COUNTER)).toBe(2n);
    expect(medium.kept.size).toBe(2);
  });

  it("in failure mode is one in failure mode again, and a TPM that works is put in its place", async () => {
    const { tpm, client } = await start(make, new MemoryStore());
    const working = await tpm.snapshot();
    await tpm.enterFailureMode();
    const failed = await tpm.snapshot();
    expect(await tpm.restore(working)).toMatchObject({ how: "resumed" });
    expect(tpm.state().failureMode).toBe(false);
    expect(await random(client)).toHaveLength(64);
    expect(await tpm.restore(failed)).toMatchObject({ how: "resumed" });
    expect(tpm.state().failureMode).toBe(true);
    expect(await errorOf(random(client))).toMatchObject({ message: expect.stringContaining("TPM_RC_FAILURE") });
    await tpm.restore(working);
    expect(await random(client)).toHaveLength(64);
  });

  it("has its hash sequence, its policy session and its timer in it, each as often as it is restored", async () => {
    const { tpm, client } = await start(make, new MemoryStore());
    const { handles } = await client.call("HashSequenceStart", {
      parameters: { auth: NOTHING, hashAlg: "TPM_ALG_SHA256" },
    });
    const sequenceHandle = handles.sequenceHandle as number;
    const update = (text: string) =>
      client.call("SequenceUpdate", { handles: { sequenceHandle }, parameters: { buffer: Buffer.from(text) } });
    await update("half ");
    const session = await client.call("StartAuthSession", {
      handles: { tpmKey: "TPM_RH_NULL", bind: "TPM_RH_NULL" },
      parameters: {
        nonceCaller: new Uint8Array(16),
        encryptedSalt: NOTHING,
        sessionType: "TPM_SE_POLICY",
        symmetric: { algorithm: "TPM_ALG_NULL" },
        authHash: "TPM_ALG_SHA256",
      },
    });
    const policySession = session.handles.sessionHandle as number;
    await client.call("PolicyCommandCode", { handles: { policySession }, parameters: { code: "TPM_CC_Unseal" } });
    const policy = async () =>
      Buffer.from(
        (await client.call("PolicyGetDigest", { handles: { policySession } })).parameters.policyDigest as Uint8Array,
      ).toString("hex");
    const asserted = await policy();
    await client.call("ACT_SetTimeout", { handles: { actHandle: "TPM_RH_ACT_0" }, parameters: { startTimeout: 1000 } });
    const left = async () => {
      const { capabilityData } = (
        await client.call("GetCapability", {
          parameters: { capability: "TPM_CAP_ACT", property: 0x4000_0110, propertyCount: 1 },
        })
      ).parameters as unknown as { capabilityData: { data: readonly { timeout: number }[] } };
      return capabilityData.data[0]!.timeout;
    };
    expect(await left()).toBeGreaterThan(900);
    const snapshot = await tpm.snapshot();
    for (let i = 0; i < 3; i++) {
      await update("and half");
      const { parameters } = await client.call("SequenceComplete", {
        handles: { sequenceHandle },
        parameters: { buffer: NOTHING, hierarchy: "TPM_RH_NULL" },
      });
      expect(Buffer.from(parameters.result as Uint8Array).toString("hex")).toBe(
        createHash("sha256").update("half and half").digest("hex"),
      );
      await client.call("PolicyRestart", { handles: { sessionHandle: policySession } });
      await client.call("ACT_SetTimeout", { handles: { actHandle: "TPM_RH_ACT_0" }, parameters: { startTimeout: 0 } });
      expect(await policy()).not.toBe(asserted);
      await tpm.restore(snapshot);
      expect(await policy()).toBe(asserted);
      expect(await left()).toBeGreaterThan(900);
    }
  });

  it("is refused when its profile is another one", async () => {
    const { tpm } = await start(make, new MemoryStore());
    const other = make({ store: new MemoryStore(), newCore, profile: "libtpms-0.9" });
    open.push(other);
    await other.powerOn();
    expect(await errorOf(other.restore(await tpm.snapshot()))).toMatchObject({ reason: "profile" });
    expect(other.state().profile).toBe("libtpms-0.9");
  });

  it("loses nothing to a power cut meanwhile: the TPM has the state that was stored", async () => {
    const { tpm, client } = await start(make, new MemoryStore());
    const snapshot = await tpm.snapshot();
    await define(client, DATA);
    const restoring = errorOf(tpm.restore(snapshot, { onMovedOn: "rollback" }));
    await tpm.powerOff();
    await restoring;
    expect(tpm.power).toBe("off");
    await tpm.powerOn();
    await startup(client);
    expect(await random(client)).toHaveLength(64);
  });
});

describe("a damaged snapshot", () => {
  it.each(["permanent", "volatile"] as const)(
    "is refused whichever octet of its %s state was changed",
    async (part) => {
      const { tpm, client } = await start(BACKENDS[0]![1], new MemoryStore());
      await define(client, DATA);
      const snapshot = await tpm.snapshot();
      const ways: OnMovedOn[] = ["refuse", "rollback", "clone"];
      await fc.assert(
        fc.asyncProperty(
          fc.nat(snapshot[part].length - 1),
          fc.integer({ min: 1, max: 255 }),
          fc.constantFrom(...ways),
          async (at, flip, onMovedOn) => {
            const bad = snapshot[part].slice();
            bad[at]! ^= flip;
            const error = await errorOf(tpm.restore({ ...snapshot, [part]: bad }, { onMovedOn }));
            expect(error).toMatchObject({ name: "TpmStateError" });
          },
        ),
        { numRuns: 60 },
      );
      expect(await tpm.restore(snapshot)).toMatchObject({ how: "resumed" });
    },
  );
});
