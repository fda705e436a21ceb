import { concat, toHex } from "../../engine/bytes.ts";
import { defineCheck, missing, passed, wrong } from "../check.ts";
import { count, optional, required, text } from "../schema.ts";
import type { SeenCommand } from "../seen.ts";

/** A file that holds random octets of the TPM's. */
export const random = defineCheck({
  name: "random",
  words:
    "A file of the guest's /mnt has octets that TPM2_GetRandom gave since the step began, of one command or of several in a row.",
  parameters: {
    path: required(text, "its path from /mnt on, as LESSON/NAME"),
    size: optional(count(1), "how many octets it has"),
  },
  describe: ({ path, size }) => `the file ${path} has ${size ?? "the"} octets that TPM2_GetRandom gave`,
  run: async ({ path, size }, { commands, readFile }) => {
    const given = commands.filter(({ name, succeeded }) => name === "GetRandom" && succeeded);
    if (given.length === 0) return missing("The TPM was not asked for random octets yet.");
    const content = await readFile(path);
    if (content === null) return wrong(`TPM2_GetRandom has given octets, but there is no file /mnt/${path}.`);
    if (size !== undefined && content.length !== size)
      return wrong(`The file /mnt/${path} has ${content.length} octets; ${size} were asked.`);
    const all = toHex(concat(...given.map(octetsOf)));
    if (content.length > 0 && all.includes(toHex(content))) return passed;
    return wrong(`The octets in /mnt/${path} are not those that TPM2_GetRandom gave.`);
  },
});

function octetsOf(seen: SeenCommand): Uint8Array {
  const field = seen.answered.find(({ name }) => name === "randomBytes");
  return field === undefined ? new Uint8Array() : seen.contentOf(field);
}
