import { Fragment } from "preact";
import { useMemo, useState } from "preact/hooks";
import type { CommandEntry, DecodedEntry, Field } from "../state/model.ts";
import { Panel } from "./Panel.tsx";
import { Reason } from "./Reason.tsx";

export type Decode = (entry: CommandEntry) => DecodedEntry;

/** Browsers give clocks a resolution of 0.1 ms. */
const milliseconds = (duration: number): string =>
  duration < 0.1 ? "< 0.1 ms" : duration < 10 ? `${duration.toFixed(1)} ms` : `${Math.round(duration)} ms`;

function Fields({ title, fields }: { title: string; fields: readonly Field[] }) {
  return (
    <>
      <dt class="section">{title}</dt>
      {fields.map(({ name, value, depth, secret }, index) => (
        <Fragment key={index}>
          <dt>{"\u2007".repeat(2 * depth) + name}</dt>
          <dd class={secret ? "secret" : undefined}>{value}</dd>
        </Fragment>
      ))}
    </>
  );
}

function Details({ entry, decode }: { entry: CommandEntry; decode: Decode }) {
  const { command, response } = useMemo(() => decode(entry), [entry, decode]);
  return (
    <>
      <Reason entry={entry} />
      <dl class="fields">
        <Fields title={`Command, ${entry.command.length} bytes`} fields={command} />
        <Fields title={`Response, ${entry.response.length} bytes`} fields={response} />
      </dl>
    </>
  );
}

function Row({ entry, decode }: { entry: CommandEntry; decode: Decode }) {
  const [open, setOpen] = useState(false);
  return (
    <li data-command={entry.name} data-own={entry.own ? "" : undefined}>
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          <span class="index">{entry.sequence}</span>
          <span class="name">{entry.name}</span>
          <span class="what">
            {entry.subject}{" "}
            {entry.own && (
              <span class="tag plain" title="Sent by this page to keep its panels up to date, not by the guest">
                page
              </span>
            )}
          </span>
          <span class="result" data-failed={entry.failed ? "" : undefined}>
            {entry.responseCodeName}
          </span>
          <span class="tag plain" title={`Locality ${entry.locality}`}>
            L{entry.locality}
          </span>
          <span class="time">{milliseconds(entry.duration)}</span>
        </summary>
        {open && <Details entry={entry} decode={decode} />}
      </details>
    </li>
  );
}

/** Entries as they are shown: what moves contexts between two other commands is one line, which opens. */
function grouped(entries: readonly CommandEntry[]): readonly (readonly CommandEntry[])[] {
  const groups: CommandEntry[][] = [];
  for (const entry of entries) {
    const last = groups.at(-1);
    if (entry.swaps && last?.[0]?.swaps) last.push(entry);
    else groups.push([entry]);
  }
  return groups;
}

function Swaps({ entries, decode }: { entries: readonly CommandEntry[]; decode: Decode }) {
  const [open, setOpen] = useState(false);
  const names = [...new Set(entries.map(({ name }) => name.replace("TPM2_", "")))].join(", ");
  return (
    <li data-swaps={entries.length}>
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary title="What the kernel’s resource manager (/dev/tpmrm0) does around the commands of each program">
          <span class="index">{entries.at(-1)?.sequence}</span>
          <span class="name">{entries.length === 1 ? "1 context moved" : `${entries.length} contexts moved`}</span>
          <span class="what">{names}</span>
        </summary>
        {open && (
          <ol class="rows">
            {entries.map((entry) => (
              <Row key={entry.sequence} entry={entry} decode={decode} />
            ))}
          </ol>
        )}
      </details>
    </li>
  );
}

/** The last commands, newest first. `total` counts all since the page was loaded. */
export function CommandPanel(props: { commands: readonly CommandEntry[]; total: number; decode: Decode }) {
  const { commands, total, decode } = props;
  const [withOwn, setWithOwn] = useState(false);
  const shown = withOwn ? commands : commands.filter(({ own }) => !own);
  const aside = (
    <>
      <label class="switch" title="PCR readings by which this page follows the registers, and what scripts send">
        <input type="checkbox" checked={withOwn} onChange={(event) => setWithOwn(event.currentTarget.checked)} />
        with the page’s own
      </label>
      <span class="note">{total} so far</span>
    </>
  );
  return (
    <Panel title="TPM commands" class="commands" id="panels" aside={aside}>
      <div class="scroll">
        {shown.length === 0 ? (
          <p class="empty">No command has been sent yet.</p>
        ) : (
          <ol class="rows">
            {grouped(shown).map((entries) => {
              const [entry] = entries;
              if (entry === undefined) return null;
              // The oldest: while newer ones come the line stays open.
              const oldest = entries.at(-1)?.sequence;
              return entry.swaps ? (
                <Swaps key={`swaps ${oldest}`} entries={entries} decode={decode} />
              ) : (
                <Row key={entry.sequence} entry={entry} decode={decode} />
              );
            })}
          </ol>
        )}
      </div>
    </Panel>
  );
}
