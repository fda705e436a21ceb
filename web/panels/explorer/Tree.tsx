import { useState } from "preact/hooks";
import type { TreeNode } from "./tree.ts";

interface Row {
  readonly node: TreeNode;
  readonly level: number;
  readonly parent: Row | null;
}

/** The rows that are to be seen: children of what is open only. */
function rowsOf(nodes: readonly TreeNode[], open: ReadonlySet<string>, level = 1, parent: Row | null = null): Row[] {
  return nodes.flatMap((node) => {
    const row: Row = { node, level, parent };
    return [row, ...(open.has(node.id) ? rowsOf(node.children, open, level + 1, row) : [])];
  });
}

/** What is open before anybody has chosen: the hierarchies. */
const OPEN_AT_FIRST = ["hierarchy owner", "hierarchy endorsement", "hierarchy platform", "hierarchy null", "loose"];

export interface TreeProps {
  readonly label: string;
  readonly nodes: readonly TreeNode[];
  /** Id of what is chosen. */
  readonly chosen: string | null;
  readonly onChoose: (id: string) => void;
}

/** A tree for pointer and keyboard: arrows move, open and close, Home and End lead to the ends, Enter chooses. */
export function Tree({ label, nodes, chosen, onChoose }: TreeProps) {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set(OPEN_AT_FIRST));
  const rows = rowsOf(nodes, open);
  // The keyboard comes to what is chosen, or to the first.
  const stop = rows.some(({ node }) => node.id === chosen) ? chosen : rows[0]?.node.id;

  const setOpened = (id: string, opened: boolean) => {
    const next = new Set(open);
    if (opened) next.add(id);
    else next.delete(id);
    setOpen(next);
  };

  const focus = (element: Element | null | undefined) => element instanceof HTMLElement && element.focus();

  const onKeyDown = (event: KeyboardEvent, row: Row) => {
    if (!(event.currentTarget instanceof HTMLElement)) return;
    const { node, parent } = row;
    const items = [...(event.currentTarget.parentElement?.children ?? [])];
    const at = items.indexOf(event.currentTarget);
    const isOpen = open.has(node.id);
    switch (event.key) {
      case "ArrowDown":
        focus(items[at + 1]);
        break;
      case "ArrowUp":
        focus(items[at - 1]);
        break;
      case "Home":
        focus(items[0]);
        break;
      case "End":
        focus(items.at(-1));
        break;
      case "ArrowRight":
        if (node.children.length > 0 && !isOpen) setOpened(node.id, true);
        else if (isOpen) focus(items[at + 1]);
        break;
      case "ArrowLeft":
        if (isOpen && node.children.length > 0) setOpened(node.id, false);
        else if (parent !== null) focus(items[rows.indexOf(parent)]);
        break;
      case "Enter":
      case " ":
        onChoose(node.id);
        break;
      default:
        return;
    }
    event.preventDefault();
  };

  return (
    <div class="tree" role="tree" aria-label={label}>
      {rows.map((row) => {
        const { node, level } = row;
        const isOpen = open.has(node.id);
        const hasChildren = node.children.length > 0;
        return (
          <div
            key={node.id}
            role="treeitem"
            data-level={level}
            aria-level={level}
            aria-expanded={hasChildren ? isOpen : undefined}
            aria-selected={node.id === chosen}
            tabIndex={node.id === stop ? 0 : -1}
            onKeyDown={(event) => onKeyDown(event, row)}
            onClick={() => {
              onChoose(node.id);
              if (hasChildren && (node.id === chosen || !isOpen)) setOpened(node.id, !isOpen);
            }}
          >
            <span class="twist" aria-hidden="true">
              {hasChildren ? (isOpen ? "▾" : "▸") : ""}
            </span>
            {node.label}
          </div>
        );
      })}
    </div>
  );
}
