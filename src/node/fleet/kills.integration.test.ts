/** Fleets and their database, killed by kill -9 while TPMs are written to: `npm run soak -- fleet` has many more of it. */
import { describe, expect, it } from "vitest";
import { POSTGRES_PROGRAMS } from "../testkit/postgres.ts";
import { runKills } from "./testkit/kills.ts";

const { FLEET_KILLS = "12", FLEET_SEED = "1" } = process.env;
const plan = { kills: Number(FLEET_KILLS), seed: Number(FLEET_SEED) };

describe.each([
  ["a folder", "dir", true],
  ["a database, of which two fleets want the same TPMs", "postgres", POSTGRES_PROGRAMS !== undefined],
] as [string, "dir" | "postgres", boolean][])("a fleet on %s", (_what, store, isThere) => {
  it.runIf(isThere)("loses nothing that was acknowledged by any kill -9", async () => {
    const figures = await runKills({ store, ...plan });
    console.log(`${store}, seed ${plan.seed}: ${JSON.stringify(figures)}`);
    expect(figures.broken).toEqual([]);
    expect(figures.killed.fleet + figures.killed.database).toBe(plan.kills);
    expect(figures.acknowledged).toBeGreaterThan(plan.kills);
    // Each of its four TPMs at the least, and whoever was cut off.
    expect(figures.reconnected).toBeGreaterThan(4);
  });
});
