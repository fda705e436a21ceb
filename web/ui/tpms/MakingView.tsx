import type { Making } from "../../state/model.ts";
import { words } from "../../words/index.ts";
import { tpmsDialogWords } from "../../words/tpmsDialog.ts";

/** A TPM is being made: how far that is, and a way to stop it. The dialog may be closed meanwhile. */
export function MakingView(props: { making: Making | null; onStop: () => void; onClose: () => void }) {
  const tpms = tpmsDialogWords();
  const { common } = words();
  const { done, total } = props.making ?? { done: 0, total: 0 };
  return (
    <div data-making="">
      <p role="status">{tpms.making(done, total)}</p>
      <progress class="making" max={total === 0 ? 1 : total} value={done} aria-label={tpms.making(done, total)} />
      <p class="hint">{tpms.makingNote}</p>
      <div class="choices">
        <button type="button" onClick={props.onStop}>
          {tpms.stopMaking}
        </button>
        <button type="button" class="primary" onClick={props.onClose}>
          {common.close}
        </button>
      </div>
    </div>
  );
}
