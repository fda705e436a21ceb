import { useId, useRef, useState } from "preact/hooks";
import type { HistoryActions, HistoryState, KeptBoot } from "../../state/history.ts";
import { Dialog } from "../../ui/Dialog.tsx";
import { historyDialogWords } from "../../words/historyDialog.ts";
import { words } from "../../words/index.ts";
import { dateOf } from "./explain.ts";

export type Chosen = KeptBoot | "nothing";

/** Which boot the present one is compared with, and what can be done with boots. */
export function BootBar(props: {
  state: HistoryState;
  actions: HistoryActions;
  chosen: Chosen;
  onChoose: (chosen: Chosen) => void;
}) {
  const { state, actions, chosen, onChoose } = props;
  const { boots, fileName, present } = state;
  const history = historyDialogWords();
  const [asks, setAsks] = useState(false);
  const chooser = useRef<HTMLInputElement>(null);
  const select = useId();
  const keep = () => {
    if (boots.good === null) actions.keepAsGood();
    else setAsks(true);
  };
  return (
    <div class="boots">
      <label for={select}>{history.compareWith}</label>
      <select id={select} value={chosen} onChange={(event) => onChoose(event.currentTarget.value as Chosen)}>
        <option value="nothing">{history.nothing}</option>
        {boots.last && <option value="last">{history.last(dateOf(boots.last.began))}</option>}
        {boots.good && <option value="good">{history.good(dateOf(boots.good.began))}</option>}
        {boots.file && <option value="file">{history.file(fileName)}</option>}
      </select>
      <span class="buttons">
        <button type="button" disabled={present === null} onClick={keep}>
          {history.keep}
        </button>
        <button type="button" disabled={present === null} onClick={() => actions.save("present")}>
          {history.saveBoot}
        </button>
        <button type="button" onClick={() => chooser.current?.click()}>
          {history.openBoot}
        </button>
      </span>
      <input
        ref={chooser}
        type="file"
        hidden
        accept=".json,application/json"
        aria-label={history.openBoot}
        onChange={(event) => {
          const [file] = Array.from(event.currentTarget.files ?? []);
          if (file) actions.load(file);
          event.currentTarget.value = "";
        }}
      />
      {asks && boots.good !== null && (
        <Dialog
          title={history.replaceTitle}
          cancel={words().common.cancel}
          confirm={history.replace}
          onCancel={() => setAsks(false)}
          onConfirm={() => {
            setAsks(false);
            actions.keepAsGood();
          }}
        >
          <p>{history.replaceText(dateOf(boots.good.began))}</p>
        </Dialog>
      )}
    </div>
  );
}
