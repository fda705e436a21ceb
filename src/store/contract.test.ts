/** Every store keeps the contract; and stores that break it are found out. */
import { IDBFactory as FakeFactory } from "fake-indexeddb";
import { describe, expect, it } from "vitest";
import { STORE_CONTRACT, StoreContractError, type StoreMedium } from "./contract.ts";
import { FaultyStore } from "./faulty.ts";
import { FileStore, type FileStoreOptions } from "./file.ts";
import { IndexedDbStore } from "./indexedDb.ts";
import { MemoryMedium, MemoryStore } from "./memory.ts";
import { Seal } from "./seal.ts";
import { BLOCK } from "./slots.ts";
import type { CommitOptions, TpmStore } from "./store.ts";
import { Disk, type DiskProcess } from "./testkit/disk.ts";
import { EmbeddersStore, Shelf } from "./testkit/embeddersStore.ts";
import { errorOf } from "./testkit/errorOf.ts";
import { FakeLockOrigin } from "./testkit/fakeLocks.ts";

function memory(): StoreMedium {
  const medium = new MemoryMedium();
  return { connect: () => new MemoryStore(medium), takesFromTheLiving: true };
}

/** On a disk of its own, which has what was synced and maybe more. */
function files(options: Partial<FileStoreOptions> = {}): StoreMedium {
  const disk = new Disk("/tpm");
  const state = `/tpm/${options.file ?? "tpm2.state"}`;
  const processes = new Map<TpmStore, { fs: DiskProcess; die(): void }>();
  return {
    connect() {
      let isDead = false;
      const fs = disk.process({ fault: () => (isDead ? "kill" : undefined) });
      const store = new FileStore({ dir: "/tpm", fs, onNotice: () => {}, ...options });
      const die = () => {
        isDead = true;
      };
      processes.set(store, { fs, die });
      return store;
    },
    takesFromTheLiving: false,
    async crash(owner) {
      processes.get(owner)?.die();
      for (const name of disk.list("/tpm")) if (name.includes(".lock.")) disk.remove(`/tpm/${name}`);
    },
    async damage() {
      const file = (disk.read(state) as Uint8Array).slice();
      // In all slots: one that is whole would do. The file's own head stays.
      for (let at = BLOCK; at < file.length; at += 64) file[at] = (file[at] as number) ^ 0x55;
      disk.write(state, file);
    },
    async contents() {
      return Buffer.concat(disk.list("/tpm").map((name) => disk.read(`/tpm/${name}`) ?? new Uint8Array()));
    },
  };
}

function indexedDb(): StoreMedium {
  const factory = new FakeFactory() as unknown as IDBFactory;
  const origin = new FakeLockOrigin();
  let tabs = 0;
  const connect = () =>
    new IndexedDbStore({ name: "a", indexedDB: factory, locks: origin.client(`tab-${++tabs}`), lockWaitMs: 5 });
  return { connect, takesFromTheLiving: true };
}

function embedders(): StoreMedium {
  const shelf = new Shelf();
  return {
    connect: () => new EmbeddersStore(shelf),
    takesFromTheLiving: true,
    async crash() {
      shelf.owner = null;
      shelf.epoch++;
    },
  };
}

const sealed = () => ({ seal: new Seal(new Uint8Array(32).fill(5), "file") });
const STORES: [string, () => StoreMedium, number][] = [
  ["memory", memory, 4],
  ["a file", () => files(), 1],
  ["a file of another name", () => files({ file: "my.tpm" }), 1],
  ["an encrypted file", () => ({ ...files(sealed()), exportsSealed: true }), 1],
  ["IndexedDB", indexedDb, 4],
  ["an embedder's", embedders, 4],
  ["one with faults that has none", () => ({ ...memory(), connect: throughFaulty() }), 4],
];

function throughFaulty() {
  const medium = new MemoryMedium();
  return () => new FaultyStore(new MemoryStore(medium));
}

