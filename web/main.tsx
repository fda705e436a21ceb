/**
 * The app: puts the page together from its rooms and declares what a script finds in the window. Imports every room.
 * The rooms' order is held by rooms.test.ts: style, state < ui < terminal, panels, pc < the files of this folder.
 */
import "./style/index.css";
import { render } from "preact";
import { App } from "./App.tsx";
import { isFramedByStranger } from "./frame.ts";
import { Pc } from "./pc/pc.ts";
import { scriptingInterface } from "./pc/scripting.ts";
import { type TpmChoice, tpmOfVisit } from "./pc/tpms/choice.ts";
import { decode } from "./pc/trace.ts";
import { Console } from "./terminal/console.ts";
import { keepStylesStrict } from "./terminal/strictStyles.ts";
import { FramedPage } from "./ui/FramedPage.tsx";

/** Puts the page into its element, in the language that is in use, and starts the PC. */
export async function begin(element: HTMLElement): Promise<void> {
  if (isFramedByStranger(window)) render(<FramedPage address={location.href} />, element);
  // A name in the address has to be looked up.
  else start(element, await tpmOfVisit(location.href));
}

function start(element: HTMLElement, choice: TpmChoice): void {
  keepStylesStrict(document);
  const console = new Console((text) => void pc.computer.type(text));
  const pc = new Pc(console, choice);
  pc.computer.resizeTerminal(console.rows, console.columns);
  console.onResize((rows, columns) => pc.computer.resizeTerminal(rows, columns));
  const value = scriptingInterface(pc);
  Object.defineProperty(window, "tabtpm", { value, enumerable: true, configurable: false });
  const loadTpms = () => pc.tpms.open();
  const loadSnapshots = () => pc.snapshots.open();
  const loadMigration = () => pc.migration.open();
  const loadLearning = () => pc.learning.open();
  const { store, explorer, files, display, history } = pc;
  render(
    <App
      {...{
        store,
        explorer,
        files,
        console,
        decode,
        display,
        history,
        loadTpms,
        loadSnapshots,
        loadMigration,
        loadLearning,
      }}
      actions={pc}
    />,
    element,
  );
  // A page that comes back from the back-forward cache finds its TPM as it was, with a TPM2_Shutdown that changes nothing.
  addEventListener("pagehide", () => pc.leave());
  void pc.start();
}
