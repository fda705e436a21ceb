import { useRef, useState } from "preact/hooks";
import type { Actions } from "../state/actions.ts";
import type { Finding, Making, NotReplaced, PageState } from "../state/model.ts";

/** What this boot lacks, and the button that starts over. */
function Findings({ findings, busy, onReset }: { findings: readonly Finding[]; busy: boolean; onReset: () => void }) {
  return (
    <section class="notice bad" role="alert" data-notice="findings">
      <div class="words">
        <h2>The TPM is not what it should be in this boot</h2>
        <ul>
          {findings.map(({ kind, sentence }) => (
            <li key={kind} data-finding={kind}>
              {sentence}
            </li>
          ))}
        </ul>
        <p>A reset starts the TPM, the firmware and Linux afresh. Nothing that the TPM has stored is lost by it.</p>
      </div>
      <button type="button" class="primary" disabled={busy} onClick={onReset}>
        Reset
      </button>
    </section>
  );
}

/** @param props.command of the time at which it is called. */
function ClockNote(props: { behind: string; command: () => string; onDismiss: () => void }) {
  const [command, setCommand] = useState(props.command);
  const [copied, setCopied] = useState(false);
  const code = useRef<HTMLElement>(null);
  const copy = async () => {
    const current = props.command();
    setCommand(current);
    try {
      await navigator.clipboard.writeText(current);
      setCopied(true);
    } catch {
      // The browser forbids it: what is selected can be copied with its own means.
      if (code.current !== null) getSelection()?.selectAllChildren(code.current);
    }
  };
  return (
    <section class="notice" aria-label="The PC's clock" data-notice="clock">
      <p class="words">
        The PC’s clock is {props.behind} behind: it stood still for that long. To set it:{" "}
        <code ref={code}>{command}</code>
      </p>
      <button type="button" onClick={() => void copy()}>
        {copied ? "Copied" : "Copy"}
      </button>
      <button type="button" onClick={props.onDismiss}>
        Dismiss
      </button>
    </section>
  );
}

/** The old TPM goes on until the new one is complete. */
function MakingNote({ making: { done, total }, onCancel }: { making: Making; onCancel: () => void }) {
  return (
    <section class="notice" aria-label="The new TPM" data-notice="making">
      <p class="words">
        A new TPM is being made{total > 0 && `, certificate ${Math.min(done + 1, total)} of ${total}`}. The PC goes on
        with the old one until it is complete.
      </p>
      <button type="button" onClick={onCancel}>
        Keep the old one
      </button>
    </section>
  );
}

function NotReplacedNote(props: { what: NotReplaced; busy: boolean; onRetry: () => void; onDismiss: () => void }) {
  const { what, busy, onRetry, onDismiss } = props;
  return (
    <section class="notice bad" role="alert" data-notice="not-replaced">
      <div class="words">
        <h2>{what.isMade ? "The new TPM could not be stored" : "No new TPM was made"}</h2>
        <p>The TPM that was here is as it was, and nothing of it is lost.</p>
        <p>{what.reason}</p>
        {what.detail !== what.reason && (
          <details>
            <summary>Technical details</summary>
            <p class="mono">{what.detail}</p>
          </details>
        )}
      </div>
      <button type="button" class="primary" disabled={busy} onClick={onRetry}>
        Try again
      </button>
      <button type="button" onClick={onDismiss}>
        Dismiss
      </button>
    </section>
  );
}

/** What the user is to know while the PC runs; empty when all is well. */
export function Notices({ state, actions }: { state: PageState; actions: Actions }) {
  const { problem, findings, clockBehind, making, notReplaced, busy } = state;
  const running = problem === null;
  return (
    <div class="notices">
      {making !== null && <MakingNote making={making} onCancel={() => actions.cancelNewTpm()} />}
      {notReplaced !== null && (
        <NotReplacedNote
          what={notReplaced}
          busy={busy}
          onRetry={() => actions.newTpm()}
          onDismiss={() => actions.dismissNotReplaced()}
        />
      )}
      {running && findings.length > 0 && <Findings findings={findings} busy={busy} onReset={() => actions.reset()} />}
      {running && clockBehind !== null && (
        <ClockNote
          key={clockBehind}
          behind={clockBehind}
          command={() => actions.setClockCommand()}
          onDismiss={() => actions.dismissClock()}
        />
      )}
    </div>
  );
}
