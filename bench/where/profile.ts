/** What a CPU profile of V8 says of whose time it was. */
import { percent, table } from "./page.ts";

/** The part that is read of the protocol's Profiler.Profile. */
export interface Profile {
  nodes: readonly { id: number; callFrame: Frame }[];
  /** Ids of nodes, and the microseconds before each. */
  samples?: readonly number[] | undefined;
  timeDeltas?: readonly number[] | undefined;
}
export interface Frame {
  functionName: string;
  url: string;
}

/** What a profile calls so was no work. */
const IDLE = "(idle)";

/** Microseconds on top of the stack, by the name that `nameOf` gives a frame; the longest first. Idle time is left out. */
export function selfTimes(profile: Profile, nameOf: (frame: Frame) => string): Map<string, number> {
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
  const times = new Map<string, number>();
  profile.samples?.forEach((id, sample) => {
    const frame = frames.get(id);
    if (!frame || frame.functionName === IDLE) return;
    const name = nameOf(frame);
    times.set(name, (times.get(name) ?? 0) + (profile.timeDeltas?.[sample] ?? 0));
  });
  return new Map([...times].sort(([, a], [, b]) => b - a));
}

/** A table of shares; what has less than `least` of the whole is one row. */
export function sharesTable(head: string, times: ReadonlyMap<string, number>, least: number): string[] {
  const whole = [...times.values()].reduce((sum, time) => sum + time, 0);
  const all = [...times].map(([name, time]) => ({ name, share: time / whole }));
  const shown = all.filter(({ share }) => share >= least);
  const rest = all.length - shown.length;
  const rows = shown.map(({ name, share }) => [name, percent(share)]);
  const others = 1 - shown.reduce((sum, { share }) => sum + share, 0);
  if (rest > 0) rows.push([`${rest} others, each less than ${percent(least)}`, percent(others)]);
  return table([head, "share"], rows);
}

/** Of the core by its functions, of which the compiler has put many into their callers; the rest by what it is. */
export function coreName({ functionName, url }: Frame): string {
  if (functionName.startsWith("asm/")) return `\`${functionName.slice("asm/".length)}\``;
  if (functionName === "(garbage collector)") return "garbage collection";
  return url.startsWith("wasm:") ? "calls between JavaScript and the core" : "JavaScript";
}

/** Of a server. */
export function serverName({ functionName, url }: Frame): string {
  if (functionName === "(garbage collector)") return "garbage collection";
  if (functionName === "(program)") return "system calls, libuv, V8 (native)";
  if (url.startsWith("wasm:")) return "the TPM's core";
  if (url.startsWith("node:")) return `Node: ${url.slice("node:".length).replace(/^internal\//, "")}`;
  if (url === "") return `Node: ${functionName || "native functions"}`;
  return `tabtpm: \`${functionName || "(anonymous)"}\``;
}
