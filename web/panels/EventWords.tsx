import type { EventKind } from "../../src/index.ts";
import { eventWords } from "../words/events.ts";
import { words } from "../words/index.ts";

/** An event of the firmware's log explained: what it is, who measured it, what for, and what a change means. */
export function EventWords({ kind }: { kind: EventKind }) {
  const { eventLog } = words();
  const { what, who, why, change } = eventWords()[kind];
  return (
    <dl class="explained">
      {(
        [
          [eventLog.what, what],
          [eventLog.who, who],
          [eventLog.why, why],
          [eventLog.change, change],
        ] as const
      ).map(([name, sentence]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{sentence}</dd>
        </div>
      ))}
    </dl>
  );
}
