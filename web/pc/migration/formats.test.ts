/** The record of a move in progress that pages of earlier versions wrote, and damaged copies of it: see src/testdata/README.md. */
import { readdirSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { openMachineFile } from "../../../src/index.ts";
import { useIndexedDb } from "../testkit/indexedDb.ts";
import { type Arrival, openArrivals } from "./arrivals.ts";

useIndexedDb();
/** Of this file's IndexedDB, whatever tests ran before. */
const arrivals = openArrivals();

const TESTDATA = new URL("../../../src/testdata/", import.meta.url);
const MACHINES = new URL("../../../src/machine/testdata/", import.meta.url);
const folders = readdirSync(TESTDATA, { withFileTypes: true }).flatMap((each) => (each.isDirectory() ? each.name : []));
interface Facts {
  readonly migration: string;
  readonly passphrase: string;
  /** Folder of src/machine/testdata with the machines in the records. */
  readonly machines: string;
}
interface Dump {
  name: string;
  version: number;
  stores: { name: string; records: { key: string; value: { migration: string; machine: { buffer: string } } }[] }[];
}

const completed = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** The database as it was, made by nothing of the page's. */
async function restore({ name, version, stores }: Dump): Promise<void> {
  const opening = indexedDB.open(name, version);
  opening.onupgradeneeded = () => {
    for (const store of stores) opening.result.createObjectStore(store.name);
  };
  const database = await completed(opening);
  for (const { name: store, records: all } of stores) {
    for (const { key, value } of all) {
      const machine = Uint8Array.from(Buffer.from(value.machine.buffer, "hex")).buffer;
      const records = database.transaction(store, "readwrite").objectStore(store);
      await completed(records.put({ ...value, machine }, key));
    }
  }
  database.close();
}

const nameOf = async (work: Promise<unknown>) =>
  work.then(
    () => "none",
    (error: Error) => error.name,
  );

describe.each(folders)("a move in progress: %s", (folder) => {
  const text = (name: string) => readFileSync(new URL(`${folder}/${name}`, TESTDATA), "utf8");
  const { migration, passphrase, machines } = JSON.parse(text("facts.json")) as Facts;
  const machineFile = (name: string) => new Uint8Array(readFileSync(new URL(`${machines}/${name}`, MACHINES)));
  const opened = (bytes: BlobPart, secret?: string) => openMachineFile(new Blob([bytes]), { passphrase: secret });
  const read = async (tpm: string) => (await arrivals.read(tpm)) as Arrival;
  const secretOf = (tpm: string) => (tpm === "sealed" ? passphrase : undefined);

  beforeAll(() => restore(JSON.parse(text("moves.json")) as Dump));

  test.each(["plain", "sealed"])("%s: the page finds it, and the machine in it opens", async (tpm) => {
    const arrival = await read(tpm);
    expect(arrival.migration).toBe(migration);
    expect(new Uint8Array(arrival.machine)).toEqual(machineFile(`${tpm}.tabtpm`));
    const { head, parts } = await opened(arrival.machine, secretOf(tpm));
    expect(head).toMatchObject({ name: "Kept", machine: { givenUpTo: migration } });
    expect(parts.state).toEqual(machineFile("snapshot.v86"));
  });

  test("the one with a passphrase does not open without it, or with another", async () => {
    const { machine } = await read("sealed");
    expect(await nameOf(opened(machine))).toBe("MachineFilePassphraseError");
    expect(await nameOf(opened(machine, "wrong"))).toBe("WrongPassphraseError");
  });

  test.each([
    ["plain", "flipped", "DamagedMachineFileError"],
    ["plain", "cut", "DamagedMachineFileError"],
    ["plain", "newer", "NewerMachineFileError"],
    ["sealed", "flipped", "DamagedMachineFileError"],
    ["sealed", "cut", "DamagedMachineFileError"],
    ["sealed", "newer", "NewerMachineFileError"],
  ])("%s and %s: %s, and the record stays as it is", async (tpm, damage, error) => {
    const damaged = machineFile(`damaged/${tpm}.tabtpm.${damage}`);
    await arrivals.keep("damaged", { migration, machine: damaged.slice().buffer });
    expect(await nameOf(opened((await read("damaged")).machine, secretOf(tpm)))).toBe(error);
    expect(await read("damaged")).toEqual({ migration, machine: damaged.buffer });
    await arrivals.forget("damaged");
    expect(await arrivals.read("damaged")).toBeNull();
    expect((await read("plain")).migration).toBe(migration);
  });

  test("a machine that is cut or changed anywhere is refused", async () => {
    const whole = new Uint8Array((await read("plain")).machine);
    const taken: string[] = [];
    for (let at = 0; at < whole.length; at++) {
      const changed = whole.slice();
      changed[at] = (changed[at] as number) ^ (1 << (at & 7));
      if (!(await nameOf(opened(changed))).endsWith("Error")) taken.push(`octet ${at}`);
      if (!(await nameOf(opened(whole.subarray(0, at)))).endsWith("Error")) taken.push(`its first ${at} octets`);
    }
    expect(taken).toEqual([]);
  });

  test("a record without a machine is no machine", async () => {
    await arrivals.keep("none", { migration } as Arrival);
    expect(await nameOf(opened((await read("none")).machine))).toBe("NotAMachineFileError");
  });
});
