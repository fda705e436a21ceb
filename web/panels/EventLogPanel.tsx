import { Fragment } from "preact";
import type { EventLog, LogEntry, PcrBank } from "../state/model.ts";
import { differences, hasMeasurements } from "../state/verdict.ts";
import { Panel } from "./Panel.tsx";

function Entry({ entry, index }: { entry: LogEntry; index: number }) {
  return (
    <li data-pcr={entry.pcr}>
      <details>
        <summary>
          <span class="index">{index}</span>
          <span class="tag">PCR {entry.pcr}</span>
          <span class="name">{entry.type}</span>
          <span class="what">{entry.description}</span>
        </summary>
        <dl class="fields">
          {entry.description !== "" && (
            <>
              <dt>event</dt>
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
      ✓ replay equals PCRs 0–9 in every bank
    </span>
  ) : (
    <span class="note bad" data-replay="differ">
      ✗ PCR {wrong.join(", ")}: not what the log gives
    </span>
  );
}

export function EventLogPanel({ log, banks }: { log: EventLog | null; banks: readonly PcrBank[] }) {
  return (
    <Panel title="Firmware event log" class="event-log" aside={<Verdict log={log} banks={banks} />}>
      <div class="scroll">
        {log?.problem !== undefined && <p class="empty">{log.problem}</p>}
        {log?.problem === undefined && log !== null && !hasMeasurements(log) && (
          <p class="empty">The firmware measured nothing into the TPM.</p>
        )}
        {log === null ? (
          <p class="empty">What the BIOS measures is listed here once it hands over to the kernel.</p>
        ) : (
          <ol class="rows">
            {log.entries.map((entry, index) => (
              <Entry key={index} entry={entry} index={index} />
            ))}
          </ol>
        )}
      </div>
    </Panel>
  );
}
