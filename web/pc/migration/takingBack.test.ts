/** Whatever becomes of what is kept of a guest that moves: its TPM comes back. */
import { readFileSync } from "node:fs";
import { beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import {
  describeSnapshot,
  makePassphraseKey,
  newMigrationId,
  SnapshotRefusedError,
  sealMachineFile,
  writeMachineFile,
} from "../../../src/index.ts";
import { createTpm, type InlineTpm, MemoryMedium, MemoryStore } from "../../../src/node/index.ts";
import type { MigrationState } from "../../state/migration.ts";
import { initialState, type PageState } from "../../state/model.ts";
import { defaultSettings } from "../../state/settings.ts";
import { Store } from "../../state/store.ts";
import { migrationWords } from "../../words/migration.ts";
import { problemOf } from "../problems.ts";
import { useIndexedDb } from "../testkit/indexedDb.ts";
import { type Arrival, openArrivals } from "./arrivals.ts";
import { GuestLostError } from "./kept.ts";
import { TakingBack, type TakingBackParts } from "./takingBack.ts";

useIndexedDb();
const database = openArrivals();
const SNAPSHOT = new URL("../../../src/machine/testdata/2026-11-30/snapshot.v86", import.meta.url);
const CHEAP = { cost: { logN: 14, r: 8, p: 1 } };
const ID = "a";
const { losses } = migrationWords();

let snapshot: Uint8Array;
let whole: Uint8Array;

/** A machine file, as a page writes it that gives its PC up. */
async function machineFile(migration: string, state = snapshot, settings: unknown = defaultSettings): Promise<Blob> {
  const about = describeSnapshot(snapshot.slice().buffer);
  const { v86Release, profile, interface: registerInterface, memorySize, identity: tpmIdentity, savedAt } = about;
  const head = {
    ...{ name: "PC", savedAt, v86Release, profile, registerInterface, memorySize, tpmIdentity, guest: "images" },
    ...{ boot: { stage: "shell", log: "unknown" as const }, pictureType: null },
    machine: { settings, givenUpTo: migration },
  };
  return writeMachineFile(head, { state, console: new TextEncoder().encode("# ") });
}
const bytesOf = async (file: Blob) => new Uint8Array(await file.arrayBuffer());

beforeAll(async () => {
  snapshot = new Uint8Array(readFileSync(SNAPSHOT));
});

let migration: string;
let medium: MemoryMedium;
let tpm: InlineTpm;
let page: Store<PageState>;
let moving: Store<MigrationState>;
let back: TakingBack;
/** What happened, in its order. */
let happened: string[];
let refusal: Error | null;
let isMade: boolean;
/** The digest of the page's images. */
let guest: string;

/** In a page that finds the TPM given up. */
async function openPage(parts: Partial<TakingBackParts> = {}): Promise<void> {
  tpm = createTpm({ store: new MemoryStore(medium) });
  await tpm.ready.catch(() => {});
  page = new Store({ ...initialState, problem: problemOf(tpm.state().error), power: "off" }, 0);
  moving = new Store<MigrationState>({ phase: "ready", done: 0, total: 0, trouble: null }, 0);
  const here = tpm;
  const machine = {
    restoreState: async () => {
      if (refusal !== null) throw refusal;
      happened.push("goes on");
    },
    release: () => {},
  };
  back = new TakingBack({
    id: ID,
    ...{ store: page, moving, tpm: here as unknown as TakingBackParts["tpm"] },
    computer: {
      plan: null,
      resume: async (_plan: unknown, restore: (it: typeof machine) => Promise<void>) => {
        if (!isMade) throw new Error("no emulator");
        await restore(machine);
      },
    } as unknown as TakingBackParts["computer"],
    screen: { write: () => {} } as unknown as TakingBackParts["screen"],
    prepare: () => here.ready,
    start: async () => {
      const kept = await database.read(ID).catch(() => null);
      happened.push(`boots, ${kept === null ? "nothing" : "something"} kept`);
      await here.powerOn();
    },
    arrivals: database,
    key: async () => null,
    ...{ guest: async () => guest, isGivenUp: async () => medium.givenUp === migration },
    ...parts,
  });
}

beforeEach(async () => {
  migration = newMigrationId();
  medium = new MemoryMedium();
  const source = createTpm({ store: new MemoryStore(medium) });
  await source.powerOn();
  await source.giveUp(migration);
  await source.close();
  happened = [];
  refusal = null;
  isMade = true;
  guest = "images";
  await database.forget(ID);
  whole = await bytesOf(await machineFile(migration));
});

const keep = (machine: unknown, of: unknown = migration) =>
  database.keep(ID, { migration: of, machine } as unknown as Arrival);
const isKept = async () => (await database.read(ID)) !== null;
const flipped = (bytes: Uint8Array, at: number) => {
  const changed = bytes.slice();
  changed[at] = (changed[at] as number) ^ 1;
  return changed.buffer;
};

test("a whole one goes on where it stood, without a question, and is kept no longer", async () => {
  await keep(whole.slice().buffer);
  await openPage();
  expect(await back.takeBack(migration, null)).toBe(true);
  expect([happened, await isKept(), page.value.problem, page.value.power]).toEqual([["goes on"], false, null, "on"]);
  expect(moving.value.phase).toBe("ready");
});

const damages: readonly [string, string, () => Promise<unknown> | unknown][] = [
  ["nothing is kept", losses.missing, () => {}],
  ["another move's is kept", losses.missing, () => keep(whole.slice().buffer, newMigrationId())],
  ["the record is none", losses.missing, () => database.keep(ID, "?" as unknown as Arrival)],
  ["the record has no machine", losses.damaged, () => keep(undefined)],
  ["the machine is of another type", losses.damaged, () => keep("machine")],
  ["the machine is empty", losses.damaged, () => keep(new ArrayBuffer(0))],
  ["the machine is something else", losses.damaged, () => keep(new Uint8Array(1000).fill(7).buffer)],
  ["the machine is cut", losses.damaged, () => keep(whole.slice(0, whole.length - 40).buffer)],
  ["an octet of the head is another", losses.damaged, () => keep(flipped(whole, 20))],
  ["an octet of the guest is another", losses.damaged, () => keep(flipped(whole, whole.length - 100))],
  ["the machine is of a newer format", losses.newer, () => keep(flipped(whole, 8))],
  [
    "what is in it is no state of v86",
    losses.damaged,
    async () => keep((await bytesOf(await machineFile(migration, new Uint8Array(500)))).buffer),
  ],
  [
    "its settings are none",
    losses.damaged,
    async () => keep((await bytesOf(await machineFile(migration, snapshot, null))).buffer),
  ],
  [
    "its settings are of no machine",
    losses.damaged,
    async () => keep((await bytesOf(await machineFile(migration, snapshot, { interface: "none" }))).buffer),
  ],
  [
    "the guest is of other images than the page's",
    losses.images,
    async () => {
      guest = "other images";
      await keep(whole.slice().buffer);
    },
  ],
  [
    "it is encrypted, and the TPM is not",
    losses.passphrase,
    async () => {
      const key = await makePassphraseKey("another", CHEAP);
      await keep((await bytesOf(await sealMachineFile(new Blob([whole as BlobPart]), key))).buffer);
    },
  ],
];

describe.each(damages)("%s", (name, sentence, damage) => {
  beforeEach(async () => {
    await damage();
    await openPage();
  });

  test("is asked about while nothing has changed", async () => {
    const before = await database.read(ID);
    expect(await back.takeBack(migration, null)).toBe(false);
    expect(moving.value).toMatchObject({ phase: "lost", trouble: sentence });
    expect([page.value.asking, page.value.problem?.kind, tpm.power]).toEqual(["move", "given-up", "failed"]);
    expect([happened, medium.givenUp, await database.read(ID)]).toEqual([[], migration, before]);
    back.decline();
    expect(await back.bootAnew()).toBe(false);
    expect([happened, medium.givenUp]).toEqual([[], migration]);
    // It may be asked again.
    expect(await back.takeBack(migration, null)).toBe(false);
    expect(back.isAsking).toBe(true);
  });

  test("does not keep the TPM from coming back, and the PC boots", async () => {
    await back.takeBack(migration, null);
    expect(await back.bootAnew()).toBe(true);
    expect([tpm.power, medium.givenUp, page.value.problem, page.value.asking]).toEqual(["on", null, null, null]);
    // What is of another move only stays.
    const left = name.startsWith("another move") ? "something" : "nothing";
    expect(happened).toEqual([`boots, ${left} kept`]);
    expect(await back.bootAnew()).toBe(false);
  });
});

test("a browser that does not give what is kept does not keep the TPM either", async () => {
  const fails = async (): Promise<never> => {
    throw new DOMException("No such store", "NotFoundError");
  };
  const log = vi.spyOn(console, "error").mockImplementation(() => {});
  onTestFinished(() => log.mockRestore());
  await openPage({ arrivals: { read: fails, forget: fails } });
  expect(await back.takeBack(migration, null)).toBe(false);
  expect(moving.value.trouble).toBe(losses.unread("No such store"));
  expect(await back.bootAnew()).toBe(true);
  expect(tpm.power).toBe("on");
});

test("the page that began the move asks as well, where its guest's images are others by now", async () => {
  await openPage();
  guest = "other images";
  expect(await back.takeBack(migration, new Blob([whole as BlobPart]))).toBe(false);
  expect([moving.value.trouble, happened, medium.givenUp]).toEqual([losses.images, [], migration]);
});

test("a page that has no images can't say whose guest it is, and all stays as it is", async () => {
  await keep(whole.slice().buffer);
  await openPage({ guest: () => Promise.reject(new Error("offline")) });
  await expect(back.takeBack(migration, null)).rejects.toThrow("offline");
  expect([back.isAsking, happened, medium.givenUp, await isKept()]).toEqual([false, [], migration, true]);
});

test("what is kept of no move at all is forgotten with the move that goes on", async () => {
  await keep("machine", null);
  await openPage();
  expect(await back.takeBack(migration, new Blob([whole as BlobPart]))).toBe(true);
  expect([happened, await isKept()]).toEqual([["goes on"], false]);
});

test("the page that began the move has the machine still, whatever is kept", async () => {
  await keep(flipped(whole, 20));
  await openPage();
  expect(await back.takeBack(migration, new Blob([whole as BlobPart]))).toBe(true);
  expect([happened, await isKept()]).toEqual([["goes on"], false]);
});

describe("one of another release of v86, which only the machine finds out", () => {
  const why = "The snapshot is of a machine with v86's state version 5; this one has 6.";
  beforeEach(async () => {
    await keep(whole.slice().buffer);
    await openPage();
    refusal = new SnapshotRefusedError(why, "v86");
  });

  test("the TPM is here by then, the machine is kept until it is answered, and the PC boots", async () => {
    expect(await back.takeBack(migration, null)).toBe(false);
    expect(moving.value).toMatchObject({ phase: "lost", trouble: losses.refused(why) });
    expect([tpm.power, page.value.power, page.value.problem, await isKept()]).toEqual(["off", "off", null, true]);
    expect(await back.bootAnew()).toBe(true);
    expect([happened, tpm.power]).toEqual([["boots, nothing kept"], "on"]);
  });

  test("a target that took it is told of the guest, and has the TPM", async () => {
    const error = await back.takeOver(migration, null).catch((it: unknown) => it);
    expect(error).toBeInstanceOf(GuestLostError);
    expect([(error as GuestLostError).loss, tpm.power, await isKept()]).toEqual([
      { kind: "refused", why },
      "off",
      true,
    ]);
  });
});

test("what keeps the machine from being made says nothing of the guest, which the next visit offers", async () => {
  await keep(whole.slice().buffer);
  await openPage();
  isMade = false;
  await expect(back.takeBack(migration, null)).rejects.toThrow("no emulator");
  expect([back.isAsking, await isKept()]).toEqual([false, true]);
  expect(page.value.power, "not for ever about to start").toBe("off");
});

test("a database that does not forget what went on says nothing against the PC, which runs", async () => {
  const log = vi.spyOn(console, "error").mockImplementation(() => {});
  onTestFinished(() => log.mockRestore());
  await keep(whole.slice().buffer);
  const forget = async (): Promise<never> => {
    throw new DOMException("The connection was closed", "InvalidStateError");
  };
  await openPage({ arrivals: { ...database, forget } });
  expect(await back.takeBack(migration, null)).toBe(true);
  expect([happened, page.value.power, page.value.problem, log.mock.calls.length]).toEqual([["goes on"], "on", null, 1]);
});

test("of a TPM that somebody else has by now nothing is asked, and nothing is forgotten", async () => {
  await keep(flipped(whole, 20));
  await openPage();
  const other = createTpm({ store: new MemoryStore(medium) });
  await other.ready.catch(() => {});
  await other.takeOver({ migration });
  expect(await back.takeBack(migration, null)).toBe(false);
  expect([back.isAsking, page.value.problem?.kind, await isKept()]).toEqual([false, "moved", true]);
});

test("who answers after somebody else took it gets nothing", async () => {
  await keep(flipped(whole, 20));
  await openPage();
  await back.takeBack(migration, null);
  const other = createTpm({ store: new MemoryStore(medium) });
  await other.ready.catch(() => {});
  await other.takeOver({ migration });
  expect(await back.bootAnew()).toBe(false);
  expect([happened, page.value.problem?.kind, page.value.asking, await isKept()]).toEqual([[], "moved", null, true]);
});

describe("asked twice at once", () => {
  test("one goes on, and both are told so", async () => {
    await keep(whole.slice().buffer);
    await openPage();
    expect(await Promise.all([back.takeBack(migration, null), back.takeBack(migration, null)])).toEqual([true, true]);
    expect([happened, page.value.problem, page.value.power, await isKept()]).toEqual([["goes on"], null, "on", false]);
    expect([tpm.power, medium.givenUp]).toEqual(["off", null]);
  });

  test("a person and the tab that gave it up: neither finds the other in its way", async () => {
    await keep(whole.slice().buffer);
    await openPage();
    expect(await Promise.all([back.takeOver(migration, null), back.takeBack(migration, null)])).toEqual([true, true]);
    expect([happened, page.value.problem]).toEqual([["goes on"], null]);
  });

  test("of a guest that can't go on one question is asked, and the PC boots once", async () => {
    await openPage();
    expect(await Promise.all([back.takeBack(migration, null), back.takeBack(migration, null)])).toEqual([false, false]);
    expect(moving.value).toMatchObject({ phase: "lost", trouble: losses.missing });
    expect(await Promise.all([back.bootAnew(), back.bootAnew()])).toEqual([true, true]);
    expect([happened, page.value.problem, tpm.power]).toEqual([["boots, nothing kept"], null, "on"]);
  });

  test("by two tabs: the store has one owner, and the other one is told that it moved", async () => {
    await keep(whole.slice().buffer);
    await openPage();
    const other = createTpm({ store: new MemoryStore(medium) });
    await other.ready.catch(() => {});
    const [isBack] = await Promise.all([back.takeBack(migration, null), other.takeOver({ migration }).catch(() => {})]);
    expect([tpm.power, other.power].sort()).toEqual(["failed", "off"]);
    expect([isBack, page.value.problem?.kind]).toEqual(tpm.power === "off" ? [true, undefined] : [false, "moved"]);
  });

  test("for another move: that one is under way already", async () => {
    await keep(whole.slice().buffer);
    await openPage();
    const first = back.takeBack(migration, null);
    await expect(back.takeOver(newMigrationId(), null)).rejects.toThrow(migrationWords().troubles.underWay);
    expect([await first, happened, tpm.power]).toEqual([true, ["goes on"], "off"]);
  });

  test("after one that failed: it is tried anew", async () => {
    await keep(whole.slice().buffer);
    await openPage();
    isMade = false;
    await expect(back.takeBack(migration, null)).rejects.toThrow("no emulator");
    isMade = true;
    expect(await back.takeBack(migration, null)).toBe(true);
  });
});
