/**
 * The user interface around the workbench: header, progress of the boot, dialogs, the page that shows a problem, and
 * how a component follows the store. Draws the state and reports clicks; knows nothing of TPMs. Imports Preact and state/.
 */
import type { ComponentChildren } from "preact";
import type { PageState, Power, StorageOutlook, TpmStatus } from "../state/model.ts";
import { type Catalogue, words } from "../words/index.ts";
import { ChipIcon } from "./ChipIcon.tsx";
import { GuideLink } from "./GuideLink.tsx";
import { Menu } from "./Menu.tsx";

type Tone = "good" | "busy" | "bad" | "idle";

const powerTones: Record<Power, Tone> = { starting: "busy", on: "good", off: "idle" };
const tpmTones: Record<TpmStatus, Tone> = {
  starting: "busy",
  initialising: "busy",
  ready: "good",
  resumed: "good",
  "not ready": "bad",
  "not checked": "idle",
  "failure mode": "bad",
  off: "idle",
  unavailable: "bad",
  "taken over": "bad",
};

type StateName = keyof Catalogue["header"]["names"];

function State(props: { name: StateName; value: ComponentChildren; tone: Tone }) {
  return (
    <div class="state" data-tone={props.tone} data-state={props.name}>
      <dt>{words().header.names[props.name]}</dt>
      <dd>{props.value}</dd>
    </div>
  );
}

export interface HeaderProps {
  readonly state: PageState;
  readonly onReset: () => void;
  readonly onPause: () => void;
  readonly onPower: () => void;
  readonly onPullPlug: () => void;
  readonly onNewTpm: () => void;
  readonly onTpms: () => void;
  readonly onSnapshots: () => void;
  readonly onLearn: () => void;
  readonly onMove: () => void;
  readonly onSettings: () => void;
  readonly onSaveAuthority: () => void;
  readonly onExplainStorage: () => void;
  readonly onExplainLockout: () => void;
}

const storageTones: Record<StorageOutlook, Tone> = { persistent: "good", "not promised": "idle", forgotten: "bad" };

export function Header(props: HeaderProps) {
  const { state, onReset, onPause, onPower, onPullPlug, onNewTpm, onTpms, onLearn, onSettings } = props;
  const { onSnapshots, onMove, onSaveAuthority, onExplainStorage, onExplainLockout } = props;
  const { power, step, tpm, making, certificates, storage, lockout, busy, problem } = state;
  const { header } = words();
  const running = power === "on" && problem === null;
  const say = words().machine;
  const stage = power === "off" ? header.poweredOff : header.stages[step];
  const stageTone: Tone = power === "off" ? "idle" : step === "shell" ? "good" : "busy";
  return (
    <header class="header">
      <div class="brand">
        <ChipIcon />
        <h1>tabtpm</h1>
        <p>{header.brand}</p>
        <GuideLink />
      </div>
      <dl class="states">
        <State
          name="power"
          value={state.paused ? say.paused : header.power[power]}
          tone={state.paused ? "idle" : powerTones[power]}
        />
        {problem === null && <State name="stage" value={stage} tone={stageTone} />}
        <State name="tpm" value={header.tpm[tpm]} tone={tpmTones[tpm]} />
        {lockout !== null && (lockout.failedTries > 0 || lockout.isLocked) && (
          <State
            name="tries"
            value={
              <button type="button" class="link" onClick={onExplainLockout} title={header.explainTries}>
                {lockout.isLocked ? header.lockedOut : header.failedTries(lockout.failedTries, lockout.maxTries)}
              </button>
            }
            tone={lockout.isLocked ? "bad" : "busy"}
          />
        )}
        {certificates === 0 && <State name="certificates" value={words().common.none} tone="idle" />}
        {certificates !== null && certificates > 0 && (
          <State
            name="certificates"
            value={
              <button type="button" class="link" onClick={onSaveAuthority} title={header.explainAuthority}>
                {header.saveAuthority(certificates)}
              </button>
            }
            tone="good"
          />
        )}
        {storage !== null && (
          <State
            name="lasting"
            value={
              <button type="button" class="link" onClick={onExplainStorage} title={header.explainStorage}>
                {header.storage[storage]}
              </button>
            }
            tone={storageTones[storage]}
          />
        )}
      </dl>
      <Menu name={header.machine} button={header.machine} class="machine-buttons">
        <button
          type="button"
          class="learn-button"
          disabled={problem !== null}
          aria-expanded={state.learning !== null}
          onClick={onLearn}
          title={words().learn.buttonTitle}
        >
          {words().learn.button}
        </button>
        <button type="button" disabled={!running || busy} onClick={onReset} title={header.resetTitle}>
          {header.reset}
        </button>
        <button
          type="button"
          disabled={!running || busy}
          onClick={onPause}
          title={state.paused ? say.resumeHint : say.pauseHint}
        >
          {state.paused ? say.resume : say.pause}
        </button>
        <button
          type="button"
          disabled={problem !== null || power === "starting" || busy}
          onClick={onPower}
          title={power === "off" ? header.powerOnTitle : header.powerOffTitle}
        >
          {power === "off" ? header.powerOn : header.powerOff}
        </button>
        <button type="button" disabled={!running || busy} onClick={onPullPlug} title={header.pullPlugTitle}>
          {header.pullPlug}
        </button>
        <button
          type="button"
          disabled={problem !== null || power === "starting" || busy || making !== null}
          onClick={onNewTpm}
          title={header.newTpmTitle}
        >
          {header.newTpm}
        </button>
        <button type="button" disabled={busy} onClick={onTpms} title={words().tpms.buttonTitle(state.tpmName)}>
          {words().tpms.button}
        </button>
        <button type="button" disabled={problem !== null || power === "starting" || busy} onClick={onSnapshots}>
          {header.snapshots}
        </button>
        <button type="button" disabled={!running || busy} onClick={onMove}>
          {header.move}
        </button>
        <button
          type="button"
          disabled={problem !== null || state.ownArguments === null || busy}
          onClick={onSettings}
          title={header.settingsTitle}
        >
          {header.settings}
        </button>
      </Menu>
      {problem === null && (
        <a class="skip" href="#panels">
          {header.skip}
        </a>
      )}
    </header>
  );
}
