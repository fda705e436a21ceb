/** The site that `npm run docs` makes of these pages: without scripts, so that it works wherever the page does. */
import { defineConfigWithTheme } from "vitepress";
import { chapters, type SiteTheme } from "./chapters.ts";

/** The pages are gathered there with those of the API (scripts/docs/build.mjs). */
const WORK = "../dist/.docs";

export default defineConfigWithTheme<SiteTheme>({
  lang: "en",
  title: "tabtpm",
  description: "A TPM 2.0 that lives in a browser tab: guide and API.",
  srcDir: `${WORK}/pages`,
  cacheDir: `${WORK}/cache`,
  mpa: true,
  appearance: false,
  // Sources and tests have no page here.
  ignoreDeadLinks: [
    /^\.{1,2}\/(\.\.\/)?(asm|src|scripts|bench|e2e|web|guest|README|SECURITY|CONTRIBUTING|CHANGELOG)\b/,
  ],
  head: [["link", { rel: "icon", href: "data:," }]],
  markdown: {
    // Types have angle brackets: nothing in these pages is HTML.
    html: false,
    theme: { light: "github-light", dark: "github-dark" },
  },
  // Braces are braces.
  vue: { template: { compilerOptions: { delimiters: ["\u0001", "\u0002"] } } },
  themeConfig: { chapters },
});
