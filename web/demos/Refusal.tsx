import { readHead } from "../../src/index.ts";
import { Reason } from "../panels/Reason.tsx";
import { demoWords } from "../words/demos.ts";
import type { Opening } from "./engine/demo.ts";

/** Whether the secret was given out, and if not why, in the TPM's own words. */
export function Refusal({ opening }: { opening: Opening }) {
  const { evilMaid: words } = demoWords();
  const { isOpen, refused } = opening;
  if (isOpen) return <p class="demo-failure">{words.opened}</p>;
  if (refused === null) return null;
  const { name, responseCode } = readHead(refused.command, refused.response);
  return (
    <div class="demo-refusal">
      <h5>{words.shut}</h5>
      <p>
        {words.said(`TPM2_${name}`)} <code>{responseCode.name}</code>
      </p>
      <Reason entry={{ ...refused, failed: true }} />
    </div>
  );
}
