/** The page as a verifier, at `#verifier`: it starts no PC and no TPM. Fetched when it is asked for. */
import "./style/verifier.css";
import { render } from "preact";
import { isFramedByStranger } from "./frame.ts";
import { browserKnown } from "./remote/known.ts";
import { openLine } from "./remote/line.ts";
import { VerifierPage } from "./remote/VerifierPage.tsx";
import { Verifier } from "./remote/verifier.ts";
import { FramedPage } from "./ui/FramedPage.tsx";
import { verifierWords } from "./words/verifier.ts";

export async function begin(element: HTMLElement): Promise<void> {
  if (isFramedByStranger(window)) return render(<FramedPage address={location.href} />, element);
  // Another place in the page is the machine's.
  addEventListener("hashchange", () => location.reload());
  const verifier = new Verifier(openLine(), browserKnown());
  document.title = verifierWords().documentTitle;
  // The frame that the document came with is the machine's.
  element.replaceChildren();
  render(<VerifierPage verifier={verifier} />, element);
}
