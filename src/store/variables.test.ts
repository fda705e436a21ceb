/** The firmware's variables in each store: beside the TPM's state, as durable, and gone when they are removed. */
import { IDBFactory as FakeFactory } from "fake-indexeddb";
import { describe, expect, it } from "vitest";
import { FileStore } from "./file.ts";
import { IndexedDbStore } from "./indexedDb.ts";
import { MemoryMedium, MemoryStore } from "./memory.ts";
import { Seal } from "./seal.ts";
import type { StoreError, TpmStore } from "./store.ts";
import { Disk } from "./testkit/disk.ts";
import { errorOf } from "./testkit/errorOf.ts";
import { FakeLockOrigin } from "./testkit/fakeLocks.ts";
import { faultsOf } from "./testkit/faults.ts";

const bytes = (...values: number[]) => Uint8Array.from(values);
const FILE = "/tpm/tpm2.variables";

/** Stores over one medium; a second one takes the TPM over. */
const MEDIA: [name: string, make: () => () => TpmStore][] = [
  [
    "memory",
    () => {
      const medium = new MemoryMedium();
      return () => new MemoryStore(medium);
    },
  ],
  [
    "indexeddb",
    () => {
      const indexedDB = new FakeFactory() as unknown as IDBFactory;
      const origin = new FakeLockOrigin();
      let tabs = 0;
      return () => new IndexedDbStore({ name: "a", indexedDB, locks: origin.client(`tab-${++tabs}`), lockWaitMs: 5 });
    },
  ],
  [
    "file",
    () => {
      const disk = new Disk("/tpm");
      return () => new FileStore({ dir: "/tpm", fs: disk.process() });
    },
  ],
];

describe.each(MEDIA)("firmware variables, %s", (_name, make) => {
  it("are none at first, the last commit after a restart, and none again once removed; the state is another matter", async () => {
    const medium = make();
    const first = medium();
    await first.open();
    await first.commit(bytes(7));
    expect(await first.readVariables!()).toBeNull();
    const given = bytes(1, 2);
    await first.commitVariables!(given);
    given[0] = 9;
    expect(await first.readVariables!()).toEqual(bytes(1, 2));
    await first.close();
    const second = medium();
    expect(await second.open()).toEqual(bytes(7));
    expect(await second.readVariables!()).toEqual(bytes(1, 2));
    await second.commitVariables!(null);
    await second.commitVariables!(null);
    expect(await second.readVariables!()).toBeNull();
    expect(await second.exportBlob()).toEqual(bytes(7));
  });

  it("are read and written by who has the store open, and by nobody else", async () => {
    const store = make()();
    for (const refused of [store.readVariables!(), store.commitVariables!(bytes(1)), store.commitVariables!(null)]) {
      expect((await errorOf<StoreError>(refused)).code).toBe("closed");
    }
  });
});

describe.each(MEDIA.slice(0, 2))("firmware variables of a TPM that was taken over, %s", (_name, make) => {
  it("are the new owner's", async () => {
    const medium = make();
    const [first, second] = [medium(), medium()];
    await first.open();
    await first.commitVariables!(bytes(1));
    await second.open({ takeOver: true });
    expect((await errorOf<StoreError>(first.commitVariables!(bytes(2)))).code).toBe("fenced");
    expect(await second.readVariables!()).toEqual(bytes(1));
  });
});

describe("firmware variables in a file", () => {
  const open = async (fs: ReturnType<Disk["process"]>, seal?: Seal) => {
    const store = new FileStore({ dir: "/tpm", fs, seal });
    await store.open();
    return store;
  };

  it("are the old ones or the new ones after a fault or the end of the process at any system call", async () => {
    const setUp = () => {
      const disk = new Disk("/tpm");
      disk.write(FILE, bytes(1));
      return disk;
    };
    let faults = 0;
    for (const fault of ["kill", "EIO"] as const) {
      const work = async (fs: ReturnType<Disk["process"]>) => (await open(fs)).commitVariables(bytes(2, 3));
      for await (const { disk, error, call } of faultsOf(fault, setUp, work)) {
        faults++;
        const found = disk.read(FILE);
        const where = `${fault} at ${call.name} ${call.path}`;
        // What has failed is not there; what the process did not live to say may be.
        if (fault === "kill") expect([[1], [2, 3]], where).toContainEqual([...found!]);
        else expect(found, where).toEqual(error === undefined ? bytes(2, 3) : bytes(1));
      }
    }
    expect(faults).toBeGreaterThan(20);
  });

  it("are the new ones after a power cut, once they are said to be stored", async () => {
    for (const choice of [0, 1]) {
      const disk = new Disk("/tpm");
      disk.write(FILE, bytes(1));
      await (await open(disk.process())).commitVariables(bytes(2, 3));
      disk.powerCut((n) => choice % n);
      expect(disk.read(FILE)).toEqual(bytes(2, 3));
    }
  });

  it("leave nothing of a crash behind, and follow no link", async () => {
    const disk = new Disk("/tpm");
    disk.write(`${FILE}.0123456789abcdef.tmp`, bytes(1));
    const store = await open(disk.process());
    expect(disk.list("/tpm").filter((name) => name.endsWith(".tmp"))).toEqual([]);
    disk.write("/letter", bytes(5));
    disk.symlink("/letter", FILE);
    expect((await errorOf<StoreError>(store.readVariables())).message).toMatch(/tpm2\.variables is a symbolic link/);
    expect((await errorOf<StoreError>(store.commitVariables(bytes(1)))).code).toBe("unavailable");
    expect(disk.read("/letter")).toEqual(bytes(5));
  });

  it("are encrypted with the state's key, and refused when they are not", async () => {
    const disk = new Disk("/tpm");
    const seal = new Seal(new Uint8Array(16), "file");
    const store = await open(disk.process(), seal);
    await store.commitVariables(bytes(1, 2, 3));
    expect(new Uint8Array(seal.open(disk.read(FILE)!))).toEqual(bytes(1, 2, 3));
    expect(new Uint8Array((await store.readVariables())!)).toEqual(bytes(1, 2, 3));
    disk.write(FILE, bytes(1, 2, 3));
    expect((await errorOf<StoreError>(store.readVariables())).message).toMatch(/is not encrypted/);
  });

  it("have a name of their own beside a state that has one", async () => {
    const disk = new Disk("/tpms");
    const store = new FileStore({ dir: "/tpms", file: "a", fs: disk.process() });
    await store.open();
    await store.commitVariables(bytes(1));
    expect(disk.read("/tpms/a.variables")).toEqual(bytes(1));
  });
});
