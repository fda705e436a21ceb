import { useEffect, useRef, useState } from "preact/hooks";
import { words } from "../words/index.ts";
import type { ConsoleSearch } from "./search.ts";

/**
 * Enter leads to the match before, Shift+Enter to the one after it; Escape closes.
 * @param props.asked how often it was asked for by a key: each time the keyboard comes to it
 */
export function SearchBar({ search, asked, onClose }: { search: ConsoleSearch; asked: number; onClose: () => void }) {
  const field = useRef<HTMLInputElement>(null);
  const [text, setText] = useState("");
  const [matches, setMatches] = useState({ index: -1, count: 0 });
  useEffect(() => search.onMatches((index, count) => setMatches({ index, count })), [search]);
  useEffect(() => field.current?.focus(), [asked]);
  const say = words().terminal;
  const [isMissing, setMissing] = useState(false);
  const find = (what: string, direction: "next" | "previous", isNew = false) =>
    void search.find(what, direction, isNew).then(
      () => setMissing(false),
      () => setMissing(true),
    );
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") onClose();
    else if (event.key === "Enter") find(text, event.shiftKey ? "next" : "previous");
    else return;
    event.preventDefault();
  };
  return (
    <search class="console-search">
      <input
        ref={field}
        type="search"
        aria-label={say.searchField}
        placeholder={say.searchField}
        autocomplete="off"
        spellcheck={false}
        value={text}
        onKeyDown={onKeyDown}
        onInput={(event) => {
          setText(event.currentTarget.value);
          find(event.currentTarget.value, "previous", true);
        }}
      />
      <span class="matches" role="status">
        {isMissing ? say.searchNotLoaded : text === "" ? "" : say.matches(matches.index, matches.count)}
      </span>
      <button type="button" aria-label={say.previous} title={say.previous} onClick={() => find(text, "previous")}>
        ↑
      </button>
      <button type="button" aria-label={say.next} title={say.next} onClick={() => find(text, "next")}>
        ↓
      </button>
      <button type="button" aria-label={say.closeSearch} title={say.closeSearch} onClick={onClose}>
        ✕
      </button>
    </search>
  );
}
