import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { saveFile } from "../pc/download.ts";
import type { TraceFormat } from "../state/model.ts";
import { demoWords } from "../words/demos.ts";
import { ChainView } from "./ChainView.tsx";
import type { Demo, DemoState } from "./engine/demo.ts";
import { useStepTold } from "./progress.ts";

export interface DemoStep {
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly button: string;
  /** The steps before it are done; true by default. */
  readonly isOpen?: boolean;
  /** What the facts say, once they do; null before. */
  readonly done: string | null;
  readonly onPress: () => unknown;
  /** What is chosen before the button is pressed. */
  readonly choice?: ComponentChildren;
  /** What it came to, besides. */
  readonly children?: ComponentChildren;
}

/** The steps of a demo in their order; `hasChain`: below the chain of the present boot. */
export function DemoSteps(props: {
  demo: Demo<DemoState>;
  state: DemoState;
  hasChain?: boolean;
  steps: readonly DemoStep[];
}) {
  const { demo, state, hasChain = false, steps } = props;
  return (
    <>
      {hasChain && <ChainView state={state} />}
      <Standing state={state} />
      <ol class="steps demo-steps">
        {steps.map((step, at) => (
          <Step key={step.id} {...step} number={at + 1} isBusy={state.activity !== null} />
        ))}
      </ol>
      <SaveTrace demo={demo} />
    </>
  );
}

/** What is under way, or what did not come about. */
function Standing({ state }: { state: DemoState }) {
  const { booting, typing, working, failures, problem } = demoWords();
  const { activity, failure } = state;
  return (
    <>
      <p class="demo-activity" role="status" data-activity={activity ?? "none"}>
        {activity === null ? "" : { booting, typing, working }[activity]}
      </p>
      {failure !== null && (
        <p class="demo-failure" role="alert" data-failure={failure}>
          {failures[failure]}
        </p>
      )}
      {state.problem !== null && (
        <p class="demo-failure" role="alert">
          {problem(state.problem)}
        </p>
      )}
    </>
  );
}

/** Saves what was done as a trace: all of it, which the page's own list may be too short for. */
function SaveTrace({ demo }: { demo: Demo<DemoState> }) {
  const { trace, traceTitle } = demoWords();
  const save = (format: TraceFormat) => {
    const time = new Date().toISOString().slice(0, 19).replaceAll(":", "-");
    saveFile(`tabtpm-demo-${time}.${format}`, demo.trace(format));
  };
  return (
    <div class="choices">
      {(["pcapng", "json"] as const).map((format) => (
        <button key={format} type="button" title={traceTitle} data-trace={format} onClick={() => save(format)}>
          {trace(format)}
        </button>
      ))}
    </div>
  );
}

/** A step: its button, and its tick when the facts hold. */
function Step(props: DemoStep & { number: number; isBusy: boolean }) {
  const { states, step } = demoWords();
  const { id, number, title, text, button, isOpen = true, isBusy, done, onPress } = props;
  const state = done !== null ? "done" : isOpen ? "open" : "waiting";
  useStepTold(number, done !== null);
  const item = useRef<HTMLLIElement>(null);
  const isPressed = useRef(false);
  // A button that rests loses the focus, and the chain may have taken the step out of sight.
  useEffect(() => {
    if (isBusy || !isPressed.current) return;
    isPressed.current = false;
    // What comes next is seen as well where there is room for both.
    item.current?.nextElementSibling?.scrollIntoView({ block: "nearest" });
    item.current?.scrollIntoView({ block: "nearest" });
    if (document.activeElement === document.body) {
      item.current?.querySelector<HTMLElement>("button")?.focus({ preventScroll: true });
    }
  }, [isBusy]);
  return (
    <li ref={item} data-step={id} data-state={state}>
      <h4>
        <span class="mark" aria-hidden="true">
          {state === "done" ? "✓" : number}
        </span>
        <span class="hidden-text">
          {step(number)}, {states[state]}:{" "}
        </span>
        {title}
      </h4>
      <p>{text}</p>
      {props.choice}
      <button
        type="button"
        class={state === "open" ? "primary" : ""}
        disabled={isBusy || state === "waiting"}
        onClick={() => {
          isPressed.current = true;
          onPress();
        }}
      >
        {button}
      </button>
      {done !== null && <p class="demo-done">✓ {done}</p>}
      {props.children}
    </li>
  );
}
