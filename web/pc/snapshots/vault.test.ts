import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { makePassphraseKey, type PassphraseKey, sealWithPassphrase } from "../../../src/index.ts";
import { useIndexedDb } from "../testkit/indexedDb.ts";
import { heldKeys } from "../tpms/heldKeys.ts";
import { type SnapshotRow, SnapshotStore } from "./store.ts";
import { SnapshotVault } from "./vault.ts";

useIndexedDb();

const TPM = "a";
const CHEAP = { cost: { logN: 14, r: 8, p: 1 } };
const PICTURE = { type: "image/png", octets: new TextEncoder().encode("picture of the guest") };
const FILE = new TextEncoder().encode("memory of the guest, keys of the TPM").buffer;

let first: PassphraseKey;
let second: PassphraseKey;
beforeAll(async () => {
  first = await makePassphraseKey("first", CHEAP);
  second = await makePassphraseKey("second", CHEAP);
});

let databases = 0;
let store: SnapshotStore;
/** What the TPM has: it lies in a database of its own. */
let own: PassphraseKey | null;
let vault: SnapshotVault;
let last: Promise<unknown>;
beforeEach(() => {
  store = new SnapshotStore(`vault-${databases++}`);
  own = null;
  last = Promise.resolve();
  vault = open(store);
  heldKeys.hold(TPM, null);
});
afterEach(() => vi.restoreAllMocks());

function open(store: SnapshotStore): SnapshotVault {
  return new SnapshotVault({
    tpm: TPM,
    store,
    readState: async () =>
      own === null
        ? Uint8Array.of(1)
        : sealWithPassphrase(Uint8Array.of(1), own, { purpose: "permanent", context: TPM }),
    inTurn: (work) => {
      const turn = last.then(work);
      last = turn.catch(() => {});
      return turn;
    },
  });
}

const row = (id: string): SnapshotRow => ({
  ...{ id, tpm: TPM, name: id, savedAt: 1, size: FILE.byteLength, log: "good", isStart: false },
  picture: PICTURE,
});
/** As the page does it, with the TPM's own database. */
async function protect(after: PassphraseKey | null): Promise<void> {
  await vault.protect(own, after, async () => {
    own = after;
  });
  heldKeys.hold(TPM, after);
}

/** All that lies in the database of the snapshots, as one text. */
async function octets(): Promise<string> {
  const rows = await store.list(TPM);
  const files = await Promise.all(rows.map(({ id }) => store.read(id)));
  const all = [
    ...files.map((file) => new Uint8Array(file!)),
    ...rows.flatMap(({ picture, sealed }) => [
      picture?.octets ?? new Uint8Array(),
      sealed?.picture?.octets ?? new Uint8Array(),
      ...(sealed?.keys ?? []),
    ]),
  ];
  return all.map((each) => Buffer.from(each).toString("latin1")).join("\n");
}
const isPlain = async () => /memory of the guest|picture of the guest/.test(await octets());

/** Which of the keys (null: none) opens each snapshot. */
async function readableWith(keys: readonly (PassphraseKey | null)[]): Promise<boolean> {
  const held = heldKeys.of(TPM);
  try {
    for (const { id } of await store.list(TPM)) {
      let isRead = false;
      for (const key of keys) {
        heldKeys.hold(TPM, key);
        const file = await open(store)
          .read(id)
          .catch(() => null);
        isRead ||= file !== null && Buffer.from(file).equals(Buffer.from(FILE));
      }
      if (!isRead) return false;
    }
    return true;
  } finally {
    heldKeys.hold(TPM, held);
  }
}

describe("a TPM with a passphrase", () => {
  test("has what was kept before encrypted, and what is kept from then on, with its picture", async () => {
    await vault.add(row("before"), FILE);
    expect(await isPlain()).toBe(true);
    await protect(first);
    expect(await isPlain()).toBe(false);
    await vault.add(row("after"), FILE);
    expect(await isPlain()).toBe(false);
    expect((await vault.list()).map(({ picture }) => picture)).toEqual([PICTURE, PICTURE]);
    for (const id of ["before", "after"]) expect(await vault.read(id)).toEqual(FILE);
    // Whoever has not opened it sees that they are there.
    heldKeys.hold(TPM, null);
    expect((await vault.list()).map(({ name, picture }) => [name, picture])).toEqual([
      ["after", null],
      ["before", null],
    ]);
    await expect(vault.read("after")).rejects.toMatchObject({ kind: "locked" });
    await expect(vault.add(row("more"), FILE)).rejects.toMatchObject({ kind: "locked" });
    expect(await store.list(TPM)).toHaveLength(2);
  });

  test("gets another one, and the older opens nothing more", async () => {
    await protect(first);
    await vault.add(row("one"), FILE);
    const file = await store.read("one");
    await protect(second);
    expect(await store.read("one")).toEqual(file);
    expect([await readableWith([first]), await readableWith([second])]).toEqual([false, true]);
    expect(await isPlain()).toBe(false);
  });

  test("loses it, and they are plain", async () => {
    await vault.add(row("one"), FILE);
    await protect(first);
    await vault.add(row("two"), FILE);
    await protect(null);
    expect((await store.list(TPM)).map(({ sealed, picture }) => [sealed, picture])).toEqual([
      [undefined, PICTURE],
      [undefined, PICTURE],
    ]);
    for (const id of ["one", "two"]) expect(await store.read(id)).toEqual(FILE);
  });

  test("one snapshot does not stand in for another, and every octet counts", async () => {
    await protect(first);
    await vault.add(row("one"), FILE);
    await vault.add(row("two"), FILE);
    const [one, two] = [await store.row("one"), await store.read("two")];
    await store.change("two", { sealed: one!.sealed }, (await store.read("one"))!);
    await expect(vault.read("two")).rejects.toMatchObject({ name: "OtherPurposeError" });
    const damaged = new Uint8Array(two!);
    for (let at = 0; at < damaged.length; at++) {
      damaged[at]! ^= 1;
      await store.change("one", {}, damaged.slice().buffer);
      await expect(vault.read("one")).rejects.toMatchObject({ name: "DamagedBlobError" });
      damaged[at]! ^= 1;
    }
  });

  test("what is damaged keeps no passphrase from being changed or taken away", async () => {
    await protect(first);
    await vault.add(row("one"), FILE);
    await vault.add(row("two"), FILE);
    const damaged = new Uint8Array((await store.read("one"))!);
    damaged[200]! ^= 1;
    await store.change("one", {}, damaged.slice().buffer);
    await protect(second);
    await protect(null);
    expect(await store.read("one")).toEqual(damaged.buffer);
    expect(await store.read("two")).toEqual(FILE);
  });
});

