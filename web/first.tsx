/** What the page begins with: its first view, while the machine's code (main.tsx), which is most of the page, is on its way. */
import "./style/index.css";
import { render } from "preact";
import { isFramedByStranger } from "./frame.ts";
import type { Problem } from "./state/model.ts";
import { FirstView } from "./ui/FirstView.tsx";
import { ProblemPage } from "./ui/ProblemPage.tsx";
import { labelDocument, languageOfVisit, useLanguage } from "./words/index.ts";

void begin();

async function begin(): Promise<void> {
  const machine = import("./main.tsx");
  await useLanguage(languageOfVisit()).catch(() => {});
  const root = document.getElementById("app");
  // The machine's code may have been faster than the language.
  const isDrawn = root?.querySelector("[data-state], [data-problem]") != null;
  if (root !== null && !isDrawn && !isFramedByStranger(window)) {
    labelDocument(document);
    render(<FirstView />, root);
    requestAnimationFrame(() => performance.mark("tabtpm-first-view"));
  }
  try {
    await machine;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const problem: Problem = { kind: "error", message, choices: [{ kind: "reload", primary: true }] };
    if (root !== null) render(<ProblemPage problem={problem} onChoice={() => location.reload()} />, root);
  }
}
