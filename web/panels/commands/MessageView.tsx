import { useState } from "preact/hooks";
import type { Entity } from "../../../src/index.ts";
import type { DecodedMessage, Field } from "../../state/model.ts";
import { words } from "../../words/index.ts";
import { entityInWords } from "./entities.ts";
import { HexView } from "./HexView.tsx";

/** What is to be said of a field beside its value; null: nothing. */
function meaningOf({ entity, flags }: Field): string | null {
  if (flags !== undefined) return flags.length === 0 ? null : flags.map((flag) => words().trace.flags[flag]).join("; ");
  return entity === undefined || !tellsMore(entity) ? null : entityInWords(entity);
}

/** Whether it tells more of a handle than its number does, which is in the value. */
function tellsMore(entity: Entity): boolean {
  switch (entity.kind) {
    case "hierarchy":
    case "password":
      return true;
    case "nv":
      return entity.type !== null || entity.purpose !== null;
    case "object":
      return entity.object !== null;
    case "session":
      return entity.type === "trial policy";
    default:
      return false;
  }
}

/**
 * A command or a response: its fields, and beside them its octets, of which those of the field under the pointer are marked, or
 * of the one that the arrow keys have come to.
 */
export function MessageView(props: { id: string; title: string; label: string; message: DecodedMessage }) {
  const { id, title, label, message } = props;
  const { fields, octets, problem } = message;
  const [chosen, setChosen] = useState<number | null>(null);
  const [pointed, setPointed] = useState<number | null>(null);
  const marked = fields[pointed ?? chosen ?? -1] ?? null;
  const hidden = fields.filter(({ isHidden }) => isHidden);
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1, Home: -fields.length, End: fields.length }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    setPointed(null);
    const next = Math.max(0, Math.min(fields.length - 1, (chosen ?? -1) + step));
    setChosen(next);
    // By its place: in a shadow tree the document does not find it.
    if (event.currentTarget instanceof HTMLElement)
      event.currentTarget.children[next]?.scrollIntoView({ block: "nearest" });
  };
  return (
    <div class="message">
      <h3>{title}</h3>
      <div class="message-body">
        <div
          class="message-fields"
          role="listbox"
          tabIndex={0}
          aria-label={label}
          aria-activedescendant={chosen === null ? undefined : `${id}-${chosen}`}
          onKeyDown={onKeyDown}
          onFocus={() => setChosen((before) => before ?? 0)}
          onBlur={() => setChosen(null)}
          onPointerLeave={() => setPointed(null)}
        >
          {fields.map((field, index) => {
            const meaning = meaningOf(field);
            return (
              <div
                key={index}
                id={`${id}-${index}`}
                role="option"
                tabIndex={-1}
                onFocus={() => setChosen(index)}
                aria-selected={index === chosen}
                class="field"
                data-depth={Math.min(field.depth, 6)}
                data-marked={field === marked ? "" : undefined}
                onPointerEnter={() => setPointed(index)}
              >
                <span class="field-name">{field.name}</span>{" "}
                <span class={field.secret ? "field-value secret" : "field-value"}>
                  {field.value}
                  {meaning !== null && <span class="meaning"> {meaning}</span>}
                </span>
              </div>
            );
          })}
          {problem !== undefined && (
            <p class="problem">
              {words().trace.problem}: {problem}
            </p>
          )}
        </div>
        <HexView octets={octets} marked={marked} hidden={hidden} />
      </div>
    </div>
  );
}