/** A page that dies: the operation with this number is not done, and nothing after it. */
class DyingStore extends SnapshotStore {
  left = Infinity;
  #die(): void {
    if (this.left-- <= 0) throw new Error("died");
  }
  override async changeAll(...given: Parameters<SnapshotStore["changeAll"]>): Promise<boolean> {
    this.#die();
    return super.changeAll(...given);
  }
  override async list(tpm: string): Promise<SnapshotRow[]> {
    this.#die();
    return super.list(tpm);
  }
  override async read(id: string): Promise<ArrayBuffer | null> {
    this.#die();
    return super.read(id);
  }
}

describe("whenever the page dies", () => {
  type Change = "set" | "changed" | "taken away";
  test.each(["set", "changed", "taken away"] as const)(
    "while it is %s, nothing is lost and the next start brings order",
    async (change: Change) => {
      let hasEnded = false;
      let deaths = 0;
      for (let after = 0; !hasEnded; after++) {
        const name = `dying-${databases++}`;
        store = new SnapshotStore(name);
        own = null;
        vault = open(store);
        const before = change === "set" ? null : first;
        const next = { set: first, changed: second, "taken away": null }[change];
        if (before !== null) await protect(before);
        await vault.add(row("one"), FILE);
        await vault.add(row("two"), FILE);

        const dying = new DyingStore(name);
        dying.left = after;
        // Death comes before or behind the TPM's own change, too, and what is dead undoes nothing.
        const outcome = await open(dying)
          .protect(before, next, async () => {
            if (dying.left-- <= 0) throw new Error("died");
            own = next;
            if (dying.left-- <= 0) throw new Error("died");
          })
          .then(
            () => "done",
            () => "died",
          );
        hasEnded = outcome === "done";
        if (!hasEnded) deaths++;
        expect(await readableWith([before, next])).toBe(true);
        // What the TPM has opens all of them.
        expect(await readableWith([own])).toBe(true);
        if (hasEnded) expect(await isPlain()).toBe(next === null);

        heldKeys.hold(TPM, own);
        if (own !== null) {
          await open(store).settle(own);
          expect(await isPlain()).toBe(false);
          for (const { sealed } of await store.list(TPM)) expect(sealed?.keys).toHaveLength(1);
        }
        expect(await readableWith([own])).toBe(true);
      }
      expect(deaths).toBeGreaterThan(2);
    },
  );

  test("a TPM that keeps its passphrase has its snapshots as they were", async () => {
    for (const [before, after] of [
      [null, first],
      [first, second],
      [first, null],
    ] as const) {
      store = new SnapshotStore(`vault-${databases++}`);
      own = null;
      vault = open(store);
      if (before !== null) await protect(before);
      await vault.add(row("one"), FILE);
      const refused = vault.protect(before, after, () => Promise.reject(new Error("no room")));
      await expect(refused).rejects.toThrow("no room");
      expect(await isPlain()).toBe(before === null);
      expect(await readableWith([before])).toBe(true);
      if (after !== null) expect(await readableWith([after])).toBe(before === null);
    }
  });

  test("where the browser is full, the TPM has its passphrase, and what failed says so", async () => {
    await vault.add(row("one"), FILE);
    vi.spyOn(store, "change").mockRejectedValueOnce(new DOMException("full", "QuotaExceededError"));
    await expect(protect(first)).rejects.toMatchObject({
      name: "UnsettledError",
      cause: { name: "QuotaExceededError" },
    });
    expect(own).toBe(first);
    expect(await readableWith([null])).toBe(true);
    await vault.settle(first);
    expect(await isPlain()).toBe(false);
    expect(await readableWith([first])).toBe(true);
  });
});
