/** `--print-capabilities` and `--print-states`, in swtpm's JSON. */
import { readFileSync } from "node:fs";
import { FileStore } from "../../store/file.ts";
import { rows } from "./optionTable.ts";
import { VolatileFile } from "./volatileFile.ts";

/** What is no option's. */
const OTHER_FEATURES = ["tpm-send-command-header", ...[1024, 2048, 3072, 4096].map((bits) => `rsa-keysize-${bits}`)];

export function printCapabilities(): string {
  const { version } = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  const features = rows.flatMap(([, { features = [], refused }]) => (refused === undefined ? features : []));
  return `{ "type": "swtpm", "features": ${list([...features, ...OTHER_FEATURES])}, "version": "${version}" }\n`;
}

/** What a folder holds. Needs no lock and changes nothing. */
export async function printStates(dir: string): Promise<string> {
  const permanent = await new FileStore({ dir }).exportBlob();
  const volatile = await new VolatileFile(dir).size();
  const states = [
    ...(permanent ? [{ name: "permall", size: permanent.length }] : []),
    ...(volatile === null ? [] : [{ name: "volatilestate", size: volatile }]),
  ];
  const items = states.map(({ name, size }) => `{"name": "${name}", "size": ${size}}`);
  return `{ "type": "swtpm", "states": ${bracketed(items)} }\n`;
}

const list = (words: string[]) => bracketed(words.map((word) => JSON.stringify(word)));
/** With swtpm's blanks, which scripts look for. */
const bracketed = (items: string[]) => (items.length === 0 ? "[]" : `[ ${items.join(", ")} ]`);
