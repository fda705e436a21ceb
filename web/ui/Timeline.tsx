import { isFault } from "../state/findings.ts";
import type { PageState } from "../state/model.ts";
import { type Milestone, milestones } from "../state/timeline.ts";
import { words } from "../words/index.ts";

/** Of the track's own width. */
const percent = (part: number, whole: number) => `${whole === 0 ? 0 : (100 * part) / whole}%`;

/** From the milestone before to this one. */
function Track({ from, to, end }: { from: number; to: number; end: number }) {
  return (
    <svg class="track" aria-hidden="true" focusable="false">
      <rect class="whole" width="100%" height="100%" rx="2" />
      <rect class="part" x={percent(from, end)} width={percent(to - from, end)} height="100%" rx="2" />
    </svg>
  );
}

/** When each stage of the boot was reached, and what has come of it. */
export function Timeline({ state }: { state: PageState }) {
  const { timeline, findings, power, tpm } = state;
  const say = words().machine.timeline;
  if (power === "off") return <p class="timeline-off">{say.off}</p>;
  const at = new Map(timeline.marks.map((mark) => [mark.milestone, mark.at]));
  const end = Math.max(0, ...at.values());
  const label = (milestone: Milestone) =>
    milestone === "measured" ? say.measured(timeline.measurements) : say[milestone];
  let before = 0;
  return (
    <div class="timeline">
      <h3>{say.title}</h3>
      <ol>
        {milestones.map((milestone) => {
          const reached = at.get(milestone);
          const from = before;
          before = reached ?? before;
          return (
            <li key={milestone} data-milestone={milestone} data-reached={reached === undefined ? undefined : ""}>
              <span class="label">{label(milestone)}</span>
              <Track from={Math.min(from, before)} to={before} end={end} />
              <span class="at">{reached === undefined ? say.notReached : say.seconds(reached)}</span>
            </li>
          );
        })}
      </ol>
      {findings.length > 0 ? (
        <p data-outcome={findings.some(isFault) ? "bad" : "open"}>
          {say.outcome.bad} {findings.map(({ kind, about }) => words().findings[kind](about)).join(" ")}
        </p>
      ) : (
        <p data-outcome={tpm === "ready" ? "good" : "open"}>
          {tpm === "ready" ? say.outcome.good : say.outcome.running}
        </p>
      )}
    </div>
  );
}
