import { useId, useState } from "preact/hooks";
import type { ListedSnapshot, SnapshotsActions, SnapshotsState } from "../../state/snapshots.ts";
import { languageInUse, words } from "../../words/index.ts";
import { snapshotWords } from "../../words/snapshots.ts";

/** What the dialog shows. */
export type View =
  | { readonly kind: "list" }
  | { readonly kind: "import" }
  | { readonly kind: "rename" | "export" | "remove"; readonly snapshot: ListedSnapshot };

/** @param at milliseconds since 1970 */
export const timeOf = (at: number): string =>
  new Intl.DateTimeFormat(languageInUse(), { dateStyle: "medium", timeStyle: "short" }).format(at);

interface SnapshotListProps {
  readonly state: SnapshotsState;
  readonly actions: SnapshotsActions;
  readonly onView: (view: View) => void;
}

export function SnapshotList({ state: { list }, actions, onView }: SnapshotListProps) {
  const say = snapshotWords();
  const id = useId();
  const [name, setName] = useState(() => say.defaultName(timeOf(Date.now())));
  const [isStart, setStart] = useState(false);
  return (
    <>
      <p>{say.lead}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void actions.make(name, isStart);
        }}
      >
        <div class="setting">
          <label for={id}>{say.name}</label>
          <input
            id={id}
            type="text"
            value={name}
            maxLength={80}
            autocomplete="off"
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </div>
        <div class="setting">
          <label class="check">
            <input
              type="checkbox"
              checked={isStart}
              aria-describedby={`${id}-start`}
              onChange={(event) => setStart(event.currentTarget.checked)}
            />
            {say.keepForStart}
          </label>
          <p id={`${id}-start`} class="hint">
            {say.keepForStartHint}
          </p>
        </div>
        <button type="submit" class="primary" disabled={name.trim() === ""}>
          {say.make}
        </button>
      </form>
      {list === null ? (
        <p role="status">{words().tpms.loading}</p>
      ) : list.length === 0 ? (
        <p>{say.empty}</p>
      ) : (
        <ul class="tpm-list" aria-label={say.list}>
          {list.map((snapshot) => (
            <Entry key={snapshot.id} snapshot={snapshot} actions={actions} onView={onView} />
          ))}
        </ul>
      )}
      {list !== null && list.length > 0 && <p class="hint">{say.resumeHint}</p>}
    </>
  );
}

function Entry({ snapshot, actions, onView }: Omit<SnapshotListProps, "state"> & { snapshot: ListedSnapshot }) {
  const say = snapshotWords();
  const { id, name, size, savedAt, log, isStart, isSealed, picture } = snapshot;
  const megabytes = new Intl.NumberFormat(languageInUse(), {
    style: "unit",
    unit: "megabyte",
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  });
  const button = (kind: "rename" | "export" | "remove") => (
    <button type="button" aria-label={say[`${kind}Label`](name)} onClick={() => onView({ kind, snapshot })}>
      {say[kind]}
    </button>
  );
  return (
    <li data-snapshot={name}>
      {picture !== null && <img src={picture} alt={say.picture(name)} width={120} height={75} />}
      <p class="name">
        <bdi>{name}</bdi>
        {isStart && <span class="badge">{say.offered}</span>}
        {isSealed && <span class="badge">{say.sealed}</span>}
      </p>
      <p class="facts">{[timeOf(savedAt), megabytes.format(size / 1e6), say.log[log]].join(" · ")}</p>
      <div class="actions">
        <button type="button" aria-label={say.resumeLabel(name)} onClick={() => void actions.resume(id)}>
          {say.resume}
        </button>
        <button
          type="button"
          aria-label={isStart ? say.unofferLabel(name) : say.offerLabel(name)}
          onClick={() => void actions.offer(id, !isStart)}
        >
          {isStart ? say.unoffer : say.offer}
        </button>
        {button("rename")}
        {button("export")}
        {button("remove")}
      </div>
    </li>
  );
}
