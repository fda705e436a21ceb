/** Damages the permanent state of version 3: see src/libtpms/testdata/README.md. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { changed, flipped, withIntegrity } from "./damaged.ts";

/** In `damaged/` of the folder; `facts.json` there says what they are. */
export async function damageVersion3(folder: string): Promise<string[]> {
  const state = new Uint8Array(await readFile(join(folder, "furnished.state")));
  const versioned = (version: number) => withIntegrity(changed(state, (copy) => copy.set([0, 0, 0, version], 8)));
  const damaged: [file: string, how: string, problem: string, bytes: Uint8Array][] = [
    ["furnished.state.flipped", "octet 100 is another one", "damaged", flipped(state, 100)],
    ["furnished.state.flippedNv", "an octet of the NV store is another one", "damaged", flipped(state, 5000)],
    ["furnished.state.cut", "the last octet is missing", "damaged", state.slice(0, -1)],
    ["furnished.state.newer", "the version is 4, and the integrity value is right", "newer", versioned(4)],
    ["furnished.state.older", "the version is 2, and the integrity value is right", "damaged", versioned(2)],
    [
      "furnished.state.way",
      "a seed has a way that there is not, and the integrity value is right",
      "damaged",
      // PROFILE, the first field behind a head of 20 octets.
      withIntegrity(changed(state, (copy) => copy.set([0, 0, 0x03, 0x01], 20))),
    ],
  ];
  const dir = join(folder, "damaged");
  await mkdir(dir);
  for (const [file, , , bytes] of damaged) await writeFile(join(dir, file), bytes);
  const facts = damaged.map(([file, how, problem]) => ({ file, how, problem }));
  await writeFile(join(dir, "facts.json"), `${JSON.stringify(facts, null, 2)}\n`);
  return [...damaged.map(([file]) => file), "facts.json"].map((name) => join(dir, name));
}
