/**
 * Writers that count in NV counters of a fleet's TPMs, and a hand that kills fleets and their database at random moments. A
 * count that was acknowledged must be there afterwards, whatever died.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { TpmClient } from "../../../client/index.ts";
import { attributeBits } from "../../../spec/attributes.ts";
import { randomOfRow } from "../../../testkit/random.ts";
import { openTcti, parseTcti } from "../../attest/tcti.ts";
import { PostgresServer } from "../../testkit/postgres.ts";
import { dataSocket } from "../names.ts";
import { askFleet } from "../operator.ts";
import { FleetProcess } from "./process.ts";

export interface KillPlan {
  store: "dir" | "postgres";
  kills: number;
  seed: number;
}

export interface KillFigures {
  /** Of what: how often. */
  killed: { fleet: number; database: number };
  acknowledged: number;
  /** Commands of which nobody was told how they ended, and how many of these were done. */
  unknown: number;
  done: number;
  /** How often a writer came to a TPM anew. */
  reconnected: number;
  /** What must not be: empty. */
  broken: string[];
}

const TPMS = 4;
const NV_INDEX = 0x01500001;
/** Of TPMA_NV: TPM_NT_COUNTER. */
const COUNTER = 1 << 4;
const MOST_COUNTS = 30;
const MOST_MS = 25;
const PAUSE_MS = 25;

export async function runKills({ store, kills, seed }: KillPlan): Promise<KillFigures> {
  const folder = await mkdtemp(join(tmpdir(), "tabtpm-kills-"));
  const random = randomOfRow(seed);
  const figures: KillFigures = {
    ...{ killed: { fleet: 0, database: 0 }, acknowledged: 0, unknown: 0, done: 0, reconnected: 0, broken: [] },
  };
  const database = store === "postgres" ? await PostgresServer.start() : undefined;
  const listens = database ? ["a", "b"].map((name) => join(folder, name)) : [join(folder, "a")];
  const fleets = listens.map(
    (listen) =>
      new FleetProcess(
        ...["--store", database ? database.address() : `dir:${join(folder, "states")}`, "--listen", listen],
        ...["--flags", "startup-clear", "--lease", "1"],
      ),
  );
  const names = Array.from({ length: TPMS }, (_, at) => `tpm-${at}`);
  const abort = new AbortController();
  let heard = () => {};
  try {
    const [first, ...others] = fleets;
    await first?.start();
    for (const name of names) {
      const answer = await askFleet(listens[0] as string, { do: "create", name });
      if (!answer.ok) throw new Error(answer.reason);
    }
    for (const fleet of others) await fleet.start();
    const counting = names.map((name) => count(name, listens, random, figures, abort.signal, () => heard()));
    for (let kill = 0; kill < kills && figures.broken.length === 0; kill++) {
      for (let counts = 1 + random(MOST_COUNTS); counts > 0; counts--) {
        await new Promise<void>((resolve) => {
          heard = resolve;
        });
      }
      await sleep(random(MOST_MS));
      const victim = random(fleets.length + (database ? 1 : 0));
      const fleet = fleets[victim];
      if (fleet) {
        figures.killed.fleet++;
        await fleet.end("SIGKILL");
        await fleet.start();
      } else if (database) {
        figures.killed.database++;
        await database.kill();
        await database.up();
      }
    }
    abort.abort();
    await Promise.all(counting);
  } finally {
    abort.abort();
    for (const fleet of fleets) await fleet.end("SIGKILL");
    await database?.close();
    await rm(folder, { recursive: true, force: true });
  }
  return figures;
}

/** One TPM's writer: comes back as long as it is wanted, to whichever fleet lets it in. */
async function count(
  name: string,
  listens: readonly string[],
  random: (below: number) => number,
  figures: KillFigures,
  signal: AbortSignal,
  acknowledged: () => void,
): Promise<void> {
  /** Of the counter, as it was acknowledged; null before it was ever read. */
  let last: bigint | null = null;
  let isUnknown = false;
  while (!signal.aborted) {
    try {
      const listen = listens[random(listens.length)] as string;
      const tcti = parseTcti(`swtpm:path=${dataSocket(listen, name)}`);
      const connection = await openTcti(tcti, new AbortController().signal);
      try {
        const client = new TpmClient(connection);
        const found: bigint = last === null ? await firstCount(client) : await readCounter(client);
        figures.reconnected++;
        if (last !== null) {
          if (found < last || found > last + (isUnknown ? 1n : 0n)) {
            figures.broken.push(
              `${name}: ${last} was acknowledged${isUnknown ? ", one more asked for" : ""}; now it is ${found}`,
            );
          }
          if (isUnknown && found === last + 1n) figures.done++;
        }
        last = found;
        isUnknown = false;
        while (!signal.aborted) {
          isUnknown = true;
          figures.unknown++;
          await client.call("NV_Increment", { handles: { authHandle: NV_INDEX, nvIndex: NV_INDEX } });
          figures.unknown--;
          isUnknown = false;
          last++;
          figures.acknowledged++;
          acknowledged();
        }
      } finally {
        await connection.close();
      }
    } catch {
      // It died, it is just starting, or another fleet has the TPM.
      await sleep(PAUSE_MS);
    }
  }
}

async function firstCount(client: TpmClient): Promise<bigint> {
  const nothing = new Uint8Array();
  const attributes = attributeBits("TPMA_NV", "AUTHREAD", "AUTHWRITE", "NO_DA") | COUNTER;
  try {
    await client.call("NV_DefineSpace", {
      handles: { authHandle: "TPM_RH_OWNER" },
      parameters: {
        auth: nothing,
        publicInfo: { nvIndex: NV_INDEX, nameAlg: "TPM_ALG_SHA256", attributes, authPolicy: nothing, dataSize: 8 },
      },
    });
  } catch (error) {
    if (!String(error).includes("TPM_RC_NV_DEFINED")) throw error;
  }
  await client.call("NV_Increment", { handles: { authHandle: NV_INDEX, nvIndex: NV_INDEX } });
  return readCounter(client);
}

async function readCounter(client: TpmClient): Promise<bigint> {
  const { parameters } = await client.call("NV_Read", {
    handles: { authHandle: NV_INDEX, nvIndex: NV_INDEX },
    parameters: { size: 8, offset: 0 },
  });
  return Buffer.from(parameters.data).readBigUInt64BE();
}
