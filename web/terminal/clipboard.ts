/** Copy and paste by button and key. Where the browser refuses, the user is told what to do instead. */
import { words } from "../words/index.ts";
import type { Console } from "./console.ts";

/** What is selected, else what the console shows. */
export async function copyFrom(console: Console): Promise<void> {
  const text = console.selection() || console.visibleText();
  const say = words().terminal;
  if (text === "") {
    console.note(say.nothingToCopy);
    return;
  }
  try {
    await navigator.clipboard.writeText(text);
    console.note(say.copied([...text].length));
  } catch {
    console.note(say.copyRefused);
  }
}

export async function pasteInto(console: Console): Promise<void> {
  const say = words().terminal;
  let text: string;
  try {
    text = await navigator.clipboard.readText();
  } catch {
    console.note(say.pasteRefused);
    return;
  }
  if (text === "") console.note(say.clipboardEmpty);
  else console.paste(text);
}
