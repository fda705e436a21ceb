export const HEADER = "// Generated from src/spec by `npm run build:wasm`; not to be edited.";

export function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
/** The AssemblyScript type of an integer. */
export function integerType(integer: { readonly bytes: number; readonly signed: boolean }): string {
  return `${integer.signed ? "i" : "u"}${integer.bytes * 8}`;
}
/** Collects what a generated file imports; each name once, in a fixed order. */
export class Imports {
  readonly #names = new Map<string, Set<string>>();

  /** Notes the import and returns the name. */
  from(file: string, name: string): string {
    const names = this.#names.get(file) ?? new Set();
    names.add(name);
    this.#names.set(file, names);
    return name;
  }
  toString(): string {
    return [...this.#names]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([file, names]) => `import { ${[...names].sort().join(", ")} } from "${file}";`)
      .join("\n");
  }
}
