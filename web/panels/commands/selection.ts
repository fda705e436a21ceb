/** Which of the commands that are kept are shown. Pure. */
import { type Folded, foldTraffic } from "../../../src/index.ts";
import type { CommandEntry, DecodedEntry } from "../../state/model.ts";
import { entityInWords } from "./entities.ts";

export const FILTERS = ["guest", "failed", "own", "all"] as const;
export type Filter = (typeof FILTERS)[number];

export interface Selection {
  readonly filter: Filter;
  /** "TPM2_PCR_Extend"; empty: any. */
  readonly command: string;
  readonly search: string;
}

export type Group = Folded<CommandEntry>;

/** Names, handles, codes and values of a command, without secrets: what a search looks through. */
export type Haystack = (entry: CommandEntry) => string;

/** @param decode leaves secrets out: a search must not tell what they are. */
export function makeHaystack(decode: (entry: CommandEntry) => DecodedEntry): Haystack {
  const texts = new WeakMap<CommandEntry, string>();
  return (entry) => {
    let text = texts.get(entry);
    if (text === undefined) {
      const { command, response } = decode(entry);
      const fields = [...command.fields, ...response.fields].map(({ name, value }) => `${name} ${value}`);
      text = [entry.name, entry.responseCodeName, ...fields].join("\n").toLowerCase();
      texts.set(entry, text);
    }
    const entities = [...entry.entities.values()].map(entityInWords).join("\n").toLowerCase();
    return `${text}\n${entities}`;
  };
}

/**
 * @param entries newest first
 * @returns those that match, newest first, each with what a resource manager did around it. What was folded away is found by its
 * name, and then shown by itself.
 */
export function select(entries: readonly CommandEntry[], selection: Selection, haystack: Haystack): Group[] {
  const { filter, command } = selection;
  const search = selection.search.trim().toLowerCase();
  const matches = (entry: CommandEntry) =>
    isOf(entry, filter) &&
    (command === "" || entry.name === command) &&
    (search === "" || haystack(entry).includes(search));
  const groups: Group[] = [];
  for (const group of foldTraffic([...entries].reverse())) {
    if (matches(group.main)) groups.push(group);
    else if (command !== "")
      for (const entry of [...group.before, ...group.after])
        if (matches(entry)) groups.push({ main: entry, before: [], after: [] });
  }
  return groups.reverse();
}

function isOf({ failed, own }: CommandEntry, filter: Filter): boolean {
  if (filter === "failed") return failed;
  return filter === "all" || own === (filter === "own");
}

/** The names of the commands that are kept, each once, in order. */
export const namesOf = (entries: readonly CommandEntry[]): string[] =>
  [...new Set(entries.map(({ name }) => name))].sort((a, b) => a.localeCompare(b));
