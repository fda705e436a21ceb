import { openLine } from "../remote/line.ts";
import { MessageBox } from "../remote/MessageBox.tsx";
import type { VerdictMessage } from "../remote/messages.ts";
import { PastedMessage } from "../remote/PastedMessage.tsx";
import { demoWords } from "../words/demos.ts";
import { verifierWords } from "../words/verifier.ts";
import { DemoSteps } from "./DemoSteps.tsx";
import { demoOf } from "./demoOf.tsx";
import { Attestation, type AttestationState } from "./engine/attestation.ts";

export const RemoteAttestation = demoOf(
  "remote-attestation",
  () => demoWords().remote.intro,
  (ground) => new Attestation(ground, openLine()),
  ({ demo, state }) => {
    const { steps, openVerifier } = demoWords().remote;
    const { boot } = state;
    const { good, changed } = state.verdicts;
    return (
      <>
        <DemoSteps
          demo={demo}
          state={state}
          hasChain
          steps={[
            {
              ...steps.boot,
              id: "boot",
              done: boot === "good" || (boot === "changed" && good !== undefined) ? steps.boot.done : null,
              onPress: () => demo.boot("good"),
              choice: (
                <p>
                  <a href="#verifier" target="_blank" rel="noopener">
                    {openVerifier}
                  </a>
                </p>
              ),
            },
            {
              ...steps.show,
              id: "show",
              isOpen: boot === "good",
              done: good?.verdict === "good" ? steps.show.done : null,
              onPress: () => demo.show(),
              children: good && <Said verdict={good} />,
            },
            {
              ...steps.change,
              id: "change",
              isOpen: boot !== null,
              done: changed?.verdict === "bad" ? steps.change.done : null,
              onPress: () => demo.bootAndShow("changed"),
              children: changed && <Said verdict={changed} />,
            },
          ]}
        />
        <Messages state={state} onTake={(text) => void demo.take(text)} />
      </>
    );
  },
);

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
        <PastedMessage rows={3} label={incoming} button={take} isBusy={state.activity !== null} onTake={onTake} />
        {refusedMessage !== null && (
          <p class="demo-failure" role="alert">
            {message[refusedMessage.problem](refusedMessage.field)}
          </p>
        )}
      </details>
    </>
  );
}
