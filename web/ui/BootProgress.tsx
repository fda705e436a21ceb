import { isFault } from "../state/findings.ts";
import { type BootStep, bootSteps, type PageState } from "../state/model.ts";
import { words } from "../words/index.ts";

/** How much of the whole (0..1) is done when a step begins: the shares of a usual first boot. */
const begins: Record<BootStep, number> = { images: 0, tpm: 0.4, bios: 0.43, kernel: 0.55, shell: 1 };

export function progressOf({ step, download }: Pick<PageState, "step" | "download">): number {
  if (step === "images" && download !== null && download.total > 0) {
    return begins.tpm * Math.min(1, download.loaded / download.total);
  }
  return begins[step];
}

function caption(state: PageState): string {
  const { step, download, bootTime, waiting, findings } = state;
  const { progress } = words();
  if (waiting) return progress.waiting;
  if (state.resumed) return progress.resumed;
  if (step === "shell") {
    const isWhole = findings.length === 0;
    if (bootTime === null) return isWhole ? progress.ready : progress.booted;
    const seconds = (bootTime / 1000).toFixed(1);
    return isWhole ? progress.readyIn(seconds) : progress.bootedIn(seconds);
  }
  if (step === "images" && download !== null && download.total > 0) {
    return progress.loaded(download.loaded / 1e6, download.total / 1e6);
  }
  return "";
}

/** The stages of the boot, for the console's heading. */
export function BootSteps({ state }: { state: PageState }) {
  const { progress } = words();
  const now = bootSteps.indexOf(state.step);
  const position = (step: BootStep, index: number) => {
    if (state.findings.some((finding) => finding.stage === step && isFault(finding))) return "bad";
    return index < now || state.step === "shell" ? "done" : index === now ? "now" : "to come";
  };
  return (
    <div class="boot">
      <span data-waiting={state.waiting ? "" : undefined}>
        {state.power === "off" ? progress.poweredOff : caption(state)}
      </span>
      {state.power !== "off" && (
        <ol aria-label={progress.stagesName}>
          {bootSteps.map((step, index) => (
            <li key={step} data-step={position(step, index)} aria-current={index === now ? "step" : undefined}>
              {progress.stages[step]}
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}

export function BootBar({ state }: { state: PageState }) {
  const { progress } = words();
  return (
    <progress
      class="boot-bar"
      aria-label={progress.barName}
      aria-valuetext={`${progress.stages[state.step]} ${caption(state)}`.trim()}
      max={1}
      value={progressOf(state)}
      data-done={state.step === "shell" || state.power === "off" ? "" : undefined}
    />
  );
}
