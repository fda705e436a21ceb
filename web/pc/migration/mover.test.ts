import { readFileSync } from "node:fs";
import { IDBFactory } from "fake-indexeddb";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { newMigrationId } from "../../../src/index.ts";
import type { Plan } from "../../state/choices.ts";
import { noMedia } from "../../state/media.ts";
import { initialState, type PageState } from "../../state/model.ts";
import { defaultSettings } from "../../state/settings.ts";
import { Store } from "../../state/store.ts";
import { migrationWords } from "../../words/migration.ts";
import { arrivals } from "./arrivals.ts";
import { MigrationDesk } from "./desk.ts";
import { Mover } from "./mover.ts";
import type { MigrationParts } from "./parts.ts";

const ID = "default";
const MACHINES = new URL("../../../src/machine/testdata/2026-11-30/", import.meta.url);
const octets = new ArrayBuffer(1);
let calls: BroadcastChannel;
/** The other tab's end. */
let other: BroadcastChannel;
let closing: (() => void)[];

beforeEach(() => {
  closing = [];
  vi.stubGlobal("indexedDB", new IDBFactory());
  vi.stubGlobal("document", { querySelector: () => null });
  // A lock is had at once, and no tab dies.
  vi.stubGlobal("navigator", {
    locks: {
      request: (_: string, { signal }: { signal?: AbortSignal }, work: () => Promise<void>) =>
        signal === undefined ? work() : new Promise(() => {}),
    },
  });
  const { BroadcastChannel: Real } = globalThis;
  vi.stubGlobal(
    "BroadcastChannel",
    class extends Real {
      constructor(name: string) {
        super(name);
        closing.push(() => this.close());
      }
    },
  );
  calls = new BroadcastChannel("calls");
  other = new BroadcastChannel(`tabtpm-moving/${ID}`);
});

afterEach(() => {
  for (const close of closing) close();
  vi.unstubAllGlobals();
});

const images = async () => ({
  ...{ bios: octets, vgaBios: octets, rom: octets, kernel: octets, initrd: octets, cmdline: "" },
});
const plan: Plan = { settings: defaultSettings, media: noMedia };

/** @param parts of a page; without any it has the PC. */
function open(parts: object = {}): Mover {
  const whole = {
    id: ID,
    store: new Store<PageState>(initialState, 0),
    tpm: { state: () => ({ profile: "full", error: null }), power: "on" },
    computer: { machine: { stage: "shell", release() {} }, plan },
    screen: { write() {}, focus() {} },
    images,
    ...parts,
  };
  return new Mover(whole as unknown as MigrationParts, calls, "");
}

/** What a page has that wants the PC; its TPM is given up to a move. */
const without = (tpm: object = {}) => ({
  store: new Store<PageState>(initialState, 0),
  computer: { machine: null, plan: null },
  tpm: { state: () => ({ profile: "full", error: null }), power: "failed", ...tpm },
});

/** The next message of that type that the PC's tab sends. */
const next = (type: string) =>
  new Promise<{ readonly migration: string }>((resolve) => {
    const listen = ({ data }: MessageEvent) => {
      if (data.type !== type) return;
      other.removeEventListener("message", listen);
      resolve(data);
    };
    other.addEventListener("message", listen);
  });

test("a PC that was offered and that nobody took is offered anew to the next tab that wants it", async () => {
  const mover = open();
  const first = next("offer");
  void mover.offer();
  const { migration } = await first;
  // The tab that wanted it is gone, and has said nothing.
  const [cancelled, second] = [next("cancel"), next("offer")];
  void mover.offer();
  expect((await cancelled).migration).toBe(migration);
  expect((await second).migration).not.toBe(migration);
});

const digestOf = async (bytes: Uint8Array<ArrayBuffer>) =>
  Buffer.from(await crypto.subtle.digest("SHA-256", bytes)).toString("hex");
const say = (message: object) => other.postMessage(message);
const seen = <Value>(look: () => Value | null) =>
  vi.waitFor(() => {
    const value = look();
    if (value === null) throw new Error("not yet");
    return value;
  });

/** The head of an offer of the PC, as its own tab makes it. */
async function headOfOffer(): Promise<unknown> {
  const first = next("offer");
  const mover = open();
  void mover.offer();
  const { head } = (await first) as unknown as { head: unknown };
  const gone = next("cancel");
  mover.stop();
  await gone;
  return head;
}

/** A machine comes and is kept; its guest is none that goes on. @returns the move's name. */
async function arrive(mover: Mover, head: unknown): Promise<string> {
  const bytes = new Uint8Array(readFileSync(new URL("plain.tabtpm", MACHINES)));
  const migration = newMigrationId();
  mover.bringHere();
  const accepted = next("accept");
  say({ type: "offer", migration, head });
  await accepted;
  const kept = next("kept");
  say({ type: "chunk", migration, index: 0, bytes });
  say({ type: "end", migration, chunks: 1, digest: await digestOf(bytes) });
  await kept;
  return migration;
}

