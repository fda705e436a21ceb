/** A file of the guest's /mnt, which the host can read. */
import { equal } from "../../attest/octets.ts";
import { defineCheck, missing, passed, wrong } from "../check.ts";
import { flag, optional, required, text } from "../schema.ts";

export const file = defineCheck({
  name: "file",
  words: "A file of the guest's /mnt.",
  parameters: {
    path: required(text, "its path from /mnt on, as LESSON/NAME"),
    exists: optional(flag, "whether it is there"),
    contains: optional(text, "a text that it contains"),
    startsWith: optional(text, "a text that it begins with"),
    sameAs: optional(text, "the path of another file with the same content"),
    differsFrom: optional(text, "the path of another file with other content"),
  },
  describe: ({ path, exists, contains, startsWith, sameAs, differsFrom }) =>
    [
      `the file ${path} ${exists === false ? "is gone" : "is there"}`,
      contains && `contains “${contains}”`,
      startsWith && `begins with “${startsWith}”`,
      sameAs && `is the same as ${sameAs}`,
      differsFrom && `is not the same as ${differsFrom}`,
    ]
      .filter(Boolean)
      .join(", "),
  run: async ({ path, exists = true, contains, startsWith, sameAs, differsFrom }, { readFile }) => {
    const content = await readFile(path);
    if (!exists) return content === null ? passed : missing(`The file /mnt/${path} is still there.`);
    if (content === null) return missing(`There is no file /mnt/${path} yet.`);
    // One character for each octet.
    const has = Array.from(content, (octet) => String.fromCharCode(octet)).join("");
    if (startsWith !== undefined && !has.startsWith(startsWith))
      return wrong(`The file /mnt/${path} does not begin with “${startsWith}”.`);
    if (contains !== undefined && !has.includes(contains))
      return wrong(`The file /mnt/${path} does not contain “${contains}”.`);
    const other = sameAs ?? differsFrom;
    if (other === undefined) return passed;
    const others = await readFile(other);
    if (others === null) return missing(`There is no file /mnt/${other} yet.`);
    const isSame = equal(content, others);
    if (isSame === (sameAs !== undefined)) return passed;
    return wrong(`The files /mnt/${path} and /mnt/${other} ${isSame ? "are the same" : "differ"}.`);
  },
});
