/** Makes a folder of machines, and of what holds them: see src/machine/testdata/README.md. */
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { IDBFactory as FakeFactory } from "fake-indexeddb";
import { dumpDatabase } from "../../src/engine/testkit/blobs.ts";
import { type NewMachineHead, sealMachineFile, writeMachineFile } from "../../src/machine/index.ts";
import { makeDataKey, makePassphraseKey, sealWithPassphrase } from "../../src/passphrase/index.ts";
import { IndexedDbStore } from "../../src/store/indexedDb.ts";
import { FakeLockOrigin } from "../../src/store/testkit/fakeLocks.ts";
import { packPart, seal, TPM_INDEX } from "../../src/v86/snapshotFormat.ts";
import { changed, flipped } from "./damaged.ts";

/** No secret. */
const PASSPHRASE = "swordfish";
const CONTEXT = "page/7e57";
const MIGRATION = "00112233445566778899aabbccddeeff";
const SAVED_AT = Date.UTC(2026, 10, 30);
const IDENTITY = "c0".repeat(32);

/** v86's container with nothing of v86's in it: its head, its text, its buffers, as src/v86/snapshotFormat.ts has them. */
async function snapshotOf(permanent: Uint8Array, volatile: Uint8Array): Promise<ArrayBuffer> {
  const buffers: Uint8Array[] = [];
  const infos: { offset: number; length: number }[] = [];
  let end = 0;
  const part = packPart({
    head: {
      ...{ v86Release: "0.5.462", profile: "full", interface: "tis", irq: 5, memorySize: 1 << 20, identity: IDENTITY },
      ...{ savedAt: SAVED_AT, notes: {}, clocks: { clock: 1, wallTime: SAVED_AT } },
    },
    registers: [1],
    presence: [1],
    ...{ permanent, volatile, variables: null },
  }).map((value) => {
    if (!(value instanceof Uint8Array)) return value;
    infos.push({ offset: end, length: value.length });
    buffers.push(value);
    end = (end + value.length + 3) & ~3;
    return { __state_type__: "Uint8Array", buffer_id: buffers.length - 1 };
  });
  const state: unknown[] = new Array(TPM_INDEX).fill(0);
  state.push(part);
  const text = new TextEncoder().encode(JSON.stringify({ buffer_infos: infos, state }));
  const base = (16 + text.length + 3) & ~3;
  const last = infos.at(-1) as { offset: number; length: number };
  const bytes = new Uint8Array(base + last.offset + last.length);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of [0x8676_8676, 6, bytes.length, text.length].entries()) view.setUint32(4 * i, value, true);
  bytes.set(text, 16);
  for (const [i, buffer] of buffers.entries()) bytes.set(buffer, base + (infos[i] as { offset: number }).offset);
  await seal(bytes.buffer);
  return bytes.buffer;
}

async function givenUp(permanent: Uint8Array): Promise<string> {
  const factory = new FakeFactory() as unknown as IDBFactory;
  const store = new IndexedDbStore({ name: "page", indexedDB: factory, locks: new FakeLockOrigin().client("page") });
  await store.open();
  await store.commit(permanent);
  await store.giveUp(MIGRATION);
  return `${JSON.stringify(await dumpDatabase(factory, "tabtpm/page"), null, 2)}\n`;
}

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();

/** @param states folder of src/engine/testdata that has the TPM's states. */
export async function makeMachines(folder: string, states: string): Promise<string[]> {
  await mkdir(join(folder, "damaged"), { recursive: true });
  const [permanent, volatile] = await Promise.all(
    ["full.state", "full.volatile"].map(async (name) => new Uint8Array(await readFile(join(states, name)))),
  );
  const state = new Uint8Array(await snapshotOf(permanent as Uint8Array, volatile as Uint8Array));
  const head: NewMachineHead = {
    ...{ name: "Kept", savedAt: SAVED_AT, guest: "00ff", v86Release: "0.5.462", profile: "full" },
    ...{ registerInterface: "tis", memorySize: 1 << 20, tpmIdentity: IDENTITY, pictureType: "image/png" },
    ...{ boot: { stage: "shell", log: "good" }, machine: { settings: {}, givenUpTo: MIGRATION } },
  };
  const parts = { state, picture: Uint8Array.of(0x89, 0x50), console: new TextEncoder().encode("# ") };
  const file = await writeMachineFile(head, parts);
  const plain = new Uint8Array(await file.arrayBuffer());
  const sealed = new Uint8Array(await (await sealMachineFile(file, PASSPHRASE)).arrayBuffer());
  const key = await makePassphraseKey(PASSPHRASE);
  const { dataKey, wrapped } = await makeDataKey(key, { context: CONTEXT });
  const kept = await sealWithPassphrase(plain, dataKey, { purpose: "snapshot", context: CONTEXT });
  const files: Record<string, Uint8Array> = {
    ...{ "snapshot.v86": state, "plain.tabtpm": plain, "sealed.tabtpm": sealed },
    ...{ "kept.snapshot": kept, "kept.key": wrapped },
  };
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
  await writeFile(join(folder, "givenUp.json"), await givenUp(permanent as Uint8Array));

  const facts: { file: string; of: string; how: string; problem: string }[] = [];
  const damage = async (of: string, name: string, how: string, problem: string, bytes: Uint8Array) => {
    const path = `${of}.${name}`;
    facts.push({ file: path, of, how, problem });
    await writeFile(join(folder, "damaged", path), bytes);
  };
  for (const [of, error] of [
    ["snapshot.v86", "SnapshotRefusedError damaged"],
    ["plain.tabtpm", "DamagedMachineFileError"],
    ["sealed.tabtpm", "DamagedMachineFileError"],
    ["kept.snapshot", "DamagedBlobError"],
    ["kept.key", "DamagedBlobError"],
  ] as const) {
    const bytes = files[of] as Uint8Array;
    await damage(of, "flipped", "the octet in the middle is another one", error, flipped(bytes, bytes.length >> 1));
    await damage(of, "cut", "the last octet is missing", error, bytes.slice(0, -1));
  }
  const newer = (bytes: Uint8Array) =>
    changed(bytes, (copy) => {
      copy[9] = 2;
      copy.set(sha256(copy.subarray(0, -32)), copy.length - 32);
    });
  const how = "the version is 2, and the digest at the end is right";
  await damage("plain.tabtpm", "newer", how, "NewerMachineFileError", newer(plain));
  await damage("sealed.tabtpm", "newer", how, "NewerMachineFileError", newer(sealed));
  await damage("kept.snapshot", "newer", how, "NewerVersionError", newer(kept));
  const other = await sealWithPassphrase(plain, dataKey, { purpose: "snapshot", context: "page/0000" });
  await damage("kept.snapshot", "other", "the same, sealed for another snapshot", "OtherPurposeError", other);
  const description = { passphrase: PASSPHRASE, context: CONTEXT, migration: MIGRATION, states, damaged: facts };
  description.states = (states.split("/").at(-1) as string) || states;
  await writeFile(join(folder, "facts.json"), `${JSON.stringify(description, null, 2)}\n`);
  return (await readdir(folder, { recursive: true })).map((name) => join(folder, name)).sort();
}
