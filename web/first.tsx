/** What the page begins with: its first view, while the machine's code (main.tsx), which is most of the page, is on its way. */
import "./style/index.css";
import { render } from "preact";
import { isFramedByStranger } from "./frame.ts";
import type { Problem } from "./state/model.ts";
import { FirstView } from "./ui/FirstView.tsx";
import { ProblemPage } from "./ui/ProblemPage.tsx";
import { labelDocument, languageOfVisit, useLanguage } from "./words/index.ts";

const root = document.getElementById("app");
if (root === null) throw new Error("index.html has no element #app");
void start(root);

async function start(element: HTMLElement): Promise<void> {
  const machine = import("./main.tsx");
  // What goes wrong is looked at below, where there is something to say it with.
  machine.catch(() => {});
  // A language that does not arrive keeps nobody from the PC: English is always there.
  await useLanguage(languageOfVisit()).catch(() => {});
  labelDocument(document);
  if (!isFramedByStranger(window)) {
    render(<FirstView />, element);
    requestAnimationFrame(() => performance.mark("tabtpm-first-view"));
  }
  try {
    await (await machine).begin(element);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const problem: Problem = { kind: "error", message, choices: [{ kind: "reload", primary: true }] };
    render(<ProblemPage problem={problem} onChoice={() => location.reload()} />, element);
  }
}
