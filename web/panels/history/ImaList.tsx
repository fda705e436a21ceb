import { useRef } from "preact/hooks";
import type { FilesState } from "../../state/files.ts";
import { type HistoryActions, IMA_COMMAND, IMA_FILE, type ImaNews } from "../../state/history.ts";
import { Command } from "../../ui/Command.tsx";
import { historyDialogWords } from "../../words/historyDialog.ts";

/** Names of entries that are listed; the others are as many more. */
const MAX_NAMES = 5;

/** Where the page gets IMA's list: it can't look into the PC's Linux, so its user puts it into /mnt. */
export function ImaList(props: { ima: ImaNews | null; files: FilesState; actions: HistoryActions }) {
  const { ima, files, actions } = props;
  const history = historyDialogWords();
  const chooser = useRef<HTMLInputElement>(null);
  const isThere = files.files?.some(({ path }) => path === IMA_FILE) ?? false;
  return (
    <section class="ima" aria-label={history.imaTitle}>
      <h3>{history.imaTitle}</h3>
      <p>{history.imaHint}</p>
      <p>
        <Command command={() => IMA_COMMAND} />
      </p>
      <div class="buttons">
        <button type="button" disabled={!isThere} onClick={() => actions.readIma(null)}>
          {history.imaRead}
        </button>
        <button type="button" onClick={() => chooser.current?.click()}>
          {history.imaChoose}
        </button>
        {ima !== null && (
          <span class="note" data-ima={ima.entries}>
            {history.imaTaken(ima.entries)} {ima.isCut && history.imaCut}
          </span>
        )}
      </div>
      {ima !== null && ima.unextended.length > 0 && (
        <p class="bad" role="alert">
          {history.imaUnextended(
            ima.unextended.slice(0, MAX_NAMES).join(", ") + (ima.unextended.length > MAX_NAMES ? ", …" : ""),
          )}
        </p>
      )}
      <input
        ref={chooser}
        type="file"
        hidden
        aria-label={history.imaTitle}
        onChange={(event) => {
          const [file] = Array.from(event.currentTarget.files ?? []);
          if (file) actions.readIma(file);
          event.currentTarget.value = "";
        }}
      />
    </section>
  );
}
