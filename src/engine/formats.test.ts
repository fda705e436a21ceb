/** What earlier versions stored opens in this one: see testdata/README.md. */
import { createHmac, pbkdf2Sync } from "node:crypto";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { IDBFactory as FakeFactory } from "fake-indexeddb";
import { afterEach, describe, expect, it } from "vitest";
import { DEFAULT_VARIABLES, FirmwareVariablesError, unpackVariables } from "../ppi/variables.ts";
import { DurableFile } from "../store/durableFile.ts";
import { FileStore } from "../store/file.ts";
import { IndexedDbStore } from "../store/indexedDb.ts";
import { MemoryMedium, MemoryStore } from "../store/memory.ts";
import { PassphraseSeal } from "../store/passphraseSeal.ts";
import { type PasswordKey, Seal } from "../store/seal.ts";
import { isSlotFile } from "../store/slots.ts";
import type { TpmStore } from "../store/store.ts";
import { errorOf } from "../store/testkit/errorOf.ts";
import { FakeLockOrigin } from "../store/testkit/fakeLocks.ts";
import type { Tpm } from "./api.ts";
import { createTpmOn } from "./create.ts";
import { TpmStateError } from "./errors.ts";
import { nodePlatform } from "./node.ts";
import { stateInFile } from "./stateFile.ts";
import {
  type BlobCase,
  type BlobFacts,
  type DamagedBlob,
  type DatabaseDump,
  dumpDatabase,
  layoutOf,
  restoreDatabase,
} from "./testkit/blobs.ts";
import { getRandom, responseCode, startup } from "./testkit/commands.ts";

const TESTDATA = fileURLToPath(new URL("./testdata", import.meta.url));
const folders = readdirSync(TESTDATA, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? entry.name : [],
);
const open: Tpm[] = [];
const temporary: string[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((tpm) => tpm.close()));
  for (const folder of temporary.splice(0)) rmSync(folder, { recursive: true });
});

function start(store: TpmStore): Tpm {
  const tpm = createTpmOn(nodePlatform, { store });
  open.push(tpm);
  return tpm;
}

function startFrom(state: Uint8Array): { tpm: Tpm; medium: MemoryMedium } {
  const medium = new MemoryMedium();
  medium.blob = state;
  return { tpm: start(new MemoryStore(medium)), medium };
}

/** Everything that the TPM of the blob said, word for word. */
async function expectAnswers(tpm: Tpm, { probes }: BlobCase): Promise<void> {
  expect(probes.length).toBeGreaterThan(3);
  for (const { what, command, response } of probes) {
    const answer = await tpm.execute(Uint8Array.from(Buffer.from(command, "hex")));
    expect([what, Buffer.from(answer).toString("hex")]).toEqual([what, response]);
  }
}

/** The volatile state is of no use, and says why; the TPM has lost nothing by it. */
async function expectOtherVersion(state: Uint8Array, volatile: Uint8Array, permanent: BlobCase): Promise<void> {
  const { tpm, medium } = startFrom(state);
  const error = await errorOf(tpm.powerOn({ volatile }));
  expect(error).toBeInstanceOf(TpmStateError);
  expect(error).toMatchObject({
    reason: "volatile",
    message: `The volatile state (${volatile.length} bytes) was saved by another version of tabtpm.`,
  });
  expect([tpm.power, medium.blob]).toEqual(["off", state]);
  await tpm.powerOn();
  await expectAnswers(tpm, permanent);
}

/** The same volatile state as a core of another layout would have written it: under the right HMAC. */
function ofAnotherLayout(state: Uint8Array, volatile: Uint8Array): Uint8Array {
  const signed = Uint8Array.from(volatile.subarray(0, -64));
  const hmac = (key: Uint8Array) => createHmac("sha512", key).update(signed).digest();
  // phProof is somewhere in the permanent state: it is what the HMAC was made with.
  const at = state.findIndex((_, i) => hmac(state.subarray(i, i + 64)).equals(volatile.subarray(-64)));
  if (at < 0) throw new Error("The volatile state is of another TPM.");
  signed[16] = (signed[16] as number) ^ 0xff;
  return Uint8Array.from([...signed, ...hmac(state.subarray(at, at + 64))]);
}

