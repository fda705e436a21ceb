import { useRef, useState } from "preact/hooks";
import type { Finding } from "../state/model.ts";

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

export interface NoticesProps {
  readonly findings: readonly Finding[];
  readonly clockBehind: string | null;
  readonly busy: boolean;
  readonly onReset: () => void;
  readonly setClockCommand: () => string;
  readonly onDismissClock: () => void;
}

/** What the user is to know while the PC runs; empty when all is well. */
export function Notices({ findings, clockBehind, busy, onReset, setClockCommand, onDismissClock }: NoticesProps) {
  return (
    <div class="notices">
      {findings.length > 0 && <Findings findings={findings} busy={busy} onReset={onReset} />}
      {clockBehind !== null && (
        <ClockNote key={clockBehind} behind={clockBehind} command={setClockCommand} onDismiss={onDismissClock} />
      )}
    </div>
  );
}
