import { useState } from "preact/hooks";
import { saveFile } from "../pc/download.ts";
import { verifierWords } from "../words/verifier.ts";

/** A message for another machine: to be copied, or saved as a file. */
export function MessageBox({ text, name, label }: { text: string; name: string; label: string }) {
  const { challenge, problems } = verifierWords();
  const [isRefused, setIsRefused] = useState(false);
  return (
    <div class="message-box">
      <label>
        <span>{label}</span>
        <textarea readOnly rows={3} value={text} spellcheck={false} />
      </label>
      <div class="choices">
        <button
          type="button"
          onClick={() =>
            navigator.clipboard.writeText(text).then(
              () => setIsRefused(false),
              () => setIsRefused(true),
            )
          }
        >
          {challenge.copy}
        </button>
        <button type="button" onClick={() => saveFile(name, new TextEncoder().encode(text))}>
          {challenge.save}
        </button>
      </div>
      {isRefused && <p role="alert">{problems.notCopied}</p>}
    </div>
  );
}
