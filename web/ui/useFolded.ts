import { useState } from "preact/hooks";
import { keepLook, readLook } from "./kept.ts";

const OPEN = "open";
const FOLDED = "folded";

/**
 * Whether a panel is folded, kept for the next visit.
 * @param name of the panel.
 */
export function useFolded(name: string, atFirst = false): [folded: boolean, fold: (folded: boolean) => void] {
  const [folded, setFolded] = useState(() => {
    const kept = readLook(`panel-${name}`);
    return kept === null ? atFirst : kept === FOLDED;
  });
  return [
    folded,
    (news) => {
      keepLook(`panel-${name}`, news ? FOLDED : OPEN);
      setFolded(news);
    },
  ];
}
