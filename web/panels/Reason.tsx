import { useMemo } from "preact/hooks";
import { explainRefusal } from "../../src/index.ts";
import type { CommandEntry } from "../state/model.ts";
import { words } from "../words/index.ts";

/** Why a command was refused; nothing when it was not. Says whether the TPM itself noted it, or the code says it in general. */
export function Reason({ entry }: { entry: Pick<CommandEntry, "command" | "response" | "reason"> }) {
  const { noted, general, sentences } = words().reasons;
  const reason = useMemo(() => explainRefusal(entry, sentences), [entry, sentences]);
  if (reason === null) return null;
  return (
    <p class="explanation" data-reason={reason.kind}>
      <span class="reason-kind">{reason.kind === "noted" ? noted : general}</span> {reason.text}
    </p>
  );
}