describe("what a tab has kept of a PC that it was to get", () => {
  test("stays for whoever has the TPM by now, when somebody answers too late that the PC is to boot", async () => {
    const taken = Object.assign(new Error("Somebody has it."), { name: "NotGivenUpError" });
    const head = await headOfOffer();
    const mover = open(without({ takeOver: () => Promise.reject(taken) }));
    const migration = await arrive(mover, head);
    // A guest that this page can't open, and another release may.
    const record = {
      migration,
      machine: new Uint8Array(readFileSync(new URL("damaged/plain.tabtpm.newer", MACHINES))).buffer,
    };
    await arrivals.keep(ID, record);
    const failed = next("failed");
    say({ type: "givenUp", migration });
    await failed;
    expect(mover.store.value.phase).toBe("lost");
    mover.bootAnew();
    await seen(() => (mover.store.value.phase === "ready" ? true : null));
    expect((await arrivals.read(ID))?.migration).toBe(migration);
    // And the PC can be asked for again.
    mover.bringHere();
    expect(mover.store.value.phase).toBe("waiting");
    mover.stop();
  });

  test("is not forgotten by a tab that waited for the same PC and has kept nothing", async () => {
    const head = await headOfOffer();
    const migration = newMigrationId();
    await arrivals.keep(ID, { migration, machine: octets });
    const mover = open(without());
    mover.bringHere();
    const accepted = next("accept");
    say({ type: "offer", migration, head });
    await accepted;
    const cancelled = next("cancel");
    mover.stop();
    await cancelled;
    await seen(() => (mover.store.value.phase === "ready" ? true : null));
    await new Promise((resolve) => setTimeout(resolve));
    expect((await arrivals.read(ID))?.migration).toBe(migration);
  });
});

/** A machine that can be saved, and what it was told. */
function savedMachine() {
  const state = new Uint8Array(readFileSync(new URL("snapshot.v86", MACHINES))).buffer;
  const release = vi.fn();
  return {
    release,
    machine: { stage: "shell", release, saveState: async () => state, restoreState: async () => ({}) },
  };
}

