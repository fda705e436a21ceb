/**
 * The order of the rooms, held against the imports of the files: what a room may import lies below it. Pure: it reads
 * no file and imports nothing of the project, so that every part of it can use it. `imports.ts` reads the files.
 */
import { posix } from "node:path";

/**
 * Where a room lies, from the root of the repository, with slashes: a folder and all below it ("web/pc/"), the files of
 * a folder but not of the folders in it ("web/*"), or one file ("src/index.ts"). Where several fit, the longest counts.
 */
export type Room = string;

export interface House {
  /** From the ground up. A file imports from its own room and from lower floors; rooms of one floor are strangers. */
  readonly floors: readonly (readonly Room[])[];
  /** What lies in no room and may be imported all the same. */
  readonly outside?: readonly Room[];
  /** Package -> the rooms that alone may import it; packages that are not named are anybody's. */
  readonly packages?: Readonly<Record<string, readonly Room[]>>;
}

/** A file and what it imports, as written in it: "./model.ts", "../bytes", "./worker.ts?worker", "preact/hooks". */
export type Source = readonly [file: string, imports: readonly string[]];

export interface Violation {
  readonly file: string;
  /** As written in the file; empty where the file itself, or a room, is what is wrong. */
  readonly import: string;
  /** What it breaks, and what to do. */
  readonly rule: string;
}

export interface Findings {
  readonly violations: readonly Violation[];
  /** Files that import each other in a ring, type imports included: one ring for each such knot, its first file the first by name. */
  readonly circles: readonly (readonly string[])[];
}

/** Holds the files against the order. Nothing found: both lists are empty. */
export function checkRooms(sources: readonly Source[], house: House): Findings {
  const rooms = house.floors.flat();
  const floorOf = new Map(house.floors.flatMap((floor, level) => floor.map((room) => [room, level] as const)));
  const files = new Set(sources.map(([file]) => file));
  const violations: Violation[] = [];
  const graph = new Map<string, readonly string[]>();
  for (const room of rooms) {
    if (!sources.some(([file]) => roomOf(file, rooms) === room))
      violations.push({ file: room, import: "", rule: "no file lies in this room: correct its place in the order" });
  }
  for (const [file, imports] of sources) {
    const own = roomOf(file, rooms);
    if (own === null)
      violations.push({ file, import: "", rule: "the file lies in no room: give its folder a place in the order" });
    const edges: string[] = [];
    for (const name of imports) {
      const target = resolveImport(file, name, files);
      if (target !== null && files.has(target)) edges.push(target);
      if (own === null) continue;
      const rule = target === null ? packageRule(name, file, house) : pathRule(own, target, rooms, floorOf, house);
      if (rule !== null) violations.push({ file, import: name, rule });
    }
    graph.set(file, edges);
  }
  return { violations, circles: circlesOf(graph) };
}

/** Findings as lines to read; empty when there are none. */
export function describeFindings({ violations, circles }: Findings): string[] {
  return [
    ...violations.map((found) => `${found.file}${found.import && ` imports "${found.import}"`}: ${found.rule}`),
    ...circles.map((circle) => `a circle of imports: ${[...circle, circle[0]].join(" -> ")}`),
  ];
}

function pathRule(
  own: Room,
  target: string,
  rooms: readonly Room[],
  floorOf: ReadonlyMap<Room, number>,
  { outside = [] }: House,
): string | null {
  const other = roomOf(target, rooms);
  if (other === own) return null;
  if (other === null) {
    if (roomOf(target, outside) !== null) return null;
    const allowed = outside.length === 0 ? "nothing" : `only ${outside.join(", ")}`;
    return `${target} lies in no room, and of what lies in none ${allowed} may be imported`;
  }
  const difference = (floorOf.get(own) ?? 0) - (floorOf.get(other) ?? 0);
  if (difference > 0) return null;
  return difference === 0
    ? `${own} and ${other} are on one floor and do not import each other: move what both need below them`
    : `${other} lies above ${own}, and a room imports only what lies below it`;
}

function packageRule(name: string, file: string, { packages = {} }: House): string | null {
  const keepers = packages[packageOf(name)];
  if (keepers === undefined || roomOf(file, keepers) !== null) return null;
  return `only ${keepers.join(", ")} may import ${packageOf(name)}`;
}

/** "preact/hooks" -> "preact", "@xterm/xterm/css/xterm.css" -> "@xterm/xterm", "node:fs" as it is. */
function packageOf(name: string): string {
  return name
    .split("/")
    .slice(0, name.startsWith("@") ? 2 : 1)
    .join("/");
}

/** The longest of `rooms` in which the file lies, or null. */
export function roomOf(file: string, rooms: readonly Room[]): Room | null {
  let found: Room | null = null;
  for (const room of rooms) {
    if (liesIn(file, room) && room.length > (found?.length ?? 0)) found = room;
  }
  return found;
}

function liesIn(file: string, room: Room): boolean {
  if (room.endsWith("/*")) return posix.dirname(file) === room.slice(0, -2);
  return room.endsWith("/") ? file.startsWith(room) : file === room;
}

/**
 * The file that an import names, from the root of the repository; null for a package. Understands what the project's
 * compilers do: no extension (AssemblyScript), a folder's index.ts, ".js" for a ".ts", Vite's "?url" and "?worker".
 */
export function resolveImport(file: string, name: string, files: ReadonlySet<string>): string | null {
  if (!/^\.{1,2}(\/|$)/.test(name)) return null;
  const path = posix.join(posix.dirname(file), name.replace(/[?#].*$/, ""));
  const typed = path.replace(/\.(m?)js(x?)$/, ".$1ts$2");
  const candidates = [path, typed, `${path}.ts`, `${path}.tsx`, posix.join(path, "index.ts")];
  return candidates.find((candidate) => files.has(candidate)) ?? path;
}

/** A shortest ring through the first file of each strongly connected part of the graph. */
function circlesOf(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const circles: string[][] = [];
  const told = new Set<string>();
  for (const start of [...graph.keys()].sort()) {
    if (told.has(start)) continue;
    const circle = shortestRing(graph, start);
    if (circle === null) continue;
    circles.push(circle);
    const reached = reachable(graph, start);
    for (const file of reached) if (reachable(graph, file).has(start)) told.add(file);
  }
  return circles;
}

function reachable(graph: ReadonlyMap<string, readonly string[]>, start: string): Set<string> {
  const seen = new Set([start]);
  // A set is walked to its end, also over what is added on the way.
  for (const file of seen) for (const next of graph.get(file) ?? []) seen.add(next);
  return seen;
}

function shortestRing(graph: ReadonlyMap<string, readonly string[]>, start: string): string[] | null {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (const file of queue) {
    for (const next of graph.get(file) ?? []) {
      if (next === start) return pathTo(file, start, cameFrom);
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, file);
      queue.push(next);
    }
  }
  return null;
}

function pathTo(end: string, start: string, cameFrom: ReadonlyMap<string, string>): string[] {
  const path = [end];
  while (path[0] !== start) path.unshift(cameFrom.get(path[0]!)!);
  return path;
}
