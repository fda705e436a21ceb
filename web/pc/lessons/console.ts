/** What is typed for a lesson is typed at the shell's prompt. What the console shows says when, and nothing else. */
import type { Machine } from "../../../src/index.ts";

/** The guest's, also drawn anew for another size of the window. */
const PROMPT = new RegExp(`tabtpm# (${"\x1b"}\\[J)?$`);
/** The same with something typed behind it. */
const BEGUN = /tabtpm# [^\r\n]*$/;
/** ^U, by which a shell's line editor and a terminal forget the line. */
const KILL_LINE = "\x15";
/** Characters of the console's end in which a prompt is found. */
const WINDOW = 256;

/** What is needed of a machine. */
export type Console = Pick<Machine, "stage"> & { readonly serial: Pick<Machine["serial"], "on" | "send" | "text"> };

/** Resolves when `isSo` is, which is asked now and after each piece of the console's text. @throws the reason of an aborted signal */
function until(machine: Console, isSo: (text: string) => boolean, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      unlisten();
      signal.removeEventListener("abort", onAbort);
    };
    const onAbort = () => {
      end();
      reject(signal.reason);
    };
    const look = (text: string) => {
      if (!isSo(text)) return;
      end();
      resolve();
    };
    const unlisten = machine.serial.on("text", look);
    signal.addEventListener("abort", onAbort);
    if (signal.aborted) onAbort();
    else look("");
  });
}

/** Waits for the prompt; at once where the console ends in one. @throws the reason of an aborted signal */
export const atPrompt = (machine: Console, signal: AbortSignal): Promise<void> =>
  until(machine, () => endsIn(machine, PROMPT), signal);

/** A console keeps what the boot before has left on it: only a shell has a prompt. */
const endsIn = (machine: Console, what: RegExp) =>
  machine.stage === "shell" && what.test(machine.serial.text().slice(-WINDOW));

/**
 * Types a line and Enter at the prompt, and waits for the next one, whatever the line came to. A line that was begun there is
 * taken away first.
 * @throws the reason of an aborted signal
 */
export async function runLine(machine: Console, line: string, signal: AbortSignal): Promise<void> {
  await until(machine, () => endsIn(machine, BEGUN), signal);
  const kill = endsIn(machine, PROMPT) ? "" : KILL_LINE;
  let shown = "";
  const next = until(
    machine,
    (text) => {
      shown += text;
      // The line's own echo ends the prompt that was there.
      return shown.includes("\n") && machine.stage === "shell" && PROMPT.test(shown.slice(-WINDOW));
    },
    signal,
  );
  machine.serial.send(`${kill}${line}\n`);
  await next;
}
