import { useId, useMemo, useState } from "preact/hooks";
import type { CommandEntry, DecodedEntry } from "../../state/model.ts";
import { words } from "../../words/index.ts";
import { Reason } from "../Reason.tsx";
import { entityInWords } from "./entities.ts";
import { MessageView } from "./MessageView.tsx";
import type { Group } from "./selection.ts";

/** @param reveals with secrets */
export type Decode = (entry: CommandEntry, options: { readonly revealSecrets: boolean }) => DecodedEntry;

/** Browsers give clocks a resolution of 0.1 ms. */
const milliseconds = (duration: number): string =>
  duration < 0.1 ? "< 0.1 ms" : duration < 10 ? `${duration.toFixed(1)} ms` : `${Math.round(duration)} ms`;

interface Common {
  readonly decode: Decode;
  readonly revealSecrets: boolean;
}

function Details({ entry, decode, revealSecrets }: Common & { entry: CommandEntry }) {
  const id = useId();
  const decoded = useMemo(() => decode(entry, { revealSecrets }), [entry, decode, revealSecrets]);
  const { command, response } = decoded;
  const { trace } = words();
  return (
    <div class="decoded">
      <Reason entry={entry} />
      <MessageView
        id={`${id}-command`}
        title={trace.commandOf(entry.command.length)}
        label={trace.fieldsOfCommand}
        message={command}
      />
      <MessageView
        id={`${id}-response`}
        title={trace.responseOf(entry.response.length)}
        label={trace.fieldsOfResponse}
        message={response}
      />
    </div>
  );
}

/** What a resource manager did around a command, in a line that opens. */
function Served({ group, ...common }: Common & { group: Group }) {
  const [open, setOpen] = useState(false);
  const { trace } = words();
  const { before, after } = group;
  const part = (title: string, entries: readonly CommandEntry[]) =>
    entries.length > 0 && (
      <>
        <p class="served-part">{title}</p>
        <ol class="rows">
          {entries.map((entry) => (
            <CommandRow key={entry.sequence} group={{ main: entry, before: [], after: [] }} {...common} />
          ))}
        </ol>
      </>
    );
  return (
    <details class="served" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary title={trace.servedMeans}>{trace.served(before.length, after.length)}</summary>
      {open && part(trace.before, before)}
      {open && part(trace.after, after)}
    </details>
  );
}

/** A command as a line that opens: its fields, its octets, and what was done for it. */
export function CommandRow({ group, decode, revealSecrets }: Common & { group: Group }) {
  const [open, setOpen] = useState(false);
  const { trace } = words();
  const { main: entry, before, after } = group;
  const moved = before.length + after.length;
  return (
    <li data-command={entry.name} data-own={entry.own ? "" : undefined} data-served={moved > 0 ? moved : undefined}>
      <details onToggle={(event) => event.currentTarget === event.target && setOpen(event.currentTarget.open)}>
        <summary>
          <span class="index">{entry.sequence}</span>
          <span class="name">{entry.name}</span>
          <span class="what">
            {entry.handles.map(entityInWords).join(", ")}{" "}
            {entry.own && (
              <span class="tag plain" title={trace.ownMeans}>
                {trace.own}
              </span>
            )}
          </span>
          <span class="result" data-failed={entry.failed ? "" : undefined}>
            {entry.responseCodeName}
          </span>
          <span class="tag plain" title={trace.locality(entry.locality)}>
            L{entry.locality}
          </span>
          <span class="time">{milliseconds(entry.duration)}</span>
        </summary>
        {open && <Details entry={entry} decode={decode} revealSecrets={revealSecrets} />}
        {open && moved > 0 && <Served group={group} decode={decode} revealSecrets={revealSecrets} />}
      </details>
    </li>
  );
}
