/** The history of the PCRs: the steps that made each value, held against another boot. */
import { useEffect, useId, useState } from "preact/hooks";
import type { PcrStep } from "../../../src/index.ts";
import { bankName } from "../../state/banks.ts";
import type { FilesState } from "../../state/files.ts";
import type { HistoryActions, HistoryState } from "../../state/history.ts";
import { Modal } from "../../ui/Dialog.tsx";
import { historyDialogWords } from "../../words/historyDialog.ts";
import { said, words } from "../../words/index.ts";
import { BootBar, type Chosen } from "./BootBar.tsx";
import { Chain } from "./Chain.tsx";
import { isAggregate, stepTitle } from "./explain.ts";
import { ImaList } from "./ImaList.tsx";
import { PcrChoice } from "./PcrChoice.tsx";
import { type ChainView, useChainView, type Verdict } from "./view.ts";

const SHA256 = "SHA-256";
const IMA_PCR = 10;
const LAST_FIRMWARE_PCR = 9;

function VerdictNote({ verdict }: { verdict: Verdict }) {
  const history = historyDialogWords();
  switch (verdict.kind) {
    case "verified":
      return <p class="verdict good">{history.verified}</p>;
    case "wrong":
      return <p class="verdict bad">{history.notVerified}</p>;
    case "behind":
      return <p class="verdict">{history.behind(verdict.count)}</p>;
    case "omitted":
      return <p class="verdict bad">{history.omitted(verdict.count)}</p>;
    case "no hash":
      return <p class="verdict">{history.noHash}</p>;
    default:
      return null;
  }
}

const titleOf = (step: PcrStep | null) => (step === null ? "" : stepTitle(step));

/** What is different, in words: over all PCRs, and in the one that is shown. */
function Difference({ view, onChoose }: { view: ChainView; onChoose: (pcr: number) => void }) {
  const history = historyDialogWords();
  const { comparison, difference, pcr } = view;
  if (comparison === null) return null;
  if (comparison.algorithms.length === 0) return <p class="difference bad">{history.noBank}</p>;
  const { first, pcrs } = comparison;
  if (first === null) return <p class="difference good">✓ {history.same}</p>;
  const others = pcrs.filter((one) => one.difference !== null && one.pcr !== first).map((one) => one.pcr);
  const isFirmwareOther = pcrs.some((one) => one.pcr <= LAST_FIRMWARE_PCR && one.difference !== null);
  return (
    <div class="difference">
      <p>
        <button type="button" class="link" onClick={() => onChoose(first)}>
          {history.firstDifference(first)}
        </button>
        {others.length > 0 && `; ${history.alsoDifferent(others.join(", "))}`}
      </p>
      <p data-difference={difference?.kind ?? "none"}>
        <strong>PCR {pcr}: </strong>
        {difference === null
          ? history.pcrSame(pcr)
          : history.differences[difference.kind](titleOf(difference.here), titleOf(difference.there))}{" "}
        {pcr === IMA_PCR &&
          isFirmwareOther &&
          [difference?.here, difference?.there].some(isAggregate) &&
          history.follows}
      </p>
    </div>
  );
}

/** @param props.state open: the PCR that the user has asked for */
export function HistoryDialog(props: { state: HistoryState; actions: HistoryActions; files: FilesState }) {
  const { state, actions, files } = props;
  const { present, boots, problem, note, unextended } = state;
  const history = historyDialogWords();
  const { common } = words();
  const [pcr, setPcr] = useState(state.open ?? 0);
  const [bank, setBank] = useState<number | null>(null);
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const select = useId();
  // A boot that has just been opened is what the user wants to see.
  useEffect(() => {
    if (boots.file !== null) setChosen("file");
  }, [boots.file]);
  const compared = chosen ?? (boots.good !== null ? "good" : boots.last !== null ? "last" : "nothing");
  const other = compared === "nothing" ? null : boots[compared];
  const banks = present?.banks ?? [];
  const algorithm = bank ?? (banks.find((one) => bankName(one.algorithm) === SHA256) ?? banks[0])?.algorithm ?? 0;
  const view = useChainView(present, other, algorithm, pcr);
  const lies = unextended.filter((one) => one.pcr === pcr);
  return (
    <Modal title={words().history.title} class="history" onCancel={() => actions.close()}>
      <button type="button" class="closing" onClick={() => actions.close()}>
        {common.close}
      </button>
      <BootBar state={state} actions={actions} chosen={compared} onChoose={setChosen} />
      <div role="status" class="news">
        {problem !== null && <p class="bad">{said(problem)}</p>}
        {note !== null && <p class="good">{said(note)}</p>}
      </div>
      {present === null || banks.length === 0 || view === null ? (
        <p class="empty">{history.off}</p>
      ) : (
        <>
          <div class="chosen">
            <PcrChoice comparison={view.comparison} chosen={pcr} onChoose={setPcr} />
            <label for={select}>{history.bank}</label>
            <select
              id={select}
              value={String(algorithm)}
              onChange={(event) => setBank(Number(event.currentTarget.value))}
            >
              {banks.map((one) => (
                <option key={one.algorithm} value={String(one.algorithm)}>
                  {bankName(one.algorithm)}
                </option>
              ))}
            </select>
          </div>
          <Difference view={view} onChoose={setPcr} />
          <div class="scroll">
            <Chain
              view={view}
              bank={bankName(view.algorithm)}
              began={present.began}
              otherBegan={other?.began ?? present.began}
            />
            {lies.map(({ text }) => (
              <p key={text} class="verdict bad">
                {history.unextended(text)}
              </p>
            ))}
            <VerdictNote verdict={view.verdict} />
            {pcr === IMA_PCR && <ImaList ima={state.ima} files={files} actions={actions} />}
            <p class="empty">{history.intro}</p>
          </div>
        </>
      )}
    </Modal>
  );
}
