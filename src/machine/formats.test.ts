/** The machines that earlier versions wrote open in this one: see testdata/README.md. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { IDBFactory as FakeFactory } from "fake-indexeddb";
import { describe, expect, it, test } from "vitest";
import { type DatabaseDump, restoreDatabase } from "../engine/testkit/blobs.ts";
import { openDataKey, openWithPassphrase } from "../passphrase/index.ts";
import { IndexedDbStore } from "../store/indexedDb.ts";
import { errorOf } from "../store/testkit/errorOf.ts";
import { FakeLockOrigin } from "../store/testkit/fakeLocks.ts";
import { checkSeal, describeSnapshot, readSnapshot } from "../v86/snapshotFormat.ts";
import { isSealedMachineFile, type MachineContents, openMachineFile } from "./index.ts";

const TESTDATA = fileURLToPath(new URL("./testdata", import.meta.url));
const STATES = fileURLToPath(new URL("../engine/testdata", import.meta.url));
const folders = readdirSync(TESTDATA, { withFileTypes: true }).flatMap((each) => (each.isDirectory() ? each.name : []));
interface Facts {
  readonly passphrase: string;
  readonly context: string;
  readonly migration: string;
  /** Folder of src/engine/testdata with the states of the TPM in it. */
  readonly states: string;
  readonly damaged: { readonly file: string; readonly of: string; readonly how: string; readonly problem: string }[];
}

test("there are some", () => expect(folders.length).toBeGreaterThan(0));

describe.each(folders)("what tabtpm wrote: %s", (folder) => {
  const file = (...path: string[]) => new Uint8Array(readFileSync(join(TESTDATA, folder, ...path)));
  const facts = JSON.parse(readFileSync(join(TESTDATA, folder, "facts.json"), "utf8")) as Facts;
  const { passphrase, context, migration, damaged } = facts;
  const stored = (name: string) => new Uint8Array(readFileSync(join(STATES, facts.states, name)));
  const blob = (bytes: Uint8Array<ArrayBuffer>) => new Blob([bytes]);

  async function snapshot(bytes: Uint8Array<ArrayBuffer>) {
    const state = bytes.slice().buffer;
    const { part } = readSnapshot(state);
    await checkSeal(state);
    return part;
  }
  function expectMachine({ head, parts }: MachineContents): void {
    expect(head).toMatchObject({ name: "Kept", profile: "full", machine: { givenUpTo: migration } });
    expect(parts.state).toEqual(file("snapshot.v86"));
    expect(new TextDecoder().decode(parts.console)).toBe("# ");
    expect(parts.picture).toEqual(Uint8Array.of(0x89, 0x50));
  }
  const keptIn = async (wrapped: Uint8Array, sealed: Uint8Array) =>
    openWithPassphrase(sealed, await openDataKey(wrapped, passphrase, { context }), { purpose: "snapshot", context });

  it("the TPM's part of a snapshot", async () => {
    expect(describeSnapshot(file("snapshot.v86").buffer)).toMatchObject({ format: 1, interface: "tis", irq: 5 });
    const { permanent, volatile, variables } = await snapshot(file("snapshot.v86"));
    expect([permanent, volatile, variables]).toEqual([stored("full.state"), stored("full.volatile"), null]);
  });

  it("a machine file, plain and encrypted", async () => {
    expectMachine(await openMachineFile(blob(file("plain.tabtpm"))));
    expect(await isSealedMachineFile(blob(file("sealed.tabtpm")))).toBe(true);
    expectMachine(await openMachineFile(blob(file("sealed.tabtpm")), { passphrase }));
    for (const [given, name] of [
      [undefined, "MachineFilePassphraseError"],
      ["wrong", "WrongPassphraseError"],
    ] as const) {
      expect(await errorOf(openMachineFile(blob(file("sealed.tabtpm")), { passphrase: given }))).toMatchObject({
        name,
      });
    }
  });

  it("a snapshot that a page keeps of a TPM with a passphrase", async () => {
    expect(await keptIn(file("kept.key"), file("kept.snapshot"))).toEqual(file("plain.tabtpm"));
  });

  it("a TPM that was given up, which only that move gets", async () => {
    const dump = JSON.parse(readFileSync(join(TESTDATA, folder, "givenUp.json"), "utf8")) as DatabaseDump;
    const factory = new FakeFactory() as unknown as IDBFactory;
    await restoreDatabase(factory, dump);
    const locks = new FakeLockOrigin().client("tab");
    const store = new IndexedDbStore({ name: dump.name.replace("tabtpm/", ""), indexedDB: factory, locks });
    expect(await errorOf(store.open())).toMatchObject({ name: "StoreGivenUpError", migration });
    expect(await errorOf(store.open({ takeOver: true, migration: "f".repeat(32) }))).toMatchObject({
      name: "NotGivenUpError",
    });
    expect(await store.open({ takeOver: true, migration })).toEqual(stored("full.state"));
    await store.close();
  });

  it("all that is damaged is said to be", () => {
    const names = damaged.map((each) => each.file);
    expect(names.length).toBeGreaterThan(10);
    expect(readdirSync(join(TESTDATA, folder, "damaged")).sort()).toEqual(names.sort());
    for (const { of } of damaged) expect(existsSync(join(TESTDATA, folder, of))).toBe(true);
  });

  it.each(damaged)("$file: $how", async ({ file: name, of, problem }) => {
    const bytes = file("damaged", name);
    const opened: Record<string, () => Promise<unknown>> = {
      "snapshot.v86": () => snapshot(bytes),
      "plain.tabtpm": () => openMachineFile(blob(bytes)),
      "sealed.tabtpm": () => openMachineFile(blob(bytes), { passphrase }),
      "kept.snapshot": () => keptIn(file("kept.key"), bytes),
      "kept.key": () => keptIn(bytes, file("kept.snapshot")),
    };
    const error = (await errorOf((opened[of] as () => Promise<unknown>)())) as Error & { code?: string };
    expect([error.name, error.code].filter(Boolean).join(" ")).toBe(problem);
  });
});