/** The key of `--key pwdfile=...,mode=aes-256-cbc`. */
const fromPassword =
  (password: string): PasswordKey =>
  (salt) =>
    pbkdf2Sync(password, salt ?? "swtpm", 210_000, 32, "sha512");

async function currentLayout(): Promise<string> {
  const tpm = start(new MemoryStore());
  await tpm.powerOn();
  return layoutOf((await tpm.snapshot()).volatile);
}

it("there are blobs of every format", () => {
  expect(folders.length).toBeGreaterThan(0);
  const kinds = ["full.state", "full.volatile", "full.suspended.state", "indexeddb.json", "encrypted", "facts.json"];
  for (const folder of folders) expect(readdirSync(join(TESTDATA, folder))).toEqual(expect.arrayContaining(kinds));
  expect(folders.flatMap((folder) => readdirSync(join(TESTDATA, folder)))).toEqual(
    expect.arrayContaining([
      "password",
      "plain",
      "passphrase",
      "export.sealed",
      "indexeddb.passphrase.json",
      "damaged",
    ]),
  );
});

it("the volatile state of this very version is resumed", async () => {
  const first = start(new MemoryStore());
  await first.powerOn();
  await first.execute(startup());
  const { permanent, volatile } = await first.snapshot();
  const second = startFrom(permanent).tpm;
  await second.powerOn({ volatile });
  expect(responseCode(await second.execute(getRandom(4)))).toBe(0);
});

