/** The screen and the keyboard of the machine that is there. */
import type { Display, Picture } from "../state/display.ts";
import type { Computer } from "./computer.ts";
import { saveBlob } from "./download.ts";

const ESCAPE = "\x1b";
/** What follows ESC: a control sequence, what begins a title, or one more character (ECMA-48, 5.3 to 5.6). */
const SEQUENCE = /^(?:\[[0-?]*[ -/]*[@-~]|\][^\p{Cc}]*|[ -/]*[0-~])/u;
/** Control characters but tabs and the ends of lines. */
const CONTROLS = /[^\P{Cc}\t\n\r]/gu;

/** What a console has shown, as a text file has it: lines that end in LF, no colours. */
export function plainText(shown: string): string {
  const [first = "", ...others] = shown.split(ESCAPE);
  const parts = [first, ...others.map((part) => part.replace(SEQUENCE, ""))];
  return parts
    .join("")
    .replace(CONTROLS, "")
    .replace(/\r+\n|\r/g, "\n");
}

export class MachineDisplay implements Display {
  readonly #computer: Pick<Computer<unknown>, "machine" | "text">;

  constructor(computer: Pick<Computer<unknown>, "machine" | "text">) {
    this.#computer = computer;
  }

  read(): Picture | null {
    const { machine } = this.#computer;
    return machine === null || machine.stage === "off" ? null : machine.readScreen();
  }

  press(codes: readonly number[]): void {
    const { machine } = this.#computer;
    if (machine !== null && machine.stage !== "off") void machine.emulator.keyboard_send_scancodes([...codes]);
  }

  save(name: string, content: Blob | string): void {
    saveBlob(name, typeof content === "string" ? new Blob([content], { type: "text/plain;charset=utf-8" }) : content);
  }

  text(): string {
    return plainText(this.#computer.text());
  }
}
