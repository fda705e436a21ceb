import { useRef } from "preact/hooks";
import { driveNames, type Media, type MediumName, mediumNames, withMedium } from "../state/media.ts";
import { words } from "../words/index.ts";
import { Setting } from "./Setting.tsx";

function Chooser(props: { name: MediumName; media: Media; onChange: (media: Media) => void }) {
  const { name, media, onChange } = props;
  const input = useRef<HTMLInputElement>(null);
  const file = media.files[name];
  const { media: says } = words();
  const title = says.names[name];
  return (
    <li>
      <span class="medium">{title}</span>
      <span class="name">{file?.name ?? says.noFile}</span>
      <button type="button" aria-label={says.chooseFile(title)} onClick={() => input.current?.click()}>
        {says.choose}
      </button>
      <button
        type="button"
        aria-label={says.takeItOut(title)}
        disabled={file === undefined}
        onClick={() => onChange(withMedium(media, name, undefined))}
      >
        {says.takeOut}
      </button>
      <input
        ref={input}
        type="file"
        hidden
        aria-label={says.fileOf(title)}
        onChange={(event) => {
          const [content] = Array.from(event.currentTarget.files ?? []);
          if (content) onChange(withMedium(media, name, { name: content.name, size: content.size, content }));
          // The same file may be chosen again.
          event.currentTarget.value = "";
        }}
      />
    </li>
  );
}

/** The user's own disks and kernel, and which of them boots. */
export function MediaSettings({ media, onChange }: { media: Media; onChange: (media: Media) => void }) {
  const { files, bootFrom, usesGuestInitrd } = media;
  const { media: says } = words();
  return (
    <>
      <fieldset class="setting">
        <legend>{says.legend}</legend>
        <ul class="media">
          {mediumNames.map((name) => (
            <Chooser key={name} name={name} media={media} onChange={onChange} />
          ))}
        </ul>
        {files.kernel !== undefined && files.initrd === undefined && (
          <label class="check">
            <input
              type="checkbox"
              checked={usesGuestInitrd}
              onChange={(event) => onChange({ ...media, usesGuestInitrd: event.currentTarget.checked })}
            />
            {says.guestInitrd}
          </label>
        )}
        <p class="hint">{says.hint}</p>
      </fieldset>
      <Setting label={says.bootFrom} hint={bootFrom === "kernel" ? says.kernelHint : says.driveHint}>
        {({ id, describedBy }) => (
          <select
            id={id}
            value={bootFrom}
            aria-describedby={describedBy}
            onChange={(event) => onChange({ ...media, bootFrom: event.currentTarget.value as Media["bootFrom"] })}
          >
            <option value="kernel">{files.kernel === undefined ? says.ownKernel : files.kernel.name}</option>
            {driveNames.map((name) => (
              <option key={name} value={name} disabled={files[name] === undefined}>
                {says.names[name]}
              </option>
            ))}
          </select>
        )}
      </Setting>
    </>
  );
}
