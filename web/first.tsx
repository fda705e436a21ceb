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

/** In a table: of a choice between two imports the build makes one, which fetches the style sheets of one of them. */
const parts = {
  machine: (): Promise<Part> => import("./main.tsx"),
  verifier: (): Promise<Part> => import("./verifier.tsx"),
  bridge: (): Promise<Part> => import("./bridge.tsx"),
};
interface Part {
  begin(element: HTMLElement): Promise<void>;
}

void start(root);

async function start(element: HTMLElement): Promise<void> {
  // The verifier has no machine; what is behind the sign holds until the page is loaded anew. The page for a bridge is another document.
  const part = element.matches("[data-part]") ? "bridge" : location.hash === "#verifier" ? "verifier" : "machine";
  const machine = parts[part]();
  // What goes wrong is looked at below, where there is something to say it with.
  machine.catch(() => {});
  // A language that does not arrive keeps nobody from the PC: English is always there.
  const language = useLanguage(languageOfVisit()).catch(() => {});
  const begun = language.then(() => machine).then(({ begin }) => begin(element));
  const isMachine = part === "machine" && !isFramedByStranger(window);
  if (isMachine) declareReady(begun);
  await language;
  labelDocument(document);
  if (isMachine) {
    render(<FirstView />, element);
    requestAnimationFrame(() => performance.mark("tabtpm-first-view"));
  }
  try {
    await begun;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const problem: Problem = { kind: "error", message, choices: [{ kind: "reload", primary: true }] };
    render(<ProblemPage problem={problem} onChoice={() => location.reload()} />, element);
  }
}

/** A script can await `tabtpm.ready` from the page's load on; the rest of `tabtpm` comes with the machine, which declares it anew. */
function declareReady(begun: Promise<void>): void {
  const ready = begun.then(() => window.tabtpm.ready);
  // Nobody may be waiting for it; the page itself says what went wrong.
  ready.catch(() => {});
  Object.defineProperty(window, "tabtpm", { value: { ready }, configurable: true, enumerable: true });
}
