import { useEffect, useMemo, useState } from "preact/hooks";
import { loadExplanations } from "../../src/index.ts";
import type { CommandEntry } from "../state/model.ts";
import { words } from "../words/index.ts";

type Explanations = Awaited<ReturnType<typeof loadExplanations>>;

/** There once it was fetched, so that the next one is drawn at once. */
let fetched: Explanations | null = null;

/** Why a command was refused; nothing when it was not. Says whether the TPM itself noted it, or the code says it in general. */
export function Reason({ entry }: { entry: Pick<CommandEntry, "command" | "response" | "reason" | "failed"> }) {
  const { noted, general, notLoaded, sentences } = words().reasons;
  const [explanations, setExplanations] = useState<Explanations | "failed" | null>(fetched);
  const isNeeded = entry.failed && explanations === null;
  useEffect(() => {
    if (!isNeeded) return;
    loadExplanations().then(
      (module) => {
        fetched = module;
        setExplanations(module);
      },
      () => setExplanations("failed"),
    );
  }, [isNeeded]);
  const reason = useMemo(
    () =>
      explanations === null || explanations === "failed"
        ? null
        : explanations.explainRefusal(entry, sentences ?? undefined),
    [entry, sentences, explanations],
  );
  if (entry.failed && explanations === "failed") return <p class="explanation">{notLoaded}</p>;
  if (reason === null) return null;
  return (
    <p class="explanation" data-reason={reason.kind}>
      <span class="reason-kind">{reason.kind === "noted" ? noted : general}</span> {reason.text}
    </p>
  );
}
