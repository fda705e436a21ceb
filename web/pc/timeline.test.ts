import { expect, test } from "vitest";
import type { TpmCommandEvent } from "../../src/index.ts";
import { type BootTimeline, noTimeline } from "../state/timeline.ts";
import { getRandom, pcrExtend, startup } from "./testkit/tpm.ts";
import { TimelineKeeper } from "./timeline.ts";

const SUCCESS = Uint8Array.of(0x80, 1, 0, 0, 0, 10, 0, 0, 0, 0);
const FAILURE = Uint8Array.of(0x80, 1, 0, 0, 0, 10, 0, 0, 1, 1);

function keeper() {
  const news: BootTimeline[] = [];
  const timeline = new TimelineKeeper((each) => news.push(each));
  const tell = (command: Uint8Array, startedAt: number, more: Partial<TpmCommandEvent> = {}) =>
    timeline.observe({
      command,
      response: SUCCESS,
      reason: null,
      locality: 0,
      own: false,
      startedAt,
      duration: 1,
      ...more,
    });
  return { timeline, tell, last: () => news.at(-1) ?? noTimeline };
}

test("a measured boot reaches each stage, at its first sign; the measurements at their last", () => {
  const { timeline, tell, last } = keeper();
  timeline.begin(1000);
  tell(startup, 1100);
  tell(pcrExtend(0), 1200);
  tell(pcrExtend(4), 1300);
  timeline.enter("kernel", 1500);
  tell(getRandom, 1600);
  tell(getRandom, 1700);
  timeline.enter("shell", 1900);
  tell(pcrExtend(16), 2500);
  expect(last()).toEqual({
    marks: [
      { milestone: "power", at: 0 },
      { milestone: "startup", at: 101 },
      { milestone: "measured", at: 301 },
      { milestone: "kernel", at: 500 },
      { milestone: "driver", at: 601 },
      { milestone: "prompt", at: 900 },
    ],
    measurements: 2,
  });
  timeline.begin(5000);
  expect(last()).toEqual({ marks: [{ milestone: "power", at: 0 }], measurements: 0 });
});

test("what failed, what the page asked itself and what is of the boot before reaches nothing", () => {
  const { timeline, tell, last } = keeper();
  timeline.begin(1000);
  tell(startup, 1100, { response: FAILURE });
  tell(pcrExtend(0), 1100, { response: FAILURE });
  tell(startup, 900);
  tell(startup, 1100, { own: true });
  tell(getRandom, 1100);
  expect(last().marks).toHaveLength(1);
  timeline.enter("kernel", 1200);
  tell(getRandom, 1300, { own: true });
  expect(last().marks.map(({ milestone }) => milestone)).toEqual(["power", "kernel"]);
  timeline.enter("off", 1400);
  expect(last()).toEqual(noTimeline);
  tell(getRandom, 1500);
  expect(last()).toEqual(noTimeline);
});
