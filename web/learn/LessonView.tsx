import { useEffect, useRef, useState } from "preact/hooks";
import type { Lesson } from "../../src/index.ts";
import type { LearnActions, LessonState, ListedLesson, Missing } from "../state/learn.ts";
import type { Place } from "../state/place.ts";
import { Dialog } from "../ui/Dialog.tsx";
import { languageInUse } from "../words/index.ts";
import { learnWords } from "../words/learnDrawer.ts";
import { Prose } from "./Prose.tsx";
import { StepView } from "./StepView.tsx";

export interface LessonViewProps {
  readonly state: LessonState;
  readonly actions: LearnActions;
  readonly next: ListedLesson | null;
  readonly onPlace: (place: Place) => void;
  /** The TPM in use is the lesson's, which can be left for the user's; an element has no other. */
  readonly canLeave: boolean;
  /** A restart loads the page anew; in an element it does not. */
  readonly isInPage?: boolean;
}

export function LessonView({ state, actions, next, onPlace, canLeave, isInPage = true }: LessonViewProps) {
  const learn = learnWords();
  const { lesson, phase, step: current } = state;
  const [asksRestart, setAsksRestart] = useState(false);
  const isBegun = phase === "running" || phase === "passed";
  const course = learn.courses[lesson.course] ?? lesson.course;
  return (
    <article
      class="lesson"
      data-lesson={lesson.id}
      data-phase={phase}
      data-step={current}
      data-busy={state.busy ? "" : undefined}
    >
      <p class="hint">
        {learn.lessonOf(course, lesson.number)} · {learn.minutes(lesson.minutes)}
      </p>
      <h3 lang="en">{lesson.title}</h3>
      <div class="prose" lang="en">
        <Prose text={lesson.introduction} />
      </div>
      {!isBegun && <Standing state={state} actions={actions} />}
      {state.problem !== null && (
        <p class="wrong" role="alert">
          {learn.failed(state.problem)}
        </p>
      )}
      {isBegun && <Steps state={state} actions={actions} />}
      {phase === "passed" && <RealMachine lesson={lesson} />}
      <Clauses clauses={lesson.clauses} />
      <div class="choices">
        {phase === "passed" && next !== null && (
          <button type="button" class="primary" onClick={() => onPlace({ kind: "lesson", id: next.id })}>
            {learn.next(next.title)}
          </button>
        )}
        {isBegun && (
          <button type="button" disabled={state.busy} onClick={() => setAsksRestart(true)}>
            {learn.restart}
          </button>
        )}
        {canLeave && (
          <button type="button" title={learn.leaveTitle} onClick={() => actions.leave()}>
            {learn.leave}
          </button>
        )}
      </div>
      {asksRestart && (
        <Dialog
          title={learn.restartTitle}
          confirm={learn.restartConfirm}
          onCancel={() => setAsksRestart(false)}
          onConfirm={() => {
            setAsksRestart(false);
            actions.start();
          }}
        >
          <p>{isInPage ? learn.restartText : learn.restartHere}</p>
        </Dialog>
      )}
    </article>
  );
}

/** Before the first step: what is to be agreed to, or waited for. */
function Standing({ state, actions }: { state: LessonState; actions: LearnActions }) {
  const learn = learnWords();
  const { lesson, phase, step } = state;
  if (phase === "asking" || phase === "elsewhere" || phase === "interrupted") {
    const isBegun = phase === "elsewhere";
    return (
      <section class="standing" aria-label={learn.ask.title}>
        {phase === "asking" && <p>{learn.ask.text(learn.tpmName(lesson.title))}</p>}
        {isBegun && <p>{learn.ask.begun(Math.min(step + 1, lesson.steps.length), lesson.steps.length)}</p>}
        {phase === "interrupted" && <p>{learn.interrupted}</p>}
        <div class="choices">
          {isBegun && (
            <button type="button" class="primary" onClick={() => actions.goOn()}>
              {learn.ask.goOn}
            </button>
          )}
          <button type="button" class={isBegun ? "" : "primary"} onClick={() => actions.start()}>
            {phase === "asking" ? learn.ask.start : learn.ask.again}
          </button>
        </div>
      </section>
    );
  }
  if (phase !== "making" && phase !== "booting" && phase !== "preparing") return null;
  return (
    <p class="standing" role="status">
      {learn[phase]}
    </p>
  );
}

function Steps({ state, actions }: { state: LessonState; actions: LearnActions }) {
  const learn = learnWords();
  const { lesson, step: current } = state;
  const place = useRef<HTMLLIElement>(null);
  const before = useRef(current);
  useEffect(() => {
    // Where a step was passed the next one comes into sight; whoever reads on is not moved otherwise.
    if (before.current !== current) place.current?.scrollIntoView({ block: "start" });
    const { activeElement } = (place.current?.getRootNode() ?? document) as Document | ShadowRoot;
    // The button that was pressed went with its step: the keyboard goes on with the next one.
    const isLost = activeElement === null || activeElement === document.body;
    if (before.current !== current && isLost) place.current?.focus({ preventScroll: true });
    before.current = current;
  }, [current]);
  const count = lesson.steps.length;
  return (
    <>
      <ol class="steps" lang="en">
        {lesson.steps.map((step, index) => {
          const label = (
            <>
              <span class="mark" aria-hidden="true">
                {index < current ? "✓" : index + 1}
              </span>
              <span class="title">{step.title}</span>
              <span class="hidden-text" lang={languageInUse()}>
                {index < current ? learn.stepPassed : index > current ? learn.stepAhead : learn.step(index + 1, count)}
              </span>
            </>
          );
          const body = <StepView step={step} state={state} actions={actions} isCurrent={index === current} />;
          return (
            <li
              key={index}
              {...(index === current && { ref: place })}
              data-state={index < current ? "passed" : index === current ? "current" : "ahead"}
              aria-current={index === current ? "step" : undefined}
              tabIndex={-1}
            >
              {index < current ? (
                <details>
                  <summary>{label}</summary>
                  <div class="prose">{body}</div>
                </details>
              ) : (
                <>
                  <h4>{label}</h4>
                  {index === current && (
                    <div class="prose">
                      {body}
                      <Hints missing={state.missing} />
                    </div>
                  )}
                </>
              )}
            </li>
          );
        })}
      </ol>
      <p class="passed-note" role="status" aria-live="polite">
        {state.phase === "passed" ? `✓ ${learn.allDone}` : current > 0 ? `✓ ${learn.done(current)}` : ""}
      </p>
    </>
  );
}

/** What is missing of the current step. */
function Hints({ missing }: { missing: Missing | null }) {
  const learn = learnWords();
  return (
    <div class="hints" aria-live="polite" data-tried={missing?.attempted ? "" : undefined}>
      {missing !== null && (
        <p>
          <strong lang={languageInUse()}>{missing.attempted ? learn.notQuite : learn.waiting}:</strong> {missing.hint}
        </p>
      )}
    </div>
  );
}

function RealMachine({ lesson }: { lesson: Lesson }) {
  return (
    <section class="real-machine">
      <h4>{learnWords().realMachine}</h4>
      <div class="prose" lang="en">
        <Prose text={lesson.realMachine} />
      </div>
    </section>
  );
}

function Clauses({ clauses }: { clauses: readonly string[] }) {
  if (clauses.length === 0) return null;
  return (
    <section class="clauses">
      <h4>{learnWords().clauses}</h4>
      <ul lang="en">
        {clauses.map((clause) => (
          <li key={clause}>{clause}</li>
        ))}
      </ul>
    </section>
  );
}
