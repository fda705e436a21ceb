/** What a run of mutants changes, and which tests it is put to; products.ts makes what these run. */
import type { Place } from "../places.ts";
import type { Sandbox } from "../sandbox.ts";

export interface Area {
  /** As in `--area`. */
  name: string;
  /** Heading of its section in docs/mutation.md. */
  title: string;
  /** What is changed and by which tests it is tried, for docs/mutation.md: paragraphs in lines of at most 120 characters. */
  about: readonly string[];
  /** Files and folders that the sandbox needs. */
  copies: readonly string[];
  /** Milliseconds on the wall for one test. */
  testTimeout: number;
  /** Where what may be changed lies, by path from the project's folder. */
  folders: readonly string[];
  /** Whether a file in these folders may be changed. */
  isChanged(file: string): boolean;
  placesOf(source: string): Place[];
  /** How often a file comes up, from the number of its places. */
  weightOf(places: number): number;
  /** The row of the table that a file belongs to. */
  groupOf(file: string): string;
  /** Test files, nearest first, in stages; a mutant survives when all of them pass. */
  stagesFor(file: string, sandbox: Sandbox): string[][];
}

/** What the tests run, made from the sandbox's sources. */
export interface Product {
  /** Once, from sources without a mutation. */
  start(): Promise<void>;
  /**
   * After `file` was changed. "changed" = the tests may run; "same" = it is the same program; "broken" = the compiler
   * refuses it.
   */
  make(file: string): Promise<"changed" | "same" | "broken">;
  /** After every test has passed: true when there is one more form of the product in which the mutant shows, made now. */
  another?(): Promise<boolean>;
  /** The form that the tests have now is the build with relaxed SIMD. */
  readonly isRelaxed?: boolean;
  /** Looks once more, as closely as takes long, at a mutant that the nearest tests did not tell from the original. */
  isSame(): Promise<boolean>;
  /** After `file` was put back: the original again. */
  restore(file: string): void;
}

export const isTest = (path: string) => path.endsWith(".test.ts");
export const isIntegrationTest = (path: string) => path.endsWith(".integration.test.ts");
/** Of what only the build with relaxed SIMD has. */
export const isRelaxedTest = (path: string) => path.endsWith(".relaxed.test.ts");
export const isSource = (path: string) =>
  path.endsWith(".ts") && !path.endsWith(".d.ts") && !isTest(path) && !/\/(testdata|testkit)\//.test(path);

export const folderOf = (path: string) => path.slice(0, path.lastIndexOf("/"));

/** Each test file once, in the first stage that has it; no stage is empty. */
export function distinct(stages: readonly (readonly string[])[]): string[][] {
  const seen = new Set<string>();
  const isNew = (file: string) => !seen.has(file) && seen.add(file) !== undefined;
  return stages.map((stage) => stage.filter(isNew)).filter((stage) => stage.length > 0);
}
