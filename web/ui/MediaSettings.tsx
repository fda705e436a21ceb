import { useRef } from "preact/hooks";
import { driveNames, type Media, type MediumName, mediumNames, withMedium } from "../state/media.ts";
import { Setting } from "./Setting.tsx";

const titles: Readonly<Record<MediumName, string>> = {
  floppy: "Floppy disk",
  cdrom: "CD",
  harddisk: "Hard disk",
  kernel: "Kernel (bzImage)",
  initrd: "Initrd",
};

function Chooser(props: { name: MediumName; media: Media; onChange: (media: Media) => void }) {
  const { name, media, onChange } = props;
  const input = useRef<HTMLInputElement>(null);
  const file = media.files[name];
  const title = titles[name];
  return (
    <li>
      <span class="medium">{title}</span>
      <span class="name">{file?.name ?? "none"}</span>
      <button type="button" aria-label={`${title}: choose a file`} onClick={() => input.current?.click()}>
        Choose…
      </button>
      <button
        type="button"
        aria-label={`${title}: take it out`}
        disabled={file === undefined}
        onClick={() => onChange(withMedium(media, name, undefined))}
      >
        Take out
      </button>
      <input
        ref={input}
        type="file"
        hidden
        aria-label={`File of the ${title}`}
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
  return (
    <>
      <fieldset class="setting">
        <legend>Your own disks and kernel</legend>
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
            This kernel gets the guest’s initrd
          </label>
        )}
        <p class="hint">
          Images of disks, byte by byte. They stay in this browser, and are forgotten when the page goes; so is what the
          PC writes to them, and that already when it is put together anew.
        </p>
      </fieldset>
      <Setting
        label="Boot from"
        hint={
          bootFrom === "kernel"
            ? "The kernel starts with the arguments above."
            : "What lies there has its own arguments: those above are not used."
        }
      >
        {({ id, describedBy }) => (
          <select
            id={id}
            value={bootFrom}
            aria-describedby={describedBy}
            onChange={(event) => onChange({ ...media, bootFrom: event.currentTarget.value as Media["bootFrom"] })}
          >
            <option value="kernel">{files.kernel === undefined ? "this page’s Linux" : files.kernel.name}</option>
            {driveNames.map((name) => (
              <option key={name} value={name} disabled={files[name] === undefined}>
                {titles[name]}
              </option>
            ))}
          </select>
        )}
      </Setting>
    </>
  );
}
