/**
 * The user interface around the workbench: header, progress of the boot, dialogs, the page that shows a problem, and
 * how a component follows the store. Draws the state and reports clicks; knows nothing of TPMs. Imports Preact and state/.
 */
import type { ComponentChildren } from "preact";
import type { BootStep, PageState, Power, StorageOutlook, TpmStatus } from "../state/model.ts";
import { words } from "../words/index.ts";
import { ChipIcon } from "./ChipIcon.tsx";
import { Menu } from "./Menu.tsx";

type Tone = "good" | "busy" | "bad" | "idle";

const powerTones: Record<Power, Tone> = { starting: "busy", on: "good", off: "idle" };
const tpmTones: Record<TpmStatus, Tone> = {
  starting: "busy",
  initialising: "busy",
  ready: "good",
  "not ready": "bad",
  "not checked": "idle",
  "failure mode": "bad",
  off: "idle",
  unavailable: "bad",
  "taken over": "bad",
};
const stageNames: Record<BootStep, string> = {
  images: "loading",
  tpm: "loading",
  bios: "BIOS",
  kernel: "kernel",
  shell: "shell",
};

function State(props: { name: string; value: ComponentChildren; tone: Tone }) {
  return (
    <div class="state" data-tone={props.tone} data-state={props.name.toLowerCase()}>
      <dt>{props.name}</dt>
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
  readonly onSettings: () => void;
  readonly onSaveAuthority: () => void;
  readonly onExplainStorage: () => void;
  readonly onExplainLockout: () => void;
}

const storageTones: Record<StorageOutlook, Tone> = { persistent: "good", "not promised": "idle", forgotten: "bad" };

export function Header(props: HeaderProps) {
  const { state, onReset, onPause, onPower, onPullPlug, onNewTpm, onSettings } = props;
  const { onSaveAuthority, onExplainStorage, onExplainLockout } = props;
  const { power, step, tpm, making, certificates, storage, lockout, busy, problem } = state;
  const running = power === "on" && problem === null;
  const say = words().machine;
  const stage = power === "off" ? "powered off" : stageNames[step];
  const stageTone: Tone = power === "off" ? "idle" : step === "shell" ? "good" : "busy";
  return (
    <header class="header">
      <div class="brand">
        <ChipIcon />
        <h1>tabtpm</h1>
        <p>Linux with a TPM 2.0, in this tab</p>
      </div>
      <dl class="states">
        <State
          name="Power"
          value={state.paused ? say.paused : power}
          tone={state.paused ? "idle" : powerTones[power]}
        />
        {problem === null && <State name="Stage" value={stage} tone={stageTone} />}
        <State name="TPM" value={tpm} tone={tpmTones[tpm]} />
        {lockout !== null && (lockout.failedTries > 0 || lockout.isLocked) && (
          <State
            name="Tries"
            value={
              <button type="button" class="link" onClick={onExplainLockout} title="Failed tries, and how to clear them">
                {lockout.isLocked ? "locked out" : `${lockout.failedTries} of ${lockout.maxTries} failed`}
              </button>
            }
            tone={lockout.isLocked ? "bad" : "busy"}
          />
        )}
        {certificates === 0 && <State name="Certificates" value="none" tone="idle" />}
        {certificates !== null && certificates > 0 && (
          <State
            name="Certificates"
            value={
              <button type="button" class="link" onClick={onSaveAuthority} title="Save the demo CA's certificate">
                {certificates}, save CA
              </button>
            }
            tone="good"
          />
        )}
        {storage !== null && (
          <State
            name="Lasting"
            value={
              <button type="button" class="link" onClick={onExplainStorage} title="How long the browser keeps this TPM">
                {storage}
              </button>
            }
            tone={storageTones[storage]}
          />
        )}
      </dl>
      <Menu name={say.menu} button={say.menu} class="machine-buttons">
        <button type="button" disabled={!running || busy} onClick={onReset} title="Restart the PC and the TPM">
          Reset
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
          title={power === "off" ? "Start the PC" : "Switch the PC off; its TPM is told before"}
        >
          {power === "off" ? "Power on" : "Power off"}
        </button>
        <button
          type="button"
          disabled={!running || busy}
          onClick={onPullPlug}
          title="Cut the power: the TPM is not told, and counts a failed try if a protected object was in use"
        >
          Pull the plug
        </button>
        <button
          type="button"
          disabled={problem !== null || power === "starting" || busy || making !== null}
          onClick={onNewTpm}
          title="Replace this TPM by a new one"
        >
          New TPM…
        </button>
        <button
          type="button"
          disabled={problem !== null || state.ownArguments === null || busy}
          onClick={onSettings}
          title="Kernel arguments, TPM interface and interrupt"
        >
          Settings…
        </button>
      </Menu>
      {problem === null && (
        <a class="skip" href="#panels">
          Skip the console
        </a>
      )}
    </header>
  );
}
