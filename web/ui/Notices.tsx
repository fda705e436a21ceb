import type { Actions } from "../state/actions.ts";
import { isPending } from "../state/choices.ts";
import { isFault } from "../state/findings.ts";
import type { Finding, Lockout, Making, NotReplaced, PageState, StorageOutlook } from "../state/model.ts";
import { type Sentence, said, words } from "../words/index.ts";
import { Command } from "./Command.tsx";

/** What this boot lacks, and the button that starts over. */
function Findings({ findings, busy, onReset }: { findings: readonly Finding[]; busy: boolean; onReset: () => void }) {
  const hasFault = findings.some(isFault);
  const { findings: says } = words().notices;
  return (
    <section class={hasFault ? "notice bad" : "notice"} role={hasFault ? "alert" : "status"} data-notice="findings">
      <div class="words">
        <h2>{hasFault ? says.fault : says.unchecked}</h2>
        <ul>
          {findings.map(({ kind, about }) => (
            <li key={kind} data-finding={kind}>
              {words().findings[kind](about)}
            </li>
          ))}
        </ul>
        <p>{says.whatToDo}</p>
      </div>
      <button type="button" class={hasFault ? "primary" : undefined} disabled={busy} onClick={onReset}>
        {says.reset}
      </button>
    </section>
  );
}

/** @param props.command of the time at which it is called. */
function ClockNote(props: { behind: string; command: () => string; onDismiss: () => void }) {
  return (
    <section class="notice" aria-label={words().notices.clock.name} data-notice="clock">
      <p class="words">{words().notices.clock.behind(props.behind)}</p>
      <Command command={props.command} />
      <button type="button" onClick={props.onDismiss}>
        {words().common.dismiss}
      </button>
    </section>
  );
}

/** Failed tries: what they mean and the way out. */
function LockoutNote({ lockout, onDismiss }: { lockout: Lockout; onDismiss: () => void }) {
  const { failedTries, maxTries, isLocked, recovery, lockoutRecovery, isLockoutAuthSet } = lockout;
  const { lockout: says } = words().notices;
  const waysOut = () => {
    if (!isLockoutAuthSet) return says.clear;
    return lockoutRecovery === null ? says.clearWithAuth : says.clearWithAuthFor(lockoutRecovery);
  };
  return (
    <section class={isLocked ? "notice bad" : "notice"} aria-label={says.name} data-notice="lockout">
      <div class="words">
        {isLocked && <h2>{says.lockedOut}</h2>}
        <p>
          {[
            says.counted(failedTries, maxTries),
            ...(isLocked ? [says.refused] : []),
            recovery === null ? says.off : says.recovery(recovery),
            waysOut(),
          ].join(" ")}
        </p>
      </div>
      <Command command={() => "tpm2_dictionarylockout -c"} />
      <button type="button" onClick={onDismiss}>
        {words().common.dismiss}
      </button>
    </section>
  );
}

/** The old TPM goes on until the new one is complete. */
function MakingNote({ making: { done, total }, onCancel }: { making: Making; onCancel: () => void }) {
  const { making: says } = words().notices;
  return (
    <section class="notice" aria-label={says.name} data-notice="making">
      <p class="words">{total > 0 ? says.certificate(Math.min(done + 1, total), total) : says.begun}</p>
      <button type="button" onClick={onCancel}>
        {says.cancel}
      </button>
    </section>
  );
}

function NotReplacedNote(props: { what: NotReplaced; busy: boolean; onRetry: () => void; onDismiss: () => void }) {
  const { what, busy, onRetry, onDismiss } = props;
  const { notReplaced: says } = words().notices;
  const reason = said(what.reason);
  return (
    <section class="notice bad" role="alert" data-notice="not-replaced">
      <div class="words">
        <h2>{what.isMade ? says.notStored : says.notMade}</h2>
        <p>{says.nothingLost}</p>
        <p>{reason}</p>
        {what.detail !== reason && (
          <details>
            <summary>{words().common.technicalDetails}</summary>
            <p class="mono">{what.detail}</p>
          </details>
        )}
      </div>
      <button type="button" class="primary" disabled={busy} onClick={onRetry}>
        {words().common.tryAgain}
      </button>
      <button type="button" onClick={onDismiss}>
        {words().common.dismiss}
      </button>
    </section>
  );
}

/** Goes by itself when a commit works again. */
function StoreNote({ why }: { why: string }) {
  return (
    <section class="notice bad" role="alert" data-notice="store">
      <div class="words">
        <h2>{words().notices.store.title}</h2>
        <p>{words().notices.store.explanation}</p>
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
        <h2>{words().notices.variables.title}</h2>
        <p>{words().notices.variables.explanation}</p>
        <p>{why}</p>
      </div>
    </section>
  );
}

function StorageNote({ outlook, onDismiss }: { outlook: StorageOutlook; onDismiss: () => void }) {
  const { storage: says } = words().notices;
  return (
    <section class="notice" aria-label={says.name} data-notice="storage">
      <p class="words">{says.outlooks[outlook]}</p>
      <button type="button" onClick={onDismiss}>
        {words().common.dismiss}
      </button>
    </section>
  );
}

function SettingsProblems({ problems, onDismiss }: { problems: readonly Sentence[]; onDismiss: () => void }) {
  return (
    <section class="notice bad" role="alert" data-notice="settings">
      <div class="words">
        <h2>{words().notices.settings.problems}</h2>
        <ul>
          {problems.map(said).map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      </div>
      <button type="button" onClick={onDismiss}>
        {words().common.dismiss}
      </button>
    </section>
  );
}

/** Goes by itself when the PC has been started with what is chosen. */
function PendingNote({ busy, onRestart }: { busy: boolean; onRestart: () => void }) {
  const { settings: says } = words().notices;
  return (
    <section class="notice" aria-label={says.name} data-notice="pending">
      <p class="words">{says.pending}</p>
      <button type="button" disabled={busy} onClick={onRestart}>
        {says.restart}
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
