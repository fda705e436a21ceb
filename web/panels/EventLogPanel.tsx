import { Fragment } from "preact";
import { unmeasuredBy } from "../../src/index.ts";
import type { Media } from "../state/media.ts";
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

/** What the log can't have, and would have elsewhere. */
function Beyond({ bootFrom }: { bootFrom: Media["bootFrom"] }) {
  const unmeasured = unmeasuredBy(bootFrom);
  return (
    <div class="beyond">
      {unmeasured !== undefined && <p>{unmeasured}</p>}
      <p>
        With UEFI instead of this BIOS, PCR 7 would hold the Secure Boot policy (its keys, and who signed what was
        started), PCR 11 a unified kernel image and the phases of the boot, PCR 12 its command line and credentials, PCR
        13 system extensions. Here PCR 7 has a separator only, and nothing extends 11 to 13.
      </p>
    </div>
  );
}

export function EventLogPanel(props: { log: EventLog | null; banks: readonly PcrBank[]; bootFrom: Media["bootFrom"] }) {
  const { log, banks, bootFrom } = props;
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
        {log !== null && <Beyond bootFrom={bootFrom} />}
      </div>
    </Panel>
  );
}
