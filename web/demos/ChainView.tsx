import { useEffect, useRef } from "preact/hooks";
import { demoWords } from "../words/demos.ts";
import type { DemoState } from "./engine/demo.ts";

const DIGITS = 12;

/** The chain of the present boot: each link with its PCR, lit when the TPM has extended it. */
export function ChainView({ state }: { state: Pick<DemoState, "chain" | "proven" | "activity"> }) {
  const { chain: words } = demoWords();
  const section = useRef<HTMLElement>(null);
  const isBooting = state.activity === "booting";
  // The button that boots may lie far below it.
  useEffect(() => {
    if (isBooting) section.current?.scrollIntoView({ block: "nearest" });
  }, [isBooting]);
  return (
    <section ref={section} class="demo-chain" aria-label={words.title}>
      <h4>{words.title}</h4>
      <ol>
        {state.chain.map(({ name, pcr, count, digest, text }) => (
          <li key={name} data-link={name} data-measured={count > 0 ? "" : undefined} title={text ?? undefined}>
            <span class="what">
              <strong>{words.names[name]}</strong>
              <span class="hint">{words.by[name]}</span>
            </span>
            <span class="register">
              <span class="pcr">{words.pcr(pcr)}</span>
              <span class="hint">{count > 0 ? words.times(count) : words.waiting}</span>
              {digest !== null && <code>{digest.slice(0, DIGITS)}…</code>}
            </span>
          </li>
        ))}
      </ol>
      {state.proven !== null && state.proven.length > 0 && (
        <p class="demo-done">{words.proven(state.proven.join(", "))}</p>
      )}
    </section>
  );
}
