/** Makes one folder of blobs: see src/engine/testdata/README.md. */
import { pbkdf2Sync } from "node:crypto";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { IDBFactory as FakeFactory } from "fake-indexeddb";
import type { InlineTpm, Tpm } from "../../src/engine/api.ts";
import type { TpmProfile } from "../../src/engine/core.ts";
import { createTpmOn } from "../../src/engine/create.ts";
import { nodePlatform } from "../../src/engine/node.ts";
import { type BlobCase, type BlobFacts, dumpDatabase, layoutOf } from "../../src/engine/testkit/blobs.ts";
import { sealWithPassphrase } from "../../src/passphrase/index.ts";
import { DEFAULT_VARIABLES, packVariables } from "../../src/ppi/variables.ts";
import { DurableFile } from "../../src/store/durableFile.ts";
import { FileStore, VOLATILE_STATE } from "../../src/store/file.ts";
import { IndexedDbStore } from "../../src/store/indexedDb.ts";
import { MemoryMedium, MemoryStore } from "../../src/store/memory.ts";
import { PassphraseSeal } from "../../src/store/passphraseSeal.ts";
import { Seal, type StateSeal } from "../../src/store/seal.ts";
import { FakeLockOrigin } from "../../src/store/testkit/fakeLocks.ts";
import { fill, probeFilling, probeSuspended, probeUse, use } from "./contents.ts";
import { writeDamaged } from "./damaged.ts";
import { type Probe, Recorder } from "./recorder.ts";

/** For the encrypted files only, and no secret. */
const KEY = Uint8Array.from({ length: 32 }, (_, i) => i);
const PASSWORD = "swordfish";
/** As `tabtpm socket --key pwdfile=F,mode=aes-256-cbc` makes it. */
const passwordKey = (salt: Uint8Array | undefined) => pbkdf2Sync(PASSWORD, salt ?? "swtpm", 210_000, 32, "sha512");

/** A TPM in memory, with this state or new. */
function tpmOf(profile: TpmProfile, blob: Uint8Array | null = null): InlineTpm {
  const medium = new MemoryMedium();
  medium.blob = blob;
  return createTpmOn(nodePlatform, { store: new MemoryStore(medium), profile }) as InlineTpm;
}

const variables = () => packVariables({ ...DEFAULT_VARIABLES, disabledHierarchies: 1 });

/** Turns a TPM on, and notes what it answers. */
async function probesOf(
  tpm: Tpm,
  volatile: Uint8Array | undefined,
  ask: (tpm: Recorder) => Promise<void>,
): Promise<Probe[]> {
  await tpm.powerOn(volatile ? { volatile } : {});
  const recorder = new Recorder(tpm);
  await ask(recorder);
  await tpm.close();
  return recorder.probes;
}

const startup = (startupType: string) => ["TPM2_Startup", "Startup", {}, { startupType }] as const;

export async function makeBlobs(folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const cases: BlobCase[] = [];
  let layout = "";
  for (const profile of ["full", "libtpms-0.9"] as const) {
    const tpm = tpmOf(profile);
    await tpm.powerOn();
    const recorder = new Recorder(tpm);
    await recorder.call("Startup", {}, { startupType: "TPM_SU_CLEAR" });
    await fill(recorder);
    const left = await use(recorder);
    const { permanent, volatile } = await tpm.snapshot();
    await recorder.call("Shutdown", {}, { shutdownType: "TPM_SU_STATE" });
    const { permanent: suspended } = await tpm.snapshot();
    await tpm.close();

    layout = layoutOf(volatile);
    const state = `${profile}.state`;
    const files = { [state]: permanent, [`${profile}.volatile`]: volatile, [`${profile}.suspended.state`]: suspended };
    for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
    cases.push(
      {
        name: `${profile}: the permanent state`,
        state,
        probes: await probesOf(tpmOf(profile, permanent), undefined, async (tpm) => {
          await tpm.probe(...startup("TPM_SU_CLEAR"));
          await probeFilling(tpm);
        }),
      },
      {
        name: `${profile}: the volatile state`,
        state,
        volatile: `${profile}.volatile`,
        probes: await probesOf(tpmOf(profile, permanent), volatile, (tpm) => probeUse(tpm, left)),
      },
      {
        name: `${profile}: the permanent state after TPM2_Shutdown(STATE)`,
        state: `${profile}.suspended.state`,
        probes: await probesOf(tpmOf(profile, suspended), undefined, async (tpm) => {
          await tpm.probe(...startup("TPM_SU_STATE"));
          await probeSuspended(tpm, left);
        }),
      },
    );
    if (profile === "full") {
      const sealed = { encrypted: new Seal(KEY, "file"), password: new Seal(passwordKey, "file") };
      const byPassphrase = new PassphraseSeal(PASSWORD);
      for (const [name, seal] of Object.entries({ plain: undefined, ...sealed, passphrase: byPassphrase })) {
        await writeFolder(join(folder, name), seal, permanent, volatile);
      }
      await writeFile(join(folder, "indexeddb.json"), await recordOf(permanent));
      await writeFile(join(folder, "indexeddb.passphrase.json"), await recordOf(permanent, PASSWORD));
      const exported = await sealWithPassphrase(permanent, PASSWORD, { purpose: "export", context: "Lab" });
      await writeFile(join(folder, "export.sealed"), exported);
      const sources = { folder, permanent, volatile, exported, passphrase: PASSWORD };
      await writeDamaged(sources);
    }
  }
  const facts: BlobFacts = { layout, key: Buffer.from(KEY).toString("hex"), password: PASSWORD, cases };
  await writeFile(join(folder, "facts.json"), `${JSON.stringify(facts, null, 2)}\n`);
  return (await readdir(folder, { recursive: true })).map((name) => join(folder, name)).sort();
}

/** The files of `tabtpm socket`, with `--key` or without: two commits, so that both slots are in use. */
async function writeFolder(
  dir: string,
  seal: StateSeal | undefined,
  permanent: Uint8Array,
  volatile: Uint8Array,
): Promise<void> {
  const store = new FileStore({ dir, seal });
  await store.open();
  await store.commit(Uint8Array.of(0xba, 0xad));
  await store.commit(permanent);
  await store.commitVariables(variables());
  await new DurableFile(join(dir, VOLATILE_STATE), "the volatile state", { seal }).replace(volatile);
  await store.close();
  for (const name of await readdir(dir)) if (name.startsWith("tpm2.lock.")) await rm(join(dir, name));
}

/** What a page has in its database: a state, one that was set aside, and who may write. */
async function recordOf(permanent: Uint8Array, secret?: string): Promise<string> {
  const factory = new FakeFactory() as unknown as IDBFactory;
  const locks = new FakeLockOrigin().client("page");
  const store = new IndexedDbStore({ name: "page", indexedDB: factory, locks, secret });
  await store.open();
  await store.commit(Uint8Array.of(0xba, 0xad));
  await store.archive();
  await store.commit(permanent);
  // What the firmware keeps is encrypted as well.
  if (secret !== undefined) await store.commitVariables(variables());
  await store.close();
  return `${JSON.stringify(await dumpDatabase(factory, "tabtpm/page"), null, 2)}\n`;
}
