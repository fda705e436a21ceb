/** The tables that fleets of earlier versions left, in a real PostgreSQL server: see src/testdata/README.md. */
import { readdirSync, readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { DEFAULT_VARIABLES, unpackVariables } from "../../ppi/variables.ts";
import { Seal } from "../../store/seal.ts";
import { errorOf } from "../../store/testkit/errorOf.ts";
import { createTpm } from "../entries/tpm.ts";
import { POSTGRES_PROGRAMS, PostgresServer } from "../testkit/postgres.ts";
import { PostgresStates } from "./postgresStates.ts";

const TESTDATA = new URL("../../testdata/", import.meta.url);
const folders = readdirSync(TESTDATA, { withFileTypes: true }).flatMap((each) => (each.isDirectory() ? each.name : []));
interface Facts {
  /** Folder of src/engine/testdata with the states of the TPM in the rows. */
  readonly states: string;
  readonly key: string;
  readonly damaged: { readonly file: string; readonly of: string; readonly how: string; readonly problem: string }[];
}

describe.runIf(POSTGRES_PROGRAMS)("rows that fleets of earlier versions wrote", () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await PostgresServer.start();
  });
  afterAll(() => server.close());

  describe.each(folders)("%s", (folder) => {
    const file = (name: string) => readFileSync(new URL(`${folder}/${name}`, TESTDATA));
    const facts = JSON.parse(file("facts.json").toString()) as Facts;
    const stored = (name: string) =>
      new Uint8Array(readFileSync(new URL(`../../engine/testdata/${facts.states}/${name}`, import.meta.url)));
    const seal = new Seal(Uint8Array.from(Buffer.from(facts.key, "hex")), "file");
    const open: PostgresStates[] = [];
    /** @param row which says how it is encrypted. */
    async function fleet(row: string): Promise<PostgresStates> {
      const states = await PostgresStates.open(
        server.address(),
        { seal: row === "sealed" ? seal : undefined, adopts: false },
        {},
      );
      open.push(states);
      return states;
    }
    /** All that must not change; whose the row is may. */
    const rows = () =>
      server.sql(`SELECT name, commit_number, state, variables, volatile, made FROM tabtpm.tpm ORDER BY name`);
    const kept = () => server.sql(`SELECT * FROM tabtpm.kept ORDER BY id`);

    beforeEach(async () => {
      await server.sql("DROP SCHEMA IF EXISTS tabtpm CASCADE");
      await server.sql(file("fleet.sql").toString());
    });
    afterEach(async () => {
      for (const states of open.splice(0)) await states.close();
    });

    it.each(["plain", "sealed"])("%s: is served as it is, and goes on", async (row) => {
      const before = [await rows(), await kept()];
      const states = await fleet(row);
      expect(await states.names()).toEqual(["plain", "sealed"]);
      expect([await rows(), await kept()]).toEqual(before);
      const { store, volatile } = states.placeOf(row);
      expect(await store.open()).toEqual(stored("full.state"));
      expect(await volatile?.read()).toEqual(stored("full.volatile"));
      expect(unpackVariables((await store.readVariables?.()) ?? null)).toEqual({
        ...DEFAULT_VARIABLES,
        disabledHierarchies: 1,
      });
      await store.commit(stored("full.suspended.state"));
      await store.close();
      const tpm = createTpm({ store: states.placeOf(row).store });
      await tpm.ready;
      expect(tpm.state()).toMatchObject({ profile: "full", error: null });
      await tpm.close();
      expect(await states.remove(row)).toContain("tabtpm.kept, id 3");
      expect(await kept()).toMatchObject([{ name: "plain" }, { name: "sealed" }, { name: row, commit_number: "4" }]);
    });

    it("tables of a newer version are refused, and nothing is changed", async () => {
      await server.sql("UPDATE tabtpm.schema_version SET version = 2");
      const before = [await rows(), await kept()];
      const error = await errorOf(fleet("plain"));
      expect(error).toMatchObject({ name: "NewerSchemaError", message: expect.stringContaining("of version 2") });
      expect([await rows(), await kept()]).toEqual(before);
    });

    it("all that is damaged is said to be", () => {
      const names = facts.damaged.map((each) => each.file);
      expect(names.length).toBeGreaterThan(3);
      expect(readdirSync(new URL(`${folder}/damaged/`, TESTDATA)).sort()).toEqual(names.sort());
    });

    it.each(facts.damaged)("$file: $how", async ({ file: name, of, problem }) => {
      const [row] = of.split(".") as [string];
      await server.sql("UPDATE tabtpm.tpm SET state = $2 WHERE name = $1", [row, file(`damaged/${name}`)]);
      const before = [await rows(), await kept()];
      const tpm = createTpm({ store: (await fleet(row)).placeOf(row).store });
      const error = await errorOf(tpm.ready);
      await tpm.close();
      expect(error.message).toContain(problem);
      expect([await rows(), await kept()]).toEqual(before);
      // Nobody is kept from the row by it.
      expect(await server.sql("SELECT owner FROM tabtpm.tpm WHERE name = $1", [row])).toEqual([{ owner: null }]);
    });
  });
});
