/** Finds the command handlers: asm/commands/<chapter>/<Command>.ts. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Helpers of a chapter start with a small letter; commands with a capital one. */
const HANDLER = /^([A-Z]\w*)\.ts$/;

/**
 * @param root the repository.
 * @returns names of commands and their modules, relative to asm/generated, in a stable order.
 */
export function findHandlers(root: string): Map<string, string> {
  const folder = join(root, "asm", "commands");
  const handlers = new Map<string, string>();
  if (!existsSync(folder)) return handlers;
  const chapters = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const chapter of chapters.map(({ name }) => name).sort()) {
    for (const file of readdirSync(join(folder, chapter)).sort()) {
      const name = HANDLER.exec(file)?.[1];
      if (name === undefined) continue;
      const earlier = handlers.get(name);
      if (earlier !== undefined)
        throw new Error(`the command ${name} has two handlers: ${earlier} and ${chapter}/${file}`);
      handlers.set(name, `../commands/${chapter}/${name}`);
    }
  }
  return handlers;
}
