/**
 * What the events of a TCG event log say, in one printable line each. `event.ts` picks the form that the event's type
 * asks for, the other files have a form each: text, device paths, signature lists, ... The data come from anywhere:
 * whatever does not have its form is shown as text (`text.ts` says what that is), and what is no text in hexadecimal.
 */
export { describeEvent } from "./event.ts";
