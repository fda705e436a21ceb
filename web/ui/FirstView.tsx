import { words } from "../words/index.ts";
import { ChipIcon } from "./ChipIcon.tsx";

/** What is seen until the machine's code is there: the page's frame, as index.html has it, with words. */
export function FirstView() {
  const { header } = words();
  return (
    <div class="page" data-first-view="">
      <header class="header">
        <div class="brand">
          <ChipIcon />
          <h1>tabtpm</h1>
          <p>{header.brand}</p>
        </div>
        <dl class="states">
          <div class="state" data-tone="busy" data-state="power">
            <dt>{header.names.power}</dt>
            <dd>{header.power.starting}</dd>
          </div>
          <div class="state" data-tone="busy">
            <dt>{header.names.stage}</dt>
            <dd>{header.stages.images}</dd>
          </div>
        </dl>
      </header>
      <div class="notices" />
      <main class="workbench">
        <section class="panel console" />
        <section class="panel commands" />
        <div class="side">
          <section class="panel registers" />
          <section class="panel event-log" />
        </div>
      </main>
    </div>
  );
}
