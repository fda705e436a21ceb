import type { TraceFormat } from "../../state/model.ts";
import { words } from "../../words/index.ts";
import { FILTERS, type Filter, type Selection } from "./selection.ts";

export interface ToolbarProps {
  readonly selection: Selection;
  readonly onSelect: (change: Partial<Selection>) => void;
  /** Names of the commands that are kept. */
  readonly names: readonly string[];
  /** How many have come since the list stands still; null: it does not. */
  readonly newSince: number | null;
  readonly onPause: () => void;
  readonly revealSecrets: boolean;
  readonly onReveal: (reveals: boolean) => void;
}

/** What is shown of the commands that are kept, and what else can be done with them. */
export function Toolbar(props: ToolbarProps) {
  const { selection, onSelect, names, newSince, revealSecrets } = props;
  const { trace } = words();
  return (
    <fieldset class="toolbar">
      <legend class="hidden-text">{trace.tools}</legend>
      <input
        type="search"
        aria-label={trace.search}
        placeholder={trace.search}
        title={trace.searchHint}
        value={selection.search}
        onInput={(event) => onSelect({ search: event.currentTarget.value })}
      />
      <select
        aria-label={trace.which}
        value={selection.filter}
        onChange={(event) => onSelect({ filter: event.currentTarget.value as Filter })}
      >
        {FILTERS.map((filter) => (
          <option key={filter} value={filter}>
            {trace.filters[filter]}
          </option>
        ))}
      </select>
      <select
        aria-label={trace.command}
        value={selection.command}
        onChange={(event) => onSelect({ command: event.currentTarget.value })}
      >
        <option value="">{trace.anyCommand}</option>
        {(names.includes(selection.command) || selection.command === "" ? names : [selection.command, ...names]).map(
          (name) => (
            <option key={name} value={name}>
              {name.replace("TPM2_", "")}
            </option>
          ),
        )}
      </select>
      <button type="button" data-held={newSince === null ? undefined : ""} title={trace.paused} onClick={props.onPause}>
        {newSince === null ? trace.pause : trace.resume}
      </button>
      {newSince !== null && <span class="new">{trace.newSince(newSince)}</span>}
      <label class="check">
        <input
          type="checkbox"
          checked={revealSecrets}
          onChange={(event) => props.onReveal(event.currentTarget.checked)}
        />
        {trace.showSecrets}
      </label>
    </fieldset>
  );
}

/** Saves the commands that are kept. */
export function Saves({ kept, onExport }: { kept: number; onExport: (format: TraceFormat) => void }) {
  const { trace } = words();
  return (
    <fieldset class="saves" title={trace.saveHint(kept)}>
      <legend class="hidden-text">{trace.saveHint(kept)}</legend>
      <span>{trace.saveAs}</span>
      <button type="button" class="small" disabled={kept === 0} onClick={() => onExport("json")}>
        JSON
      </button>
      <button type="button" class="small" disabled={kept === 0} onClick={() => onExport("pcapng")}>
        {trace.wireshark}
      </button>
    </fieldset>
  );
}