describe.each(folders)("what tabtpm stored: %s", (folder) => {
  const file = (...path: string[]) => new Uint8Array(readFileSync(join(TESTDATA, folder, ...path)));
  const json = <T>(name: string) => JSON.parse(readFileSync(join(TESTDATA, folder, name), "utf8")) as T;
  const { cases, key, password, layout } = json<BlobFacts>("facts.json");
  const permanentOf = ({ state }: BlobCase) => cases.find((each) => each.state === state && !each.volatile) as BlobCase;

  it.each(cases.filter(({ volatile }) => volatile === undefined))("$name", async (each) => {
    const { tpm } = startFrom(file(each.state));
    await tpm.powerOn();
    await expectAnswers(tpm, each);
  });

  it.each(cases.filter(({ volatile }) => volatile !== undefined))(
    "$name, if the layout is still the same",
    async (each) => {
      const [state, volatile] = [file(each.state), file(each.volatile as string)];
      expect(layoutOf(volatile)).toBe(layout);
      if (layout === (await currentLayout())) {
        const { tpm } = startFrom(state);
        await tpm.powerOn({ volatile });
        await expectAnswers(tpm, each);
      } else {
        await expectOtherVersion(state, volatile, permanentOf(each));
      }
    },
  );

  it.each(cases.filter(({ volatile }) => volatile !== undefined))(
    "$name of another layout is refused",
    async (each) => {
      const state = file(each.state);
      await expectOtherVersion(state, ofAnotherLayout(state, file(each.volatile as string)), permanentOf(each));
    },
  );

  /** [folder of the files, what opens them, what does not] */
  const ENCRYPTED: [string, Uint8Array | PasswordKey, Uint8Array | PasswordKey][] = [
    ["encrypted", Uint8Array.from(Buffer.from(key, "hex")), new Uint8Array(32).fill(1)],
    ...(password === undefined
      ? []
      : [["password", fromPassword(password), fromPassword(`${password}.`)] satisfies (typeof ENCRYPTED)[number]]),
  ];
  describe.each(ENCRYPTED)("encrypted files: %s", (files, right, other) => {
    const seal = () => new Seal(right, "file");
    const wrong = () => new Seal(other, "file");
    function copy(): string {
      const dir = mkdtempSync(join(tmpdir(), "tabtpm-formats-"));
      temporary.push(dir);
      cpSync(join(TESTDATA, folder, files), dir, { recursive: true });
      return dir;
    }
    const volatileIn = (dir: string, withSeal?: Seal) =>
      new DurableFile(join(dir, "tpm2.volatile"), "it", { seal: withSeal });

    it("the permanent state", async () => {
      const dir = copy();
      for (const other of [undefined, wrong()]) {
        const error = await errorOf(new FileStore({ dir, seal: other }).open());
        expect(error).toMatchObject({
          code: "permission",
          message: expect.stringContaining("tpm2.state is encrypted"),
        });
      }
      expect(new Uint8Array(readFileSync(join(dir, "tpm2.state")))).toEqual(file(files, "tpm2.state"));
      const tpm = start(new FileStore({ dir, seal: seal() }));
      await tpm.powerOn();
      await expectAnswers(tpm, cases.find(({ state }) => state === "full.state") as BlobCase);
    });

    it("the volatile state", async () => {
      const dir = copy();
      for (const other of [undefined, wrong()]) {
        const error = await errorOf(volatileIn(dir, other).read());
        expect(error).toMatchObject({
          code: "permission",
          message: expect.stringContaining("tpm2.volatile is encrypted"),
        });
      }
      expect(new Uint8Array((await volatileIn(dir, seal()).read()) as Uint8Array)).toEqual(file("full.volatile"));
    });
  });

  const has = (name: string) => existsSync(join(TESTDATA, folder, name));
  const fullState = () => cases.find(({ state }) => state === "full.state") as BlobCase;
  const placed = (bytes: Uint8Array, name: string) => {
    const dir = mkdtempSync(join(tmpdir(), "tabtpm-formats-"));
    temporary.push(dir);
    writeFileSync(join(dir, name), bytes);
    return dir;
  };

  // The folders of before have none of these.
  if (has("plain"))
    it("files in two slots, encrypted with nothing and with a passphrase", async () => {
      for (const [files, seal] of [
        ["plain", undefined],
        ["passphrase", new PassphraseSeal(password as string)],
      ] as const) {
        const dir = mkdtempSync(join(tmpdir(), "tabtpm-formats-"));
        temporary.push(dir);
        cpSync(join(TESTDATA, folder, files), dir, { recursive: true });
        expect(isSlotFile(file(files, "tpm2.state"))).toBe(true);
        const tpm = start(new FileStore({ dir, seal }));
        expect(unpackVariables(await tpm.readVariables())).toEqual({ ...DEFAULT_VARIABLES, disabledHierarchies: 1 });
        await tpm.powerOn();
        await expectAnswers(tpm, fullState());
        await tpm.close();
        const volatile = await new DurableFile(join(dir, "tpm2.volatile"), "it", { seal }).read();
        expect(new Uint8Array(volatile as Uint8Array)).toEqual(file("full.volatile"));
        const page = await stateInFile(file(files, "tpm2.state"), seal && (password as string));
        expect(page).toEqual(file("full.state"));
      }
    });

  if (has("export.sealed"))
    it("what a page exported and stored with a passphrase", async () => {
      expect(await stateInFile(file("export.sealed"), password as string)).toEqual(file("full.state"));
      const factory = new FakeFactory() as unknown as IDBFactory;
      const before = json<DatabaseDump>("indexeddb.passphrase.json");
      await restoreDatabase(factory, before);
      const options = { name: before.name.replace("tabtpm/", ""), indexedDB: factory };
      const locks = new FakeLockOrigin().client("tab");
      const tpm = start(new IndexedDbStore({ ...options, locks }));
      expect(await errorOf(tpm.ready)).toMatchObject({ reason: "missing" });
      expect(await errorOf(tpm.unlock(`${password}.`))).toMatchObject({ reason: "wrong-passphrase" });
      await tpm.unlock(password as string);
      expect(unpackVariables(await tpm.readVariables())).toEqual({ ...DEFAULT_VARIABLES, disabledHierarchies: 1 });
      await tpm.powerOn();
      await expectAnswers(tpm, fullState());
    });

  if (has("damaged"))
    describe("what is damaged, and stays as it is", () => {
      const damaged = json<DamagedBlob[]>("damaged/facts.json");
      const keySeal = () => new Seal(Uint8Array.from(Buffer.from(key, "hex")), "file");

      it("all of it is said to be", () => {
        const files = damaged.map((each) => each.file);
        expect(readdirSync(join(TESTDATA, folder, "damaged")).sort()).toEqual([...files, "facts.json"].sort());
      });

      /** What is said of it; null when it is used all the same. */
      async function problemOf(kind: DamagedBlob["kind"], bytes: Uint8Array): Promise<unknown> {
        switch (kind) {
          case "permanent": {
            const { tpm, medium } = startFrom(bytes);
            const error = await errorOf(tpm.ready);
            expect(medium.blob).toEqual(bytes);
            return (error as TpmStateError).reason;
          }
          case "volatile": {
            const { tpm } = startFrom(file("full.state"));
            return ((await errorOf(tpm.powerOn({ volatile: bytes }))) as TpmStateError).reason;
          }
          case "sealed":
            return ((await errorOf(stateInFile(bytes, password as string))) as { reason?: unknown }).reason;
          case "slots":
          case "key": {
            const dir = placed(bytes, "tpm2.state");
            const seal = kind === "key" ? keySeal() : undefined;
            const tpm = start(new FileStore({ dir, seal, onNotice: () => {} }));
            const error = await tpm.ready.then(
              () => null,
              (reason: unknown) => reason as { reason?: unknown; code?: unknown },
            );
            if (error === null) return null;
            await tpm.close();
            expect(new Uint8Array(readFileSync(join(dir, "tpm2.state")))).toEqual(bytes);
            return error.reason ?? error.code;
          }
          case "variables":
            try {
              return unpackVariables(bytes);
            } catch (error) {
              expect(error).toBeInstanceOf(FirmwareVariablesError);
              return (error as Error).message.includes("newer") ? "newer" : "damaged";
            }
        }
      }

      it.each(damaged)("$file: $how", async ({ file: name, kind, problem }) => {
        expect(await problemOf(kind, file("damaged", name))).toBe(problem);
      });
    });

  it("the record of a page", async () => {
    const factory = new FakeFactory() as unknown as IDBFactory;
    const before = json<DatabaseDump>("indexeddb.json");
    await restoreDatabase(factory, before);
    expect(await dumpDatabase(factory, before.name)).toEqual(before);
    const options = { name: before.name.replace("tabtpm/", ""), indexedDB: factory };
    const tpm = start(new IndexedDbStore({ ...options, locks: new FakeLockOrigin().client("tab") }));
    await tpm.powerOn();
    await expectAnswers(tpm, cases.find(({ state }) => state === "full.state") as BlobCase);
    await tpm.close();
    const records = ({ stores }: DatabaseDump) => stores.flatMap((each) => each.records);
    const after = records(await dumpDatabase(factory, before.name));
    const recordOf = (key: string) => after.find((record) => record.key === key)?.value;
    // What was set aside stays; the state went on, and has another writer.
    expect(after.map(({ key }) => key)).toEqual(records(before).map(({ key }) => key));
    for (const { key, value } of records(before)) {
      if (key.startsWith("kept/")) expect(recordOf(key)).toEqual(value);
      else expect(recordOf(key)).not.toEqual(value);
    }
    expect(recordOf("epoch")).toMatchObject({ count: 2 });
  });
});