describe.each(STORES)("the contract of stores: %s", (_name, make, without) => {
  it.each(STORE_CONTRACT)("$name", async ({ run }) => {
    const medium = make();
    await run(medium);
    await medium.end?.();
  });

  it("has what all but few of the cases need", async () => {
    const tried = await Promise.all(STORE_CONTRACT.map(({ run }) => run(make())));
    expect(tried.filter((was) => !was).length).toBe(without);
  });
});

/** A store that does one thing otherwise, and what of the contract must notice. */
const BROKEN: [string, (medium: MemoryMedium) => TpmStore, string][] = [
  ["acknowledges and forgets", (medium) => withCommit(medium, async () => {}), "gives back the last commit"],
  [
    "keeps the caller's array",
    (medium) =>
      withCommit(medium, async (store, blob) => {
        store.commitSync(blob);
        medium.blob = blob;
      }),
    "gives back the last commit",
  ],
  [
    "keeps the whole buffer",
    (medium) => withCommit(medium, async (store, blob) => store.commitSync(new Uint8Array(blob.buffer))),
    "takes a view",
  ],
  [
    "lets commits overtake each other",
    (medium) =>
      withCommit(medium, async (store, blob) => {
        for (let turns = 2000 - blob.length; turns > 0; turns--) await Promise.resolve();
        store.commitSync(blob);
      }),
    "takes commits in the order",
  ],
  [
    "locks nobody out",
    (medium) => {
      const store = new MemoryStore(medium);
      const { open } = store;
      store.open = () => open.call(store, { takeOver: true });
      return store;
    },
    "belongs to one owner",
  ],
  [
    "acknowledges to who has lost it",
    (medium) =>
      withCommit(medium, async (store, blob) => {
        try {
          store.commitSync(blob);
        } catch (error) {
          if ((error as Error).name !== "StoreFencedError") throw error;
        }
      }),
    "can be taken over",
  ],
  [
    "writes before it looks whose it is",
    (medium) =>
      withCommit(medium, async (store, blob) => {
        if (medium.owner !== null) medium.blob = blob.slice();
        store.commitSync(blob);
      }),
    "can be taken over",
  ],
  [
    "frees what is another's",
    (medium) => {
      const store = new MemoryStore(medium);
      const { close } = store;
      store.close = async () => {
        medium.owner = null;
        await close.call(store);
      };
      return store;
    },
    "can be taken over",
  ],
  [
    "throws an archived blob away",
    (medium) => {
      const store = new MemoryStore(medium);
      const { archive } = store;
      store.archive = async () => (await archive.call(store)) && "kept";
      return store;
    },
    "moves a blob aside",
  ],
  [
    "has variables in the state's place",
    (medium) => {
      const store = new MemoryStore(medium);
      store.commitVariables = async (variables) => {
        medium.blob = variables;
        medium.variables = variables;
      };
      return store;
    },
    "keeps the firmware's variables apart",
  ],
];

function withCommit(
  medium: MemoryMedium,
  commit: (store: MemoryStore, blob: Uint8Array, options?: CommitOptions) => Promise<void>,
): TpmStore {
  const store = new MemoryStore(medium);
  const whole = Object.create(store) as MemoryStore;
  const bound = (
    name: "open" | "exportBlob" | "archive" | "readVariables" | "commitVariables" | "close" | "onFenced",
  ) => (store[name] as (...args: unknown[]) => unknown).bind(store);
  return Object.assign(whole, {
    ...{ open: bound("open"), exportBlob: bound("exportBlob"), archive: bound("archive"), close: bound("close") },
    ...{
      readVariables: bound("readVariables"),
      commitVariables: bound("commitVariables"),
      onFenced: bound("onFenced"),
    },
    commit: (blob: Uint8Array, options?: CommitOptions) => commit(store, blob, options),
  });
}

describe("the contract of stores finds out one that", () => {
  it.each(BROKEN)("%s", async (_name, make, noticed) => {
    const found = STORE_CONTRACT.find(({ name }) => name.startsWith(noticed));
    const medium = new MemoryMedium();
    const error = await errorOf(
      found?.run({ connect: () => make(medium), takesFromTheLiving: true }) ?? Promise.resolve(),
    );
    expect(error).toBeInstanceOf(StoreContractError);
  });
});
