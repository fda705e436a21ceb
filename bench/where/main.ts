/** Where the time goes; started by ../where.mjs, which has the options. */
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import type { createTpm } from "../../src/node/index.ts";
import { bootPart } from "./boot.ts";
import { commitPart, type StoreLibrary } from "./commit.ts";
import { profileOfRow } from "./core.ts";
import { withPart } from "./page.ts";
import { tcpPart } from "./tcp.ts";

const PAGE = fileURLToPath(new URL("../../docs/where-the-time-goes.md", import.meta.url));

type Library = StoreLibrary & { createTpm: typeof createTpm };
const parts: Record<string, (library: Library) => string[] | Promise<string[]>> = {
  sign: ({ createTpm }) => profileOfRow(createTpm, "Sign RSASSA-2048", 3000),
  create: ({ createTpm }) => profileOfRow(createTpm, "CreatePrimary RSA-2048 and FlushContext", 100),
  tcp: () => tcpPart(),
  commit: (library) => commitPart(library),
  boot: () => bootPart(),
};
export const partNames = Object.keys(parts);

export interface Wanted {
  library: Library;
  wanted: readonly string[];
  dry: boolean;
}

export async function print({ library, wanted, dry }: Wanted): Promise<void> {
  const machine = `${cpus()[0]?.model.trim() ?? "unknown CPU"}, ${cpus().length} cores, Node ${process.versions.node}`;
  const date = new Date().toISOString().slice(0, 10);
  let page = readFileSync(PAGE, "utf8");
  for (const name of wanted) {
    const lines = [...((await parts[name]?.(library)) ?? []), "", `${machine}, ${date}.`];
    console.log(`\n# ${name}\n\n${lines.join("\n")}`);
    page = withPart(page, name, lines);
    if (!dry) writeFileSync(PAGE, page);
  }
}
