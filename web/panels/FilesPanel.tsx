import { useEffect, useRef } from "preact/hooks";
import type { Adding, FileActions, FilesState, SharedFile } from "../state/files.ts";
import { useFolded } from "../ui/useFolded.ts";
import { said, words } from "../words/index.ts";
import { droppedFiles } from "./drop.ts";

/** "12 bytes", "1.2 kB", "34 MB". */
function amount(bytes: number): string {
  const say = words().files;
  if (bytes < 1000) return say.bytes(bytes);
  const [unit, size] = bytes < 1e6 ? ["kB", 1000] : ["MB", 1e6];
  const value = bytes / size;
  return `${value >= 10 ? Math.round(value) : say.decimals(value.toFixed(1))} ${unit}`;
}

function Entry({ file, onSave }: { file: SharedFile; onSave: () => void }) {
  const { path, kind, size } = file;
  const say = words().files;
  return (
    <li>
      <span class="name">{kind === "directory" ? `${path}/` : path}</span>
      <span class="size">{kind === "file" ? amount(size) : kind === "link" ? say.link : ""}</span>
      {kind === "file" && (
        <button type="button" onClick={onSave} aria-label={say.downloadOf(path)}>
          {say.download}
        </button>
      )}
    </li>
  );
}

function Progress({ adding, onStop }: { adding: Adding; onStop: () => void }) {
  const { path, index, count, loaded, total } = adding;
  const say = words().files;
  return (
    <div class="adding">
      <span>
        {say.adding(path, index, count)}, {amount(total)}
      </span>
      <button type="button" onClick={onStop}>
        {say.stop}
      </button>
      <progress aria-label={say.progress} max={Math.max(1, total)} value={loaded} />
    </div>
  );
}

/** The guest's /mnt: what is in it, and ways in and out. Files and folders may be dropped anywhere on the page. */
export function FilesPanel({ state, actions }: { state: FilesState; actions: FileActions }) {
  const chooser = useRef<HTMLInputElement>(null);
  const [folded, fold] = useFolded("files", true);
  useEffect(() => {
    const isFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") === true;
    const over = (event: DragEvent) => isFiles(event) && event.preventDefault();
    const drop = (event: DragEvent) => {
      if (!isFiles(event) || event.dataTransfer === null) return;
      // Otherwise the browser would leave the page for the file.
      event.preventDefault();
      fold(false);
      actions.add(droppedFiles(event.dataTransfer));
    };
    addEventListener("dragover", over);
    addEventListener("drop", drop);
    return () => {
      removeEventListener("dragover", over);
      removeEventListener("drop", drop);
    };
  }, [actions]);
  const files = state.files ?? [];
  const say = words().files;
  return (
    <details class="panel files" open={!folded} onToggle={(event) => fold(!event.currentTarget.open)}>
      <summary>
        <h2>{say.title}</h2>
        <span class="note">{files.length === 0 ? say.dropHint : say.count(files.length)}</span>
      </summary>
      {!folded && (
        <div class="scroll">
          {state.problems.length > 0 && (
            <p class="problem" role="alert">
              {state.problems.map(said).join("\n")}
            </p>
          )}
          {state.notes.length > 0 && (
            <p class="empty" role="status">
              {state.notes.map(said).join("\n")}
            </p>
          )}
          {state.adding !== null && <Progress adding={state.adding} onStop={() => actions.stopAdding()} />}
          <p class="empty">{state.forgotten === null ? say.kept : say.forgotten(state.forgotten)}</p>
          <ul>
            {files.map((file) => (
              <Entry key={file.path} file={file} onSave={() => actions.save(file.path)} />
            ))}
          </ul>
          <button type="button" disabled={state.busy} onClick={() => chooser.current?.click()}>
            {say.add}
          </button>
          <input
            ref={chooser}
            type="file"
            multiple
            hidden
            aria-label={say.choose}
            onChange={(event) => {
              actions.add(Array.from(event.currentTarget.files ?? [], (file) => ({ path: file.name, file })));
              // The same file may be chosen again.
              event.currentTarget.value = "";
            }}
          />
        </div>
      )}
    </details>
  );
}
