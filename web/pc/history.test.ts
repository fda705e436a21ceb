import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Machine, marshalCommand, type Stage, serializeBootRecord } from "../../src/index.ts";
import type { InlineTpm } from "../../src/node/index.ts";
import { initialState, type PageState } from "../state/model.ts";
import { Store } from "../state/store.ts";
import { said, useLanguage } from "../words/index.ts";
import type { BootStore, StoredBoots } from "./boots.ts";
import { History } from "./history.ts";
import { pcrExtend, poweredTpm, startup } from "./testkit/tpm.ts";

/** The store of boots, and what of it fails. */
class MemoryBoots implements BootStore {
  kept: StoredBoots = {};
  failure: Error | null = null;
  async #do<T>(work: () => T): Promise<T> {
    if (this.failure) throw this.failure;
    return work();
  }
  read = () => this.#do(() => this.kept);
  write = (present: Uint8Array, isNew: boolean) =>
    this.#do(() => {
      const last = isNew && this.kept.present ? { last: this.kept.present } : {};
      this.kept = { ...this.kept, ...last, present };
    });
  keepGood = (good: Uint8Array) =>
    this.#do(() => {
      this.kept = { ...this.kept, good };
    });
  remove = () =>
    this.#do(() => {
      this.kept = {};
    });
}

let tpm: InlineTpm;
let boots: MemoryBoots;
let page: Store<PageState>;
let files: Record<string, Uint8Array>;
let history: History;
/** Tells the history what the machine does. */
let tell: { reset(): void; stage(stage: Stage): void };

/** Whatever was begun is done. */
const settled = async () => {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  await vi.advanceTimersByTimeAsync(0);
};

function open(): void {
  const readFile = async (path: string) => {
    const content = files[path];
    if (content === undefined) throw new Error(`There is no ${path} in the folder`);
    return content;
  };
  history = new History({ page, tpm, boots, readFile });
  const listeners = new Map<string, (value?: unknown) => void>();
  history.follow({ on: (name: string, listener: () => void) => listeners.set(name, listener) } as unknown as Machine);
  tell = { reset: () => listeners.get("reset")!(), stage: (stage) => listeners.get("stage")!(stage) };
}

/** A boot that measures into PCR 8, and is kept. */
async function boot(): Promise<void> {
  await tpm.powerOn();
  tell.reset();
  await tpm.execute(startup);
  await tpm.execute(pcrExtend(8));
  await vi.advanceTimersByTimeAsync(2000);
  await settled();
}

/** As it is drawn. */
const problem = () => {
  const sentence = history.store.value.problem;
  return sentence === null ? null : said(sentence);
};
const names = ["last", "good", "file"] as const;
const known = () => names.filter((name) => history.store.value.boots[name] !== null);
const file = (name: string, content: string | Uint8Array<ArrayBuffer>) => new File([content], name);

beforeEach(async () => {
  tpm = await poweredTpm();
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  boots = new MemoryBoots();
  page = new Store<PageState>(initialState, 0);
  files = {};
  open();
});
afterEach(async () => {
  vi.useRealTimers();
  await tpm.close();
});

