import { Fragment } from "preact";
import { useState } from "preact/hooks";
import type { EventKind } from "../../src/index.ts";
import type { Media } from "../state/media.ts";
import type { EventLog, LogEntry, PcrBank } from "../state/model.ts";
import { differences, hasMeasurements } from "../state/verdict.ts";
import { useLoaded } from "../ui/useLoaded.ts";
import { words } from "../words/index.ts";
import { Panel } from "./Panel.tsx";

/** An event explained; what explains them is fetched with the first that is opened. */
function Explained({ kind }: { kind: EventKind }) {
  const loaded = useLoaded(() => import("./EventWords.tsx"), []);
  if (loaded === null) return null;
  if (loaded === "failed") return <p role="alert">{words().eventLog.notLoaded}</p>;
  return <loaded.EventWords kind={kind} />;
}

function Entry({ entry, index }: { entry: LogEntry; index: number }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <li data-pcr={entry.pcr}>
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          <span class="index">{index}</span>
          <span class="tag">PCR {entry.pcr}</span>
          <span class="name">{entry.type}</span>
          <span class="what">{entry.description}</span>
        </summary>
        {isOpen && <Explained kind={entry.kind} />}
        <dl class="fields">
          {entry.description !== "" && (
            <>
              <dt>{words().eventLog.event}</dt>
              <dd>{entry.description}</dd>
            </>
          )}
          {entry.digests.map(({ bank, hex }) => (
            <Fragment key={bank}>
              <dt>{bank}</dt>
              <dd>{hex}</dd>
            </Fragment>
          ))}
        </dl>
      </details>
    </li>
  );
}

function Verdict({ log, banks }: { log: EventLog | null; banks: readonly PcrBank[] }) {
  const wrong = differences(log, banks);
  if (wrong === null) return null;
  return wrong.length === 0 ? (
    <span class="note good" data-replay="match">
      {words().eventLog.matches}
    </span>
  ) : (
    <span class="note bad" data-replay="differ">
      {words().eventLog.differs(wrong.join(", "))}
    </span>
  );
}

/** What the log can't have, and would have elsewhere. */
function Beyond({ bootFrom }: { bootFrom: Media["bootFrom"] }) {
  const { unmeasured, uefi } = words().eventLog;
  const sentence = unmeasured(bootFrom);
  return (
    <div class="beyond">
      {sentence !== "" && <p>{sentence}</p>}
      <p>{uefi}</p>
    </div>
  );
}

export function EventLogPanel(props: { log: EventLog | null; banks: readonly PcrBank[]; bootFrom: Media["bootFrom"] }) {
  const { log, banks, bootFrom } = props;
  const { title, empty, nothing } = words().eventLog;
  return (
    <Panel title={title} class="event-log" aside={<Verdict log={log} banks={banks} />}>
      <div class="scroll">
        {log?.problem !== undefined && <p class="empty">{log.problem}</p>}
        {log?.problem === undefined && log !== null && !hasMeasurements(log) && <p class="empty">{nothing}</p>}
        {log === null ? (
          <p class="empty">{empty}</p>
        ) : (
          <ol class="rows">
            {log.entries.map((entry, index) => (
              <Entry key={index} entry={entry} index={index} />
            ))}
          </ol>
        )}
        {log !== null && <Beyond bootFrom={bootFrom} />}
      </div>
    </Panel>
  );
}
