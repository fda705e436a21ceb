/** What modules of AssemblyScript import from the files of asm/generated: only that is generated. */

const IMPORT = /^import\s*\{([^}]*)\}\s*from\s*"([^"]+)";/gm;

/** @returns for each text the names that it imports from the module whose path ends with `module`. */
export function importedFrom(module: RegExp, texts: Iterable<string>): Set<string> {
  const names = new Set<string>();
  for (const text of texts) {
    for (const [, list = "", path = ""] of text.matchAll(IMPORT)) {
      if (!module.test(path)) continue;
      for (const item of list.split(",")) {
        const [name = ""] = item.trim().split(/\s+as\s+/);
        if (name !== "") names.add(name);
      }
    }
  }
  return names;
}
