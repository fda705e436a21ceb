import type { ComponentChildren } from "preact";
import { eventTypeName, type PcrStep } from "../../../src/index.ts";
import { historyDialogWords } from "../../words/historyDialog.ts";
import { EventWords } from "../EventWords.tsx";
import { dateOf, isAggregate, isUnknownIma, seconds, stepWords } from "./explain.ts";
import type { ChainView, ViewRow } from "./view.ts";

const SIGNS = { same: "", here: "+", there: "−" } as const;

/** What a step was, in sentences. */
function Explanation({ step }: { step: PcrStep }) {
  const history = historyDialogWords();
  const { source, own } = step;
  if (source?.kind === "firmware") return <EventWords kind={source.event} />;
  const sentences =
    source?.kind === "ima"
      ? [
          isAggregate(step) ? history.imaAggregate : history.imaWhat(source.name),
          source.proven ? history.imaProven : history.imaNotProven,
        ]
      : isUnknownIma(step)
        ? [history.imaUnknown]
        : step.pcr === null
          ? []
          : [own ? history.pageWhat : history.programWhat];
  return (
    <div class="explained">
      {sentences.map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
    </div>
  );
}

function Field({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

function Entry({ row, began }: { row: ViewRow; began: number }) {
  const history = historyDialogWords();
  const { entry, mark, isFirst, number } = row;
  const { step, before, after, digest } = entry;
  const { source } = step;
  const { origin, name, text } = stepWords(step);
  const markWords = mark === "here" ? history.onlyHere : history.onlyThere;
  return (
    <li data-mark={mark} data-first={isFirst ? "" : undefined} data-kind={step.kind}>
      <details open={isFirst}>
        <summary>
          <span class="index">{number}</span>
          {mark !== "same" && (
            <span class="sign" title={markWords}>
              <span aria-hidden="true">{SIGNS[mark]}</span>
              <span class="hidden-text">{markWords}</span>
            </span>
          )}
          <span class="tag plain">{origin}</span>
          <span class="name">{name}</span>
          <span class="what">{text}</span>
          <span class="time">{history.seconds(seconds(step.at - began))}</span>
        </summary>
        <Explanation step={step} />
        <dl class="fields">
          <Field name={history.before}>{before ?? history.unknown}</Field>
          {digest !== null && <Field name={history.digest}>{digest}</Field>}
          <Field name={history.after}>{after ?? history.unknown}</Field>
          {source?.kind === "ima" && <Field name={history.fileDigest}>{source.fileDigest}</Field>}
          <Field name={history.how}>
            {history.stepNames[step.kind]}, {history.locality(step.locality)}
          </Field>
          {source !== undefined && (
            <Field name={history.where}>
              {source.kind === "firmware"
                ? history.logNumber(source.index, eventTypeName(source.type))
                : history.imaNumber(source.index, source.template)}
            </Field>
          )}
          <Field name={history.when}>{history.after0(seconds(step.at - began), dateOf(step.at))}</Field>
        </dl>
      </details>
    </li>
  );
}

/** The steps of one PCR, those of another boot among them. @param props.otherBegan when that boot began */
export function Chain(props: { view: ChainView; bank: string; began: number; otherBegan: number }) {
  const { view, bank, began, otherBegan } = props;
  return (
    <ol key={view.pcr} class="rows chain" aria-label={historyDialogWords().steps(view.pcr, bank)}>
      {view.rows.map((row) => (
        <Entry key={`${row.mark} ${row.number}`} row={row} began={row.mark === "there" ? otherBegan : began} />
      ))}
    </ol>
  );
}
