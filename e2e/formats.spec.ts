/** A page goes on with the TPM that a page of an earlier version kept: src/engine/testdata/README.md. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { BlobFacts, DatabaseDump } from "../src/engine/testkit/blobs.ts";
import { expect, type Page, test } from "./fixtures.ts";
import { keptBlobs, leave, restoreDatabase } from "./stateDatabase.ts";

const TESTDATA = fileURLToPath(new URL("../src/engine/testdata/", import.meta.url));
const folders = readdirSync(TESTDATA, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? entry.name : [],
);
/** What is the same whatever firmware and guest have done meanwhile. */
const LASTING = ["the storage key", "an HMAC by a persistent key", "sealed data", "an NV Index", "an NV counter"];

const ask = (page: Page, command: string) =>
  page.evaluate(async (hex) => {
    const bytes = (hex.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
    const response = await window.tabtpm.tpm.execute(Uint8Array.from(bytes));
    return [...response].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }, command);

for (const folder of folders) {
  test(`the database of a page: ${folder}`, async ({ page }) => {
    const json = <T>(name: string) => JSON.parse(readFileSync(`${TESTDATA}/${folder}/${name}`, "utf8")) as T;
    await leave(page);
    await restoreDatabase(page, json<DatabaseDump>("indexeddb.json"));
    const kept = await keptBlobs(page);
    expect(kept).not.toEqual([]);
    await page.goto("./");
    await page.evaluate(() => window.tabtpm.ready);
    const { cases } = json<BlobFacts>("facts.json");
    const probes = cases
      .find(({ state }) => state === "full.state")
      ?.probes.filter(({ what }) => LASTING.includes(what));
    expect(probes).toHaveLength(LASTING.length);
    for (const { what, command, response } of probes ?? []) {
      // TPM_RC_INITIALIZE until the firmware has started the TPM.
      await expect.poll(async () => [what, await ask(page, command)]).toEqual([what, response]);
    }
    expect(await keptBlobs(page)).toEqual(kept);
  });
}
