import { verifierWords } from "../words/verifier.ts";
import { PastedMessage } from "./PastedMessage.tsx";

/** From another machine: a message that is pasted, or files. */
export function TakePart(props: {
  answer: string;
  onAnswer: (hex: string) => void;
  onMessage: (text: string) => void;
  onFiles: (files: readonly File[]) => void;
}) {
  const { take } = verifierWords();
  const choose = (event: Event & { currentTarget: HTMLInputElement }) => {
    const input = event.currentTarget;
    props.onFiles([...(input.files ?? [])]);
    // The same files can be given again.
    input.value = "";
  };
  return (
    <section aria-labelledby="verifier-take">
      <h2 id="verifier-take">{take.title}</h2>
      <p>{take.channel}</p>
      <p>{take.other}</p>
      <PastedMessage rows={4} label={take.paste} button={take.button} onTake={props.onMessage} />
      <label>
        <span>{take.answer}</span>
        <input
          type="text"
          spellcheck={false}
          autocomplete="off"
          value={props.answer}
          onInput={(event) => props.onAnswer(event.currentTarget.value)}
        />
      </label>
      <label>
        <span>{take.files}</span>
        <input type="file" multiple onChange={choose} />
      </label>
      <label>
        <span>{take.folder}</span>
        <input type="file" {...{ webkitdirectory: true }} onChange={choose} />
      </label>
      <p class="hint">{take.drop}</p>
    </section>
  );
}

/** What was dropped, with what lies directly in folders. */
export async function filesOf(transfer: DataTransfer): Promise<File[]> {
  // They are there during the event only.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  return (await Promise.all(entries.map(filesBelow))).flat();
}

async function filesBelow(entry: FileSystemEntry): Promise<File[]> {
  if (entry.isFile)
    return [await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject))];
  const inside = await new Promise<FileSystemEntry[]>((resolve, reject) =>
    (entry as FileSystemDirectoryEntry).createReader().readEntries(resolve, reject),
  );
  return (await Promise.all(inside.filter(({ isFile }) => isFile).map(filesBelow))).flat();
}
