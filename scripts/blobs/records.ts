/** Makes a folder of records: a fleet's rows, what a bridge and its guest say first, a move in progress. See src/testdata/README.md. */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { IDBFactory as FakeFactory } from "fake-indexeddb";
import { WebSocket } from "ws";
import { dumpDatabase } from "../../src/engine/testkit/blobs.ts";
import { FakeBackend } from "../../src/engine/testkit/fakeBackend.ts";
import { BridgeServer } from "../../src/node/bridge/server.ts";
import { PostgresStates } from "../../src/node/fleet/postgresStates.ts";
import type { RowSeal } from "../../src/node/postgres/sealedRow.ts";
import { POSTGRES_PROGRAMS, PostgresServer } from "../../src/node/testkit/postgres.ts";
import { DEFAULT_VARIABLES, packVariables } from "../../src/ppi/variables.ts";
import { bridgedTpm, type WebSocketLike } from "../../src/remote/index.ts";
import { Seal } from "../../src/store/seal.ts";
import { arrivals } from "../../web/pc/migration/arrivals.ts";
import { changed, flipped, withIntegrity } from "./damaged.ts";

/** No secrets. */
const KEY = Uint8Array.from({ length: 32 }, (_, i) => i);
const TOKEN = "a-token-of-a-bridge-that-is-gone";
const MIGRATION = "00112233445566778899aabbccddeeff";
const PASSPHRASE = "swordfish";

interface Damage {
  readonly file: string;
  /** Row and column. */
  readonly of: string;
  readonly how: string;
  /** What the error says of it. */
  readonly problem: string;
}

/** @param states folder of src/engine/testdata that has the TPM's states. */
export async function makeRecords(folder: string, states: string): Promise<string[]> {
  await mkdir(join(folder, "damaged"), { recursive: true });
  const read = async (...path: string[]) => new Uint8Array(await readFile(join(states, ...path)));
  const [permanent, volatile] = [await read("full.state"), await read("full.volatile")];
  const machines = join(states, "../../../machine/testdata/2026-11-30");
  const damaged = await writeRows(folder, permanent, volatile);
  await writeGreetings(folder);
  await writeMoves(folder, machines);
  const facts = {
    ...{ states: states.split("/").at(-1), machines: machines.split("/").at(-1) },
    ...{ key: Buffer.from(KEY).toString("hex"), token: TOKEN, migration: MIGRATION, passphrase: PASSPHRASE, damaged },
  };
  await writeFile(join(folder, "facts.json"), `${JSON.stringify(facts, null, 2)}\n`);
  return (await readdir(folder, { recursive: true })).map((name) => join(folder, name)).sort();
}

/** The tables as fleets leave them, without `--key` and with it, as pg_dump writes them; and octets of them that have changed. */
async function writeRows(folder: string, permanent: Uint8Array, volatile: Uint8Array): Promise<Damage[]> {
  const server = await PostgresServer.start();
  try {
    const seal = new Seal(KEY, "file");
    for (const [name, rowSeal] of [
      ["plain", { seal: undefined, adopts: false }],
      ["sealed", { seal, adopts: false }],
    ] satisfies [string, RowSeal][]) {
      const fleet = await PostgresStates.open(server.address(), rowSeal, {});
      await fleet.create(name);
      const place = fleet.placeOf(name);
      await place.store.open();
      await place.store.commit(Uint8Array.of(0xba, 0xad));
      await place.store.archive?.();
      await place.store.commit(permanent);
      await place.store.commitVariables?.(packVariables({ ...DEFAULT_VARIABLES, disabledHierarchies: 1 }));
      await place.volatile?.replace(volatile);
      await place.store.close();
      await fleet.close();
    }
    await writeFile(join(folder, "fleet.sql"), dump(server));
    const stateOf = async (name: string) => {
      const rows = await server.sql<{ state: Uint8Array }>("SELECT state FROM tabtpm.tpm WHERE name = $1", [name]);
      return new Uint8Array((rows[0] as { state: Uint8Array }).state);
    };
    return await damageRows(folder, permanent, await stateOf("sealed"));
  } finally {
    await server.close();
  }
}

function dump(server: PostgresServer): string {
  const text = execFileSync(
    join(POSTGRES_PROGRAMS as string, "pg_dump"),
    [
      ...["--schema=tabtpm", "--inserts", "--no-owner", "--no-privileges"],
      ...["-h", server.folder, "-p", `${server.port}`, "-U", "owner", "postgres"],
    ],
    { encoding: "utf8" },
  );
  // What is psql's and no SQL.
  return text.replace(/^\\.*\n/gm, "");
}

async function damageRows(folder: string, permanent: Uint8Array, sealed: Uint8Array): Promise<Damage[]> {
  const newer = withIntegrity(changed(permanent, (copy) => copy.set([0, 0, 0, 255], 8)));
  const [whole, other] = ["damaged", "another key, or damaged"];
  const damaged: [string, string, string, string, Uint8Array][] = [
    ["plain.state", "flipped", "octet 100 is another one", whole, flipped(permanent, 100)],
    ["plain.state", "cut", "the last octet is missing", whole, permanent.slice(0, -1)],
    ["plain.state", "newer", "the version is 255, and the integrity value is right", "newer", newer],
    ["sealed.state", "flipped", "octet 100 is another one", other, flipped(sealed, 100)],
    ["sealed.state", "cut", "the last octet is missing", other, sealed.slice(0, -1)],
    [
      ...(["sealed.state", "unsealed", "the state as it is without --key", "is not encrypted"] as const),
      Uint8Array.from(permanent),
    ],
  ];
  for (const [of, what, , , bytes] of damaged) await writeFile(join(folder, "damaged", `${of}.${what}`), bytes);
  return damaged.map(([of, what, how, problem]) => ({ file: `${of}.${what}`, of, how, problem }));
}

/** The first message of each side, octet for octet. */
async function writeGreetings(folder: string): Promise<void> {
  const server = await BridgeServer.listen({
    ...{ tpm: new FakeBackend(), name: "swtpm at 127.0.0.1:2321", shared: false, token: TOKEN, origins: [] },
    ...{ host: "127.0.0.1", port: 0, say: () => {} },
  });
  const said: Promise<unknown>[] = [];
  const tpm = bridgedTpm({
    url: `${server.url}#${TOKEN}`,
    open: (url, protocol) => {
      const socket = new WebSocket(url, protocol);
      const send = socket.send.bind(socket);
      said.push(once(socket, "message").then(([data]) => writeFile(join(folder, "welcome.txt"), String(data))));
      socket.send = (data: unknown) => {
        said.push(writeFile(join(folder, "hello.txt"), String(data)));
        send(data as string);
      };
      return socket as unknown as WebSocketLike;
    },
  });
  await tpm.ready;
  await Promise.all(said);
  await tpm.close();
  await server.close();
}

/** What a page has of a machine that moves: one of a TPM without a passphrase, one of a TPM with it. */
async function writeMoves(folder: string, machines: string): Promise<void> {
  const factory = new FakeFactory() as unknown as IDBFactory;
  Object.assign(globalThis, { indexedDB: factory });
  for (const name of ["plain", "sealed"]) {
    const machine = Uint8Array.from(await readFile(join(machines, `${name}.tabtpm`))).buffer;
    await arrivals.keep(name, { migration: MIGRATION, machine });
  }
  const text = JSON.stringify(await dumpDatabase(factory, "tabtpm-moves"), null, 2);
  await writeFile(join(folder, "moves.json"), `${text}\n`);
}
