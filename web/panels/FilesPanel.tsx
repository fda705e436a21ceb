import { useEffect, useRef, useState } from "preact/hooks";
import type { FileActions, FilesState, SharedFile } from "../state/files.ts";

const UNITS = ["bytes", "kB", "MB"];

/** "12 bytes", "1.2 kB", "34 MB". */
function amount(bytes: number): string {
  const power = bytes < 1000 ? 0 : bytes < 1e6 ? 1 : 2;
  const value = bytes / 1000 ** power;
  return `${power === 0 || value >= 10 ? Math.round(value) : value.toFixed(1)} ${UNITS[power]}`;
}

function Entry({ file, onSave }: { file: SharedFile; onSave: () => void }) {
  const { path, kind, size } = file;
  return (
    <li>
      <span class="name">{kind === "directory" ? `${path}/` : path}</span>
      <span class="size">{kind === "file" ? amount(size) : kind === "link" ? "link" : ""}</span>
      {kind === "file" && (
        <button type="button" onClick={onSave} aria-label={`Download ${path}`}>
          Download
        </button>
      )}
    </li>
  );
}

/** The guest's /mnt: what is in it, and ways in and out. Files may be dropped anywhere on the page. */
export function FilesPanel({ state, actions }: { state: FilesState; actions: FileActions }) {
  const chooser = useRef<HTMLInputElement>(null);
  const [open, setOpen] = useState(false);
  useEffect(() => {
    const isFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") === true;
    const over = (event: DragEvent) => isFiles(event) && event.preventDefault();
    const drop = (event: DragEvent) => {
      if (!isFiles(event)) return;
      // Otherwise the browser would leave the page for the file.
      event.preventDefault();
      setOpen(true);
      actions.add(Array.from(event.dataTransfer?.files ?? []));
    };
    addEventListener("dragover", over);
    addEventListener("drop", drop);
    return () => {
      removeEventListener("dragover", over);
      removeEventListener("drop", drop);
    };
  }, [actions]);
  const files = state.files ?? [];
  return (
    <details class="panel files" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <h2>Files at /mnt</h2>
        <span class="note">{files.length === 0 ? "drop files onto the page" : `${files.length} in it`}</span>
      </summary>
      <div class="scroll">
        {state.problem !== null && (
          <p class="problem" role="alert">
            {state.problem}
          </p>
        )}
        <p class="empty">
          {state.forgotten === null
            ? "What lies in the PC's /mnt is kept in this browser, and survives a reload."
            : `What lies in the PC's /mnt is forgotten when the page goes. ${state.forgotten}.`}
        </p>
        <ul>
          {files.map((file) => (
            <Entry key={file.path} file={file} onSave={() => actions.save(file.path)} />
          ))}
        </ul>
        <button type="button" disabled={state.busy} onClick={() => chooser.current?.click()}>
          Add files…
        </button>
        <input
          ref={chooser}
          type="file"
          multiple
          hidden
          aria-label="Files for the PC's /mnt"
          onChange={(event) => {
            actions.add(Array.from(event.currentTarget.files ?? []));
            // The same file may be chosen again.
            event.currentTarget.value = "";
          }}
        />
      </div>
    </details>
  );
}