/** The database of the page's TPM, which says of none that it was given up. */
async function makeTpmDatabase(): Promise<void> {
  const opening = indexedDB.open(`tabtpm/${ID}`, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("tpm");
  await new Promise((resolve) => {
    opening.onsuccess = resolve;
  });
  opening.result.close();
}

/** What a TPM that is given up has in its database. */
async function mark(migration: string): Promise<void> {
  const opening = indexedDB.open(`tabtpm/${ID}`);
  await new Promise((resolve) => {
    opening.onsuccess = resolve;
  });
  const transaction = opening.result.transaction("tpm", "readwrite", { durability: "strict" });
  transaction.objectStore("tpm").put(migration, "given-up");
  await new Promise((resolve) => {
    transaction.oncomplete = resolve;
  });
  opening.result.close();
}

test("a PC that could not be given up as a file goes on, also where the database does not forget what was kept of it", async () => {
  const log = vi.spyOn(console, "error").mockImplementation(() => {});
  const forget = vi.spyOn(arrivals, "forget").mockRejectedValue(new DOMException("Closed", "InvalidStateError"));
  onTestFinished(() => {
    log.mockRestore();
    forget.mockRestore();
  });
  await makeTpmDatabase();
  const { machine, release } = savedMachine();
  const tpm = {
    state: () => ({ profile: "full", error: null }),
    power: "on",
    giveUp: () => Promise.reject(new Error("no room")),
  };
  const mover = open({ computer: { machine, plan, text: () => "" }, tpm });
  vi.stubGlobal("localStorage", { setItem() {}, removeItem() {} });
  mover.saveFile();
  expect(await seen(() => mover.store.value.trouble)).toContain("no room");
  expect([forget.mock.calls.length, release.mock.calls.length, mover.store.value.phase]).toEqual([1, 1, "ready"]);
});

/** A TPM that is not given up, and whose database does not open; it still commits, or not. */
const kept = (commits: () => boolean) => ({
  ...{ power: "on", state: () => ({ profile: "full", error: null }), shutDown: async () => commits() },
  giveUp: () => Promise.reject(new Error("The connection was lost.")),
});

describe("a PC whose TPM could not be given up, and whose store does not say whether it was", () => {
  beforeEach(() => void vi.stubGlobal("localStorage", { setItem() {}, removeItem() {} }));

  test("goes on where its TPM is this page's still, and is not kept as a file", async () => {
    const { machine, release } = savedMachine();
    const mover = open({ computer: { machine, plan, text: () => "" }, tpm: kept(() => true) });
    mover.saveFile();
    const trouble = await seen(() => mover.store.value.trouble);
    expect([trouble, mover.store.value.phase]).toEqual([
      migrationWords().troubles.stays("The connection was lost."),
      "ready",
    ]);
    expect([release.mock.calls.length, await arrivals.read(ID)]).toEqual([1, null]);
  });

  test("stands still until that is known, then goes on, and the tab that waits for it is told", async () => {
    const { machine, release } = savedMachine();
    const store = new Store<PageState>(initialState, 0);
    let commits = false;
    const mover = open({ store, computer: { machine, plan, text: () => "" }, tpm: kept(() => commits) });
    const [offer, end] = [next("offer"), next("end")];
    const over = mover.offer();
    const { migration } = await offer;
    say({ type: "accept", migration, window: 8 });
    say({ type: "kept", migration, digest: ((await end) as unknown as { digest: string }).digest });
    await seen(() => (mover.store.value.phase === "unsure" ? true : null));
    expect([store.value.asking, release.mock.calls.length]).toEqual(["move", 0]);
    mover.stop();
    expect(mover.store.value.phase).toBe("unsure");
    const cancelled = next("cancel");
    commits = true;
    mover.lookAgain();
    expect((await cancelled).migration).toBe(migration);
    await over;
    expect([release.mock.calls.length, mover.store.value.phase, mover.store.value.trouble]).toEqual([
      ...[1, "ready"],
      migrationWords().troubles.stays("The connection was lost."),
    ]);
  });
});

/** A PC that has gone to another tab, which says that it does not run there. @param own of the page */
async function strand(own: object = {}) {
  const error: { value: unknown } = { value: null };
  const { machine } = savedMachine();
  const computer = {
    ...{ machine, plan, text: () => "" },
    resume: (_: unknown, restore: (it: typeof machine) => Promise<void>) => restore(machine),
  };
  const tpm = {
    state: () => ({ profile: "full", error: error.value }),
    power: "on",
    giveUp: async (migration: string) => {
      error.value = { migration };
      tpm.power = "failed";
    },
    takeOver: vi.fn(async () => {
      tpm.power = "off";
    }),
  };
  await makeTpmDatabase();
  const mover = open({ computer, tpm, prepare: async () => {}, ...own });
  const [offer, end, givenUp] = [next("offer"), next("end"), next("givenUp")];
  const over = mover.offer();
  const { migration } = await offer;
  say({ type: "accept", migration, window: 8 });
  say({ type: "kept", migration, digest: ((await end) as unknown as { digest: string }).digest });
  await givenUp;
  say({ type: "failed", migration, why: "No emulator." });
  await seen(() => mover.store.value.trouble);
  await mark(migration);
  return { mover, tpm, migration, over };
}

test("a PC that was taken back is told to be, and nothing of its move is left in the page", async () => {
  const { mover, migration, over } = await strand();
  const cancelled = next("cancel");
  await mover.takeBack();
  expect((await cancelled).migration).toBe(migration);
  await over;
});

test("a button that is pressed twice takes the PC back once, and no tab is told that another one has it", async () => {
  const store = new Store<PageState>(initialState, 0);
  const { mover, tpm, over } = await strand({ store });
  await Promise.all([mover.takeBack(), mover.takeBack()]);
  await over;
  expect([tpm.takeOver.mock.calls.length, store.value.problem, store.value.power]).toEqual([1, null, "on"]);
});

test("a PC whose guest is of other images than the page has by now is asked about before its TPM is taken", async () => {
  let cmdline = "";
  const { mover, tpm } = await strand({ images: async () => ({ ...(await images()), cmdline }) });
  cmdline = "quiet";
  await mover.takeBack();
  expect(mover.store.value).toMatchObject({ phase: "lost", trouble: migrationWords().losses.images });
  expect(tpm.takeOver).not.toHaveBeenCalled();
});

test("a tab that waits for a PC that does not move is told why, and waits no longer", async () => {
  vi.stubGlobal("location", { pathname: "", search: "", hash: "" });
  const withDrives = {
    computer: { machine: { stage: "shell" }, plan: { ...plan, media: { ...noMedia, files: { hda: {} } } } },
  };
  const parts = { id: ID, store: new Store<PageState>(initialState, 0), tpm: { power: "on" }, images, ...withDrives };
  new MigrationDesk(parts as unknown as MigrationParts);
  calls = new BroadcastChannel(`tabtpm-move/${ID}`);
  const mover = open(without());
  mover.bringHere();
  const trouble = await seen(() => mover.store.value.trouble);
  expect([mover.store.value.phase, trouble]).toEqual(["ready", expect.stringContaining("drives or kernel")]);
});
