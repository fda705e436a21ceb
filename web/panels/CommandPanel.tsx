import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import type { CommandEntry, TraceFormat } from "../state/model.ts";
import { languageInUse, words } from "../words/index.ts";
import { CommandRow, type Decode } from "./commands/CommandRow.tsx";
import { type Group, makeHaystack, namesOf, type Selection, select } from "./commands/selection.ts";
import { Saves, Toolbar } from "./commands/Toolbar.tsx";
import { Panel } from "./Panel.tsx";

export type { Decode } from "./commands/CommandRow.tsx";

/** Lines that are drawn at first, and added by a click: the guest shares the thread. */
const PAGE = 50;

interface CommandPanelProps {
  /** Newest first. */
  readonly commands: readonly CommandEntry[];
  /** All since the page was loaded. */
  readonly total: number;
  readonly decode: Decode;
  readonly onExport: (format: TraceFormat, revealSecrets: boolean) => void;
}

/** The last commands, newest first. While it is folded it costs nothing but the keeping. */
export function CommandPanel(props: CommandPanelProps) {
  const [revealSecrets, setReveals] = useState(false);
  const { trace } = words();
  const aside = (
    <>
      <span class="note">{trace.soFar(props.total)}</span>
      <Saves kept={props.commands.length} onExport={(format) => props.onExport(format, revealSecrets)} />
    </>
  );
  return (
    <Panel title={trace.title} class="commands" id="panels" aside={aside}>
      <CommandList {...props} revealSecrets={revealSecrets} onReveal={setReveals} />
    </Panel>
  );
}

interface Drawn {
  readonly group: Group;
  readonly row: JSX.Element;
}
const isSame = (a: Group, b: Group): boolean =>
  a.main === b.main && a.before.length === b.before.length && a.after.length === b.after.length;

interface CommandListProps extends Omit<CommandPanelProps, "onExport"> {
  readonly revealSecrets: boolean;
  readonly onReveal: (reveals: boolean) => void;
}

function CommandList({ commands, total, decode, revealSecrets, onReveal }: CommandListProps) {
  const { trace } = words();
  const language = languageInUse();
  // Whoever folds the list does not find the secrets there again.
  useEffect(() => () => onReveal(false), [onReveal]);
  const [selection, setSelection] = useState<Selection>({ filter: "guest", command: "", search: "" });
  const [held, setHeld] = useState<{ commands: readonly CommandEntry[]; total: number } | null>(null);
  const [limit, setLimit] = useState(PAGE);
  const haystack = useMemo(() => makeHaystack((entry) => decode(entry, { revealSecrets: false })), [decode]);
  const kept = held?.commands ?? commands;
  const groups = useMemo(() => select(kept, selection, haystack), [kept, selection, haystack]);
  const names = useMemo(() => namesOf(kept), [kept]);
  // A row that was drawn before is the same object, and so costs nothing: of most drawings only the newest rows are new.
  const drawn = useMemo(() => new Map<number, Drawn>(), [decode, revealSecrets, language]);
  const rows = useMemo(
    () =>
      groups.slice(0, limit).map((group) => {
        const { sequence } = group.main;
        const before = drawn.get(sequence);
        if (before !== undefined && isSame(before.group, group)) return before.row;
        const row = <CommandRow key={sequence} group={group} decode={decode} revealSecrets={revealSecrets} />;
        drawn.set(sequence, { group, row });
        return row;
      }),
    [groups, limit, decode, revealSecrets, drawn],
  );
  useEffect(() => {
    const oldest = kept.at(-1)?.sequence ?? 0;
    for (const sequence of drawn.keys()) if (sequence < oldest) drawn.delete(sequence);
  }, [kept, drawn]);
  const isSelective = selection.command !== "" || selection.search.trim() !== "" || selection.filter === "failed";
  return (
    <>
      <Toolbar
        selection={selection}
        onSelect={(change) => {
          setSelection({ ...selection, ...change });
          setLimit(PAGE);
        }}
        names={names}
        newSince={held === null ? null : total - held.total}
        onPause={() => setHeld(held === null ? { commands, total } : null)}
        revealSecrets={revealSecrets}
        onReveal={onReveal}
      />
      {revealSecrets && (
        <p class="secrets-note" role="note">
          {trace.secretsShown}
        </p>
      )}
      <div class="scroll">
        {groups.length === 0 ? (
          <p class="empty">{kept.length === 0 || !isSelective ? trace.none : trace.noMatch}</p>
        ) : (
          <ol class="rows">{rows}</ol>
        )}
        {isSelective && groups.length > 0 && <p class="matching">{trace.matching(groups.length, kept.length)}</p>}
        {groups.length > limit && (
          <button type="button" class="more" onClick={() => setLimit(limit + PAGE)}>
            {trace.more(Math.min(PAGE, groups.length - limit))}
          </button>
        )}
      </div>
    </>
  );
}
