/** The types of `tabtpm/element`: the build makes its declarations of this file. */
import type { Machine, Stage, Tpm, TpmCommandEvent } from "../../src/index.ts";

/** What the events of `<tab-tpm>` carry. They do not bubble. */
export interface TabTpmEvents {
  /** The machine is there and about to get power: `tpm` and `machine` can be used. */
  ready: CustomEvent<undefined>;
  /** What runs: `off`, `bios`, `kernel`, `shell`. */
  stage: CustomEvent<{ stage: Stage }>;
  /** The TPM has answered a command. Octets, authorisation values in the clear. */
  command: CustomEvent<TpmCommandEvent>;
  /** A step of the lesson was passed, `step` of `steps`, from 1. */
  "lesson-step": CustomEvent<{ lesson: string; step: number; steps: number }>;
  /** All of them were. */
  "lesson-passed": CustomEvent<{ lesson: string; steps: number }>;
  /** A step of the demo was done, `step` of `steps`, from 1; once more when it is done again. */
  "demo-step": CustomEvent<{ demo: string; step: number; steps: number }>;
  /** All of them are. */
  "demo-done": CustomEvent<{ demo: string; steps: number }>;
  /** What keeps the machine from running, or an attribute's value that could not be taken. */
  error: CustomEvent<{ message: string; attribute?: string; error?: Error }>;
}

/** The element `<tab-tpm>`. Attributes, slots and tokens: docs/embed.md. */
export interface TabTpmElement extends HTMLElement {
  /** What is shown, of "terminal pcrs trace log" in any order; all of it by default. */
  panels: string;
  /** The name of the lesson that is shown beside the machine, which is for it alone then; null: there is none. */
  lesson: string | null;
  /** The name of the demo of measured boot that is shown beside it, in the same way; null: there is none. */
  demo: string | null;
  /** The name of the TPM's state in this browser; null: it is forgotten with the page. */
  state: string | null;
  /** Elements that have the same name here share a machine, else those of the same state. */
  machineName: string | null;
  autostart: boolean;
  /** Null before `ready`. */
  readonly tpm: Tpm | null;
  /** Null before `ready`. */
  readonly machine: Machine | null;
  /**
   * Loads the machine, and gives it power. It may be called before the element is in a document.
   * @throws what keeps it from running, which the event `error` and the element say, too.
   */
  start(): Promise<void>;
  /** The reset button. */
  reset(): void;
  /** Switches the machine off; `start` switches it on again. */
  powerOff(): Promise<void>;
  /** Types into the console, "\n" is Enter; waits for a machine that is being started. @throws Error when none is. */
  type(text: string): Promise<void>;
  addEventListener<Name extends keyof TabTpmEvents>(
    name: Name,
    listener: (this: TabTpmElement, event: TabTpmEvents[Name]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    name: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
}

declare global {
  interface HTMLElementTagNameMap {
    "tab-tpm": TabTpmElement;
  }
}
