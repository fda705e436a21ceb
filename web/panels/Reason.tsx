import { useMemo } from "preact/hooks";
import { explainRefusal } from "../../src/index.ts";
import type { CommandEntry } from "../state/model.ts";
import { words } from "../words/index.ts";

/** Why a command was refused, for the list of a command's fields; nothing when it was not. Says whether the TPM noted it. */
export function ReasonLines({ entry }: { entry: CommandEntry }) {
  const { noted, general, sentences } = words().reasons;
  const reason = useMemo(() => explainRefusal(entry, sentences), [entry, sentences]);
  if (reason === null) return null;
  return (
    <>
      <dt class="section">{reason.kind === "noted" ? noted : general}</dt>
      <dd class="explanation" data-reason={reason.kind}>
        {reason.text}
      </dd>
    </>
  );
}
