import { words } from "../words/index.ts";

/** To the guide, in a tab of its own: the PC goes on in this one. Nothing where no guide was built beside the page. */
export function GuideLink() {
  if (!import.meta.env.TABTPM_DOCS) return null;
  const { header } = words();
  return (
    <a class="guide" href="./docs/index.html" target="_blank" rel="noopener" title={header.guideTitle}>
      {header.guide}
    </a>
  );
}
