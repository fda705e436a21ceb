import { useState } from "preact/hooks";
import type { DemoProps } from "../learn/demos.ts";
import { openLine } from "../remote/line.ts";
import { MessageBox } from "../remote/MessageBox.tsx";
import type { VerdictMessage } from "../remote/messages.ts";
import { useStore } from "../ui/useStore.ts";
import { demoWords } from "../words/demos.ts";
import { verifierWords } from "../words/verifier.ts";
import { ChainView } from "./ChainView.tsx";
import { DemoPage, SaveTrace, Standing, Step, useDemo } from "./DemoPage.tsx";
import { Attestation, type AttestationState } from "./engine/attestation.ts";
import type { DemoGround } from "./engine/ground.ts";

export function RemoteAttestation({ stage, ...frame }: DemoProps) {
  return (
    <DemoPage id="remote-attestation" intro={demoWords().remote.intro} {...frame}>
      <Steps ground={stage} />
    </DemoPage>
  );
}

function Steps({ ground }: { ground: DemoGround }) {
  const attestation = useDemo(ground, (its) => new Attestation(its, openLine()));
  const state = useStore(attestation.store);
  const { steps, openVerifier } = demoWords().remote;
  const { boot, verdicts } = state;
  const isBusy = state.activity !== null;
  const { good, changed } = verdicts;
  return (
    <>
      <ChainView state={state} />
      <Standing state={state} />
      <ol class="demo-steps">
        <Step
          {...steps.boot}
          id="boot"
          number={1}
          isOpen
          isBusy={isBusy}
          done={boot === "good" || (boot === "changed" && good !== undefined) ? steps.boot.done : null}
          onPress={() => void attestation.boot("good")}
          choice={
            <p>
              <a href="#verifier" target="_blank" rel="noopener">
                {openVerifier}
              </a>
            </p>
          }
        />
        <Step
          {...steps.show}
          id="show"
          number={2}
          isOpen={boot === "good"}
          isBusy={isBusy}
          done={good?.verdict === "good" ? steps.show.done : null}
          onPress={() => void attestation.show()}
        >
          {good !== undefined && <Said verdict={good} />}
        </Step>
        <Step
          {...steps.change}
          id="change"
          number={3}
          isOpen={boot !== null}
          isBusy={isBusy}
          done={changed?.verdict === "bad" ? steps.change.done : null}
          onPress={() => void attestation.bootAndShow("changed")}
        >
          {changed !== undefined && <Said verdict={changed} />}
        </Step>
      </ol>
      <SaveTrace demo={attestation} />
      <Messages state={state} onTake={(text) => void attestation.take(text)} />
    </>
  );
}

/** The verifier's word, and on what it rests. */
function Said({ verdict: { verdict, reasons } }: { verdict: VerdictMessage }) {
  const { said, expected, seen } = demoWords().remote;
  const { checks } = verifierWords();
  return (
    <section class="demo-said" data-verdict={verdict} aria-label={said[verdict]}>
      <h5>{said[verdict]}</h5>
      <ul>
        {reasons.map((reason) => (
          <li key={reason.check} data-reason={reason.check}>
            {checks[reason.check] ?? reason.check}
            {reason.expected !== null && <span class="hint">{expected(reason.expected)}</span>}
            {reason.seen !== null && <span class="hint">{seen(reason.seen)}</span>}
            {reason.note !== null && <span class="hint">{reason.note}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** For a verifier on another machine: the messages by hand. */
function Messages({ state, onTake }: { state: AttestationState; onTake: (text: string) => void }) {
  const { byHand, outgoing: labels, incoming, take, waiting } = demoWords().remote;
  const { outgoing, isWaiting, refusedMessage } = state;
  const { message } = verifierWords().problems;
  const [text, setText] = useState("");
  return (
    <>
      <p role="status" data-waiting={isWaiting ? "" : undefined}>
        {isWaiting ? waiting : ""}
      </p>
      <details class="attest-messages">
        <summary>{byHand}</summary>
        {outgoing !== null && (
          <MessageBox text={outgoing.text} name={`${outgoing.kind}.json`} label={labels[outgoing.kind]} />
        )}
        <label>
          <span>{incoming}</span>
          <textarea
            rows={3}
            spellcheck={false}
            autocomplete="off"
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <div class="choices">
          <button
            type="button"
            disabled={text.trim() === "" || state.activity !== null}
            onClick={() => {
              onTake(text);
              setText("");
            }}
          >
            {take}
          </button>
        </div>
        {refusedMessage !== null && (
          <p class="demo-failure" role="alert">
            {message[refusedMessage.problem](refusedMessage.field)}
          </p>
        )}
      </details>
    </>
  );
}