describe("boots", () => {
  test("are kept, and each is the last one of the next", async () => {
    await boot();
    expect([known(), Object.keys(boots.kept)]).toEqual([[], ["present"]]);
    const first = boots.kept.present;
    await boot();
    expect(known()).toEqual(["last"]);
    expect(boots.kept.last).toEqual(first);
    expect(serializeBootRecord(history.store.value.boots.last!)).toEqual(first);
    // Another visit begins with what was kept.
    const second = boots.kept.present;
    open();
    await settled();
    expect(serializeBootRecord(history.store.value.boots.last!)).toEqual(second);
  });

  test("that measured nothing take no other's place", async () => {
    await boot();
    const first = boots.kept.present;
    tell.reset();
    await tpm.powerOn();
    await tpm.execute(startup);
    tell.stage("off");
    await vi.advanceTimersByTimeAsync(2000);
    await settled();
    expect(boots.kept.present).toEqual(first);
  });

  test("of an old TPM are gone with it", async () => {
    await boot();
    history.keepAsGood();
    await settled();
    expect(known()).toEqual(["good"]);
    tell.stage("off");
    await history.forget();
    await vi.advanceTimersByTimeAsync(2000);
    await settled();
    expect([known(), boots.kept]).toEqual([[], {}]);
  });

  test("that can't be kept or read are said, and the others go on", async () => {
    await settled();
    boots.failure = new Error("The disk is full.");
    await boot();
    history.show(8);
    expect(problem()).toBe("This boot could not be kept. The disk is full.");
    history.close();
    expect(history.store.value.problem).toBeNull();
    boots.failure = null;
    await boot();
    // The one before was tried once more when it ended.
    expect(Object.keys(boots.kept)).toEqual(["present", "last"]);
    boots.kept = { ...boots.kept, last: new Uint8Array(3), present: new Uint8Array(3) };
    open();
    await settled();
    expect(problem()).toMatch(/^A boot that was kept can't be read. This is no record of a boot/);
    await boot();
    expect(boots.kept.present!.length).toBeGreaterThan(3);
  });

  test("that can be kept again are no problem any more, and take no other's place; what is said follows the language", async () => {
    await boot();
    const first = boots.kept.present;
    boots.failure = new Error("The disk is full.");
    await boot();
    expect(problem()).toBe("This boot could not be kept. The disk is full.");
    await useLanguage("de");
    expect(problem()).toMatch(/^Dieser Start .* The disk is full\.$/);
    await useLanguage("en");
    boots.failure = null;
    await tpm.execute(pcrExtend(8));
    await vi.advanceTimersByTimeAsync(2000);
    await settled();
    expect(problem()).toBeNull();
    expect(boots.kept.last).toEqual(first);
    expect(boots.kept.present).not.toEqual(first);
  });

  test("of a file are taken, and what is none is refused with its name and the reason", async () => {
    await boot();
    const octets = boots.kept.present!.slice();
    history.load(file("other.json", octets));
    await vi.waitUntil(() => history.store.value.boots.file !== null);
    expect(history.store.value).toMatchObject({ fileName: "other.json", problem: null });
    history.load(file("state.bin", octets.subarray(0, 40)));
    await vi.waitUntil(() => history.store.value.problem !== null);
    expect(problem()).toMatch(/^state.bin was not taken. This is no record of a boot: it is not JSON/);
    history.load(file("film.json", new Uint8Array(7 << 20)));
    await vi.waitUntil(() => problem()?.startsWith("film.json"));
    expect(problem()).toContain("It has 7340032 bytes");
  });
});

describe("the history that is open", () => {
  test("grows with the TPM's commands, and has the values that the page has read", async () => {
    await boot();
    history.show(8);
    await settled();
    expect(history.store.value.present!.steps.map(({ kind }) => kind)).toEqual(["Startup", "PCR_Extend"]);
    await tpm.execute(marshalCommand("PCR_Reset", { handles: { pcrHandle: 16 } }));
    page.set({ banks: [{ algorithm: 0x000b, name: "SHA-256", values: ["00".repeat(32)] }] });
    await vi.advanceTimersByTimeAsync(1);
    await settled();
    expect(history.store.value.present!.steps.map(({ kind }) => kind)).toEqual(["Startup", "PCR_Extend", "PCR_Reset"]);
    expect(history.store.value.present!.banks).toEqual([{ algorithm: 0x000b, values: ["00".repeat(32)] }]);
    history.close();
    expect(history.store.value).toMatchObject({ open: null, present: null });
  });

  test("has IMA's list from the folder or from a file, and says when there is none", async () => {
    await boot();
    history.show(10);
    history.readIma(null);
    await vi.waitUntil(() => history.store.value.problem !== null);
    expect(problem()).toContain("/mnt/ima.txt was not taken. There is no ima.txt");
    files["ima.txt"] = new TextEncoder().encode(
      `10 ${"ab".repeat(20)} ima-ng sha256:${"cd".repeat(32)} /bin/true\n10 ab`,
    );
    history.readIma(null);
    await vi.waitUntil(() => history.store.value.ima !== null);
    expect(history.store.value.ima).toEqual({ entries: 1, isCut: true, unextended: ["/bin/true"] });
    files["ima.txt"] = new Uint8Array((8 << 20) + 1);
    history.readIma(null);
    await vi.waitUntil(() => history.store.value.problem !== null);
    expect(problem()).toContain("It has 8388609 bytes");
    history.readIma(file("notes.txt", "hello\n"));
    await vi.waitUntil(() => problem()?.startsWith("notes.txt") === true);
    expect(problem()).toContain("notes.txt was not taken. This is no list of IMA's measurements");
  });
});
