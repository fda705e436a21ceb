import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { DemoProps } from "../learn/demos.ts";
import { hashOf } from "../state/place.ts";
import type { DemoId } from "../words/demoNames.ts";
import { demoWords } from "../words/demos.ts";
import { learnWords } from "../words/learnDrawer.ts";

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
                {learnWords().back}
              </button>
            </div>
          )}
        </>
      ) : (
        <section class="demo-ask" aria-label={title}>
          <p role="status">{isMaking ? demo.making : demo.ask(learnWords().demoTpmName(props.id))}</p>
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
