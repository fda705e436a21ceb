import type { Actions } from "../state/actions.ts";
import { isPending } from "../state/choices.ts";
import { isFault } from "../state/findings.ts";
import type { Finding, Lockout, Making, NotReplaced, PageState, StorageOutlook } from "../state/model.ts";
import { Command } from "./Command.tsx";

/** What this boot lacks, and the button that starts over. */
function Findings({ findings, busy, onReset }: { findings: readonly Finding[]; busy: boolean; onReset: () => void }) {
  const hasFault = findings.some(isFault);
  return (
    <section class={hasFault ? "notice bad" : "notice"} role={hasFault ? "alert" : "status"} data-notice="findings">
      <div class="words">
        <h2>
          {hasFault ? "The TPM is not what it should be in this boot" : "Not everything of this boot could be checked"}
        </h2>
        <ul>
          {findings.map(({ kind, sentence }) => (
            <li key={kind} data-finding={kind}>
              {sentence}
            </li>
          ))}
        </ul>
        <p>A reset starts the TPM, the firmware and Linux afresh. Nothing that the TPM has stored is lost by it.</p>
      </div>
      <button type="button" class={hasFault ? "primary" : undefined} disabled={busy} onClick={onReset}>
        Reset
      </button>
    </section>
  );
}

/** @param props.command of the time at which it is called. */
function ClockNote(props: { behind: string; command: () => string; onDismiss: () => void }) {
  return (
    <section class="notice" aria-label="The PC's clock" data-notice="clock">
      <p class="words">The PC’s clock is {props.behind} behind: it stood still for that long. To set it:</p>
      <Command command={props.command} />
      <button type="button" onClick={props.onDismiss}>
        Dismiss
      </button>
    </section>
  );
}

/** Failed tries: what they mean and the way out. */
function LockoutNote({ lockout, onDismiss }: { lockout: Lockout; onDismiss: () => void }) {
  const { failedTries, maxTries, isLocked, recovery, lockoutRecovery, isLockoutAuthSet } = lockout;
  return (
    <section class={isLocked ? "notice bad" : "notice"} aria-label="Failed tries" data-notice="lockout">
      <div class="words">
        {isLocked && <h2>The TPM is locked out</h2>}
        <p>
          {failedTries} of {maxTries} failed tries are counted: wrong passwords for what is protected against guessing,
          and power cuts while it was in use.{" "}
          {isLocked && "What is protected answers TPM_RC_LOCKOUT, to the right password too. "}
          {recovery === null
            ? "With a recovery time of 0 no further ones are counted, and none is forgotten. "
            : `The TPM forgets one every ${recovery} while it has power. `}
          {isLockoutAuthSet
            ? `To forget all of them now, with -p and lockoutAuth, which is set; after a wrong one it can’t be used ${lockoutRecovery === null ? "before the next reset" : `for ${lockoutRecovery}`}:`
            : "To forget all of them now (lockoutAuth is not set, so no password is needed):"}
        </p>
      </div>
      <Command command={() => "tpm2_dictionarylockout -c"} />
      <button type="button" onClick={onDismiss}>
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

/** Goes by itself when a commit works again. */
function StoreNote({ why }: { why: string }) {
  return (
    <section class="notice bad" role="alert" data-notice="store">
      <div class="words">
        <h2>The TPM can’t store what changes</h2>
        <p>
          Commands that change what is permanent answer TPM_RC_NV_UNAVAILABLE until it can; what was stored before is
          safe. This note goes away when the browser has stored something again.
        </p>
        <p>{why}</p>
      </div>
    </section>
  );
}

/** Until the next boot at which all is well. */
function VariablesNote({ why }: { why: string }) {
  return (
    <section class="notice bad" role="alert" data-notice="variables">
      <div class="words">
        <h2>The firmware’s settings for physical presence are not as they were left</h2>
        <p>They say which requests of the operating system it confirms with you before it changes the TPM.</p>
        <p>{why}</p>
      </div>
    </section>
  );
}

const outlooks: Record<StorageOutlook, string> = {
  persistent: "The browser has promised to keep this TPM until you delete this site’s data.",
  "not promised":
    "The browser keeps this TPM, and has not promised to: it may delete it when the disk is full. In a private window it is forgotten when the last such window is closed; whether this is one, the browser does not tell.",
  forgotten:
    "This is very likely a private window, in which this TPM is forgotten when the last such window is closed. The browser does not say so itself: the sign is that it refuses this site files of its own.",
};

function StorageNote({ outlook, onDismiss }: { outlook: StorageOutlook; onDismiss: () => void }) {
  return (
    <section class="notice" aria-label="How long this TPM lasts" data-notice="storage">
      <p class="words">{outlooks[outlook]}</p>
      <button type="button" onClick={onDismiss}>
        Dismiss
      </button>
    </section>
  );
}

function SettingsProblems({ problems, onDismiss }: { problems: readonly string[]; onDismiss: () => void }) {
  return (
    <section class="notice bad" role="alert" data-notice="settings">
      <div class="words">
        <h2>Not all settings could be used</h2>
        <ul>
          {problems.map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      </div>
      <button type="button" onClick={onDismiss}>
        Dismiss
      </button>
    </section>
  );
}

/** Goes by itself when the PC has been started with what is chosen. */
function PendingNote({ busy, onRestart }: { busy: boolean; onRestart: () => void }) {
  return (
    <section class="notice" aria-label="Settings" data-notice="pending">
      <p class="words">The settings take effect at the next boot from power off.</p>
      <button type="button" disabled={busy} onClick={onRestart}>
        Restart now
      </button>
    </section>
  );
}

/** What the user is to know while the PC runs; empty when all is well. */
export function Notices({ state, actions }: { state: PageState; actions: Actions }) {
  const { problem, findings, clockBehind, making, notReplaced, storage, explainsStorage, storeFailure, busy } = state;
  const { lockout, explainsLockout, settingsProblems } = state;
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
      {running && settingsProblems.length > 0 && (
        <SettingsProblems problems={settingsProblems} onDismiss={() => actions.dismissSettingsProblems()} />
      )}
      {running && state.power === "on" && isPending(state.running, state.choices) && (
        <PendingNote busy={busy} onRestart={() => actions.restart()} />
      )}
      {running && storeFailure !== null && <StoreNote why={storeFailure} />}
      {running && state.variablesFailure !== null && <VariablesNote why={state.variablesFailure} />}
      {running && explainsLockout && lockout !== null && (
        <LockoutNote lockout={lockout} onDismiss={() => actions.explainLockout(false)} />
      )}
      {running && explainsStorage && storage !== null && (
        <StorageNote outlook={storage} onDismiss={() => actions.explainStorage(false)} />
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
