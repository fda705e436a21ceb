/** What tests of stores in PostgreSQL have in common: a server for their file, and databases whose connections end with each test. */
import { afterAll, afterEach, beforeAll } from "vitest";
import { PostgresServer } from "../../testkit/postgres.ts";
import { type DatabaseOptions, PostgresDatabase } from "../database.ts";

export interface TestsPostgres {
  /** Runs from the first test to the last one. */
  readonly server: PostgresServer;
  /** Is closed after the test. @param address the server's socket by default */
  database(options?: DatabaseOptions, address?: string): Promise<PostgresDatabase>;
  /** Of a row that there is not yet. */
  name(): string;
  /** As if its owner had not been heard of. */
  endLease(row: string): Promise<void>;
}

/** For the body of a `describe`. */
export function usePostgres(): TestsPostgres {
  let server: PostgresServer;
  let names = 0;
  const open: PostgresDatabase[] = [];
  beforeAll(async () => {
    server = await PostgresServer.start();
  });
  // Each has connections, and the server not many.
  afterEach(async () => {
    for (const database of open.splice(0)) await database.close();
  });
  afterAll(() => server.close());
  return {
    get server() {
      return server;
    },
    async database(options = {}, address = server.address()) {
      const opened = await PostgresDatabase.open(address, options);
      open.push(opened);
      return opened;
    },
    name: () => `tpm-${++names}`,
    async endLease(row) {
      const text = "UPDATE tabtpm.tpm SET lease_until = clock_timestamp() - interval '1 ms' WHERE name = $1";
      await server.sql(text, [row]);
    },
  };
}
