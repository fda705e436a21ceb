import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { DemoProps } from "../learn/demos.ts";
import { saveFile } from "../pc/download.ts";
import type { TraceFormat } from "../state/model.ts";
import { hashOf } from "../state/place.ts";
import type { DemoId } from "../words/demoNames.ts";
import { demoWords } from "../words/demos.ts";
import { words } from "../words/index.ts";
import type { Demo, DemoState } from "./engine/demo.ts";
import type { DemoGround } from "./engine/ground.ts";
import { useStepTold } from "./progress.ts";

/** A demo: what it is about, and its steps once it has a TPM of its own. */
export function DemoPage(
  props: Omit<DemoProps, "stage"> & { id: DemoId; intro: readonly string[]; children: ComponentChildren },
) {
  const demo = demoWords();
  const { title } = demo.list[props.id];
  const [isAsked, setIsAsked] = useState(false);
  const isMaking = props.isMaking || isAsked;
  return (
    <article class="demo" data-demo={props.id}>
      <h3>{title}</h3>
      {props.intro.map((paragraph) => (
        <p key={paragraph}>{paragraph}</p>
      ))}
      {props.isOnOwnTpm ? (
        <>
          {props.children}
          <p class="hint">{demo.honest}</p>
          {props.isInPage && (
            <div class="choices">
              <button type="button" title={demo.leaveTitle} onClick={props.onLeave}>
                {demo.leave}
              </button>
              <button
                type="button"
                class="link"
                onClick={() => {
                  location.hash = hashOf({ kind: "list" });
                }}
              >
                {words().learn.back}
              </button>
            </div>
          )}
        </>
      ) : (
        <section class="demo-ask" aria-label={title}>
          <p role="status">{isMaking ? demo.making : demo.ask(words().learn.demoTpmName(props.id))}</p>
          {!isMaking && (
            <div class="choices">
              <button
                type="button"
                class="primary"
                onClick={() => {
                  setIsAsked(true);
                  props.onBegin();
                }}
              >
                {demo.begin}
              </button>
            </div>
          )}
        </section>
      )}
    </article>
  );
}

/** The demo's own machinery, for as long as it is shown. */
export function useDemo<Kind extends Demo<DemoState>>(ground: DemoGround, make: (ground: DemoGround) => Kind): Kind {
  const [demo] = useState(() => make(ground));
  useEffect(() => () => demo.close(), [demo]);
  return demo;
}

/** What is under way, or what did not come about. */
export function Standing({ state }: { state: DemoState }) {
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
export function SaveTrace({ demo }: { demo: Demo<DemoState> }) {
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

export interface StepProps {
  readonly id: string;
  readonly number: number;
  readonly title: string;
  readonly text: string;
  readonly button: string;
  /** The steps before it are done. */
  readonly isOpen: boolean;
  readonly isBusy: boolean;
  /** What the facts say, once they do; null before. */
  readonly done: string | null;
  readonly onPress: () => void;
  /** What is chosen before the button is pressed. */
  readonly choice?: ComponentChildren;
  /** What it came to, besides. */
  readonly children?: ComponentChildren;
}

/** A step: its button, and its tick when the facts hold. */
export function Step(props: StepProps) {
  const { states, step } = demoWords();
  const { id, number, title, text, button, isOpen, isBusy, done, onPress } = props;
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
