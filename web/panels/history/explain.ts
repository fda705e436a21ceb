/** A step in words. */
import type { PcrStep } from "../../../src/index.ts";
import { eventWords } from "../../words/events.ts";
import { historyDialogWords } from "../../words/historyDialog.ts";
import { languageInUse } from "../../words/index.ts";

export interface StepWords {
  /** Whose step it is: firmware, IMA, a command. */
  readonly origin: string;
  readonly name: string;
  /** What was measured, in the log's own words. */
  readonly text: string;
}

const IMA_PCR = 10;
const AGGREGATE = "boot_aggregate";

export const isAggregate = (step: PcrStep | null | undefined): boolean =>
  step?.source?.kind === "ima" && step.source.name === AGGREGATE;
/** Linux's, of which only the list tells what it was. */
export const isUnknownIma = ({ source, pcr, own, kind }: PcrStep): boolean =>
  source === undefined && pcr === IMA_PCR && !own && kind === "PCR_Extend";

export function stepWords(step: PcrStep): StepWords {
  const history = historyDialogWords();
  const { source, own, kind } = step;
  if (source?.kind === "firmware") {
    return { origin: history.firmware, name: eventWords()[source.event].name, text: source.text };
  }
  if (source?.kind === "ima") return { origin: history.ima, name: history.imaEntry, text: source.name };
  if (isUnknownIma(step)) return { origin: history.ima, name: history.imaEntry, text: "" };
  return {
    origin: own ? history.page : history.command,
    name: history.stepNames[kind],
    text: history.stepWords[kind],
  };
}

/** The step with its text, in a sentence. */
export function stepTitle(step: PcrStep): string {
  const { name, text } = stepWords(step);
  return text === "" ? name : `${name} (${text})`;
}

/** Seconds with three places, as the language writes them. */
export const seconds = (milliseconds: number): string =>
  new Intl.NumberFormat(languageInUse(), { minimumFractionDigits: 3, maximumFractionDigits: 3 }).format(
    milliseconds / 1000,
  );

/** "29 Nov 2026, 14:22:41" */
export const dateOf = (milliseconds: number): string =>
  new Intl.DateTimeFormat(languageInUse(), { dateStyle: "medium", timeStyle: "medium" }).format(milliseconds);
