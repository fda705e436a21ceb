/** The page that is opened for a bridge (bridge.html): its PC has a TPM that runs elsewhere on this machine. Fetched with that document. */
import "./style/bridge.css";
import { render } from "preact";
import { placeOfFragment } from "./bridge/address.ts";
import { BridgePage } from "./bridge/BridgePage.tsx";
import { BridgedPc } from "./bridge/bridgedPc.ts";
import { isFramedByStranger } from "./frame.ts";
import { Console } from "./terminal/console.ts";
import { keepStylesStrict } from "./terminal/strictStyles.ts";
import { FramedPage } from "./ui/FramedPage.tsx";
import { bridgeWords } from "./words/bridge.ts";

export async function begin(element: HTMLElement): Promise<void> {
  // The token is nobody's who looks over a shoulder, nor the history's.
  const given = placeOfFragment(location.hash);
  history.replaceState(null, "", `${location.pathname}${location.search}`);
  if (isFramedByStranger(window)) return render(<FramedPage address={location.href} />, element);
  keepStylesStrict(document);
  document.title = bridgeWords().documentTitle;
  const console = new Console((text) => void pc.computer.type(text));
  const pc = new BridgedPc(console);
  pc.computer.resizeTerminal(console.rows, console.columns);
  console.onResize((rows, columns) => pc.computer.resizeTerminal(rows, columns));
  const serial = {
    send: (text: string) => void pc.computer.type(text),
    text: () => pc.computer.text(),
  };
  const value = { ready: pc.computer.running, serial };
  Object.defineProperty(window, "tabtpm", { value, enumerable: true, configurable: false });
  element.replaceChildren();
  render(<BridgePage {...{ pc, console, given }} />, element);
  addEventListener("pagehide", () => pc.leave());
}
