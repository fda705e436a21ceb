/**
 * What the drawer of lessons and demos draws: the list, a lesson and its steps. Draws the state and reports clicks; what runs a
 * lesson is in pc/lessons. Fetched when it is first opened. Imports Preact, state/ and ui/.
 */
import { Fragment } from "preact";
import type { Prose as Text } from "../../src/index.ts";

/** A lesson's text, as its data has it. */
export function Prose({ text }: { text: Text }) {
  return (
    <>
      {text.map((part, index) => {
        if (typeof part === "string") return <Fragment key={index}>{part}</Fragment>;
        const { tag: Tag, href = "", children } = part;
        const inner = <Prose text={children} />;
        if (Tag !== "a") return <Tag key={index}>{inner}</Tag>;
        const isOutside = href.startsWith("https:");
        return (
          <a key={index} href={href} {...(isOutside && { target: "_blank", rel: "noreferrer" })}>
            {inner}
          </a>
        );
      })}
    </>
  );
}
