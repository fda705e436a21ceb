/** When the stages of a boot were reached, by what the machine and its TPM's commands tell. */
import type { CommandName, Stage, TpmCommandEvent } from "../../src/index.ts";
import { decodeCommand } from "../../src/index.ts";
import { type BootTimeline, type Mark, type Milestone, milestones, noTimeline } from "../state/timeline.ts";
import { isStartup, succeeded } from "./trace.ts";

const EXTEND: CommandName = "PCR_Extend";

export class TimelineKeeper {
  readonly #onChange: (timeline: BootTimeline) => void;
  #timeline = noTimeline;
  /** Of the last power on or reset. */
  #beganAt = 0;
  #stage: Stage = "off";

  constructor(onChange: (timeline: BootTimeline) => void) {
    this.#onChange = onChange;
  }

  /** Power on, or a reset. @param now milliseconds, by the clock of {@link TpmCommandEvent.startedAt} */
  begin(now: number): void {
    this.#beganAt = now;
    this.#stage = "bios";
    this.#change({ marks: [{ milestone: "power", at: 0 }], measurements: 0 });
  }

  enter(stage: Stage, now: number): void {
    this.#stage = stage;
    if (stage === "off") this.#change(noTimeline);
    if (stage === "kernel") this.#reach("kernel", now);
    if (stage === "shell") this.#reach("prompt", now);
  }

  /** To be told of every command; what the page itself asks says nothing of the boot. */
  observe({ command, response, startedAt, duration, own }: TpmCommandEvent): void {
    if (own || startedAt < this.#beganAt || this.#stage === "off" || this.#stage === "shell") return;
    const end = startedAt + duration;
    if (this.#stage === "kernel") this.#reach("driver", end);
    else if (!succeeded(response)) return;
    else if (isStartup(command)) this.#reach("startup", end);
    else if (decodeCommand(command).name === EXTEND) {
      const { marks, measurements } = this.#timeline;
      // The last one is the end of it.
      const others = marks.filter(({ milestone }) => milestone !== "measured");
      this.#change({ marks: inOrder([...others, this.#mark("measured", end)]), measurements: measurements + 1 });
    }
  }

  #reach(milestone: Milestone, now: number): void {
    const { marks } = this.#timeline;
    if (marks.some((mark) => mark.milestone === milestone)) return;
    this.#change({ ...this.#timeline, marks: inOrder([...marks, this.#mark(milestone, now)]) });
  }

  #mark(milestone: Milestone, now: number): Mark {
    return { milestone, at: Math.max(0, now - this.#beganAt) };
  }

  #change(timeline: BootTimeline): void {
    this.#timeline = timeline;
    this.#onChange(timeline);
  }
}

const inOrder = (marks: readonly Mark[]): Mark[] =>
  marks.toSorted((a, b) => milestones.indexOf(a.milestone) - milestones.indexOf(b.milestone));
