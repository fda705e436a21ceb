import type { Language } from "../words/index.ts";
import type { Media } from "./media.ts";
import type { ChoiceKind, TraceFormat } from "./model.ts";
import type { Place } from "./place.ts";
import type { Settings } from "./settings.ts";

/** What the buttons ask of the PC. */
export interface Actions {
  reset(): void;
  /** Off when on, on when off. */
  togglePower(): void;
  /** Cuts the power without a word to the TPM. */
  pullPlug(): void;
  /** Makes the PC stand still, or go on. */
  togglePause(): void;
  /** Opens the question, answers it with no, with yes. */
  askNewTpm(): void;
  cancel(): void;
  newTpm(): void;
  /** The TPM that is being made is not wanted any more. */
  cancelNewTpm(): void;
  /** Says, or no longer says, what failed tries are and what to do about them. */
  explainLockout(shown: boolean): void;
  /** Says, or no longer says, what is known of how long the browser keeps the TPM. */
  explainStorage(shown: boolean): void;
  /** Takes the note on a TPM that was not made away. */
  dismissNotReplaced(): void;
  /** Saves the certificate of the CA that signed the TPM's EK certificates. */
  saveAuthority(): void;
  /** The command that sets the PC's clock to the time it is now. */
  setClockCommand(): string;
  /** Takes the note on the clock away. */
  dismissClock(): void;
  /** Opens the dialog of the browser's TPMs; {@link cancel} closes it. */
  askTpms(): void;
  /** Opens the dialog of snapshots; {@link cancel} closes it. */
  askSnapshots(): void;
  /** Opens the dialog of a move of the running PC; {@link cancel} closes it. */
  askMove(): void;
  /** Opens the drawer of lessons and demos at a place; null closes it. */
  learn(place: Place | null): void;
  /** Closes it, or opens it where it was. */
  toggleLearning(): void;
  /** Opens the form of the settings; {@link cancel} closes it and changes nothing. */
  askSettings(): void;
  /** Takes the form's settings for the next time that the PC is switched on, or for now. */
  changeSettings(form: Settings, media: Media, restarts: boolean): void;
  /** Switches the PC off in order, and on with what is chosen. */
  restart(): void;
  dismissSettingsProblems(): void;
  /** Loads the new release of the page; what the PC has not stored is gone, as when it is switched off. */
  takeUpdate(): void;
  postponeUpdate(): void;
  dismissKeepProblem(): void;
  /** Has the page speak another language from now on. */
  speak(language: Language): void;
  /** Whether the PC may start with what the page's address asks for. */
  answerAddress(agreed: boolean): void;
  /** Saves the commands that are kept as a file; with secrets only where they were asked for. */
  exportTrace(format: TraceFormat, revealSecrets: boolean): void;
  choose(choice: ChoiceKind): void;
}
