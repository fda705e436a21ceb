/** A fleet that is stopped for longer than its leases, as a machine that is suspended, and goes on: its TPMs are another's then. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Client } from "../testkit/client.ts";
import { EXTEND_16, GET_RANDOM, STARTUP, SUCCESS } from "../testkit/messages.ts";
import { POSTGRES_PROGRAMS, PostgresServer } from "../testkit/postgres.ts";
import { output, TABTPM } from "../testkit/process.ts";
import { controlSocket, dataSocket } from "./names.ts";
import { FleetProcess } from "./testkit/process.ts";

const INIT = "0000000200000000";
/** Of the owner, from no password to one of two octets; commits. */
const CHANGE_AUTH = "80020000001f00000129400000010000000940000009000000000000022a2a";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tabtpm-paused-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe.runIf(POSTGRES_PROGRAMS)("a fleet that was stopped for longer than its lease", () => {
  it.each([
    ["commits", CHANGE_AUTH],
    ["changes the volatile state", EXTEND_16],
    ["changes nothing", GET_RANDOM],
  ])("acknowledges no command that %s, and cuts its client off", async (_, command) => {
    const server = await PostgresServer.start();
    const fleets: FleetProcess[] = [];
    const clients: Client[] = [];
    const start = async (name: string) => {
      const fleet = new FleetProcess("--store", server.address(), "--listen", join(folder, name), "--lease", "1");
      fleets.push(fleet);
      await fleet.start();
      return fleet;
    };
    const begun = async (fleet: string) => {
      const control = await Client.to(controlSocket(join(folder, fleet), "vm"));
      clients.push(control);
      expect(await control.ask(INIT, 4)).toBe("00000000");
      const client = await Client.to(dataSocket(join(folder, fleet), "vm"));
      clients.push(client);
      expect(await client.ask(STARTUP, 10)).toBe(SUCCESS);
      return client;
    };
    try {
      const here = await start("here");
      await output(process.execPath, [TABTPM, "fleet", "create", "vm", "--listen", join(folder, "here")]);
      await start("there");
      const client = await begun("here");
      here.signal("SIGSTOP");
      client.send(command);
      await server.sql(
        "SELECT pg_sleep(greatest(0, extract(epoch FROM lease_until - clock_timestamp()) + 0.05)::float8) FROM tabtpm.tpm",
      );
      const other = await begun("there");
      const [before] = await server.sql("SELECT state, epoch::text, commit_number::text FROM tabtpm.tpm");
      here.signal("SIGCONT");
      // Not an octet of an answer.
      expect(await client.receive(1).catch((error: Error) => error.message)).toBe("The connection ended after .");
      expect((await server.sql("SELECT state, epoch::text, commit_number::text FROM tabtpm.tpm"))[0]).toEqual(before);
      expect(await other.ask(CHANGE_AUTH, 19)).toMatch(/^80020000001300000000/);
    } finally {
      for (const each of clients) each.close();
      for (const each of fleets) {
        each.signal("SIGCONT");
        await each.end("SIGKILL");
      }
      await server.close();
    }
  });
});
