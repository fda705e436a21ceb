/** The explorer's contents: a file of their own, fetched when it is first opened. */
import { useState } from "preact/hooks";
import type { TpmInspection } from "../../../src/index.ts";
import { explorerWords } from "../../words/explorerTree.ts";
import { factsOf } from "./facts.ts";
import { Tree } from "./Tree.tsx";
import { type TreeNode, treeOf } from "./tree.ts";
import { triesOf } from "./tries.ts";

export interface ExplorerProps {
  readonly inspection: TpmInspection;
  /** Writes a line into the console, without Enter. */
  readonly onTry: (line: string) => void;
}

function find(nodes: readonly TreeNode[], id: string | null): TreeNode | null {
  for (const node of nodes) {
    const found = node.id === id ? node : find(node.children, id);
    if (found !== null) return found;
  }
  return null;
}

export default function Explorer({ inspection, onTry }: ExplorerProps) {
  const say = explorerWords();
  const [chosen, choose] = useState<string | null>(null);
  const nodes = treeOf(inspection);
  const node = find(nodes, chosen);
  const { used, capacity } = inspection.storage;
  return (
    <div class="explored">
      <div class="tree-side">
        {inspection.failureMode ? (
          <p class="empty">{say.failureMode}</p>
        ) : inspection.started ? null : (
          <p class="empty">{say.notStarted}</p>
        )}
        <Tree label={say.tree} nodes={nodes} chosen={chosen} onChoose={choose} />
      </div>
      <section class="facts" aria-label={node?.label ?? say.choose}>
        {node === null || node.subject.kind === "group" ? (
          <p class="empty">
            {say.choose} {say.storage(used, capacity)}
          </p>
        ) : (
          <Chosen node={node} onTry={onTry} />
        )}
      </section>
    </div>
  );
}

function Chosen({ node, onTry }: { node: TreeNode; onTry: (line: string) => void }) {
  const say = explorerWords();
  const tries = triesOf(node.subject);
  return (
    <>
      <h3>{node.label}</h3>
      <dl>
        {factsOf(node.subject).map(({ term, sentence }) => (
          <div key={term + sentence}>
            <dt>{term}</dt>
            <dd>{sentence}</dd>
          </div>
        ))}
      </dl>
      {tries.length > 0 && (
        <ul class="tries" aria-label={say.tryIt}>
          {tries.map((line) => (
            <li key={line}>
              <code>{line}</code>
              <button type="button" onClick={() => onTry(line)} aria-label={`${say.tryIt}: ${line}`}>
                {say.tryIt}
              </button>
            </li>
          ))}
        </ul>
      )}
      {tries.length > 0 && <p class="empty">{say.tryHint}</p>}
    </>
  );
}
