import { isFault } from "../state/findings.ts";
import { type BootStep, bootSteps, type PageState } from "../state/model.ts";

const labels: Record<BootStep, string> = {
  images: "Images",
  tpm: "TPM",
  bios: "BIOS",
  kernel: "Kernel",
  shell: "Shell",
};

/** How much of the whole (0..1) is done when a step begins: the shares of a usual first boot. */
const begins: Record<BootStep, number> = { images: 0, tpm: 0.4, bios: 0.43, kernel: 0.55, shell: 1 };

export const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);

export function progressOf({ step, download }: Pick<PageState, "step" | "download">): number {
  if (step === "images" && download !== null && download.total > 0) {
    return begins.tpm * Math.min(1, download.loaded / download.total);
  }
  return begins[step];
}

function caption({ step, download, bootTime, waiting, findings }: PageState): string {
  if (waiting) return "Waiting for the TPM";
  if (step === "shell") {
    const word = findings.length === 0 ? "ready" : "booted";
    return bootTime === null ? word : `${word} in ${(bootTime / 1000).toFixed(1)} s`;
  }
  if (step === "images" && download !== null && download.total > 0) {
    return `${megabytes(download.loaded)} of ${megabytes(download.total)} MB`;
  }
  return "";
}

/** The stages of the boot, for the console's heading. */
export function BootSteps({ state }: { state: PageState }) {
  const now = bootSteps.indexOf(state.step);
  const position = (step: BootStep, index: number) => {
    if (state.findings.some((finding) => finding.stage === step && isFault(finding))) return "bad";
    return index < now || state.step === "shell" ? "done" : index === now ? "now" : "to come";
  };
  return (
    <div class="boot">
      <span data-waiting={state.waiting ? "" : undefined}>
        {state.power === "off" ? "powered off" : caption(state)}
      </span>
      {state.power !== "off" && (
        <ol aria-label="Boot stages">
          {bootSteps.map((step, index) => (
            <li key={step} data-step={position(step, index)} aria-current={index === now ? "step" : undefined}>
              {labels[step]}
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}

export function BootBar({ state }: { state: PageState }) {
  return (
    <progress
      class="boot-bar"
      aria-label="Start of the machine"
      aria-valuetext={`${labels[state.step]} ${caption(state)}`.trim()}
      max={1}
      value={progressOf(state)}
      data-done={state.step === "shell" || state.power === "off" ? "" : undefined}
    />
  );
}
